"""Keeping what tasks were like before an act, and taking the act back while nobody else has changed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.core.database.columns import as_json, from_json
from app.core.errors import NotFound, Refused
from app.followups.models import Task, TaskChange, TaskStep
from app.followups.undoing.models import Act, ActKind, ActPart

WITHIN = timedelta(seconds=20)
"""How long an act can be taken back: ten seconds to see the button, and as many to press it. No mail leaves earlier."""
KEPT_FOR = timedelta(hours=1)
OF_THE_ROW = frozenset({"id", "created_at", "updated_at", "standing"})
COLUMNS = {column.key: column for column in Task.__table__.columns if column.key not in OF_THE_ROW}


@dataclass
class Kept:
    """The act that was kept; None when nothing was changed."""

    act: Act | None = None


@dataclass(frozen=True)
class TakenBack:
    """What became of taking an act back: the tasks that are as before, and those that somebody has changed since."""

    tasks: list[Task] = field(default_factory=list)
    changed: list[Task] = field(default_factory=list)


@contextmanager
def kept(
    session: Session, kind: ActKind, tasks: Sequence[Task], *, staff_id: int, now: datetime
) -> Iterator[Kept]:
    """Keep what the body does to these tasks at the moment `now`. What the body refuses is not kept."""
    before, found = [values_of(task) for task in tasks], Kept()
    yield found
    session.flush()
    parts = [part_of(task, was) for task, was in zip(tasks, before, strict=True) if values_of(task) != was]
    session.execute(sa.delete(Act).where(Act.at < now - KEPT_FOR))
    if parts:
        found.act = Act(kind=kind, staff_id=staff_id, at=now, parts=parts)
        session.add(found.act)
        session.flush()


def values_of(task: Task) -> dict[str, Any]:
    return {name: as_json(getattr(task, name)) for name in COLUMNS}


def part_of(task: Task, before: dict[str, Any]) -> ActPart:
    """The columns that are another since `before`."""
    after = values_of(task)
    changed = [name for name in after if after[name] != before[name]]
    return ActPart(
        task=task,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )


def find(session: Session, act_id: int, *, staff_id: int) -> Act | None:
    """An act of this person."""
    act = session.get(Act, act_id, options=[joinedload(Act.parts).joinedload(ActPart.task)])
    return act if act and act.staff_id == staff_id else None


def can_be_taken_back(act: Act, *, now: datetime) -> bool:
    return act.undone_at is None and now - act.at <= WITHIN


def take_back(session: Session, act: Act, *, now: datetime) -> TakenBack:
    """Make the tasks of an act what they were, without a trace of it in their story; the audit trail keeps both.

    Tasks that somebody has changed since stay as they are. Refused when that is each of them, or it is too late.
    """
    if act.undone_at is not None:
        raise Refused(_("This was taken back already."))
    if not can_be_taken_back(act, now=now):
        raise Refused(
            _("That was too long ago to be taken back. Each task can still be changed on its page.")
        )
    ids = [part.task_id for part in act.parts]
    locked = sa.select(Task).where(Task.id.in_(ids)).order_by(Task.id).with_for_update()
    session.scalars(locked.execution_options(populate_existing=True)).all()
    done = TakenBack()
    for part in act.parts:
        (done.tasks if stands(part) else done.changed).append(part.task)
    if not done.tasks:
        raise Refused(_("Somebody has changed this since. Nothing was taken back."))
    for part in act.parts:
        if part.task in done.tasks:
            restore(part)
    forget_steps(session, done.tasks, act.at)
    act.undone_at = now
    session.flush()
    return done


def stands(part: ActPart) -> bool:
    """Whether the task still is what the act made of it."""
    return all(as_json(getattr(part.task, name)) == value for name, value in part.after.items())


def restore(part: ActPart) -> None:
    for name, value in part.before.items():
        setattr(part.task, name, from_json(COLUMNS[name], value))


def forget_steps(session: Session, tasks: Sequence[Task], at: datetime) -> None:
    """Take what happened at that moment out of the story of the tasks."""
    for rows in (TaskChange, TaskStep):
        of_act = sa.delete(rows).where(rows.task_id.in_([task.id for task in tasks]), rows.at == at)
        session.execute(of_act, execution_options={"synchronize_session": False})
    for task in tasks:
        session.expire(task, ["states", "steps"])


def typed_before(act: Act | None) -> dict[str, Any]:
    """What had been filled in to close the one task of an act that was taken back."""
    if act is None or act.kind is not ActKind.CLOSED or act.undone_at is None or len(act.parts) != 1:
        return {}
    part = act.parts[0]
    names = ("outcome", "cause", "causes_more", "customer_told", "closing_comment")
    given = {name: from_json(COLUMNS[name], part.after[name]) for name in names if name in part.after}
    return given | {"comment": given.pop("closing_comment", "")}


def of_address(session: Session, asked: str, *, staff_id: int) -> Act | None:
    """The act whose number stands in an address; unknown ones are passed over."""
    known = asked.isascii() and asked.isdecimal() and len(asked) < 10
    return find(session, int(asked), staff_id=staff_id) if known else None


def the_act(session: Session, act_id: int, *, staff_id: int) -> Act:
    act = find(session, act_id, staff_id=staff_id)
    if act is None:
        raise NotFound(_("There is nothing of yours to take back here."))
    return act
