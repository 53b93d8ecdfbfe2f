"""What was done about a task: calls, mails, meetings and notes; what reached the customer is a touch as well.

Also who handed it to whom and put it aside until when, and the story that all of it makes.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.core import text
from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.core.worktime import WorkWeek
from app.followups.models import (
    Activity,
    ActivityKind,
    StepKind,
    Task,
    TaskChange,
    TaskState,
    TaskStep,
    Touch,
)

LONGEST_WORDS = 5000
CLOCK_DRIFT = timedelta(minutes=5)
LONGEST_SNOOZE = timedelta(days=60)
LONGEST_WHY = 500


def log(
    session: Session,
    task: Task,
    kind: ActivityKind,
    words: str,
    *,
    at: datetime,
    is_two_way: bool,
    by: Actor,
    now: datetime,
) -> Activity:
    """Log an activity on an open task. The first that reaches the customer stops the first-touch clock, of other tasks
    about the same person too, and whoever waited for our answer has it.

    `is_two_way` says that the customer took part; only such touches count for recency. Invalid when `at` lies in
    the future or the words cannot be stored.
    """
    if not task.is_open:
        raise Refused(_("This task is closed; reopen it first."))
    if at > now + CLOCK_DRIFT:
        raise Invalid(
            _("An activity cannot lie in the future."), errors={"at": _("This moment has not come yet.")}
        )
    activity = Activity(
        kind=kind,
        at=at,
        words=stored(words, "text"),
        is_two_way=is_two_way and kind.reaches_customer,
        staff_id=by.id if by.kind == "staff" else None,
        staff_name=by.name,
        created_at=now,
    )
    task.activities.append(activity)
    session.flush()
    if kind.reaches_customer:
        session.add(touch_of(task, activity))
        task.first_touched_at, task.replied_at = task.first_touched_at or at, None
        if task.state in {TaskState.NEW, TaskState.REOPENED}:
            task.move(TaskState.CONTACTED, now=now, by=by.name)
        stop_clocks(session, task.contact_id, at=at, by=by, now=now)
    task.updated_at = now
    return activity


def stop_clocks(session: Session, contact_id: int | None, *, at: datetime, by: Actor, now: datetime) -> None:
    """Somebody of us was in touch with a person: the first touch of every open task about them, as it stood then, is made."""
    open_tasks = sa.select(Task).where(
        Task.contact_id == contact_id, Task.state != TaskState.CLOSED, Task.first_touched_at.is_(None)
    )
    for task in session.scalars(open_tasks) if contact_id else ():
        if at < max([task.opened_at, *(change.at for change in task.states)]):
            continue
        task.first_touched_at, task.updated_at = at, now
        if task.state in {TaskState.NEW, TaskState.REOPENED}:
            task.move(TaskState.CONTACTED, now=now, by=by.name)


def touch_of(task: Task, activity: Activity) -> Touch:
    return Touch(
        account_id=task.account_id,
        contact_id=task.contact_id,
        kind=activity.kind,
        at=activity.at,
        is_two_way=activity.is_two_way,
        words=activity.words[:500],
        activity_id=activity.id,
        staff_id=activity.staff_id,
        staff_name=activity.staff_name,
    )


def snooze(task: Task, until: datetime | None, *, by: Actor, now: datetime, why: str = "") -> None:
    """Put an open task aside until a moment within 60 days, or take it back with None. An overdue one stays visible."""
    if not task.is_open:
        raise Refused(_("This task is closed; there is nothing to snooze."))
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise Invalid(
            _("Choose a day within the next 60 days."),
            errors={"until": _("Choose a day within the next 60 days.")},
        )
    if until == task.snoozed_until and not why:
        return
    task.snoozed_until = until
    kind = StepKind.PUT_ASIDE if until else StepKind.TAKEN_UP
    words = stored(why, "why_aside", limit=LONGEST_WHY)
    task.steps.append(TaskStep(kind=kind, at=now, by=by.name, until_at=until, words=words))


def days_to_come(today: date, week: WorkWeek) -> list[date]:
    """Days on which a task that is put aside is mostly taken up: the next working day, and those a week and two ahead."""
    return [next_working_day(today + timedelta(days=days), week) for days in (1, 7, 14)]


def next_working_day(day: date, week: WorkWeek) -> date:
    while not week.is_working_day(day):
        day += timedelta(days=1)
    return day


def hand_over(task: Task, person: Staff | None, *, by: Actor, now: datetime, why: str = "") -> bool:
    """Give the task to `person`, or to nobody; whether that changes anything."""
    if task.owner is person:
        return False
    former, task.owner, task.updated_at = task.owner_id, person, now
    name = person.display_name if person else None
    words = stored(why, "why_owner", limit=LONGEST_WHY)
    task.steps.append(
        TaskStep(
            kind=StepKind.HANDED_OVER,
            at=now,
            by=by.name,
            owner_name=name,
            former_owner_id=former,
            words=words,
        )
    )
    return True


def story(task: Task) -> list[Activity | TaskChange | TaskStep]:
    """What was done about the task and what became of it, newest first, without its beginning."""
    states = [change for change in task.states if change.state is not TaskState.NEW]
    return sorted([*states, *task.steps, *task.activities], key=lambda row: row.at, reverse=True)


def stored(words: str, field: str, *, limit: int = LONGEST_WORDS) -> str:
    """`words` through the text gate; Invalid names `field`."""
    try:
        return text.clean(words, limit=limit)
    except text.UnreadableText as error:
        raise Invalid(str(error), errors={field: str(error)}) from None
