"""What this package holds about one person: how their words sounded; telling and forgetting it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import telling
from app.responses.models import Response
from app.sentiment.models import StoredReading


def tell(session: Session, contact_id: int) -> dict[str, Any]:
    """Every reading of an answer."""
    return {"readings": telling.rows(session, StoredReading, of(contact_id))}


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """The words that a reading quotes as its evidence; how it sounded stays."""
    session.execute(
        sa.update(StoredReading).where(of(contact_id)).values(evidence=[]),
        execution_options={"synchronize_session": False},
    )


def of(contact_id: int) -> sa.ColumnElement[bool]:
    return StoredReading.response_id.in_(sa.select(Response.id).where(Response.contact_id == contact_id))
