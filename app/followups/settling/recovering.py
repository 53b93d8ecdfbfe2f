"""Asking once more after a follow-up has ended: whether an unhappy customer is happier, two to four weeks after the close.

One ask for each closed task of a detractor, by the program they had answered; exempt from quarantine, not from the 24
hours, from a no or from the window. Whoever answered since by another way, or is being asked, is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.contacts.models import Account, Contact, ContactStatus
from app.core.audit import SYSTEM
from app.core.errors import Refused
from app.core.installation import installation
from app.delivery import waves
from app.delivery.models import Invitation, InvitationState, Purpose, Wave
from app.followups.models import Outcome, Task, TaskKind, TaskState
from app.responses.models import Response
from app.surveys.models import Program, ProgramStatus

EARLIEST, LATEST = timedelta(days=14), timedelta(days=30)
CHUNK = 100
NEVER_LEFT = (InvitationState.SUPPRESSED, InvitationState.CANCELLED)


def ask_again(session: Session, *, now: datetime) -> Iterator[int]:
    """Ask whom it is time to ask; yields after each, for a commit, how many asks that were. Only a live installation asks.

    Who cannot be asked today is looked at again on another day, until a month after the close.
    """
    facts = installation(session)
    if not facts.is_live or facts.is_held or not facts.followups.get("recovers", True):
        return
    after = 0
    while found := session.execute(DUE, times(now) | {"after": after}).all():
        after = found[-1].id
        for task_id, contact_id, program_id in found:
            yield ask(session, task_id, contact_id, program_id, now=now)


def times(now: datetime) -> dict[str, datetime]:
    return {"from_at": now - LATEST, "to_at": now - EARLIEST}


def ask(session: Session, task_id: int, contact_id: int, program_id: int, *, now: datetime) -> int:
    """Ask one person; 0 when a gate is shut."""
    program, person = session.get_one(Program, program_id), session.get_one(Contact, contact_id)
    given = {"purpose": Purpose.RECOVERY, "launch_key": f"recovery:{task_id}"}
    try:
        waves.invite(session, program, person, actor=SYSTEM, now=now, **given)
    except Refused:
        return 0
    return 1


def of_task(session: Session, task_id: int) -> Invitation | None:
    """The ask after the close of a task."""
    mine = sa.select(Invitation).join(Wave).where(Wave.launch_key == f"recovery:{task_id}")
    return session.scalar(mine.limit(1))


asked_with, later, again, earlier = aliased(Invitation), aliased(Response), aliased(Invitation), aliased(Wave)
DUE = (
    sa.select(Task.id, Task.contact_id, Wave.program_id)
    .join(Response, Response.id == Task.response_id)
    .join(asked_with, asked_with.id == Response.invitation_id)
    .join(Wave, Wave.id == asked_with.wave_id)
    .join(Program, Program.id == Wave.program_id)
    .join(Contact, Contact.id == Task.contact_id)
    .join(Account, Account.id == Task.account_id)
    .where(
        Task.kind == TaskKind.DETRACTOR,
        Task.state == TaskState.CLOSED,
        Task.closed_at.between(sa.bindparam("from_at"), sa.bindparam("to_at")),
        Task.id > sa.bindparam("after"),
        Task.is_rehearsal.is_(False),
        Task.outcome != Outcome.LOST,
        Response.dismissed_at.is_(None),
        Account.is_demo.is_(False),
        Contact.status == ContactStatus.ACTIVE,
        Program.status == ProgramStatus.ACTIVE,
        ~sa.exists().where(later.contact_id == Task.contact_id, later.submitted_at > Task.closed_at),
        ~sa.exists().where(
            again.contact_id == Task.contact_id,
            sa.func.coalesce(again.sent_at, again.created_at) > Task.closed_at,
            again.state.not_in(NEVER_LEFT),
        ),
        ~sa.exists().where(earlier.launch_key == sa.literal("recovery:") + sa.cast(Task.id, sa.String)),
    )
    .order_by(Task.id)
    .limit(CHUNK)
)
