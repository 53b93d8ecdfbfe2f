"""What this package holds about one person or account: tasks, what was done, touches; telling, forgetting, moving it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.database import telling
from app.core.installation import installation
from app.core.language.words import speaking
from app.delivery.telling import cases
from app.followups.advocacy.models import Favour, FavourChange
from app.followups.conversation.models import CaseMail
from app.followups.escalating.models import LateNotice
from app.followups.improvements.models import Telling
from app.followups.many import views
from app.followups.models import Activity, Outcome, Task, TaskChange, TaskMail, TaskState, TaskStep, Touch
from app.followups.opening import BY
from app.followups.playbooks.models import PlayRun, PlayTick
from app.followups.promises.models import Promise
from app.followups.settling.models import Settlement
from app.followups.undoing.models import ActPart

BULK = {"synchronize_session": False}


def tell(session: Session, contact_id: int) -> dict[str, Any]:
    """Every task about the person with its states and activities, and every touch."""
    mine = sa.select(Task.id).where(Task.contact_id == contact_id)
    favours = sa.select(Favour.id).where(Favour.contact_id == contact_id)
    return {
        "favours": telling.rows(session, Favour, Favour.contact_id == contact_id),
        "favour_states": telling.rows(session, FavourChange, FavourChange.favour_id.in_(favours)),
        "tasks": telling.rows(session, Task, Task.contact_id == contact_id),
        "task_states": telling.rows(session, TaskChange, TaskChange.task_id.in_(mine)),
        "task_steps": telling.rows(session, TaskStep, TaskStep.task_id.in_(mine)),
        "task_mails": telling.rows(session, TaskMail, TaskMail.task_id.in_(mine)),
        "case_mails": telling.rows(session, CaseMail, CaseMail.contact_id == contact_id),
        "activities": telling.rows(session, Activity, Activity.task_id.in_(mine)),
        "told_by_mail": telling.rows(session, Telling, Telling.contact_id == contact_id),
        "late_notices": telling.rows(session, LateNotice, LateNotice.task_id.in_(mine)),
        "playbook_runs": telling.rows(session, PlayRun, PlayRun.task_id.in_(mine)),
        "playbook_ticks": telling.rows(session, PlayTick, PlayTick.task_id.in_(mine)),
        "settlements": telling.rows(session, Settlement, Settlement.task_id.in_(mine)),
        "promises": telling.rows(session, Promise, Promise.contact_id == contact_id),
        "touches": telling.rows(session, Touch, Touch.contact_id == contact_id),
    }


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """What was written about the person goes; who did what when stays. Nobody is left to call, so open tasks close."""
    tasks = session.scalars(sa.select(Task).where(Task.contact_id == contact_id)).all()
    with speaking(installation(session).language):
        words = _("Closed by itself: this person asked to be erased.")
    for task in tasks:
        if task.is_open:
            task.outcome = task.outcome or Outcome.NO_CONTACT
            task.snoozed_until = task.replied_at = None
            task.move(TaskState.CLOSED, now=now, by=BY)
            task.closing_comment = words
        elif task.closing_comment:
            task.closing_comment = ""
    session.flush()
    done = sa.update(Activity).where(Activity.task_id.in_([task.id for task in tasks]))
    session.execute(done.values(words=""), execution_options=BULK)
    moved = sa.update(TaskStep).where(TaskStep.task_id.in_([task.id for task in tasks]))
    session.execute(moved.values(words=""), execution_options=BULK)
    undoable = sa.delete(ActPart).where(ActPart.task_id.in_([task.id for task in tasks]))
    session.execute(undoable, execution_options=BULK)
    said = sa.update(Settlement).where(Settlement.task_id.in_([task.id for task in tasks]))
    session.execute(said.values(words=""), execution_options=BULK)
    forget_letters(session, contact_id, now=now)
    views.forget_named(session, session.get_one(Contact, contact_id))
    promised = sa.update(Promise).where(Promise.contact_id == contact_id)
    session.execute(promised.values(phone=""), execution_options=BULK)
    waiting = promised.where(Promise.withdrawn_at.is_(None), Promise.until_at > now)
    session.execute(waiting.values(withdrawn_at=now), execution_options=BULK)
    told = sa.update(Telling).where(Telling.contact_id == contact_id)
    session.execute(told.values(reason=None), execution_options=BULK)
    session.execute(told.where(Telling.ended_at.is_(None)).values(ended_at=now), execution_options=BULK)
    touched = sa.update(Touch).where(Touch.contact_id == contact_id)
    session.execute(touched.values(words=""), execution_options=BULK)
    session.expire_all()


def forget_letters(session: Session, contact_id: int, *, now: datetime) -> None:
    """That one of us wrote stays, with its day; what waits to leave does not leave."""
    written = CaseMail.contact_id == contact_id
    rows = session.execute(sa.select(CaseMail.task_id, CaseMail.id).where(written)).all()
    cases.forget(session, [cases.ref_of(*row) for row in rows])
    nothing = {"recipient": "", "subject": "", "words": "", "reason": None}
    session.execute(sa.update(CaseMail).where(written).values(nothing), execution_options=BULK)
    waiting = sa.update(CaseMail).where(written, CaseMail.ended_at.is_(None))
    session.execute(waiting.values(ended_at=now), execution_options=BULK)


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """The tasks, promises, favours, touches and what was told of one account to another."""
    tasks = sa.update(Task).where(Task.account_id == from_id)
    session.execute(tasks.values(account_id=to_id, updated_at=now), execution_options=BULK)
    for table in (Touch, Promise, Favour, Telling):
        rows = sa.update(table).where(table.account_id == from_id)
        session.execute(rows.values(account_id=to_id), execution_options=BULK)


def move_person(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """The tasks, promises, favours and touches of one person to another; of what both were told, once is kept."""
    known = sa.select(Telling.improvement_id).where(Telling.contact_id == to_id)
    twice = sa.delete(Telling).where(Telling.contact_id == from_id, Telling.improvement_id.in_(known))
    session.execute(twice, execution_options=BULK)
    tasks = sa.update(Task).where(Task.contact_id == from_id)
    session.execute(tasks.values(contact_id=to_id, updated_at=now), execution_options=BULK)
    written = sa.update(CaseMail).where(CaseMail.contact_id == from_id)
    session.execute(written.values(contact_id=to_id), execution_options=BULK)
    for table in (Touch, Promise, Favour, Telling):
        rows = sa.update(table).where(table.contact_id == from_id)
        session.execute(rows.values(contact_id=to_id), execution_options=BULK)
