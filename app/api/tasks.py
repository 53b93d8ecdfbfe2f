"""Follow-up tasks for other programs: read, handed over and moved on, logged on, closed with their reason."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import joinedload, selectinload

from app import journey
from app.api.accounts import owned_by_in
from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Email, Flag, Given, Id, Many, Moment, Shown, Text, Whole
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.contacts.syncing import owner_named
from app.core import audit
from app.core.errors import Invalid, NotFound
from app.extensions import db
from app.followups import activities, queue
from app.followups.models import ActivityKind, Cause, Outcome, Task, TaskKind, TaskState, WishSize
from app.followups.passives import wishes
from app.followups.resolution import MOST_FURTHER_CAUSES, Resolution, reopen, resolve
from app.followups.settling import asking

resource = Resource("tasks", "What was promised after an answer or a silence.")
LOADED = (joinedload(Task.owner), selectinload(Task.activities))
STEPS = (TaskState.CONTACTED, TaskState.IN_PROGRESS, TaskState.WAITING)


class ActivitySchema(Shown):
    """Something that was done about a task."""

    id = Id(required=True)
    kind = Choice(ActivityKind, required=True)
    at = Moment(required=True)
    text = ma.fields.String(attribute="words", required=True)
    two_way = ma.fields.Boolean(attribute="is_two_way", required=True)
    by = ma.fields.String(attribute="staff_name", required=True)


class TaskSchema(Shown):
    """A promise with two clocks: until the first touch, and until it is settled."""

    id = Id(required=True)
    kind = Choice(TaskKind, required=True)
    account_id = Id(required=True)
    contact_id = Id(required=True, allow_none=True)
    response_id = Id(required=True, allow_none=True)
    invitation_id = Id(required=True, allow_none=True)
    owner_email = ma.fields.String(attribute="owner.email", allow_none=True, dump_default=None, required=True)
    state = Choice(TaskState, required=True)
    priority = ma.fields.Integer(required=True)
    reason = ma.fields.String(required=True)
    opened_at = Moment(required=True)
    first_touch_due_at = Moment(required=True)
    first_touched_at = Moment(required=True, allow_none=True)
    due_at = Moment(required=True)
    overdue = ma.fields.Function(
        lambda task: task.is_overdue(now=present().now), required=True, metadata={"type": "boolean"}
    )
    waiting_since = Moment(
        attribute="replied_at",
        required=True,
        allow_none=True,
        metadata={"description": "Since when somebody who wrote to us waits for our answer."},
    )
    snoozed_until = Moment(required=True, allow_none=True)
    closed_at = Moment(required=True, allow_none=True)
    cause = Choice(Cause, required=True, allow_none=True)
    causes_more = ma.fields.List(ma.fields.String(), required=True)
    outcome = Choice(Outcome, required=True, allow_none=True)
    comment = ma.fields.String(attribute="closing_comment", required=True, allow_none=True)
    customer_told = ma.fields.Boolean(required=True, allow_none=True)
    wish = Choice(
        WishSize,
        required=True,
        allow_none=True,
        metadata={"description": "Of passives: how much there is to what would make it a 9."},
    )
    rehearsal = ma.fields.Boolean(attribute="is_rehearsal", required=True)
    activities = ma.fields.List(ma.fields.Nested(ActivitySchema), required=True)
    updated_at = Moment(required=True)


class TaskChangesSchema(Given):
    """What of a task is to be different. Closing is a resolution; `reopened` opens a closed task again."""

    owner_email = Email(allow_none=True)
    state = Choice(TaskState, but=(TaskState.NEW, TaskState.CLOSED))
    priority = Whole(0, 1000)
    snoozed_until = Moment(allow_none=True)
    wish = Choice(WishSize, allow_none=True)


class NewActivitySchema(Given):
    """A call, mail or meeting reaches the customer; a note does not. `two_way`: the customer took part."""

    kind = Choice(ActivityKind, required=True)
    text = Text(activities.LONGEST_WORDS, lines=True, required=True)
    at = Moment(metadata={"description": "When it was; now if left out."})
    two_way = Flag(load_default=False)


class ResolutionSchema(Given):
    """How a task ended. Detractors, passives and value tasks need a cause, all need a comment."""

    cause = Choice(Cause, allow_none=True, load_default=None)
    causes_more = Many(Choice(Cause), most=MOST_FURTHER_CAUSES, load_default=list)
    outcome = Choice(Outcome, allow_none=True, load_default=None)
    comment = Text(activities.LONGEST_WORDS, lines=True, blank=True, load_default="")
    customer_told = Flag(load_default=False)
    ask_settled = Flag(
        load_default=False,
        metadata={
            "description": "Ask the customer by mail whether it is settled; who cannot be asked is not."
        },
    )
    words_to_customer = Text(
        400, blank=True, load_default="", metadata={"description": "What that mail says about it."}
    )


class TaskFilters(Filters):
    kind = Many(Choice(TaskKind))
    account_id = Many(Id())
    contact_id = Many(Id())
    response_id = Many(Id())
    invitation_id = Many(Id())
    owner_email = Many(Text(320, blank=True), metadata={"description": "Empty: tasks without an owner."})
    state = Many(Choice(TaskState))
    priority = Many(Whole(0, 1000, text=True))
    overdue = Flag(text=True)
    cause = Many(Choice(Cause))
    outcome = Many(Choice(Outcome))
    wish = Many(Choice(WishSize))
    rehearsal = Flag(text=True)
    due_from = Moment(metadata={"description": "To be closed by that moment or later."})
    due_to = Moment(metadata={"description": "To be closed by that moment or before."})


def is_overdue(wanted: bool) -> sa.ColumnElement[bool]:
    late = queue.overdue(present().now)
    return late if wanted else sa.not_(late)


WHERE = {
    "kind": Task.kind.in_,
    "account_id": Task.account_id.in_,
    "contact_id": Task.contact_id.in_,
    "response_id": Task.response_id.in_,
    "invitation_id": Task.invitation_id.in_,
    "owner_email": owned_by_in(Task.owner_id),
    "state": Task.state.in_,
    "priority": Task.priority.in_,
    "overdue": is_overdue,
    "cause": Task.cause.in_,
    "outcome": Task.outcome.in_,
    "wish": Task.wish.in_,
    "rehearsal": Task.is_rehearsal.is_,
    "due_from": lambda at: Task.due_at >= at,
    "due_to": lambda at: Task.due_at <= at,
}


@resource.lists("/tasks", TaskSchema, filters=TaskFilters, stamp=Task.updated_at)
def find(asked):
    """List tasks"""
    return sa.select(Task).where(*matching(WHERE, asked)).options(*LOADED)


@resource.reads("/tasks/<int:task_id>", TaskSchema)
def show(task_id: int):
    """Show a task"""
    return the_task(task_id)


def the_task(task_id: int, *, lock: bool = False) -> Task:
    task = db.session.get(Task, task_id, with_for_update=lock or None)
    if task is None:
        raise NotFound(_("There is no such task."))
    return task


@resource.writes("PATCH", "/tasks/<int:task_id>", TaskSchema, takes=TaskChangesSchema)
def change(given: dict, task_id: int):
    """Change a task: hand it over, move it on, put it aside, open it again"""
    task, now = the_task(task_id, lock=True), present().now
    if "state" in given:
        move(task, given["state"], now)
    if "owner_email" in given:
        activities.hand_over(task, owner_named(db.session, given["owner_email"]), by=actor(), now=now)
    if "priority" in given:
        task.priority = given["priority"]
    if "snoozed_until" in given:
        snooze(task, given["snoozed_until"], now)
    if "wish" in given:
        wishes.size(task, given["wish"])
    if given:
        task.updated_at = now
        note(task, "task.change", now, fields=sorted(given))
    return task


def move(task: Task, state: TaskState, now) -> None:
    if state is TaskState.REOPENED:
        reopen(task, now=now, by=actor())
        journey.task_changed(db.session, task, now=now)
    else:
        task.move(state, now=now, by=actor().name)


def snooze(task: Task, until, now) -> None:
    try:
        activities.snooze(task, until, by=actor(), now=now)
    except Invalid as error:
        raise Invalid(error.words, errors={"snoozed_until": error.words}) from None


@resource.writes(
    "POST", "/tasks/<int:task_id>/activities", ActivitySchema, takes=NewActivitySchema, status=201
)
def log(given: dict, task_id: int):
    """Log what was done about a task

    The first call, mail or meeting moves a new task to contacted and stops the clock of the first touch.
    """
    task, now = the_task(task_id, lock=True), present().now
    activity = activities.log(
        db.session,
        task,
        given["kind"],
        given["text"],
        at=given.get("at", now),
        is_two_way=given["two_way"],
        by=actor(),
        now=now,
    )
    journey.task_changed(db.session, task, now=now)
    return activity


@resource.writes("POST", "/tasks/<int:task_id>/resolution", TaskSchema, takes=ResolutionSchema)
def close(given: dict, task_id: int):
    """Close a task with its reason; a second time is refused"""
    task, now = the_task(task_id, lock=True), present().now
    asks, line = given.pop("ask_settled"), given.pop("words_to_customer")
    resolve(task, Resolution(**given), now=now, by=actor())
    if asks:
        asking.ask(db.session, current_app.extensions["settings"], task, line, by=actor(), now=now)
    task.updated_at = now
    note(task, "task.close", now, outcome=task.outcome)
    journey.task_changed(db.session, task, now=now)
    return task


def note(task: Task, action: str, now, **details) -> None:
    audit.note(db.session, actor(), action, subject=f"task:{task.id}", now=now, **details)
