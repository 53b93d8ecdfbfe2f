"""Signals: facts that other systems tell about an account or a person there, such as a ticket that was closed.

A signal has its caller's own id, by which the same one told twice stays one, and a type in the caller's words. What
follows from it is decided elsewhere, by whoever looks for signals of a type.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.contacts.models import Account, Contact
from app.contacts.syncing import account_of_key, contact_of_key
from app.core import text
from app.core.database.columns import Id, Json, Moment, Stamped, reference
from app.core.errors import Invalid
from app.extensions import Base

AHEAD = timedelta(days=1)  # How far the clock of another system may be ahead of ours.
LONGEST_TYPE = 64


class Signal(Stamped, Base):
    """One fact from outside. `value` is a number, a text or nothing."""

    __tablename__ = "signals"
    __table_args__ = (sa.Index("ix_signals_type_at", "type", "at"),)

    id: Mapped[Id]
    external_id: Mapped[str] = mapped_column(sa.String(120), unique=True)
    account_id: Mapped[int] = reference("accounts.id")
    contact_id: Mapped[int | None] = reference("contacts.id")
    type: Mapped[str] = mapped_column(sa.String(LONGEST_TYPE))
    at: Mapped[Moment]
    value: Mapped[Any] = mapped_column(Json, nullable=True)


def receive(session: Session, told: Mapping[str, Any], *, now: datetime) -> tuple[Signal, bool]:
    """Keep a signal, or find the one of the same id; and whether it is new.

    `told` holds external_id, account, type, at, and maybe contact and value. The account is named by an id of any
    system, else by ours; the contact also by address. Invalid for one that is not known, and for a moment to come.
    """
    known = of_id(session, told["external_id"])
    if known is not None:
        return known, False
    found = made(session, told, now=now)
    session.add(found)
    session.flush()
    return found, True


def of_id(session: Session, external_id: str) -> Signal | None:
    """The signal that was told under its caller's own id."""
    return session.scalars(sa.select(Signal).filter_by(external_id=external_id)).one_or_none()


def made(session: Session, told: Mapping[str, Any], *, now: datetime) -> Signal:
    """What was told, understood and not kept yet; Invalid as for `receive`."""
    if told["at"] > now + AHEAD:
        words = _("This moment has not come yet.")
        raise Invalid(words, errors={"at": words})
    account = account_called(session, told["account"])
    contact = contact_called(session, told["contact"], account) if told.get("contact") else None
    return Signal(
        external_id=told["external_id"],
        account_id=account.id,
        contact_id=contact.id if contact else None,
        type=told["type"],
        at=told["at"],
        value=told.get("value"),
    )


def account_called(session: Session, name: str) -> Account:
    """The account of this id."""
    found = account_of_key(session, name)
    if found is None and is_ours(name):
        found = session.get(Account, int(name))
    if found is None:
        words = _("There is no such account.")
        raise Invalid(words, errors={"account": words})
    return found


def contact_called(session: Session, name: str, account: Account) -> Contact:
    """The person of that account with this id or address."""
    theirs = sa.select(Contact).where(Contact.account_id == account.id)
    if "@" in name:
        found = session.scalars(theirs.where(Contact.email_key == key_of(name))).first()
    else:
        found = contact_of_key(session, name)
        if found is None and is_ours(name):
            found = session.get(Contact, int(name))
    if found is None or found.account_id != account.id:
        words = _("There is no such contact at this account.")
        raise Invalid(words, errors={"contact": words})
    return found


def key_of(address: str) -> str | None:
    try:
        return text.email_key(text.email(address))
    except text.UnreadableText:
        return None


def is_ours(name: str) -> bool:
    return name.isascii() and name.isdigit() and int(name) < 2**63


def types(session: Session) -> list[str]:
    """The types of signals that have come, sorted: what a picker suggests."""
    return sorted(session.scalars(sa.select(Signal.type).distinct()))
