"""Counting the answers themselves anew, and what happens to the sums when accounts or people turn out to be one.

Sums are made of signed deltas and cannot forget an answer by themselves. Each answer keeps the segments it is counted
in, so what it adds can be found again at any time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import bulk
from app.reports.counting import COLUMNS
from app.reports.deltas import Delta, Vote, contributions, united
from app.reports.models import RollupCell, RollupDelta
from app.reports.rollups import KEY, CellKey
from app.reports.sums import placing
from app.reports.trend import counted
from app.responses.models import Response

CHUNK = 5000
Sums = dict[CellKey, Counter[str]]
UNUSED = ("asked", "answered", "silent")
COLUMNS_OF_ANSWER = [
    getattr(Response, name)
    for name in ("id", "contact_id", "account_id", "submitted_at", "day", "score", "dims")
]
WRITTEN_DIMS = sa.cast(Response.dims, sa.Text).label("dims")


def tallied(session: Session) -> tuple[Sums, int]:
    """What every cell must hold by the answers that count, and how many those are. Read in a stream."""
    sums: Sums = {}
    number = 0
    query = sa.select(*COLUMNS_OF_ANSWER[:-1], WRITTEN_DIMS).where(counted())
    found = session.execute(
        query.order_by(Response.contact_id, Response.id), execution_options={"yield_per": CHUNK}
    )
    for _contact, of_person in groupby(found, key=lambda answer: answer.contact_id):
        mine = list(of_person)
        number += len(mine)
        places = {answer.id: segments_in(answer.dims) for answer in mine}
        for (series, day, response_id, column), change in contributions(votes_of(mine)):
            for dim, key in places[response_id]:
                sums.setdefault((series, dim, key, day), Counter())[column] += change
    return sums, number


@lru_cache(maxsize=50_000)
def segments_in(written: str) -> tuple[tuple[str, str], ...]:
    """The segments of an answer as they stand in the database; few answers have theirs for themselves."""
    return tuple(json.loads(written).items())


def recount(session: Session, *, now: datetime) -> int:
    """Throw the sums away and count every answer that counts again; how many. Readers see the sums at once.

    Nobody answers meanwhile: on PostgreSQL by a lock that answers wait for, on SQLite there is one writer.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE rollup_deltas, rollup_cells IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(sa.delete(RollupCell))
    session.execute(sa.delete(RollupDelta))
    sums, number = tallied(session)
    rows = [
        dict(zip(KEY, key, strict=True)) | {column: counts[column] for column in COLUMNS}
        for key, counts in sums.items()
        if any(counts.values())
    ]
    bulk.add_rows(session, RollupCell.__table__, [row | dict.fromkeys(UNUSED, 0) for row in rows])
    return number


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """Deltas of one account that are not folded yet belong to another, in whose segments its answers stand from now on."""
    deltas = sa.update(RollupDelta).where(RollupDelta.account_id == from_id)
    session.execute(deltas.values(account_id=to_id), execution_options={"synchronize_session": False})
    placing.follow(session, to_id, now=now)


def move_person(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """Two people are one, who has one vote at a time. The answers still stand with each of them."""
    of_both = Response.contact_id.in_((from_id, to_id))
    answers = session.execute(sa.select(*COLUMNS_OF_ANSWER).where(counted(), of_both)).all()
    one, other = (votes_of(a for a in answers if a.contact_id == id) for id in (from_id, to_id))
    if rows := rows_of(united(one, other), answers, now):
        session.execute(sa.insert(RollupDelta), rows)


def votes_of(answers: Iterable[sa.Row]) -> list[Vote]:
    return [Vote(answer.id, answer.submitted_at, answer.day, answer.score) for answer in answers]


def rows_of(deltas: Iterable[Delta], answers: Iterable[sa.Row], now: datetime) -> list[dict]:
    """The rows of some deltas, each in the segments in which its answer was given."""
    homes = {answer.id: answer for answer in answers}
    return [
        dict.fromkeys(COLUMNS, 0)
        | {
            delta.column: delta.change,
            "series": delta.series,
            "day": delta.day,
            "account_id": homes[delta.response_id].account_id,
            "response_id": delta.response_id,
            "dims": homes[delta.response_id].dims,
            "asked": 0,
            "answered": 0,
            "silent": 0,
            "at": now,
        }
        for delta in deltas
    ]
