"""What came in by mail from or about one person or account: telling, forgetting and moving it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.database import telling
from app.delivery.inbound.models import InboundMail, Standing
from app.delivery.inbound.sealing import unseal

BULK = {"synchronize_session": False}
NOTHING: dict[str, Any] = {
    "message_id": "",
    "from_name": "",
    "from_address": "",
    "from_key": None,
    "subject": "",
    "words": "",
    "quoted": "",
    "attachments": [],
    "reason": "",
    "sealed": None,
}


def tell(session: Session, contact: Contact) -> dict[str, Any]:
    return {
        "mails_that_came_in": telling.rows(session, InboundMail, mails_of(contact), but={"digest", "sealed"})
    }


def forget(session: Session, contact: Contact, *, now: datetime) -> None:
    """What came in stays as a fact with its day; who wrote what goes. Mails set aside that name the person go whole."""
    update = sa.update(InboundMail).where(mails_of(contact))
    session.execute(update.values(NOTHING), execution_options=BULK)
    if contact.email:
        settings = current_app.extensions["settings"]
        for mail in session.scalars(sa.select(InboundMail).where(InboundMail.sealed.is_not(None))):
            raw = unseal(settings, mail.sealed)
            if raw is None or contact.email.lower().encode() in raw.lower():
                mail.sealed, mail.standing = None, Standing.DISMISSED
    session.flush()
    session.expire_all()


def mails_of(contact: Contact) -> sa.ColumnElement[bool]:
    """Mails about the person's asks, and those that came from the person's address."""
    mine = InboundMail.contact_id == contact.id
    return sa.or_(mine, InboundMail.from_key == contact.email_key) if contact.email_key else mine


def move_account(session: Session, from_id: int, to_id: int) -> None:
    mails = sa.update(InboundMail).where(InboundMail.account_id == from_id)
    session.execute(mails.values(account_id=to_id), execution_options=BULK)


def move_person(session: Session, from_id: int, to_id: int) -> None:
    mails = sa.update(InboundMail).where(InboundMail.contact_id == from_id)
    session.execute(mails.values(contact_id=to_id), execution_options=BULK)
