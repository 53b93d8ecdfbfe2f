"""One act on several tasks at once: closing, putting aside, handing over. Each is done as it is done to one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.core.audit import Actor
from app.core.errors import Invalid
from app.followups import activities
from app.followups.models import NEEDS_CAUSE, Task
from app.followups.resolution import Resolution, missing, resolve

MOST = 100


def chosen(session: Session, ids: Iterable[str]) -> list[Task]:
    """The tasks of these numbers, held against others who would change them; unknown ones are passed over."""
    known = {int(id) for id in ids if id.isascii() and id.isdecimal() and len(id) < 19}
    found = sa.select(Task).where(Task.id.in_(sorted(known)[:MOST])).order_by(Task.id).with_for_update()
    return list(session.scalars(found))


def strictest(tasks: Sequence[Task]) -> Task:
    """The task that asks most of whoever closes it; where one wants a cause, a cause is given for all."""
    return next((task for task in tasks if task.kind in NEEDS_CAUSE), tasks[0])


def close(resolution: Resolution, *, by: Actor, now: datetime) -> Callable[[Sequence[Task]], None]:
    """Close each task in the same way. Invalid, before any is closed, when one of them wants more than is said."""

    def act(tasks: Sequence[Task]) -> None:
        errors = {name: words for task in tasks for name, words in missing(task.kind, resolution).items()}
        if errors:
            raise Invalid(_("A task is closed with its reason."), errors=errors)
        for task in tasks:
            resolve(task, resolution, now=now, by=by)

    return act


def put_aside(until: datetime, why: str, *, by: Actor, now: datetime) -> Callable[[Sequence[Task]], None]:
    """Put each task aside until a moment within 60 days."""

    def act(tasks: Sequence[Task]) -> None:
        for task in tasks:
            activities.snooze(task, until, by=by, now=now, why=why)

    return act


def hand_over(
    person: Staff | None, why: str, *, by: Actor, now: datetime
) -> Callable[[Sequence[Task]], None]:
    """Give each task to `person`, or to nobody."""

    def act(tasks: Sequence[Task]) -> None:
        for task in tasks:
            activities.hand_over(task, person, by=by, now=now, why=why)

    return act
