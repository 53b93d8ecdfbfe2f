"""What counting a report gives, and from where it is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.reports.freezing.document import Document
from app.reports.freezing.rolls import Roll
from app.reports.periods import ONE_DAY, Every, Period


@dataclass(frozen=True)
class Standpoint:
    """`today` is the day as of which is counted, `now` the instant at which; what is called how, the door knows."""

    today: date
    now: datetime
    zone: ZoneInfo
    segment_names: Callable[[str], Callable[[str, str], str]]
    period_words: Callable[[Period, Every], str]


@dataclass(frozen=True)
class Counted:
    """A report in figures, and what it counted one by one."""

    document: Document
    roll: Roll


def days_of(address: Mapping[str, str]) -> Period:
    """The days of an address, whose last one is still among them."""
    return Period(date.fromisoformat(address["from"]), date.fromisoformat(address["to"]) + ONE_DAY)
