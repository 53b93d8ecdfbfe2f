"""What customers write back, on the task where it belongs, which then says that somebody waits for our answer.

A reply to what we wrote on a task lands there. One to a survey lands on the open task about its ask, else on an open one about its writer, else on the closed one about its ask,
which opens again, else on a new one. It waits until somebody of us calls, writes or meets, or says that no answer is
needed. Automatic replies wait for nobody.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.contacts.models import Account, ContactRole
from app.core.errors import Refused
from app.core.installation import Installation, installation
from app.core.language.words import speaking
from app.delivery import suppressions
from app.delivery.inbound.models import InboundMail
from app.delivery.inbound.reading.sorting import Kind
from app.followups.conversation import threads, writing
from app.followups.models import Task, TaskChange, TaskKind, TaskMail, TaskState
from app.followups.opening import BY
from app.followups.triggers import Due, Person, for_complaint, for_reply
from app.responses.models import Response


def arrived(session: Session, mail: InboundMail, *, now: datetime) -> Task | None:
    """A colleague wrote from their own mail program, or what we wrote on a task came back.

    The task that it changed; None for a mail that changes none.
    """
    if mail.kind is Kind.NOTICE:
        return threads.log_own(session, mail, now=now)
    if mail.kind is Kind.HARD_BOUNCE and (task := threads.task_named(session, mail)):
        writing.came_back(session, task, mail.reason or mail.status, now=now)
        return task
    return None


def land(session: Session, mail: InboundMail, *, now: datetime) -> Task | None:
    """Put a reply on its task; None for a mail of which no account is known."""
    if mail.account_id is None:
        return None
    due = due_for(session, mail, for_reply, now)
    task = task_of(session, mail) or new(session, mail, due, now)
    if not task.is_open:
        take_up(task, due, now)
    task.mails.append(TaskMail(mail_id=mail.id, at=mail.arrived_at))
    task.replied_at = task.replied_at or now
    task.snoozed_until = None
    task.updated_at = now
    session.flush()
    return task


def complain(session: Session, mail: InboundMail, *, now: datetime) -> Task | None:
    """Somebody called our mail spam: a task for whoever looks after the account, beside or on what there is already."""
    if mail.account_id is None:
        return None
    due = due_for(session, mail, for_complaint, now)
    if mail.invitation_id is None and mail.contact and mail.contact.email_key:
        suppressions.note_complaint(session, mail.contact.email_key, now=now)
    same = (Task.kind == TaskKind.ALERT, Task.invitation_id == mail.invitation_id)
    task = session.scalar(sa.select(Task).where(*same)) if mail.invitation_id else None
    if task is None:
        task = new(session, mail, due, now)
    elif due.reason not in task.reason:
        task.reason = f"{due.reason} {task.reason}"
    if not task.is_open:
        take_up(task, due, now)
    task.updated_at = now
    session.flush()
    return task


def settle(task: Task, *, now: datetime) -> None:
    """The last reply needs no answer; Refused when nobody waits for one."""
    if task.replied_at is None:
        raise Refused(_("Nobody waits for an answer here."))
    task.replied_at, task.updated_at = None, now


def task_of(session: Session, mail: InboundMail) -> Task | None:
    """The task where a reply belongs, the newest where there are several."""
    if named := threads.task_named(session, mail):
        return named
    found = None
    if mail.invitation_id:
        answers = sa.select(Response.id).where(Response.invitation_id == mail.invitation_id)
        about = sa.or_(Task.invitation_id == mail.invitation_id, Task.response_id.in_(answers))
        found = newest(session, about)
    if found is not None and found.is_open:
        return found
    elsewhere = Task.is_rehearsal.is_(is_rehearsal(mail))
    is_open = sa.and_(Task.contact_id == mail.contact_id, Task.state != TaskState.CLOSED, elsewhere)
    return (newest(session, is_open) if mail.contact_id else None) or found


def newest(session: Session, where: sa.ColumnElement[bool]) -> Task | None:
    """Open ones before closed ones."""
    order = ((Task.state == TaskState.CLOSED), Task.opened_at.desc(), Task.id.desc())
    return session.scalars(sa.select(Task).where(where).order_by(*order).limit(1)).first()


def take_up(task: Task, due: Due, now: datetime) -> None:
    """Open a closed task again because the customer did; what is due counts from now."""
    task.move(TaskState.REOPENED, now=now, by=BY)
    task.first_touched_at, task.first_touch_due_at, task.due_at = None, due.first_touch_due_at, due.due_at


def due_for(session: Session, mail: InboundMail, trigger, now: datetime) -> Due:
    facts = installation(session)
    account = session.get_one(Account, mail.account_id)
    with speaking(facts.language):
        role = mail.contact.role if mail.contact else ContactRole.OTHER
        return trigger(Person(role, account.tier), week=facts.work_week, now=now)


def new(session: Session, mail: InboundMail, due: Due, now: datetime) -> Task:
    task = Task(
        kind=due.kind,
        account_id=mail.account_id,
        contact_id=mail.contact_id,
        invitation_id=mail.invitation_id,
        owner_id=owner_of(session, mail.account_id),
        priority=due.priority,
        reason=due.reason,
        state=TaskState.NEW,
        opened_at=now,
        first_touch_due_at=due.first_touch_due_at,
        due_at=due.due_at,
        is_rehearsal=is_rehearsal(mail),
        created_at=now,
        updated_at=now,
    )
    task.states.append(TaskChange(state=TaskState.NEW, at=now, by=BY))
    session.add(task)
    session.flush()
    return task


def is_rehearsal(mail: InboundMail) -> bool:
    return mail.invitation is not None and mail.invitation.is_rehearsal


def owner_of(session: Session, account_id: int) -> int | None:
    """Who looks after the account while working here, else the default owner."""
    owner = sa.select(Staff.id).join(Account, Account.owner_id == Staff.id)
    found = session.scalar(owner.where(Account.id == account_id, Staff.active))
    return found or session.scalar(sa.select(Installation.default_owner_id))
