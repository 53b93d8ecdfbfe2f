"""A colleague's word on a reading and what follows from it: an alert opens where score and comment contradict each other
now, and one that nobody has begun goes where they do not any more."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import Actor
from app.core.language.words import speaking
from app.followups import opening
from app.followups.models import Task, TaskKind, TaskState
from app.followups.triggers import Due
from app.responses import recording
from app.responses.models import Response
from app.responses.recording import Recorded
from app.sentiment.judging import corrections
from app.sentiment.models import Correction, Label, StoredReading

STILL_NEWS = timedelta(days=30)


def correct(
    session: Session,
    reading: StoredReading,
    label: Label,
    *,
    why: str = "",
    is_drawn: bool = False,
    by: Actor,
    now: datetime,
) -> Correction:
    """The text of this reading sounds as `label` says."""
    row = corrections.correct(session, reading, label, why=why, is_drawn=is_drawn, by=by, now=now)
    note(session, "response.label", reading, by, now, label=label.value, was=row.was.value)
    follow(session, reading, row.was, now=now)
    return row


def undo(session: Session, reading: StoredReading, *, by: Actor, now: datetime) -> StoredReading:
    """Take back the last word on it. Refused when there is none."""
    row = corrections.undo(session, reading, by=by, now=now)
    note(session, "response.label_undo", reading, by, now, label=reading.said.value, was=row.label.value)
    follow(session, reading, row.label, now=now)
    return reading


def note(
    session: Session, action: str, reading: StoredReading, by: Actor, now: datetime, **details: str
) -> None:
    more = {"question": reading.question_id} if reading.question_id else {}
    audit.note(session, by, action, subject=f"response:{reading.response_id}", now=now, **details, **more)


def follow(session: Session, reading: StoredReading, before: Label, *, now: datetime) -> None:
    """Bring the alert about the answer in line with how its comment sounds now; old answers open nothing."""
    session.flush()
    if reading.question_id is not None:
        return
    response = session.get_one(Response, reading.response_id, populate_existing=True)
    if reading.said is before or response.score is None or response.dismissed_at is not None:
        return
    answer = recording.standing(session.connection(), response.invitation_id)
    due, former = (alert(session, answer, label, now) for label in (reading.said, before))
    of_answer = sa.select(Task).where(Task.response_id == response.id, Task.kind == TaskKind.ALERT)
    task = session.scalar(of_answer)
    if due and task is None and now - response.submitted_at <= STILL_NEWS:
        opening.insert(session.connection(), due, answer.ask, now=now, response_id=response.id)
    elif task is not None and former and not due:
        take_back(session, task, answer)
    elif task is not None and due and task.state is TaskState.NEW:
        task.reason = due.reason
    session.flush()


def alert(session: Session, answer: Recorded, label: Label, now: datetime) -> Due | None:
    """The alert that the answer calls for when its comment sounds so."""
    wanted = opening.called_for(session.connection(), answer.ask, answer.said, label, now=now)
    return next((due for due in wanted if due.kind is TaskKind.ALERT), None)


def take_back(session: Session, task: Task, answer: Recorded) -> None:
    """The alert goes if nobody has begun it; else it says what has changed."""
    is_begun = task.activities or task.mails or opening.is_promised(session, task)
    if task.state is TaskState.NEW and not is_begun:
        session.delete(task)
    elif task.is_open:
        with speaking(answer.ask.staff_language):
            task.reason += " " + _("A colleague has read the comment otherwise since.")
