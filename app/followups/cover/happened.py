"""What happened on somebody's follow-ups while they were away: what others did, what customers wrote, what was opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.auth.absences.models import Absence
from app.followups.models import Activity, Task, TaskChange, TaskMail, TaskState, TaskStep

MOST = 200


@dataclass(frozen=True)
class Happened:
    """What happened on one follow-up, the oldest first. `is_new`: it was opened in these days."""

    task: Task
    rows: Sequence[Activity | TaskChange | TaskStep | TaskMail]
    is_new: bool


def span(absence: Absence, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of an absence, and the first after it."""
    days = (absence.from_on, absence.to_on + timedelta(days=1))
    since, until = (datetime.combine(day, time(), zone).astimezone(UTC) for day in days)
    return since, until


def during(session: Session, absence: Absence, *, zone: ZoneInfo) -> list[Happened]:
    """The follow-ups on which something happened, the one that was touched last first.

    Those that are the person's, and those that were and that a colleague has taken over since.
    """
    since, until = span(absence, zone)
    mine = sa.or_(Task.owner_id == absence.staff_id, Task.id.in_(taken_over(absence, since, until)))
    found: dict[int, list] = {}
    for table in (Activity, TaskChange, TaskStep, TaskMail):
        rows = sa.select(table).join(Task, Task.id == table.task_id)
        rows = rows.where(mine, table.at >= since, table.at < until).order_by(table.at.desc()).limit(MOST)
        for row in session.scalars(rows):
            found.setdefault(row.task_id, []).append(row)
    tasks = (
        sa.select(Task).where(Task.id.in_(found)).options(joinedload(Task.contact), joinedload(Task.account))
    )
    told = [
        Happened(task, sorted(found[task.id], key=lambda row: row.at), since <= task.opened_at < until)
        for task in session.scalars(tasks)
    ]
    return sorted(told, key=lambda one: one.rows[-1].at, reverse=True)


def taken_over(absence: Absence, since: datetime, until: datetime) -> sa.Select:
    """The follow-ups that changed hands in these days and had been the person's."""
    return sa.select(TaskStep.task_id).where(
        TaskStep.former_owner_id == absence.staff_id, TaskStep.at >= since, TaskStep.at < until
    )


def beginnings(rows: Sequence) -> list:
    """Without the state in which every follow-up begins, which says no more than that it was opened."""
    return [row for row in rows if getattr(row, "state", None) is not TaskState.NEW]
