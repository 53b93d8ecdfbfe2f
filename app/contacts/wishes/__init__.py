"""How people want to be asked, as they said it themselves: how often at most, what not about, or not at all.

A wish belongs to the mailbox: everybody who reads it has the same, also somebody who is entered or imported later.
What follows for asks that are on their way is for `app/delivery/optouts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import HAS_WISHES, AskKind, Contact, Wish

TWICE_A_YEAR, ONCE_A_YEAR = 182, 365
THEMSELVES = "respondent"  # The kind of actor that somebody is who holds the link of a mail of theirs.


@dataclass(frozen=True)
class Wishes:
    """What somebody wants. `rest_days` is the least time between two asks; None is as often as the programs ask."""

    rest_days: int | None = None
    unwanted_kind: AskKind | None = None
    is_unsubscribed: bool = False


def of(contact: Contact) -> Wishes:
    """What holds now."""
    return Wishes(contact.rest_days, contact.unwanted_kind, contact.unsubscribed_at is not None)


def readers(session: Session, contact: Contact) -> list[Contact]:
    """Everybody who reads this person's mailbox, the person among them."""
    if not contact.email_key:
        return [contact]
    theirs = sa.select(Contact).where(Contact.email_key == contact.email_key).order_by(Contact.id)
    return list(session.scalars(theirs))


def note(session: Session, contact: Contact, *, now: datetime, told_by: str) -> None:
    """Keep what holds from now on as a row of its own."""
    told = of(contact)
    session.add(
        Wish(
            contact_id=contact.id,
            at=now,
            told_by=told_by,
            is_unsubscribed=told.is_unsubscribed,
            rest_days=told.rest_days,
            unwanted_kind=told.unwanted_kind,
        )
    )


def history(session: Session, contact: Contact) -> list[Wish]:
    """What was wished, the newest first."""
    theirs = sa.select(Wish).where(Wish.contact_id == contact.id)
    return list(session.scalars(theirs.order_by(Wish.at.desc(), Wish.id.desc())))


def share(session: Session, contact: Contact) -> None:
    """Let somebody who newly reads a mailbox have the wishes of those who read it already."""
    if contact.email_key and contact.rest_days is None and contact.unwanted_kind is None:
        known = sa.select(Contact).where(Contact.email_key == contact.email_key, HAS_WISHES).limit(1)
        other = session.scalars(known).first()
        if other is not None:
            contact.rest_days, contact.unwanted_kind = other.rest_days, other.unwanted_kind


def share_all(session: Session) -> None:
    """The same for everybody, after many were entered at once."""
    session.execute(SHARE_ALL, execution_options={"synchronize_session": False})


CONTACTS, KNOWN = Contact.__table__, Contact.__table__.alias("known")
HAS = sa.or_(KNOWN.c.rest_days.is_not(None), KNOWN.c.unwanted_kind.is_not(None))


def _of_the_mailbox(name: str) -> sa.ScalarSelect:
    theirs = sa.select(sa.func.max(KNOWN.c[name])).where(KNOWN.c.email_key == CONTACTS.c.email_key, HAS)
    return theirs.correlate(CONTACTS).scalar_subquery()


SHARE_ALL = (
    sa.update(CONTACTS)
    .where(
        CONTACTS.c.email_key.in_(sa.select(KNOWN.c.email_key).where(HAS)),
        CONTACTS.c.rest_days.is_(None),
        CONTACTS.c.unwanted_kind.is_(None),
    )
    .values({name: _of_the_mailbox(name) for name in ("rest_days", "unwanted_kind")})
)
