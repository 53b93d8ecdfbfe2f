"""What stands on the page of a follow-up beside the case itself: its playbook, what was asked and who was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.core.clock import day_of
from app.core.installation import Installation
from app.followups.advocacy import asking as asking_favours
from app.followups.advocacy import words as favour_words
from app.followups.around import neighbours
from app.followups.escalating import telling
from app.followups.models import Task
from app.followups.playbooks import running
from app.followups.settling import asking, recovering


class Scores(Protocol):
    """The scores of the account, as health tells them."""

    def score(self, name: str) -> float | None: ...


def besides(
    session: Session, task: Task, facts: Installation, scores: Scores, *, sender: str, now: datetime
) -> dict[str, Any]:
    """By the names that the page uses; `sender` is who reads it, and writes in their own name."""
    today = day_of(now, facts.zone)
    return {
        "favour_moment": asking_favours.for_task(
            session, task, value=scores.score("value"), today=today, now=now
        ),
        "favour_words": favour_words,
        "neighbours": neighbours.of_task(session, task),
        "course": running.course_of(session, task, facts, sender),
        "settlements": asking.of_task(session, task.id),
        "late_notices": telling.of_task(session, task.id),
        "asked_again": recovering.of_task(session, task.id),
    }
