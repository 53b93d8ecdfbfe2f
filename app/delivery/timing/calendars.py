"""When the mails of single people may leave, by the rules of their waves, their own clocks and our holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.installation import installation
from app.delivery.asking import moments
from app.delivery.asking.moments import Due
from app.delivery.models import Wave
from app.delivery.sending import windows
from app.delivery.sending.addressees import Addressee
from app.delivery.sending.asks import Ask
from app.delivery.sending.windows import ONE_DAY, Window
from app.surveys import rules
from app.surveys.rules import Rules


class Calendar:
    """Reads the installation once, and the rules of each wave."""

    def __init__(self, session: Session):
        facts = installation(session)
        self.here, self.holidays = facts.zone, facts.days_off
        self._wave = cache(lambda wave_id: session.get_one(Wave, wave_id))
        self._rules = cache(lambda wave_id: rules.of(self._wave(wave_id).program))
        self._first = cache(self._first_window)
        self._reminders = cache(self._reminder_window)

    def first_send(self, person: Addressee, now: datetime) -> datetime:
        """When a first mail that is due may leave: now, or at the next opening of the window."""
        return self.opening(person, now, is_reminder=False)

    def opening(self, ask: Ask | Addressee, now: datetime, *, is_reminder: bool) -> datetime:
        """When a mail that waits in the outbox may leave."""
        window = (self._reminders if is_reminder else self._first)(ask.wave_id)
        return window.next(now, self.zone_of(ask)) if window else now

    def reminder(self, person: Addressee, now: datetime, *, away_until: date | None = None) -> datetime:
        """When a reminder that is due may leave: now, at the next opening of its window, or on one of the days to
        come when it is late. None is put off past the closing of its ask for being late alone.

        Of people who are away it waits for the day after the one they named: that may be the last day of their
        absence, and on the first one back a mail drowns.
        """
        window, zone = self._reminders(person.wave_id), self.zone_of(person)
        if away_until is not None:
            back = datetime.combine(away_until + ONE_DAY, time(), zone).astimezone(UTC)
            if back > now:
                return window.next(back, zone)
        moment = window.catch_up(person.remind_at or now, now, zone, person.invitation_id)
        if person.closes_at is not None and moment >= person.closes_at:
            return window.next(now, zone)
        return moment

    def floor(self, ask: Ask) -> timedelta:
        """How long after any other survey mail the first mail of this ask may come."""
        return timedelta(hours=self.rules(ask).floor_hours)

    def rules(self, ask: Ask) -> Rules:
        """The rules of the ask's program."""
        return self._rules(ask.wave_id)

    def today(self, now: datetime) -> Due:
        """This moment and the installation's day of it."""
        return moments.due(moments.UNKNOWN, now, None, self.here)

    def zone_of(self, person: Ask | Addressee) -> ZoneInfo:
        return windows.zone(person.time_zone, self.here)

    def _first_window(self, wave_id: int) -> Window | None:
        wave = self._wave(wave_id)
        return None if wave.ignores_window else windows.first_sends(self._rules(wave_id), self.holidays)

    def _reminder_window(self, wave_id: int) -> Window:
        return windows.reminders(self._rules(wave_id), self.holidays)
