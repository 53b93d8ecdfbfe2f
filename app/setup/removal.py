"""Taking away what was only for trying out: rehearsal waves with all they caused, and the demo company.

Accounts, contacts, programs and settings of your own stay. A demo account that holds people of your own stays too and
becomes an ordinary one. Rows go in an order in which nothing is left pointing at nothing, on both databases.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core import outbox_rows
from app.core.installation import installation
from app.core.outbox_rows import Letter, OutboxRow, OutboxState
from app.delivery import invitations
from app.delivery.models import Invitation, Suppression, Wave
from app.delivery.sending.asks import REHEARSAL
from app.delivery.telling.tidings import group_of
from app.demo.company.companies import OUR_DOMAIN, OUR_NAME
from app.followups.improvements.models import Improvement, Mailing
from app.followups.models import Task
from app.health import due
from app.health.models import Snapshot
from app.reports.freezing.models import FrozenReport
from app.reports.sums.recount import recount
from app.responses.models import Response
from app.sentiment.models import Suggestion, ThemeEdition
from app.surveys.models import Program


@dataclass(frozen=True)
class Remains:
    """How much there is of what was only for trying out."""

    rehearsal_waves: int
    rehearsal_answers: int
    rehearsal_tasks: int
    demo_accounts: int
    demo_contacts: int
    demo_programs: int
    demo_waves: int
    demo_answers: int
    demo_staff: int

    @property
    def has_demo(self) -> bool:
        return any(count for name, count in asdict(self).items() if name.startswith("demo_"))

    @property
    def has_rehearsal(self) -> bool:
        return any(count for name, count in asdict(self).items() if name.startswith("rehearsal_"))


def remains(session: Session) -> Remains:
    """What is there, counted."""

    def count(model, *where) -> int:
        return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where))

    of_demo = Response.invitation_id.in_(sa.select(Invitation.id).join(Wave).where(Wave.is_demo))
    return Remains(
        rehearsal_waves=count(Wave, Wave.is_rehearsal),
        rehearsal_answers=count(Response, Response.is_rehearsal),
        rehearsal_tasks=count(Task, Task.is_rehearsal),
        demo_accounts=count(Account, Account.is_demo),
        demo_contacts=count(Contact, Contact.is_demo),
        demo_programs=count(Program, Program.is_demo),
        demo_waves=count(Wave, Wave.is_demo, Wave.is_rehearsal.is_(False)),
        demo_answers=count(Response, of_demo, Response.is_rehearsal.is_(False)),
        demo_staff=count(Staff, Staff.is_demo),
    )


class Doomed:
    """Which rows go, as selects of their ids."""

    def __init__(self, *, demo: bool, rehearsal: bool):
        never = sa.false()
        own = sa.exists().where(Contact.account_id == Account.id, Contact.is_demo.is_(False))
        self.staff = sa.select(Staff.id).where(Staff.is_demo if demo else never)
        self.contacts = sa.select(Contact.id).where(Contact.is_demo if demo else never)
        self.accounts = sa.select(Account.id).where(sa.and_(Account.is_demo, ~own) if demo else never)
        self.waves = sa.select(Wave.id).where(
            sa.or_(Wave.is_rehearsal if rehearsal else never, Wave.is_demo if demo else never)
        )
        self.invitations = sa.select(Invitation.id).where(
            sa.or_(
                Invitation.wave_id.in_(self.waves),
                Invitation.contact_id.in_(self.contacts),
                Invitation.account_id.in_(self.accounts),
            )
        )
        self.tasks = sa.select(Task.id).where(
            sa.or_(
                Task.is_rehearsal if rehearsal else never,
                Task.account_id.in_(self.accounts),
                Task.contact_id.in_(self.contacts),
                Task.invitation_id.in_(self.invitations),
                Task.response_id.in_(
                    sa.select(Response.id).where(Response.invitation_id.in_(self.invitations))
                ),
            )
        )


def remove(session: Session, *, demo: bool, rehearsal: bool, now: datetime) -> Remains:
    """Delete it, in the caller's transaction; what there was. The caller empties the mailbox page after its commit."""
    found = remains(session)
    doomed = Doomed(demo=demo, rehearsal=rehearsal)
    touched = session.scalars(sa.select(Task.account_id).where(Task.id.in_(doomed.tasks)).distinct()).all()
    if rehearsal:
        remove_mailings(session)
    remove_asks(session, doomed)
    if demo:
        remove_company(session, doomed)
        forget_names(session)
    if demo and found.has_demo:
        # Each of them counted the demo's answers, and names its customers.
        delete(session, FrozenReport, sa.true())
    forget_phrases(session)
    session.expire_all()
    for account_id in session.scalars(sa.select(Account.id).where(Account.id.in_(touched))).all():
        due.mark(session, account_id, now=now)
    recount(session, now=now)
    return found


