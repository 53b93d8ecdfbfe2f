"""Mails that name a follow-up: whose it is, what a colleague wrote from their own mail program, who is away until when."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.core.audit import Actor
from app.core.worktime import WorkWeek
from app.delivery.inbound.matching import Case
from app.delivery.inbound.models import InboundMail
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.mail.case_addresses import Door, named
from app.followups.activities import LONGEST_SNOOZE, next_working_day
from app.followups.conversation import writing
from app.followups.models import Task

HEARD_WITHIN = timedelta(days=60)


def case_of(session: Session, task_id: int) -> Case | None:
    """Whom the follow-up of that number is about; None when there is none."""
    task = session.get(Task, task_id)
    return Case(task.contact, task.account_id) if task else None


def task_named(session: Session, mail: InboundMail, door: Door = Door.CASE) -> Task | None:
    """The follow-up that a mail names by that address, or by answering a mail of ours on it."""
    found = named(mail.about)
    return session.get(Task, found.task_id) if found and found.door is door else None


def log_own(session: Session, mail: InboundMail, *, now: datetime) -> Task | None:
    """Log a colleague's own mail that came by the address for Bcc, whoever works here and wrote it."""
    task = task_named(session, mail, Door.LOG)
    if task is None:
        return None
    lower = sa.func.lower(Staff.email) == mail.from_address.lower()
    person = session.scalar(sa.select(Staff).where(lower).limit(1))
    by = Actor("staff", person.id if person else None, person.display_name if person else mail.sender[:200])
    words = "\n\n".join(part for part in (mail.subject, mail.words) if part)
    writing.note(session, task, words, at=mail.at, by=by, now=now)
    return task


def back_on(session: Session, task: Task, week: WorkWeek, *, today: date, now: datetime) -> date | None:
    """The working day until which to put a task aside because a program answered that the person is away; else None."""
    if task.contact_id is None:
        return None
    away = sa.select(sa.func.max(InboundMail.returns_on)).where(
        InboundMail.contact_id == task.contact_id,
        InboundMail.kind == Kind.AUTO_REPLY,
        InboundMail.arrived_at > now - HEARD_WITHIN,
        InboundMail.returns_on > today,
    )
    day = session.scalar(away)
    return next_working_day(min(day, today + LONGEST_SNOOZE - timedelta(days=1)), week) if day else None
