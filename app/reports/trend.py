"""NPS over time: by period, or as the headline with one vote per contact in a window before each point's end.

Definition, printed under every figure: a period counts the responses submitted in it; the headline
counts the latest response per contact in the W days before the end, one vote each, unweighted; W is 180 for pages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.contacts.models import Contact
from app.core.database.columns import attribute
from app.core.database.prepared import Prepared, unsought
from app.reports import rollups
from app.reports.deltas import DAY_SERIES, WINDOW_SERIES
from app.reports.periods import Period
from app.reports.statistics.nps import Counts, Estimate, estimate
from app.responses.models import Response
from app.surveys.scales import Band

HEADLINE_DAYS, FEW_VOTES, ANY_ZONE = 180, 20_000, timedelta(days=2)


@dataclass(frozen=True)
class NpsPoint:
    """The NPS of one period and segment, with its interval and number of answers."""

    period: Period
    key: str
    estimate: Estimate

    @property
    def counts(self) -> Counts:
        return self.estimate.counts


def counted(response: type[Response] = Response) -> sa.ColumnElement[bool]:
    """Responses that enter NPS: with a score, not in rehearsal, not flagged and unreviewed."""
    reviewed = sa.or_(response.is_maybe_automatic.is_(False), response.reviewed_at.is_not(None))
    return sa.and_(response.score.is_not(None), response.is_rehearsal.is_(False), reviewed)


def around(start: date, end: date) -> tuple[datetime, datetime]:
    """Moments between which the answers of the days [start, end) lie, in whatever zone their days were taken.

    An answer's day decides where it counts; its moment finds it in the order of moments, and among a person's own.
    """
    begin, until = (datetime.combine(day, time(), UTC) for day in (start, end))
    return begin - ANY_ZONE, until + ANY_ZONE


def nps(
    session: Session, periods: list[Period], *, dim: str = "all", window_days: int | None = None
) -> list[NpsPoint]:
    """The points of `periods` for each segment of `dim`, segments in order of their key."""
    if not periods:
        return []
    if window_days is None:
        found = by_period(session, periods, dim)
    elif window_days == HEADLINE_DAYS:
        found = by_window(session, periods, dim)
    else:
        found = by_rows(session, periods, dim, window_days)
    keys = sorted({key for point in found for key in point}) or (["all"] if dim == "all" else [])
    return [
        NpsPoint(period, key, estimate(counts.get(key, Counts())))
        for key in keys
        for period, counts in zip(periods, found, strict=True)
    ]


def headline(session: Session, today: date) -> Estimate:
    """The NPS of the last 180 days up to and with `today`, one vote per contact."""
    point = by_window(session, [Period(today, today + timedelta(days=1))], "all")[0]
    return estimate(point.get("all", Counts()))


def by_period(session: Session, periods: list[Period], dim: str) -> list[dict[str, Counts]]:
    """The answers of each period, from the cells; segments that all have left are none."""
    days = rollups.days(session, DAY_SERIES, dim, start=periods[0].start, before=periods[-1].end)
    places: list[dict[str, list[rollups.DayCounts]]] = [defaultdict(list) for _ in periods]
    at = 0
    for day in days:
        while day.day >= periods[at].end:
            at += 1
        places[at][day.key].append(day)
    sums = [{key: rollups.total(found) for key, found in place.items()} for place in places]
    return [{key: counts for key, counts in place.items() if counts.n} for place in sums]


def by_window(session: Session, periods: list[Period], dim: str) -> list[dict[str, Counts]]:
    """The running sums of the window series at the end of each period: one vote per contact in 180 days."""
    first, last = periods[0].end, periods[-1].end
    sums = rollups.sums(session, WINDOW_SERIES, dim, before=first)
    later = rollups.days(session, WINDOW_SERIES, dim, start=first, before=last) if last > first else []
    days, points = iter(later), []
    day = next(days, None)
    for period in periods:
        while day is not None and day.day < period.end:
            add(sums.setdefault(day.key, [0, 0, 0]), day)
            day = next(days, None)
        points.append({key: Counts(*numbers) for key, numbers in sums.items() if any(numbers)})
    return points


def add(numbers: list[int], day: rollups.DayCounts) -> None:
    numbers[0] += day.detractors
    numbers[1] += day.passives
    numbers[2] += day.promoters


def by_rows(session: Session, periods: list[Period], dim: str, window_days: int) -> list[dict[str, Counts]]:
    """The latest answer per contact in other windows, from the rows."""
    start = periods[0].end - timedelta(days=window_days)
    query = (
        sa.select(Response.contact_id, Response.day, Response.score, attribute(Response.dims, dim))
        .where(counted(), Response.day >= start, Response.day < periods[-1].end)
        .order_by(Response.submitted_at, Response.id)
    )
    rows = list(session.execute(query))
    return [latest_votes(rows, p.end - timedelta(days=window_days), p.end) for p in periods]


def latest_votes(rows: Iterable[sa.Row], start: date, end: date) -> dict[str, Counts]:
    """The last vote of each contact in [start, end), counted by segment."""
    votes: dict[int, tuple[str, int]] = {}
    for contact, day, score, key in rows:
        if start <= day < end:
            votes[contact] = key, score
    scores: dict[str, list[int]] = defaultdict(list)
    for key, score in votes.values():
        if key is not None:
            scores[key].append(score)
    return {key: Counts.of(given) for key, given in scores.items()}


def last_votes(period: Period, *more: sa.ColumnElement, are_many: bool = False) -> sa.Select:
    """Person, account, answer, score and `more` of each person's last vote in `period`.

    Of very many votes most are of the same people: looking for the last one of each takes as long however many they are.
    """
    columns = (
        Response.contact_id,
        Response.account_id,
        Response.id.label("response_id"),
        Response.score,
        *more,
    )
    if are_many:
        return sa.select(*columns).join_from(
            Contact, Response, Response.id == last_vote_of(Contact.id, period)
        )
    newest = sa.func.row_number().over(
        partition_by=Response.contact_id, order_by=(Response.submitted_at.desc(), Response.id.desc())
    )
    ranked = (
        sa.select(*columns, newest.label("place"))
        .where(counted(), Response.day >= period.start, Response.day < period.end)
        .subquery()
    )
    return sa.select(*(ranked.c[column.key] for column in columns)).where(ranked.c.place == 1)


def last_vote_of(person_id: sa.ColumnElement[int], period: Period) -> sa.ScalarSelect[int]:
    """The last vote of a person in `period`."""
    vote, (begin, until) = aliased(Response), around(period.start, period.end)
    return (
        sa.select(vote.id)
        .where(vote.contact_id == person_id, vote.submitted_at >= begin, vote.submitted_at < until)
        .where(counted(vote), unsought(vote.day) >= period.start, unsought(vote.day) < period.end)
        .order_by(vote.submitted_at.desc(), vote.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def are_many(session: Session, period: Period) -> bool:
    """Whether there are so many answers that the last one of each person is better looked up."""
    begin, until = around(period.start, period.end)
    return MANY_VOTES.row(session.connection(), begin=begin, until=until) is not None


MANY_VOTES = Prepared(
    sa.select(Response.id)
    .where(Response.submitted_at >= sa.bindparam("begin"), Response.submitted_at < sa.bindparam("until"))
    .order_by(Response.submitted_at)
    .offset(FEW_VOTES)
    .limit(1)
)


def band_of(score: sa.ColumnElement[int | None]) -> sa.ColumnElement[str | None]:
    """The band of a score, as SQL; NULL without one."""
    return sa.case(
        (score <= 6, Band.DETRACTOR.value),
        (score <= 8, Band.PASSIVE.value),
        (score.is_not(None), Band.PROMOTER.value),
    )
