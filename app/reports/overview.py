"""What the managers' first page shows, put together from the one function per number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.reports import trend
from app.reports.participation import Participation, asked_people, participation
from app.reports.periods import Every, Period, periods
from app.reports.statistics.comparisons import adjusted_wald_difference
from app.reports.statistics.nps import Counts, Estimate, Sensitivity, sensitivity_lines
from app.reports.trend import HEADLINE_DAYS, NpsPoint

SURE = 0.05


@dataclass(frozen=True)
class Overview:
    """The figures of one page, all for the same days."""

    headline: Estimate
    before: Estimate
    people: int
    sensitivity: Sensitivity | None
    trend: list[NpsPoint]
    composition: list[NpsPoint]
    participation: list[Participation]
    segments: list[NpsPoint]

    @property
    def change(self) -> float | None:
        """Points between the headline and the one 180 days before, whose votes do not overlap."""
        if self.headline.nps is None or self.before.nps is None:
            return None
        return self.headline.nps - self.before.nps

    @property
    def is_changed(self) -> bool:
        """Whether the change is more than chance: the interval of the difference leaves out 0."""
        found = adjusted_wald_difference(self.headline.counts, self.before.counts)
        return found is not None and found.p < SURE

    @property
    def answered(self) -> int:
        return sum(p.answered for p in self.participation)

    @property
    def closed(self) -> int:
        return sum(p.closed for p in self.participation)

    @property
    def has_answers(self) -> bool:
        return any(point.counts.n for point in self.composition)

    @property
    def has_asks(self) -> bool:
        return any(p.reached for p in self.participation)


def overview(
    session: Session,
    *,
    start: date,
    end: date,
    every: Every,
    today: date,
    zone: ZoneInfo,
    dim: str | None = None,
) -> Overview:
    """Everything of the page for the days [start, end), headline as of `today`."""
    cut = periods(start, end, every)
    people = asked_people(session, today=today, days=HEADLINE_DAYS, zone=zone)
    now = trend.headline(session, today, population=people)
    whole = [Period(start, end)]
    return Overview(
        headline=now,
        before=trend.headline(session, today - timedelta(days=HEADLINE_DAYS)),
        people=people,
        sensitivity=sensitivity_lines(now.counts, max(people, now.counts.n)),
        trend=trend.nps(session, cut, window_days=HEADLINE_DAYS),
        composition=trend.nps(session, cut),
        participation=participation(session, cut, zone=zone),
        segments=trend.nps(session, whole, dim=dim) if dim else [],
    )


def total(points: list[NpsPoint]) -> Counts:
    return sum((point.counts for point in points), Counts())
