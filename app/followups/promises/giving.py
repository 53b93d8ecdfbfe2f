"""Giving promises: somebody asks to be contacted, is told who will be in touch and by when, and may take it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact
from app.core.language.words import speaking
from app.core.worktime import WorkWeek
from app.followups import opening
from app.followups.models import Task, TaskKind, TaskState
from app.followups.promises.models import Promise, Way
from app.followups.triggers import ASKED_FOR_URGENCY, MOST_URGENT, for_request, touch_due
from app.responses.asks import Ask

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Wanted:
    """How somebody would like to be reached; a number that can be called when it is by phone."""

    way: Way
    phone: str = ""


def of_response(session: Session, response_id: int, *, lock: bool = False) -> Promise | None:
    """The promise that was made on an answer, withdrawn or not."""
    query = sa.select(Promise).where(Promise.response_id == response_id)
    return session.scalar(query.with_for_update() if lock else query)


def of_tasks(session: Session, task_ids: Collection[int]) -> Mapping[int, Promise]:
    """The standing promises of these tasks, by task."""
    standing = (Promise.task_id.in_(task_ids), Promise.withdrawn_at.is_(None))
    found = session.scalars(sa.select(Promise).where(*standing).order_by(Promise.asked_at))
    return {promise.task_id: promise for promise in found}


def give(session: Session, ask: Ask, wanted: Wanted, *, now: datetime) -> Promise:
    """Promise the person of an answered ask that somebody is in touch; their task becomes more urgent.

    Asked again, only the way to reach them changes: the day that they read stays. `ask` must be locked.
    """
    found, zone = of_response(session, ask.response_id, lock=True), zone_of(session, ask)
    if found is None or found.withdrawn_at is not None:
        task = task_for(session, ask, now=now)
        task.priority = min(MOST_URGENT, task.priority + ASKED_FOR_URGENCY)
        task.updated_at = now
        found = found or Promise(
            response_id=ask.response_id,
            contact_id=ask.contact_id,
            account_id=ask.account_id,
            is_rehearsal=ask.is_rehearsal,
        )
        promised(found, task, ask, zone=zone, now=now)
    found.way, found.phone = wanted.way, wanted.phone
    session.add(found)
    session.flush()
    return found


def withdraw(session: Session, ask: Ask, *, now: datetime) -> None:
    """The person needs nobody to be in touch after all."""
    found = of_response(session, ask.response_id, lock=True)
    if found is not None and found.withdrawn_at is None:
        found.withdrawn_at, found.phone = now, ""
        if found.task is not None and found.task.is_open:
            found.task.priority = max(0, found.task.priority - ASKED_FOR_URGENCY)
            found.task.updated_at = now


def promised(promise: Promise, task: Task, ask: Ask, *, zone: ZoneInfo, now: datetime) -> None:
    """Who and by when: the owner of the task, on the day in the person's zone on which its first touch is due."""
    owner = task.owner if task.owner is not None and task.owner.active else None
    promise.task, promise.staff = task, owner
    promise.staff_name = owner.display_name[:200] if owner else ""
    promise.asked_at, promise.withdrawn_at = now, None
    promise.due_on = day_promised(due_moment(task, ask, now=now), zone, ask.work_week)
    promise.until_at = datetime.combine(promise.due_on + ONE_DAY, time(), zone).astimezone(UTC)


def day_promised(due: datetime, zone: ZoneInfo, week: WorkWeek) -> date:
    """The day on which `due` falls in `zone`, or our next working day where nobody works on that one."""
    day = due.astimezone(zone).date()
    while not week.is_working_day(day):
        day += ONE_DAY
    return day


def due_moment(task: Task, ask: Ask, *, now: datetime) -> datetime:
    """When the first touch of the task is due; of a task on which it was made, or missed, the clock starts anew."""
    if task.first_touched_at is None and task.first_touch_due_at > now:
        return task.first_touch_due_at
    return touch_due(task.kind, opening.person_of(ask), week=ask.work_week, now=now)


def task_for(session: Session, ask: Ask, *, now: datetime) -> Task:
    """The open task about the answer that is due first, else a new one."""
    of_answer = (Task.response_id == ask.response_id, Task.state != TaskState.CLOSED)
    order = (Task.first_touched_at.is_not(None), Task.first_touch_due_at, Task.id)
    found = session.scalars(sa.select(Task).where(*of_answer).order_by(*order).limit(1)).first()
    if found is not None:
        return found
    with speaking(ask.staff_language):
        due = for_request(opening.person_of(ask), week=ask.work_week, now=now)
    closed = sa.select(Task).where(Task.response_id == ask.response_id, Task.kind == TaskKind.ALERT)
    again = session.scalar(closed)
    if again is not None:
        again.move(TaskState.REOPENED, now=now, by=opening.BY)
        again.first_touched_at = None
        again.first_touch_due_at, again.due_at, again.priority = (
            due.first_touch_due_at,
            due.due_at,
            due.priority,
        )
        return again
    session.flush()
    number = opening.insert(session.connection(), due, ask, now=now, response_id=ask.response_id)
    return session.get_one(Task, number)


def zone_of(session: Session, ask: Ask) -> ZoneInfo:
    """The person's own zone, else that of their account, else ours."""
    known = sa.func.coalesce(sa.func.nullif(Contact.time_zone, ""), Account.time_zone)
    query = sa.select(known).select_from(Contact).join(Account, Account.id == ask.account_id)
    return ZoneInfo(session.scalar(query.where(Contact.id == ask.contact_id)) or ask.time_zone)
