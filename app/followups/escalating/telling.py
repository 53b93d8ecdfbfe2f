"""Leaders hear when the time of a clock is over, and again when half as much more is; each of it once.

The time of a clock is counted in working hours, from the day it began to its due moment. What was put aside is late all
the same. How they hear of it is their own choice (integrations).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.auth.models import Role, RoleName, Staff, staff_roles
from app.core.installation import installation
from app.core.outbox_rows import insert_new
from app.core.worktime import WorkWeek
from app.followups.escalating.models import ClockName, LateNotice
from app.followups.models import Task, TaskState

OVER, HALF_OVER = 100, 150
CHUNK = 500
BEGUN = (TaskState.NEW, TaskState.REOPENED)
KEY = ("task_id", "clock", "due_at", "level")


@dataclass(frozen=True)
class Late:
    """A clock of a task that has run out, by so many per cent of its time."""

    task: Task
    clock: ClockName
    due_at: datetime
    level: int

    @property
    def key(self) -> str:
        """What tells this from other times at which the task was late."""
        return f"{self.clock}:{self.level}:{self.due_at:%Y%m%d%H%M}"


def tell_leaders(
    session: Session, tell: Callable[[Late, Sequence[int]], object], *, now: datetime
) -> Iterator[int]:
    """Let leaders know what has become late; yields after each chunk, for a commit, how many clocks that were.

    `tell` is given each with the ids of the staff who are to hear of it. A rehearsal and a copy that is held tell nobody.
    """
    facts = installation(session)
    if facts.is_held or not facts.is_live or not facts.followups.get("tells_leaders", True):
        return
    while found := [*run_out(session, now), *run_out_by_half(session, now)][:CHUNK]:
        people = leaders(session)
        keep(session, found, facts.work_week, leaders=len(people), now=now)
        for late in found:
            tell(late, people)
        yield len(found)


def run_out(session: Session, now: datetime) -> list[Late]:
    """Open tasks of which a clock has run out and nobody was told."""
    found = []
    for name, due_at, runs in clocks():
        told = sa.exists().where(
            LateNotice.task_id == Task.id, LateNotice.clock == name, LateNotice.due_at == due_at
        )
        query = sa.select(Task).where(*runs, due_at < now, ~told).order_by(due_at, Task.id).limit(CHUNK)
        rows = session.scalars(query.options(*LOADED)).all()
        found += [Late(task, name, getattr(task, due_at.key), OVER) for task in rows]
    return found


def run_out_by_half(session: Session, now: datetime) -> list[Late]:
    """Those of which half the time more is over, that are late still."""
    found, second = [], aliased(LateNotice)
    for name, due_at, runs in clocks():
        again = sa.exists().where(
            second.task_id == LateNotice.task_id,
            second.clock == LateNotice.clock,
            second.due_at == LateNotice.due_at,
            second.level == HALF_OVER,
        )
        query = (
            sa.select(Task)
            .join(LateNotice, LateNotice.task_id == Task.id)
            .where(
                *runs,
                LateNotice.clock == name,
                LateNotice.due_at == due_at,
                LateNotice.again_at <= now,
                ~again,
            )
            .order_by(Task.id)
            .limit(CHUNK)
        )
        rows = session.scalars(query.options(*LOADED)).all()
        found += [Late(task, name, getattr(task, due_at.key), HALF_OVER) for task in rows]
    return found


def clocks():
    """Each clock: its name, its due moment, and of which tasks it runs."""
    is_open = (Task.state != TaskState.CLOSED, Task.is_rehearsal.is_(False))
    return (
        (ClockName.FIRST_TOUCH, Task.first_touch_due_at, (*is_open, Task.first_touched_at.is_(None))),
        (ClockName.RESOLUTION, Task.due_at, is_open),
    )


def keep(session: Session, found: Sequence[Late], week: WorkWeek, *, leaders: int, now: datetime) -> None:
    rows = [
        {
            "task_id": late.task.id,
            "clock": late.clock,
            "due_at": late.due_at,
            "level": late.level,
            "at": now,
            "again_at": to_come(half_over(late, week), now) if late.level == OVER else None,
            "leaders": leaders,
        }
        for late in found
    ]
    insert_new(session, LateNotice.__table__, rows, key=list(KEY))


def to_come(moment: datetime, now: datetime) -> datetime | None:
    """What was far past its time when it was first seen is told once; a backlog is no news of this minute."""
    return moment if moment > now else None


def half_over(late: Late, week: WorkWeek) -> datetime:
    """When half the time of a clock more is over, in working hours."""
    begun = [change.at for change in late.task.states if change.state in BEGUN and change.at < late.due_at]
    hours = week.hours_between(max(begun, default=late.task.opened_at), late.due_at)
    return week.add_hours(late.due_at, hours / 2)


def leaders(session: Session) -> list[int]:
    """Who leads people who follow up: managers, else administrators, by their ids. Sign-ins of the demo are none."""
    for role in (RoleName.MANAGER, RoleName.ADMIN):
        query = (
            sa.select(Staff.id)
            .join(staff_roles, staff_roles.c.staff_id == Staff.id)
            .join(Role, Role.id == staff_roles.c.role_id)
            .where(Staff.active, Staff.is_demo.is_(False), Role.name == role)
            .order_by(Staff.id)
        )
        if found := list(session.scalars(query)):
            return found
    return []


def of_task(session: Session, task_id: int) -> Sequence[LateNotice]:
    """What leaders were told about a task, newest first."""
    query = sa.select(LateNotice).where(LateNotice.task_id == task_id)
    return session.scalars(query.order_by(LateNotice.at.desc(), LateNotice.id.desc()).limit(10)).all()


LOADED = (
    joinedload(Task.account),
    joinedload(Task.contact),
    joinedload(Task.owner),
    selectinload(Task.states),
)