def remove_asks(session: Session, doomed: Doomed) -> None:
    """Mails, tasks, asks with their answers, waves. What is held for rehearsal would never be sent."""
    group = sa.literal("wave:") + sa.cast(Wave.id, sa.String)
    groups = sa.select(group).where(Wave.id.in_(doomed.waves))
    held = sa.and_(OutboxRow.state == OutboxState.HELD, OutboxRow.reason == REHEARSAL)
    of_task = sa.literal("case:") + sa.cast(Task.id, sa.String)
    written = sa.select(of_task).where(Task.id.in_(doomed.tasks))
    mails = sa.or_(OutboxRow.group.in_(groups), OutboxRow.group.in_(written), held)
    outbox_rows.lock(session, mails)
    delete(session, OutboxRow, mails)
    invitations.hold(session, Invitation.id.in_(doomed.invitations))
    delete(session, Task, Task.id.in_(doomed.tasks))
    delete(session, Invitation, Invitation.id.in_(doomed.invitations))
    delete(session, Wave, Wave.id.in_(doomed.waves))
    delete(session, Letter, ~sa.exists().where(OutboxRow.letter_id == Letter.id))


def remove_mailings(session: Session) -> None:
    """What a rehearsal told by mail; people can be told it again."""
    mailings = list(session.scalars(sa.select(Mailing.id).where(Mailing.is_rehearsal)))
    delete(session, OutboxRow, OutboxRow.group.in_([group_of(number) for number in mailings]))
    delete(session, Mailing, Mailing.is_rehearsal)


def remove_company(session: Session, doomed: Doomed) -> None:
    """Programs, people, accounts and sign-ins of the demo; an account with people of your own becomes yours."""
    delete(session, Improvement, Improvement.is_demo)
    used = sa.exists().where(Wave.program_id == Program.id)
    delete(session, Program, sa.and_(Program.is_demo, ~used))
    of_demo = sa.select(Contact.email_key).where(
        Contact.id.in_(doomed.contacts), Contact.email_key.is_not(None)
    )
    of_others = sa.select(Contact.email_key).where(Contact.is_demo.is_(False), Contact.email_key.is_not(None))
    key = Suppression.email_key
    delete(session, Suppression, sa.and_(key.in_(of_demo), key.not_in(of_others)))
    delete(session, Contact, Contact.id.in_(doomed.contacts))
    delete(session, Account, Account.id.in_(doomed.accounts))
    kept = sa.select(Account.id).where(Account.is_demo)
    delete(session, Snapshot, Snapshot.account_id.in_(kept))
    for model in (Account, Program, Wave):
        session.execute(sa.update(model).where(model.is_demo).values(is_demo=False), execution_options=BULK)
    delete(session, Staff, Staff.id.in_(doomed.staff))


def forget_phrases(session: Session) -> None:
    """Phrases suggested as themes were counted in comments that are gone; they are counted anew."""
    delete(session, Suggestion, sa.true())
    session.execute(sa.update(ThemeEdition).values(suggested_at=None), execution_options=BULK)


BULK = {"synchronize_session": False}


def delete(session: Session, model, where: sa.ColumnElement[bool]) -> None:
    session.execute(sa.delete(model).where(where), execution_options=BULK)


def forget_names(session: Session) -> None:
    """The demo filled in its own name where there was none; the default owner may have been one of its people."""
    row = installation(session)
    session.refresh(row)
    row.company = "" if row.company == OUR_NAME else row.company
    row.product = "" if row.product == OUR_NAME else row.product
    row.own_domains = [domain for domain in row.own_domains if domain != OUR_DOMAIN]
    if (
        row.default_owner_id
        and session.scalar(sa.select(Staff.id).where(Staff.id == row.default_owner_id)) is None
    ):
        row.default_owner_id = None
    session.flush()
