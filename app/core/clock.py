"""The time of day. Only doors ask for it; everything else is told with `now=` or `today=`."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of `moment` in `zone`."""
    return moment.astimezone(zone).date()


@dataclass(frozen=True)
class Today:
    """The present of one reading: the moment, and the installation's calendar day and zone."""

    now: datetime
    day: date
    zone: ZoneInfo

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo) -> "Today":
        return cls(now, day_of(now, zone), zone)
