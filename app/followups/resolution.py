"""Closing a task and opening it again. A close says what was wrong, what came of it, and whether the customer knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.orm import Session, object_session

from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.core.language.words import speaking
from app.delivery.models import Invitation, InvitationState
from app.followups.activities import stored
from app.followups.models import NEEDS_CAUSE, Cause, Outcome, Task, TaskKind, TaskState
from app.followups.opening import BY, close_silence
from app.followups.settling.asking import withdraw
from app.responses.asks import Ask

MOST_FURTHER_CAUSES = 2


@dataclass(frozen=True)
class Resolution:
    """How a task ended. `causes_more` holds at most two further causes."""

    outcome: Outcome | None
    comment: str
    cause: Cause | None = None
    causes_more: Sequence[Cause] = ()
    customer_told: bool = False


def resolve(task: Task, resolution: Resolution, *, now: datetime, by: Actor) -> None:
    """Close the task. Invalid names each field that is missing; Refused when it is closed already."""
    if not task.is_open:
        raise Refused(_("This task is closed already."))
    errors = missing(task.kind, resolution)
    if errors:
        raise Invalid(_("A task is closed with its reason."), errors=errors)
    task.cause = resolution.cause
    task.causes_more = [cause.value for cause in resolution.causes_more]
    task.outcome = resolution.outcome
    task.closing_comment = stored(resolution.comment, "comment")
    task.customer_told = resolution.customer_told
    task.snoozed_until = task.replied_at = None
    task.move(TaskState.CLOSED, now=now, by=by.name)


def missing(kind: TaskKind, resolution: Resolution) -> dict[str, str]:
    """What a resolution lacks, by field."""
    errors = {}
    if kind in NEEDS_CAUSE and resolution.cause is None:
        errors["cause"] = _("Choose the main cause.")
    if resolution.outcome is None:
        errors["outcome"] = _("Choose what came of it.")
    if not resolution.comment.strip():
        errors["comment"] = _("Say in a sentence what was done.")
    further = set(resolution.causes_more) - {resolution.cause}
    if len(further) != len(resolution.causes_more) or len(further) > MOST_FURTHER_CAUSES:
        errors["causes_more"] = _("Name at most two further causes, each different from the main one.")
    return errors


@dataclass(frozen=True)
class Ending:
    """Who closed a task and when; what for stands in the task."""

    by: str
    at: datetime


def ending(task: Task) -> Ending | None:
    """The last close of a task; None while it is open."""
    closes = [change for change in task.states if change.state is TaskState.CLOSED]
    return Ending(closes[-1].by, closes[-1].at) if closes and not task.is_open else None


def reopen(task: Task, *, now: datetime, by: Actor) -> None:
    """Open a closed task again; its clocks run from the first due dates, so the delay stays visible."""
    if task.is_open:
        raise Refused(_("This task is open already."))
    withdraw(object_session(task), task)
    task.move(TaskState.REOPENED, now=now, by=by.name)


# The task about a silence closes by itself when an answer comes, and opens again when that was a machine's.


def answer_came(connection: Connection, ask: Ask, *, now: datetime) -> None:
    """Close the task about the silence of this ask, if there is one."""
    with speaking(ask.staff_language):
        close_silence(connection, ask, now=now)


def silence_stands(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """Open the task about a silence again that nobody has closed: it did so by itself, for an answer that was none."""
    if invitation.state is not InvitationState.SILENT:
        return
    for task in session.scalars(OF_SILENCE, {"invitation_id": invitation.id}):
        closed = ending(task)
        if closed and closed.by == BY and task.outcome is None:
            task.closing_comment = None
            task.move(TaskState.REOPENED, now=now, by=BY)
    session.flush()


OF_SILENCE = sa.select(Task).where(
    Task.kind == TaskKind.SILENT, Task.invitation_id == sa.bindparam("invitation_id")
)
