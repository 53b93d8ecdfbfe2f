"""Value over time: the mean of the value answers of a period, or of each person's last one in 180 days.

Counted as the NPS is: without rehearsals, and without a machine's until somebody has reviewed it. An answer counts from its
day until the earlier of 180 days later and the person's next value answer; so each person has one voice at the end of every period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database.columns import attribute
from app.reports.participation import kept
from app.reports.periods import ONE_DAY, Period
from app.reports.statistics.means import Sums
from app.reports.trend import HEADLINE_DAYS
from app.responses.models import Response
from app.surveys.scales import LEVELS, ValueLevel

MANY_ANSWERS = 20_000
ITEMS = ("value_overall", "value_goal", "value_ease")


@dataclass(frozen=True)
class ValuePoint:
    """The value of one period and segment."""

    period: Period
    key: str
    sums: Sums


def valued(response: type[Response] = Response) -> sa.ColumnElement[bool]:
    """Answers that enter the value figures."""
    reviewed = sa.or_(response.is_maybe_automatic.is_(False), response.reviewed_at.is_not(None))
    return sa.and_(response.value_points.is_not(None), response.is_rehearsal.is_(False), reviewed)


def value(
    session: Session,
    periods: list[Period],
    *,
    dim: str = "all",
    window_days: int | None = None,
    now: datetime | None = None,
) -> list[ValuePoint]:
    """The points of `periods` for each segment, segments in order of their key.

    With `now` figures of very many answers may be up to a minute old.
    """
    if not periods:
        return []
    key = ("value", str(session.get_bind().url), tuple(periods), dim, window_days)
    found = kept(key, now, lambda: counted(session, periods, dim, window_days), is_of_many)
    keys = sorted({key for point in found for key in point}) or (["all"] if dim == "all" else [])
    return [
        ValuePoint(period, key, sums.get(key, Sums()))
        for key in keys
        for period, sums in zip(periods, found, strict=True)
    ]


def is_of_many(found: list[dict[str, Sums]]) -> bool:
    return sum(sums.n for point in found for sums in point.values()) > MANY_ANSWERS


def counted(
    session: Session, periods: list[Period], dim: str, window_days: int | None
) -> list[dict[str, Sums]]:
    points: list[dict[str, Sums]] = [{} for _ in periods]
    for place, key, n, total, squares, *levels in session.execute(sums_of(periods, dim, window_days)):
        if key is not None:
            points[place][key] = Sums(int(n), float(total), float(squares), *map(int, levels))
    return points


def headline(session: Session, today: date, *, now: datetime | None = None) -> Sums:
    """The value of the last 180 days up to and with `today`, one answer per person."""
    point = Period(today, today + ONE_DAY)
    return value(session, [point], window_days=HEADLINE_DAYS, now=now)[0].sums


def sums_of(periods: list[Period], dim: str, window_days: int | None) -> sa.Select:
    """One row for each period, by its place in the list, and segment.

    In a window an answer counts unless the same person's next one lies before its end too.
    """
    back = None if window_days is None else timedelta(days=window_days)
    begins = [period.start if back is None else begin_of(period, back) for period in periods]
    spans = spans_of(begins, periods)
    each = answers_between(min(begins), periods[-1].end, dim).subquery()
    counts = sa.and_(each.c.day >= spans.c.begin, each.c.day < spans.c.until)
    if back is not None:
        is_last = sa.or_(each.c.following.is_(None), each.c.following >= spans.c.until)
        counts = sa.and_(counts, is_last)
    points = each.c.points
    columns = sa.func.count(), sa.func.sum(points), sa.func.sum(points * points), *by_level(points)
    query = sa.select(spans.c.place, each.c["key"], *columns).join_from(spans, each, counts)
    return query.group_by(spans.c.place, each.c["key"])


def begin_of(period: Period, back: timedelta) -> date:
    """The first day of the window before the end of `period`, at the start of the calendar at the earliest."""
    return period.end - back if period.end - date.min > back else date.min


def spans_of(begins: list[date], periods: list[Period]) -> sa.CTE:
    columns = sa.column("place", sa.Integer), sa.column("begin", sa.Date), sa.column("until", sa.Date)
    rows = [(place, begin, periods[place].end) for place, begin in enumerate(begins)]
    return sa.values(*columns, name="spans").data(rows).cte("spans")


def answers_between(start: date, end: date, dim: str) -> sa.Select:
    """The value answers of [start, end) with their segment, and the day of the same person's next one."""
    order = Response.submitted_at, Response.id
    following = sa.func.lead(Response.day).over(partition_by=Response.contact_id, order_by=order)
    segment = sa.literal("all") if dim == "all" else attribute(Response.dims, dim)
    columns = Response.day, segment.label("key"), Response.value_points.label("points")
    query = sa.select(*columns, following.label("following"))
    return query.where(valued(), Response.day >= start, Response.day < end)


def by_level(points: sa.ColumnElement[float]) -> list[sa.ColumnElement[int]]:
    """How many are low, middling and high."""
    return [sa.func.count(sa.case((within(points, level), 1))) for level in ValueLevel]


def within(points: sa.ColumnElement[float], level: ValueLevel) -> sa.ColumnElement[bool]:
    low, below = LEVELS[level]
    return sa.and_(points >= low, points < below)


def last_values(period: Period) -> sa.Select:
    """Person, account, answer and points of each person's last value answer in `period`."""
    newest = sa.func.row_number().over(
        partition_by=Response.contact_id, order_by=(Response.submitted_at.desc(), Response.id.desc())
    )
    columns = (
        Response.contact_id,
        Response.account_id,
        Response.id.label("response_id"),
        Response.value_points,
    )
    days = valued(), Response.day >= period.start, Response.day < period.end
    ranked = sa.select(*columns, newest.label("place")).where(*days).subquery()
    return sa.select(*(ranked.c[column.key] for column in columns)).where(ranked.c.place == 1)


# What it is made of


@dataclass(frozen=True)
class Item:
    """One question of the value survey: its mean on its own scale, and how many answered it."""

    name: str
    mean: float | None
    n: int


def items(session: Session, period: Period) -> list[Item]:
    """The three questions, over all answers of `period`."""
    columns = [getattr(Response, name) for name in ITEMS]
    query = sa.select(*(made(column) for column in columns for made in (sa.func.avg, sa.func.count)))
    days = valued(), Response.day >= period.start, Response.day < period.end
    found = session.execute(query.where(*days)).one()
    return [
        Item(name, None if found[2 * at] is None else float(found[2 * at]), found[2 * at + 1])
        for at, name in enumerate(ITEMS)
    ]
