"""People who say that they are not the ones to answer: what they said is held until a colleague decides.

It comes over a link that may have been passed on. So nobody counts as gone, and nobody new is asked, by such a word
alone; approving it does what the same entries by hand would do. It makes people of an account, so it is decided by whoever
looks after that account, or by a manager.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.auth.models import Staff
from app.contacts import people
from app.contacts.models import Account, Contact, ContactRole, ContactStatus
from app.contacts.people import Entry, PersonGiven
from app.core import text
from app.core.errors import Refused
from app.core.installation import Installation
from app.delivery.models import Decline, Invitation
from app.responses.models import Handover

SHOWN = 100
IS_OPEN = Handover.decided_at.is_(None)
# The owner of the account, while they work here, else the default owner.
DECIDER = sa.case(
    (Staff.active, Account.owner_id), else_=sa.select(Installation.default_owner_id).scalar_subquery()
)


def say(
    session: Session, invitation: Invitation, said: Decline, *, name: str, email: str | None, now: datetime
) -> Handover | None:
    """Hold what was said, in place of what the same person said before; None when there is nothing to decide.

    Once decided it stays decided: who holds the link cannot bring it up again and again.
    """
    if said is Decline.NOT_NOW or (said is Decline.NOT_ME and not (name or email)):
        return None
    held = session.scalars(sa.select(Handover).where(Handover.invitation_id == invitation.id)).one_or_none()
    if held is None:
        held = Handover(invitation_id=invitation.id, contact_id=invitation.contact_id, said_at=now)
        held.account_id = invitation.account_id
        session.add(held)
    elif held.decided_at is not None:
        return None
    held.said, held.name, held.email = said, name, email
    session.flush()
    return held


def listed(session: Session) -> list[Handover]:
    """Those that wait for a decision, the oldest first; at most a hundred of them."""
    waiting = sa.select(Handover).where(IS_OPEN).order_by(Handover.said_at, Handover.id).limit(SHOWN)
    people_and_places = (joinedload(Handover.contact), joinedload(Handover.account))
    return list(session.scalars(waiting.options(*people_and_places)))


NUMBER = sa.select(sa.func.count()).select_from(Handover).where(IS_OPEN)


def number_of(staff_id: sa.ColumnElement[int]) -> sa.Select:
    """As `NUMBER`, of the accounts that this person looks after. Every page shows it."""
    return NUMBER.join(Handover.account).outerjoin(Account.owner).where(staff_id == DECIDER)


def number(session: Session) -> int:
    """How many wait for a decision."""
    return session.scalar(NUMBER) or 0


def deciders(session: Session, found: Collection[Handover]) -> Mapping[int, Staff | None]:
    """Who looks after the account of each, by its id; None where only a manager can decide."""
    ids = [held.id for held in found]
    query = sa.select(Handover.id, DECIDER).join(Handover.account).outerjoin(Account.owner)
    rows = session.execute(query.where(Handover.id.in_(ids))).all()
    known = {
        one.id: one for one in session.scalars(sa.select(Staff).where(Staff.id.in_({r[1] for r in rows})))
    }
    return {id: known.get(staff_id) for id, staff_id in rows}


def approve(session: Session, held: Handover, when: Entry, *, by: str) -> Contact | None:
    """Take it as true: who left has left, and the successor is a person of the account, who is returned.

    Somebody known there already by that address is not made twice. Invalid where the address or name cannot stand.
    """
    still_open(held)
    person = held.contact
    if held.said is Decline.LEFT and person.status not in (ContactStatus.LEFT, ContactStatus.ERASED):
        people.depart(person, on=when.today, today=when.today)
    successor = known(session, held) or (made(session, held, when) if held.names_somebody else None)
    held.successor_id = successor.id if successor else None
    close(held, is_approved=True, by=by, now=when.now)
    return successor


def refuse(held: Handover, *, by: str, now: datetime) -> None:
    """Nothing follows; the ask stays declined, and the name that was given is forgotten."""
    still_open(held)
    close(held, is_approved=False, by=by, now=now)


def still_open(held: Handover) -> None:
    if held.decided_at is not None:
        raise Refused(_("This was decided already, by %(name)s.", name=held.decided_by))


def close(held: Handover, *, is_approved: bool, by: str, now: datetime) -> None:
    held.is_approved, held.decided_by, held.decided_at = is_approved, by, now
    held.name, held.email = "", None


def known(session: Session, held: Handover) -> Contact | None:
    """The person of the account who has the successor's address."""
    if not held.email:
        return None
    same = sa.select(Contact).where(
        Contact.account_id == held.account_id, Contact.email_key == text.email_key(held.email)
    )
    return session.scalars(same).one_or_none()


def made(session: Session, held: Handover, when: Entry) -> Contact:
    """A new person at the account. Who takes somebody's place there takes the role as well."""
    first, _blank, last = held.name.rpartition(" ") if " " in held.name else (held.name, "", "")
    leaver = held.contact
    role = leaver.role if held.said is Decline.LEFT else ContactRole.OTHER
    given = PersonGiven(
        first, last, held.email or "", role, when.today, language=leaver.language, time_zone=leaver.time_zone
    )
    return people.add(session, held.account, given, when)
