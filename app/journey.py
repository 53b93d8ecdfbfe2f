"""The story of an answer: one short function per moment at which several packages must react, plain calls in order.

Every function runs in its caller's transaction; the door that called it commits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.followups.models import Task
from app.health import due


def task_changed(session: Session, task: Task, *, now: datetime) -> None:
    """A task was closed or reopened: follow-up is a part of the Relationship score."""
    if not task.is_rehearsal:
        due.mark(session, task.account_id, now=now)
