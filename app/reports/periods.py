"""Days cut into periods: days, weeks from Monday, months, quarters; always from inclusive to exclusive (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

ONE_DAY = timedelta(days=1)
MOST_PERIODS = 1500


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, order=True)
class Period:
    """The days from `start` to the day before `end`."""

    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def last(self) -> date:
        return self.end - ONE_DAY


def first_day(day: date, every: Every) -> date:
    """The first day of the period that `day` lies in."""
    if every is Every.DAY:
        return day
    if every is Every.WEEK:
        return day - timedelta(days=day.weekday())
    month = day.month if every is Every.MONTH else (day.month - 1) // 3 * 3 + 1
    return date(day.year, month, 1)


def following(start: date, every: Every) -> date:
    """The first day of the period after the one that begins on `start`."""
    days = {Every.DAY: 1, Every.WEEK: 7}.get(every)
    if days:
        return start + timedelta(days=days)
    months = start.year * 12 + start.month - 1 + (1 if every is Every.MONTH else 3)
    return date(months // 12, months % 12 + 1, 1)


def periods(start: date, end: date, every: Every) -> list[Period]:
    """The periods that cover [start, end); the first and last are cut to it. ValueError when there are too many."""
    return list(_periods(start, end, every))


def _periods(start: date, end: date, every: Every) -> Iterator[Period]:
    begin, number = first_day(start, every), 0
    while begin < end:
        after, number = following(begin, every), number + 1
        if number > MOST_PERIODS:
            raise ValueError(f"more than {MOST_PERIODS} periods were asked for")
        yield Period(max(begin, start), min(after, end))
        begin = after


def months_back(today: date, months: int) -> date:
    """The first day of the month `months` before the one that `today` lies in."""
    total = today.year * 12 + today.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)
