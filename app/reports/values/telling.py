"""The page of value put together from the one function per number, and its series for files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.language.wording import whole
from app.reports.participation import VALUE, Participation, participations
from app.reports.periods import Every, Period, periods
from app.reports.statistics.comparisons import Difference
from app.reports.statistics.means import Sums, difference
from app.reports.trend import HEADLINE_DAYS
from app.reports.values.trend import Item, ValuePoint, headline, items, value

SURE = 0.05


@dataclass(frozen=True)
class ValueReport:
    """Everything that the page says. `asks` are those that ask for value."""

    headline: Sums
    before: Sums
    trend: Sequence[ValuePoint]
    composition: Sequence[ValuePoint]
    asks: Sequence[Participation]
    segments: Sequence[ValuePoint]
    items: Sequence[Item]

    @property
    def change(self) -> Difference | None:
        """From the headline 180 days before, whose answers do not overlap; None where either has too few."""
        return difference(self.before, self.headline)

    @property
    def points(self) -> int:
        """Between the two figures as they are shown."""
        return whole(self.headline.mean) - whole(self.before.mean)

    @property
    def is_changed(self) -> bool:
        """Whether the change is more than chance, and shows in whole points."""
        return self.change is not None and self.change.p < SURE and self.points != 0

    @property
    def answers(self) -> int:
        return sum(point.sums.n for point in self.composition)

    @property
    def closed(self) -> int:
        return sum(entry.closed for entry in self.asks)

    @property
    def answered(self) -> int:
        return sum(entry.answered for entry in self.asks)

    @property
    def rate(self) -> float | None:
        return self.answered / self.closed if self.closed else None

    @property
    def is_nothing(self) -> bool:
        return not self.answers and not any(entry.reached for entry in self.asks)


def report(
    session: Session,
    *,
    start: date,
    end: date,
    every: Every,
    today: date,
    zone: ZoneInfo,
    now: datetime | None = None,
    dim: str | None = None,
) -> ValueReport:
    """Everything of the page for the days [start, end), headline as of `today`."""
    cut, whole_days = periods(start, end, every), Period(start, end)
    return ValueReport(
        headline(session, today, now=now),
        headline(session, today - timedelta(days=HEADLINE_DAYS), now=now),
        value(session, cut, window_days=HEADLINE_DAYS, now=now),
        value(session, cut, now=now),
        participations(session, cut, zone=zone, now=now, about=VALUE)[1],
        value(session, [whole_days], dim=dim, now=now) if dim else [],
        items(session, whole_days),
    )


VALUE_HEAD = (
    "from",
    "last_day",
    "provisional",
    "value_mean",
    "value_low",
    "value_high",
    "value_people",
    "value_answers",
    "valued_high",
    "valued_middle",
    "valued_low",
    "value_asks_closed",
    "value_asks_answered",
    "value_response_rate",
)


def series(found: ValueReport) -> Iterator[tuple]:
    """What the charts draw, a row for each period, unrounded."""
    for point, own, asks in zip(found.trend, found.composition, found.asks, strict=True):
        yield (
            *(point.period.start, point.period.last, int(asks.is_provisional)),
            *value_and_interval(point.sums),
            point.sums.n,
            *(own.sums.n, own.sums.high, own.sums.middle, own.sums.low),
            *(asks.closed, asks.answered, asks.rate),
        )


def value_and_interval(sums: Sums) -> tuple[float | None, float | None, float | None]:
    within = sums.interval
    return sums.mean, within and within.low, within and within.high
