"""People who want no more surveys: the address is closed for good, and no ask of theirs stays on its way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.delivery.invitations import change
from app.delivery.models import Invitation, InvitationState, Suppression

UNSUBSCRIBED = "unsubscribed"
ON_ITS_WAY = frozenset(
    {
        InvitationState.PLANNED,
        InvitationState.QUEUED,
        InvitationState.SENT,
        InvitationState.IN_DOUBT,
    }
)


def unsubscribe(session: Session, contact: Contact, *, now: datetime) -> list[Contact]:
    """Unsubscribe everybody who reads this mailbox, cancel what is open or on its way; those for whom it is new.

    An ask that was sent is cancelled too: an opt-out is neither an answer nor a silence (scoring section 2). Its link
    still takes an answer. An ask whose mail is being handed over this moment is left to the sender.
    """
    people = [contact]
    if contact.email_key:
        people = list(session.scalars(sa.select(Contact).where(Contact.email_key == contact.email_key)))
        if session.get(Suppression, contact.email_key) is None:
            session.add(Suppression(email_key=contact.email_key, reason=UNSUBSCRIBED, at=now))
    people = [person for person in people if person.unsubscribed_at is None]
    for person in people:
        person.unsubscribe(now=now)
        for invitation in session.scalars(OPEN, {"contact_id": person.id}):
            change(session, invitation, InvitationState.CANCELLED, now=now, reason=UNSUBSCRIBED)
    return people


def close(session: Session, contact_ids: Collection[int], *, now: datetime) -> None:
    """For people who are known to be unsubscribed already: close their addresses, cancel what is on its way."""
    ids = list(contact_ids)
    addresses = sa.select(Contact.email_key).where(Contact.id.in_(ids), Contact.email_key.is_not(None))
    closed = sa.select(Suppression.email_key)
    for email_key in session.scalars(addresses.where(Contact.email_key.not_in(closed)).distinct()):
        session.add(Suppression(email_key=email_key, reason=UNSUBSCRIBED, at=now))
    on_its_way = sa.select(Invitation).where(Invitation.contact_id.in_(ids), Invitation.state.in_(ON_ITS_WAY))
    for invitation in session.scalars(on_its_way):
        change(session, invitation, InvitationState.CANCELLED, now=now, reason=UNSUBSCRIBED)


OPEN = sa.select(Invitation).where(
    Invitation.contact_id == sa.bindparam("contact_id"), Invitation.state.in_(ON_ITS_WAY)
)
