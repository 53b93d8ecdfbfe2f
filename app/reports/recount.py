"""Making the sums behind the trends anew from the answers themselves, after answers were taken away for good.

Sums are made of signed deltas and cannot forget an answer by themselves. Each answer keeps the segments it was
counted in, so the same deltas can be written again for those that remain.
"""

from __future__ import annotations

from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.reports.counting import COLUMNS
from app.reports.deltas import Vote, between
from app.reports.models import RollupCell, RollupDelta
from app.reports.trend import counted
from app.responses.models import Response

CHUNK = 1000


def recount(session: Session, *, now: datetime) -> int:
    """Throw the sums away and count every answer that counts again; how many. Readers see the sums at once."""
    session.execute(sa.delete(RollupCell))
    session.execute(sa.delete(RollupDelta))
    columns = [
        getattr(Response, name)
        for name in ("id", "contact_id", "account_id", "submitted_at", "day", "score", "dims")
    ]
    answers = session.execute(
        sa.select(*columns).where(counted()).order_by(Response.contact_id, Response.id)
    ).all()
    rows = []
    for _contact, of_person in groupby(answers, key=lambda answer: answer.contact_id):
        rows += deltas_of(list(of_person), now)
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


def deltas_of(answers: list[sa.Row], now: datetime) -> list[dict]:
    """The rows of one person's answers, each in the segments it was given in."""
    homes = {answer.id: answer for answer in answers}
    votes = [Vote(answer.id, answer.submitted_at, answer.day, answer.score) for answer in answers]
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
        for delta in between([], votes)
    ]
