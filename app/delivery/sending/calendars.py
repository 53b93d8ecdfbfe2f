"""When the mails of single people may leave, by the rules of their waves, their own clocks and our holidays."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy.orm import Session

from app.core.installation import installation
from app.delivery.models import Wave
from app.delivery.sending import windows
from app.delivery.sending.posting import Addressee
from app.delivery.sending.windows import Window
from app.surveys import rules


class Calendar:
    """Reads the installation once, and the rules of each wave."""

    def __init__(self, session: Session):
        facts = installation(session)
        self.zone, holidays = facts.zone, facts.days_off

        @cache
        def windows_of(wave_id: int) -> Window:
            return windows.reminders(rules.of(session.get_one(Wave, wave_id).program), holidays)

        self._reminders = windows_of

    def reminder(self, person: Addressee, now: datetime) -> datetime:
        """When a reminder that is due may leave: now, at the next opening of its window, or on one of the days to
        come when it is late. None is put off past the closing of its ask for being late alone.
        """
        window, zone = self._reminders(person.wave_id), windows.zone(person.time_zone, self.zone)
        moment = window.catch_up(person.remind_at or now, now, zone, person.invitation_id)
        if person.closes_at is not None and moment >= person.closes_at:
            return window.next(now, zone)
        return moment
