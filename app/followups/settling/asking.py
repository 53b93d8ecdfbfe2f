"""Asking whether a closed follow-up is settled, and what follows from what the person says to it.

"Not yet" opens it again at the top of the queue, as a reply does, with new clocks; "yes" is kept beside the close, so
that reports can tell what we have closed from what customers have confirmed. The last word counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.contacts.models import ContactRole, ContactStatus
from app.core.audit import Actor
from app.core.installation import Installation, installation
from app.core.language.words import speaking
from app.core.outbox_rows import OutboxState
from app.delivery import letters
from app.delivery.models import Invitation
from app.delivery.telling import tidings
from app.delivery.telling.tidings import ENDING, Reader, TidingOutcome
from app.followups import activities, triggers
from app.followups.conversation import replies
from app.followups.models import ActivityKind, Task, TaskState
from app.followups.settling.models import Settlement, Verdict
from app.followups.triggers import Person
from app.followups.undoing.keeping import WITHIN

ANSWERABLE = timedelta(days=60)
SAYER = Actor("contact", None, "the person asked")
GONE_OUT = frozenset({OutboxState.SENT, OutboxState.IN_DOUBT})


def may_ask(task: Task) -> bool:
    """Whether somebody can be asked by mail: they gave an answer, and may be written to."""
    person = task.contact
    if task.response is None or person is None or person.email is None:
        return False
    is_reachable = person.status is ContactStatus.ACTIVE and person.unsubscribed_at is None
    return is_reachable and person.not_askable is None and person.rest_days is None


def ask(
    session: Session, settings: config.Settings, task: Task, words: str = "", *, by: Actor, now: datetime
) -> Settlement | None:
    """Let the mail go that asks whether the closed task is settled, with a line of ours; None for who cannot be asked."""
    if not may_ask(task):
        return None
    invitation_id = task.response.invitation_id
    row = Settlement(task_id=task.id, invitation_id=invitation_id, asked_at=now, asked_by=by.name, words="")
    session.add(row)
    session.flush()
    person, line = task.contact, " ".join(words.split())
    invitation = session.get_one(Invitation, invitation_id)
    reader = Reader(
        invitation_id,
        person.email,
        person.first_name,
        person.last_name,
        task.account.name,
        invitation.language,
        {"words": line} if line else {},
    )
    tidings.queue(
        session,
        settings,
        [reader],
        lambda company, language: letters.settled(company, language, has_words=bool(line)),
        mailing_id=row.id,
        subject=row.id,
        due_at=now + WITHIN,
        now=now,
        matter=ENDING,
    )
    return row


def withdraw(session: Session, task: Task) -> None:
    """The task is open again before the mail has left: nothing is asked."""
    waiting = Settlement.mailed_at.is_(None), Settlement.reason.is_(None), Settlement.said.is_(None)
    for row in session.scalars(sa.select(Settlement).where(Settlement.task_id == task.id, *waiting)).all():
        if tidings.take_back(session, row.id, ENDING):
            session.delete(row)


def ended(session: Session, outcome: TidingOutcome) -> None:
    """Keep what became of the mail."""
    row = session.get(Settlement, outcome.subject)
    if row is not None:
        row.mailed_at = outcome.at if outcome.state in GONE_OUT else None
        row.reason = None if outcome.state is OutboxState.SENT else outcome.reason or outcome.state.value


def newest(session: Session, invitation_id: int, *, now: datetime, lock: bool = False) -> Settlement | None:
    """What the person of this ask is asked now; None where nothing is, or was too long ago."""
    query = (
        sa.select(Settlement)
        .where(Settlement.invitation_id == invitation_id, Settlement.asked_at > now - ANSWERABLE)
        .order_by(Settlement.id.desc())
        .limit(1)
    )
    return session.scalar(query.with_for_update() if lock else query)


def say(session: Session, row: Settlement, verdict: Verdict, words: str = "", *, now: datetime) -> Task:
    """Keep what the person says; said again the same nothing happens. The task it is about."""
    task = session.get_one(Task, row.task_id, with_for_update=True)
    if row.said is verdict and not words:
        return task
    row.said, row.said_at, row.words = verdict, now, words
    facts = installation(session)
    if verdict is Verdict.NOT_YET:
        take_up(task, facts, now=now)
    with speaking(facts.language):
        note = {
            Verdict.YES: _("The customer says that it is settled."),
            Verdict.NOT_YET: _("The customer says that it is not settled yet."),
        }[verdict]
    if task.is_open:
        line = f"{note} {words}".strip()
        activities.log(session, task, ActivityKind.NOTE, line, at=now, is_two_way=False, by=SAYER, now=now)
    return task


def take_up(task: Task, facts: Installation, *, now: datetime) -> None:
    """Open the task again, where customers wait for our answer; what is due counts from now."""
    if not task.is_open:
        person = Person(task.contact.role if task.contact else ContactRole.OTHER, task.account.tier)
        due = triggers.due(task.kind, task.reason, person, week=facts.work_week, now=now)
        replies.take_up(task, due, now)
    task.replied_at, task.snoozed_until, task.updated_at = task.replied_at or now, None, now


def of_task(session: Session, task_id: int) -> Sequence[Settlement]:
    """What was asked about the task, newest first."""
    query = sa.select(Settlement).where(Settlement.task_id == task_id).order_by(Settlement.id.desc())
    return session.scalars(query.limit(10)).all()


def is_confirmed() -> sa.ColumnElement[bool]:
    """Closed, and after that close the customer said that it is settled, as SQL over tasks."""
    said_yes = sa.exists().where(
        Settlement.task_id == Task.id,
        Settlement.said == Verdict.YES,
        Settlement.asked_at >= Task.closed_at,
    )
    return sa.and_(Task.state == TaskState.CLOSED, said_yes)


def was_asked() -> sa.ColumnElement[bool]:
    """Closed, and the customer was asked about that close, as SQL over tasks."""
    asked = sa.exists().where(Settlement.task_id == Task.id, Settlement.asked_at >= Task.closed_at)
    return sa.and_(Task.state == TaskState.CLOSED, asked)
