"""What this package holds about one person or account: how their words sounded; telling, forgetting and moving it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import telling
from app.responses.models import Response
from app.sentiment.models import Correction, Mention, StoredReading

BULK = {"synchronize_session": False}


def tell(session: Session, contact_id: int) -> dict[str, Any]:
    """Every reading of an answer, the themes found in it, and what colleagues said of it."""
    return {
        "readings": telling.rows(session, StoredReading, of(StoredReading, contact_id)),
        "theme_mentions": telling.rows(session, Mention, of(Mention, contact_id)),
        "reading_corrections": telling.rows(session, Correction, of(Correction, contact_id)),
    }


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """The words that a reading quotes as its evidence, and why it was corrected; how it sounded stays."""
    quoted = sa.update(StoredReading).where(of(StoredReading, contact_id))
    session.execute(quoted.values(evidence=[], is_counted=False), execution_options=BULK)
    mentioned = sa.update(Mention).where(of(Mention, contact_id)).values(is_counted=False)
    session.execute(mentioned, execution_options=BULK)
    reasons = sa.update(Correction).where(of(Correction, contact_id)).values(why="")
    session.execute(reasons, execution_options=BULK)


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """What was heard at one account to another."""
    for table in (StoredReading, Mention):
        moved = sa.update(table).where(table.account_id == from_id).values(account_id=to_id)
        session.execute(moved, execution_options=BULK)


def of(table: type, contact_id: int) -> sa.ColumnElement[bool]:
    return table.response_id.in_(sa.select(Response.id).where(Response.contact_id == contact_id))
