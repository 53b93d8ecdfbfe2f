"""Closing a task and opening it again. A close says what was wrong, what came of it, and whether the customer knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.followups.activities import stored
from app.followups.models import NEEDS_CAUSE, Cause, Outcome, Task, TaskKind, TaskState

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
    task.snoozed_until = None
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
    task.move(TaskState.REOPENED, now=now, by=by.name)
