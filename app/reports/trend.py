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
from sqlalchemy.orm import Session

from app.core.database.columns import attribute
from app.reports import rollups
from app.reports.deltas import DAY_SERIES, WINDOW_SERIES
from app.reports.periods import Period
from app.reports.statistics.nps import Counts, Estimate, estimate
from app.responses.models import Response
from app.surveys.scales import Band

HEADLINE_DAYS, ANY_ZONE = 180, timedelta(days=2)


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


def last_votes(period: Period, *more: sa.ColumnElement) -> sa.Select:
    """Person, account, answer, score and `more` of each person's last vote in `period`."""
    newest = sa.func.row_number().over(
        partition_by=Response.contact_id, order_by=(Response.submitted_at.desc(), Response.id.desc())
    )
    columns = (
        Response.contact_id,
        Response.account_id,
        Response.id.label("response_id"),
        Response.score,
        *more,
    )
    ranked = (
        sa.select(*columns, newest.label("place"))
        .where(counted(), Response.day >= period.start, Response.day < period.end)
        .subquery()
    )
    return sa.select(*(ranked.c[column.key] for column in columns)).where(ranked.c.place == 1)


def band_of(score: sa.ColumnElement[int | None]) -> sa.ColumnElement[str | None]:
    """The band of a score, as SQL; NULL without one."""
    return sa.case(
        (score <= 6, Band.DETRACTOR.value),
        (score <= 8, Band.PASSIVE.value),
        (score.is_not(None), Band.PROMOTER.value),
    )
