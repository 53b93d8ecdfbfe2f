"""Working time: what "24 business hours" and "five business days" mean on a calendar.

Working days are Monday to Friday, unless an administrator chose others, without the given holidays; a working day
lasts from `start` to `end` in the zone of the people who do the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
MONDAY_TO_FRIDAY = frozenset(range(5))


@dataclass(frozen=True)
class WorkWeek:
    """When work is done; `days` are weekdays, Monday 0. `hours_per_day` turns business hours into working days."""

    zone: ZoneInfo
    start: time = time(9)
    end: time = time(17)
    holidays: frozenset[date] = frozenset()
    days: frozenset[int] = MONDAY_TO_FRIDAY

    @classmethod
    def of(cls, zone: ZoneInfo, week: Mapping, holidays: Iterable[str]) -> WorkWeek:
        """The week as the installation's row keeps it: {"days": [0, ...], "start": "09:00", "end": "17:00"}, days as text."""
        days = frozenset(date.fromisoformat(day[:10]) for day in holidays)
        if not week:
            return cls(zone, holidays=days)
        start, end = (time.fromisoformat(week[name]) for name in ("start", "end"))
        return cls(zone, start, end, days, frozenset(week["days"]))

    @property
    def hours_per_day(self) -> float:
        return (datetime.combine(date.min, self.end) - datetime.combine(date.min, self.start)).seconds / 3600

    def is_working_day(self, day: date) -> bool:
        return day.weekday() in self.days and day not in self.holidays

    def opens(self, day: date) -> datetime:
        return datetime.combine(day, self.start, self.zone).astimezone(UTC)

    def closes(self, day: date) -> datetime:
        return datetime.combine(day, self.end, self.zone).astimezone(UTC)

    def add_days(self, moment: datetime, days: int) -> datetime:
        """The end of the `days`-th working day after the day of `moment`, in UTC."""
        day = moment.astimezone(self.zone).date()
        while days > 0:
            day += ONE_DAY
            days -= self.is_working_day(day)
        return self.closes(day)

    def add_hours(self, moment: datetime, hours: float) -> datetime:
        """`hours` of working time after `moment`, in UTC; the clock stands still outside working hours."""
        left = timedelta(hours=hours)
        day = moment.astimezone(self.zone).date()
        while True:
            if self.is_working_day(day):
                begin = max(moment.astimezone(UTC), self.opens(day))
                room = self.closes(day) - begin
                if room >= left:
                    return begin + left
                left -= max(room, timedelta(0))
            day += ONE_DAY

    def hours_between(self, start: datetime, end: datetime) -> float:
        """Working hours between two moments; 0 when `end` is not after `start`."""
        total, day = timedelta(0), start.astimezone(self.zone).date()
        while self.opens(day) < end:
            if self.is_working_day(day):
                total += max(min(end, self.closes(day)) - max(start, self.opens(day)), timedelta(0))
            day += ONE_DAY
        return total.total_seconds() / 3600
