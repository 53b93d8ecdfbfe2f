"""Who answered in which of two periods, counted by the database; a person's vote is their last one of a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.followups.models import Task, TaskKind, TaskState
from app.reports.periods import Period
from app.reports.statistics.recovery import RECOVERED_FROM
from app.reports.trend import are_many, band_of, counted, last_votes
from app.reports.why.split import People
from app.responses.models import Response
from app.sentiment.models import Mention
from app.surveys.scales import Band


def persons(session: Session, before: Period, after: Period) -> sa.Subquery:
    """One row for each person who answered in either period; account and answer of the later vote."""
    turns = [
        last_votes(period, are_many=are_many(session, period)).add_columns(sa.literal(turn).label("turn"))
        for turn, period in enumerate((before, after))
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
    person = persons(session, before, after)
    return read(session, sa.select(person.c.account_id, person.c.before, person.c.after, sa.func.count()))


def by_theme(session: Session, before: Period, after: Period) -> list[People]:
    """The same by what their last comment speaks of; who speaks of several themes stands under each."""
    person = persons(session, before, after)
    said = sa.select(Mention.theme_id, Mention.response_id).distinct().subquery()
    query = sa.select(said.c.theme_id, person.c.before, person.c.after, sa.func.count()).join_from(
        said, person, person.c.response_id == said.c.response_id
    )
    return read(session, query)


def read(session: Session, query: sa.Select) -> list[People]:
    key, before, after, _count = query.selected_columns
    return [
        People(row[0], row[1] and Band(row[1]), row[2] and Band(row[2]), row[3])
        for row in session.execute(query.group_by(key, before, after))
    ]


@dataclass(frozen=True)
class Followed:
    """Detractor answers of some days: with how many of their people somebody was in touch, how many follow-ups are
    closed, and after how many the person has answered 7 or more by now."""

    detractors: int
    contacted: int
    closed: int
    recovered: int


def followed(session: Session, days: Period) -> Followed:
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
        .where(counted(), Response.score <= 6, Response.day >= days.start, Response.day < days.end)
    )
    return Followed(*session.execute(query).one())


def accounts_heard(people: Sequence[People]) -> int:
    """How many accounts somebody answered from in the later period."""
    return len({group.key for group in people if group.after is not None})
