"""Making the sums behind the trends anew from the answers themselves, after answers were taken away for good.

Sums are made of signed deltas and cannot forget an answer by themselves. Each answer keeps the segments it was
counted in, so the same deltas can be written again for those that remain.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.reports.counting import COLUMNS
from app.reports.deltas import Delta, Vote, between, united
from app.reports.models import RollupCell, RollupDelta
from app.reports.trend import counted
from app.responses.models import Response

CHUNK = 1000


COLUMNS_OF_ANSWER = [
    getattr(Response, name)
    for name in ("id", "contact_id", "account_id", "submitted_at", "day", "score", "dims")
]


def recount(session: Session, *, now: datetime) -> int:
    """Throw the sums away and count every answer that counts again; how many. Readers see the sums at once."""
    session.execute(sa.delete(RollupCell))
    session.execute(sa.delete(RollupDelta))
    answers = session.execute(
        sa.select(*COLUMNS_OF_ANSWER).where(counted()).order_by(Response.contact_id, Response.id)
    ).all()
    rows = []
    for _contact, of_person in groupby(answers, key=lambda answer: answer.contact_id):
        mine = list(of_person)
        rows += rows_of(between([], votes_of(mine)), mine, now)
        if len(rows) >= CHUNK:
            session.execute(sa.insert(RollupDelta), rows)
            rows = []
    if rows:
        session.execute(sa.insert(RollupDelta), rows)
    return len(answers)


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """Deltas of one account that are not folded yet belong to another; no sum is kept by account."""
    deltas = sa.update(RollupDelta).where(RollupDelta.account_id == from_id)
    session.execute(deltas.values(account_id=to_id), execution_options={"synchronize_session": False})


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
