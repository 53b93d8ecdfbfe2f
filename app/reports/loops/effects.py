"""What became of the score that a playbook is to lift: before its follow-ups were opened, and 30 days after they were closed.

Only follow-ups count on which a step was done and of which both scores are known. It is what came after, not because of it:
who gets a playbook is no matter of chance.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from math import fsum

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.followups.models import Task
from app.followups.playbooks.models import Component, Playbook, PlayRun, PlayTick
from app.health.models import Snapshot

AFTER, NEAR = timedelta(days=30), timedelta(days=3)
LATEST_RUNS = 2000


@dataclass(frozen=True)
class Effect:
    """Of one playbook: follow-ups that went by it, those closed, and mean scores of the `n` with both, 0..100."""

    runs: int = 0
    closed: int = 0
    n: int = 0
    before: float | None = None
    after: float | None = None

    @property
    def change(self) -> float | None:
        return None if self.n == 0 else self.after - self.before


def effects(session: Session) -> dict[int, Effect]:
    """By playbook, over its latest follow-ups; rehearsals are left out."""
    query = (
        sa.select(Playbook.id, Playbook.component, Task.account_id, Task.opened_at, Task.closed_at)
        .select_from(PlayRun)
        .join(Playbook, Playbook.id == PlayRun.playbook_id)
        .join(Task, Task.id == PlayRun.task_id)
        .where(Task.is_rehearsal.is_(False), sa.exists().where(PlayTick.task_id == Task.id))
        .order_by(Task.id.desc())
        .limit(LATEST_RUNS)
    )
    found: dict[int, list[tuple[bool, float | None, float | None]]] = defaultdict(list)
    for playbook_id, component, account_id, opened_at, closed_at in session.execute(query):
        before = score_on(session, component, account_id, opened_at.date() - timedelta(days=1))
        day = (closed_at + AFTER).date() if closed_at else None
        after = score_on(session, component, account_id, day, since=day - NEAR) if day else None
        found[playbook_id].append((closed_at is not None, before, after))
    return {playbook_id: summed(rows) for playbook_id, rows in found.items()}


def summed(rows: list[tuple[bool, float | None, float | None]]) -> Effect:
    known = [(before, after) for _, before, after in rows if before is not None and after is not None]
    n = len(known)
    means = [fsum(column) / n for column in zip(*known, strict=True)] if n else [None, None]
    return Effect(len(rows), sum(is_closed for is_closed, *_ in rows), n, *means)


def score_on(session: Session, component: Component, account_id: int, day, since=None) -> float | None:
    """The score of the account by the last snapshot up to that day, and not from before `since`."""
    kept = aliased(Snapshot)
    query = sa.select(getattr(kept, component.value)).where(kept.account_id == account_id, kept.on <= day)
    if since is not None:
        query = query.where(kept.on > since)
    return session.scalar(query.order_by(kept.on.desc()).limit(1))
