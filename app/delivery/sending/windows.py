"""When in a person's week a mail may come. Pure.

A window is some weekdays (0 is Monday) between two hours of the person's own clock; the end hour is not part of it.
On the holidays of the installation no window opens, because nobody would be there to follow up. Nights in which clocks
change are right by construction: an opening is a moment of the local clock, and one that the clock leaps over counts
for that day only if the hour after the leap still lies in the window.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.surveys.rules import Rules

ONE_DAY = timedelta(days=1)
FARTHEST_DAYS = 370
MOST_DAYS_TO_CATCH_UP = 5


@dataclass(frozen=True)
class Window:
    """Weekdays, and the hours of the local clock from `start` up to `end`."""

    days: frozenset[int]
    start: int
    end: int
    holidays: frozenset[date] = frozenset()

    def is_open(self, moment: datetime, zone: ZoneInfo) -> bool:
        local = moment.astimezone(zone)
        return self.opens_on(local.date()) and self.start <= local.hour < self.end

    def opens_on(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.holidays

    def next(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The moment itself if the window is open then, else its next opening, in UTC."""
        if self.is_open(moment, zone):
            return moment
        today = moment.astimezone(zone).date()
        for day in (today + number * ONE_DAY for number in range(FARTHEST_DAYS)):
            opening = max(moment, datetime.combine(day, time(self.start), zone).astimezone(UTC))
            if self.opens_on(day) and self.is_open(opening, zone):
                return opening
        return replace(self, holidays=frozenset()).next(moment, zone)  # Somebody made every day a holiday.

    def catch_up(self, due_at: datetime, now: datetime, zone: ZoneInfo, number: int) -> datetime:
        """When a mail may go that was due at `due_at`, so that late ones do not all go at once.

        Less than a day late it goes in the first window from now on. Those that are later, because the machine was
        off or the wave was paused, are spread by their `number` over as many open days as they are days late, five
        at most.
        """
        moment = self.next(now, zone)
        for _ in range(number % (min((now - due_at) // ONE_DAY, MOST_DAYS_TO_CATCH_UP - 1) + 1)):
            tomorrow = moment.astimezone(zone).date() + ONE_DAY
            moment = self.next(datetime.combine(tomorrow, time(), zone).astimezone(UTC), zone)
        return moment


def first_sends(rules: Rules, holidays: Iterable[date] = ()) -> Window:
    """When first mails may come."""
    return Window(frozenset(rules.send_days), rules.send_from, rules.send_until, frozenset(holidays))


def reminders(rules: Rules, holidays: Iterable[date] = ()) -> Window:
    """When reminders may come."""
    return Window(frozenset(rules.remind_days), rules.remind_from, rules.remind_until, frozenset(holidays))


def reminder_moment(
    rules: Rules,
    number: int,
    sent_at: datetime,
    zone: ZoneInfo,
    *,
    reminded_at: datetime | None = None,
    holidays: Iterable[date] = (),
) -> datetime | None:
    """When reminder `number` (from 1) of an ask sent then is due in the person's window; None without one."""
    planned = rules.remind_at(sent_at, number, reminded_at=reminded_at)
    return planned and reminders(rules, holidays).next(planned, zone)


@lru_cache(maxsize=1024)
def zone(name: str | None, default: ZoneInfo) -> ZoneInfo:
    """The zone of that name, or the default for none and for one that nobody knows."""
    try:
        return ZoneInfo(name) if name else default
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default
