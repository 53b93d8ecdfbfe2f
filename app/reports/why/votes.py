"""Who answered in which of two periods, counted by the database; a person's vote is their last one of a period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core.database.prepared import Prepared
from app.followups.models import Task, TaskKind, TaskState
from app.reports.periods import Period
from app.reports.statistics.recovery import RECOVERED_FROM
from app.reports.trend import are_many, band_of, counted, last_votes
from app.reports.why.split import People
from app.responses.models import Response
from app.sentiment.models import Mention
from app.surveys.scales import Band


class GivenPeriod(NamedTuple):
    """A period whose bounds are parameters of a prepared statement."""

    start: sa.BindParameter
    end: sa.BindParameter


BOUNDS = ("start0", "end0", "start1", "end1")
GIVEN = tuple(sa.bindparam(name, type_=Response.day.type) for name in BOUNDS)
BEFORE, AFTER = GivenPeriod(*GIVEN[:2]), GivenPeriod(*GIVEN[2:])
Turns = Sequence[tuple[Period | GivenPeriod, bool]]


def given(*periods: Period) -> dict[str, date]:
    """What such a statement is given for these periods."""
    return dict(zip(BOUNDS, (day for one in periods for day in (one.start, one.end)), strict=True))


def persons(periods: Turns) -> sa.Subquery:
    """One row for each person who answered in either period; account and answer of the later vote.

    With each period stands whether its votes are very many.
    """
    turns = [
        last_votes(period, are_many=is_many).add_columns(sa.literal(turn).label("turn"))
        for turn, (period, is_many) in enumerate(periods)
    ]
    votes = sa.union_all(*turns).subquery()

    def of(turn: int, column: sa.ColumnElement) -> sa.ColumnElement:
        return sa.func.max(sa.case((votes.c.turn == turn, column)))

    def latest(column: sa.ColumnElement) -> sa.ColumnElement:
        return sa.func.coalesce(of(1, column), of(0, column))

    return (
        sa.select(
            latest(votes.c.account_id).label("account_id"),
            latest(votes.c.response_id).label("response_id"),
            band_of(of(0, votes.c.score)).label("before"),
            band_of(of(1, votes.c.score)).label("after"),
        )
        .group_by(votes.c.contact_id)
        .subquery()
    )


def by_account(session: Session, before: Period, after: Period) -> list[People]:
    """Everybody who answered in either period, alike people of an account together."""
    return read(session, of_accounts, before, after)


def by_theme(session: Session, before: Period, after: Period) -> list[People]:
    """The same by what their last comment speaks of; who speaks of several themes stands under each."""
    return read(session, of_themes, before, after)


def of_accounts(periods: Turns) -> sa.Select:
    person = persons(periods)
    return alike(sa.select(person.c.account_id, person.c.before, person.c.after, sa.func.count()))


def of_themes(periods: Turns) -> sa.Select:
    person = persons(periods)
    said = sa.select(Mention.theme_id, Mention.response_id).distinct().subquery()
    query = sa.select(said.c.theme_id, person.c.before, person.c.after, sa.func.count()).join_from(
        said, person, person.c.response_id == said.c.response_id
    )
    return alike(query)


def alike(query: sa.Select) -> sa.Select:
    return query.group_by(*list(query.selected_columns)[:3])


Written = Callable[[Turns], sa.Select]


def read(session: Session, write: Written, before: Period, after: Period) -> list[People]:
    many = [are_many(session, period) for period in (before, after)]
    if any(many):
        rows = session.execute(write(list(zip((before, after), many, strict=True))))
    else:
        rows = of_few(write).rows(session.connection(), **given(before, after))
    return [People(row[0], row[1] and Band(row[1]), row[2] and Band(row[2]), row[3]) for row in rows]


@cache
def of_few(write: Written) -> Prepared:
    """The statement for periods that have no very many votes; to write it takes longer than to ask it."""
    return Prepared(write([(BEFORE, False), (AFTER, False)]), tuple)


@dataclass(frozen=True)
class Followed:
    """Detractor answers of some days: with how many of their people somebody was in touch, how many follow-ups are
    closed, and after how many the person has answered 7 or more by now."""

    detractors: int
    contacted: int
    closed: int
    recovered: int


def followed(session: Session, days: Period) -> Followed:
    return Followed(*of_detractors().row(session.connection(), start0=days.start, end0=days.end))


@cache
def of_detractors() -> Prepared:
    later = aliased(Response)
    newer = sa.tuple_(later.submitted_at, later.id) > sa.tuple_(Response.submitted_at, Response.id)
    has_recovered = sa.exists().where(
        later.contact_id == Response.contact_id, newer, counted(later), later.score >= RECOVERED_FROM
    )
    task = sa.and_(Task.response_id == Response.id, Task.kind == TaskKind.DETRACTOR)
    query = (
        sa.select(
            sa.func.count(),
            sa.func.count(Task.first_touched_at),
            sa.func.count(sa.case((Task.state == TaskState.CLOSED, 1))),
            sa.func.count(sa.case((has_recovered, 1))),
        )
        .select_from(Response)
        .outerjoin(Task, task)
        .where(counted(), Response.score <= 6, Response.day >= BEFORE.start, Response.day < BEFORE.end)
    )
    return Prepared(query, tuple)


def accounts_heard(people: Sequence[People]) -> int:
    """How many accounts somebody answered from in the later period."""
    return len({group.key for group in people if group.after is not None})
