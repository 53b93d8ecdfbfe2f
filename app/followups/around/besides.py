"""What stands on the page of a follow-up beside the case itself: its playbook, what was asked and who was told."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.core.installation import Installation
from app.followups.escalating import telling
from app.followups.models import Task
from app.followups.playbooks import running
from app.followups.settling import asking, recovering


def besides(session: Session, task: Task, facts: Installation, *, sender: str) -> dict[str, Any]:
    """By the names that the page uses; `sender` is who reads it, and writes in their own name."""
    return {
        "course": running.course_of(session, task, facts, sender),
        "settlements": asking.of_task(session, task.id),
        "late_notices": telling.of_task(session, task.id),
        "asked_again": recovering.of_task(session, task.id),
    }
