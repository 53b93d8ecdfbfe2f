"""The mark that an account's score must be computed anew; pages compute it live until the worker has."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.health.models import ScoreDue


def mark(session: Session, account_id: int, *, now: datetime) -> None:
    """Mark the account's score as due, in the caller's transaction; the earliest mark stays."""
    row = {"account_id": account_id, "since": now}
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(insert(ScoreDue).values(row).on_conflict_do_nothing())
