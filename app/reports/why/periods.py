"""Which period another one is held against (pure)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from app.reports.periods import Period


class Against(StrEnum):
    """The days just before, as many of them; or the same days a year earlier."""

    BEFORE = "before"
    YEAR = "year"


def before(period: Period, against: Against) -> Period:
    """The earlier of the two periods."""
    if against is Against.YEAR:
        return Period(year_before(period.start), year_before(period.end))
    return Period(period.start - (period.end - period.start), period.start)


def year_before(day: date) -> date:
    """The same day a year earlier; the last of February for a leap day."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)
