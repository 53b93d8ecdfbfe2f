"""What the managers' first page shows, put together from the one function per number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database.prepared import Prepared
from app.core.language.wording import tenths_between, whole
from app.delivery.models import Invitation
from app.followups.models import Task
from app.followups.queue import ALL, QueueCounts, counts
from app.reports import trend
from app.reports.participation import OPEN, REACHED, Participation, participations, unheard_people
from app.reports.periods import Every, Period, periods
from app.reports.statistics.comparisons import Change, change
from app.reports.statistics.nps import Counts, Estimate, Sensitivity, estimate, sensitivity_lines
from app.reports.trend import HEADLINE_DAYS, NpsPoint


@dataclass(frozen=True)
class Overview:
    """The figures of one page, all for the same days. `recommending` are the asks with a recommendation question alone."""

    headline: Estimate
    before: Estimate
    may_answer: int
    silent: int
    sensitivity: Sensitivity | None
    trend: list[NpsPoint]
    composition: list[NpsPoint]
    participation: list[Participation]
    recommending: list[Participation]
    segments: list[NpsPoint]
    queue: QueueCounts

    @property
    def people(self) -> int:
        """Everybody who was asked to recommend in the headline's days, heard or not."""
        return self.headline.counts.n + self.may_answer + self.silent

    @property
    def change(self) -> Change | None:
        """From the headline 180 days before, whose votes do not overlap; None where either has too few answers."""
        return change(self.before.counts, self.headline.counts)

    @property
    def points(self) -> int:
        """Between the two figures as they are shown, rounded, so that the one and the points add up to the other."""
        return whole(self.headline.nps) - whole(self.before.nps)

    @property
    def tenths(self) -> float:
        """As `points`, between the figures to one decimal."""
        return tenths_between(self.before.nps, self.headline.nps)

    @property
    def is_changed(self) -> bool:
        """Whether the change is more than chance, and shows in whole points."""
        found = self.change
        return found is not None and found.is_change and self.points != 0

    @property
    def answered(self) -> int:
        return sum(p.answered for p in self.participation)

    @property
    def closed(self) -> int:
        return sum(p.closed for p in self.participation)

    @property
    def open(self) -> int:
        return sum(p.open for p in self.participation)

    @property
    def rate(self) -> float | None:
        return self.answered / self.closed if self.closed else None

    @property
    def has_answers(self) -> bool:
        return any(point.counts.n for point in self.composition)

    @property
    def has_asks(self) -> bool:
        return any(p.reached for p in self.participation)


def is_nothing_yet(session: Session) -> bool:
    """Whether nobody was ever asked, rehearsals left out, no answer came by another way, and there is no follow-up."""
    return not IS_SOMETHING.row(session.connection())[0]


IS_SOMETHING = Prepared(
    sa.select(
        sa.or_(
            sa.exists().where(
                Invitation.is_rehearsal.is_(False), sa.or_(*(Invitation.state == one for one in REACHED))
            ),
            sa.exists().where(trend.counted()),
            sa.exists().where(Task.is_rehearsal.is_(False)),
        )
    ),
    tuple,
)


def overview(
    session: Session,
    *,
    start: date,
    end: date,
    every: Every,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    dim: str | None = None,
) -> Overview:
    """Everything of the page for the days [start, end), headline as of `today`."""
    cut = periods(start, end, every)
    heard = trend.headline(session, today)
    missing = unheard_people(
        session, today=today, days=HEADLINE_DAYS, zone=zone, heard=heard.counts.n, now=now
    )
    people = heard.counts.n + sum(missing.values())
    may_answer = sum(count for state, count in missing.items() if state in OPEN)
    whole = [Period(start, end)]
    asks, recommending = participations(session, cut, zone=zone, now=now)
    return Overview(
        headline=estimate(heard.counts, population=people),
        before=trend.headline(session, today - timedelta(days=HEADLINE_DAYS)),
        may_answer=may_answer,
        silent=sum(missing.values()) - may_answer,
        sensitivity=sensitivity_lines(heard.counts, people),
        trend=trend.nps(session, cut, window_days=HEADLINE_DAYS),
        composition=trend.nps(session, cut),
        participation=asks,
        recommending=recommending,
        segments=trend.nps(session, whole, dim=dim) if dim else [],
        queue=counts(session, ALL, now=now, zone=zone),
    )


SERIES_HEAD = (
    "from",
    "last_day",
    "provisional",
    "nps",
    "low",
    "high",
    "people",
    "promoters_of_people",
    "passives_of_people",
    "detractors_of_people",
    "promoters",
    "passives",
    "detractors",
    "asked_to_recommend_silent",
    "asked_to_recommend_open",
    "asks_closed",
    "asks_answered",
    "response_rate",
)


def series(found: Overview) -> Iterator[tuple]:
    """What the charts draw, a row for each period, unrounded: the NPS of 180 days with the votes it is made of, the
    answers of the period itself with the silence beside them, and the rate of answers."""
    for point, own, asks, every in zip(
        found.trend, found.composition, found.recommending, found.participation, strict=True
    ):
        interval, people, answers = point.estimate.interval, point.counts, own.counts
        yield (
            point.period.start,
            point.period.last,
            int(every.is_provisional),
            *(point.estimate.nps, interval and interval.low, interval and interval.high),
            *(people.n, people.promoters, people.passives, people.detractors),
            *(answers.promoters, answers.passives, answers.detractors),
            *(asks.silent + asks.declined, asks.open),
            *(every.closed, every.answered, every.rate),
        )


def total(points: list[NpsPoint]) -> Counts:
    return sum((point.counts for point in points), Counts())
