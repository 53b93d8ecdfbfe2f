"""What people's own wishes do to asks: none at all, fewer, or not of a kind; and being asked again after a no.

A wish holds for the mailbox, takes effect in the transaction that keeps it, and is read again at the moment of sending
(`app/delivery/sending/asks.py`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts import wishes
from app.contacts.models import Contact
from app.contacts.wishes import Wishes
from app.delivery import invitations
from app.delivery.asking import gates
from app.delivery.asking.gates import Reason
from app.delivery.invitations import change
from app.delivery.models import Invitation, InvitationState, Purpose, Suppression

UNSUBSCRIBED, COMPLAINT, IMPORT = "unsubscribed", "complaint", "import"
OWN_WORDS = frozenset({UNSUBSCRIBED, COMPLAINT})  # What a person said, and may take back.
NOT_YET_SENT = frozenset({InvitationState.PLANNED, InvitationState.QUEUED})
ON_ITS_WAY = NOT_YET_SENT | {InvitationState.SENT, InvitationState.IN_DOUBT}


def unsubscribe(
    session: Session, contact: Contact, *, now: datetime, told_by: str = "system"
) -> list[Contact]:
    """Unsubscribe everybody who reads this mailbox, cancel what is open or on its way; those for whom it is new.

    An ask that was sent is cancelled too: an opt-out is neither an answer nor a silence (scoring section 2). Its link
    still takes an answer. An ask whose mail is being handed over this moment is left to the sender.
    """
    hold(session, [contact.id])
    people = wishes.readers(session, contact)
    if contact.email_key and session.get(Suppression, contact.email_key) is None:
        session.add(Suppression(email_key=contact.email_key, reason=UNSUBSCRIBED, at=now))
    people = [person for person in people if person.unsubscribed_at is None]
    for person in people:
        person.unsubscribe(now=now)
        wishes.note(session, person, now=now, told_by=told_by)
    cancel(session, people, now=now)
    return people


def close(session: Session, contact_ids: Collection[int], *, now: datetime) -> None:
    """For people who are known to be unsubscribed already: close their addresses, cancel what is on its way."""
    ids = list(contact_ids)
    hold(session, ids)
    people = list(session.scalars(sa.select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id)))
    addresses = sa.select(Contact.email_key).where(Contact.id.in_(ids), Contact.email_key.is_not(None))
    closed = sa.select(Suppression.email_key)
    for email_key in session.scalars(addresses.where(Contact.email_key.not_in(closed)).distinct()):
        session.add(Suppression(email_key=email_key, reason=UNSUBSCRIBED, at=now))
    for person in people:
        wishes.note(session, person, now=now, told_by=IMPORT)
    cancel(session, people, now=now)


def cancel(session: Session, people: Collection[Contact], *, now: datetime) -> None:
    for invitation in on_its_way(session, people):
        change(session, invitation, InvitationState.CANCELLED, now=now, reason=UNSUBSCRIBED)


def respect(
    session: Session, contact: Contact, told: Wishes, *, now: datetime, told_by: str
) -> list[Contact]:
    """Let these wishes hold for everybody who reads this mailbox, also after an unsubscribe; those whose changed.

    Only the person may take a no back, through the link of a mail of theirs. What is on its way and does not agree
    with the wishes is stopped. Who wants to be asked less often gets no reminders either.
    """
    if told.is_unsubscribed:
        return unsubscribe(session, contact, now=now, told_by=told_by)
    hold(session, [contact.id])
    people = [person for person in wishes.readers(session, contact) if wishes.of(person) != told]
    lift(session, contact)
    for person in people:
        person.resubscribe()
        person.rest_days, person.unwanted_kind = told.rest_days, told.unwanted_kind
        wishes.note(session, person, now=now, told_by=told_by)
    stop(session, people, told, now=now)
    return people


def lift(session: Session, contact: Contact) -> None:
    """Open the address of somebody who takes a no back; one that bounced, or of somebody erased, stays closed."""
    closed = session.get(Suppression, contact.email_key) if contact.email_key else None
    if closed is not None and closed.reason in OWN_WORDS:
        session.delete(closed)


def stop(session: Session, people: Collection[Contact], told: Wishes, *, now: datetime) -> None:
    """Cancel asks that the wishes forbid, and take the reminders from the others of somebody who wants fewer."""
    rest = timedelta(days=told.rest_days or 0)
    last = max((moment for person in people if (moment := last_asked(session, person))), default=None)
    is_too_soon = last is not None and last + rest > now
    for invitation in on_its_way(session, people):
        kind = gates.kind_of(invitation.wave.program.kind, invitation.purpose)
        if kind is told.unwanted_kind:
            change(session, invitation, InvitationState.CANCELLED, now=now, reason=Reason.UNWANTED_KIND)
        elif rest and invitation.state in NOT_YET_SENT:
            if is_too_soon:
                change(session, invitation, InvitationState.CANCELLED, now=now, reason=Reason.LESS_OFTEN)
        elif rest:
            invitation.remind_at, invitation.reminders_left = None, 0


def last_asked(session: Session, person: Contact) -> datetime | None:
    """When the last ask reached this person, or may have."""
    heard = (Invitation.state.in_(gates.HEARD), Invitation.is_rehearsal.is_(False))
    counted = (Invitation.contact_id == person.id, Invitation.purpose != Purpose.TEST, *heard)
    return session.scalar(sa.select(sa.func.max(Invitation.sent_at)).where(*counted))


def hold(session: Session, contact_ids: Collection[int]) -> None:
    """Keep the asks of everybody who reads the mailboxes of these people from changing until the transaction ends."""
    ids = list(contact_ids)
    mailboxes = sa.select(Contact.email_key).where(Contact.id.in_(ids), Contact.email_key.is_not(None))
    of_readers = sa.select(Contact.id).where(Contact.email_key.in_(mailboxes))
    theirs = sa.or_(Invitation.contact_id.in_(ids), Invitation.contact_id.in_(of_readers))
    invitations.hold(session, theirs, Invitation.state.in_(ON_ITS_WAY))


def on_its_way(session: Session, people: Collection[Contact]) -> list[Invitation]:
    ids = [person.id for person in people]
    theirs = sa.select(Invitation).where(Invitation.contact_id.in_(ids), Invitation.state.in_(ON_ITS_WAY))
    return list(session.scalars(theirs.order_by(Invitation.id)))
