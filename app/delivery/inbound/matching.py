"""Finding the ask that a mail is about, by what only our own mail held; a person's reply also by who wrote it.

Anybody can write that an address does not exist. So bounces and complaints are believed only with a return path, a
Message-ID or a link of ours; the address in a report is never enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.auth.models import Staff
from app.contacts.models import Contact
from app.core import text
from app.core.outbox_rows import OutboxRow
from app.core.tokens import Signer
from app.delivery.inbound.models import MatchedBy
from app.delivery.inbound.reading.sorting import Clues
from app.delivery.mail.case_addresses import CaseAddresses, Door, Named
from app.delivery.mail.verp import ReturnPaths
from app.delivery.models import Invitation
from app.delivery.sending.posting import CASE, OF_ASKS, invitation_id_of
from app.delivery.telling import cases


@dataclass(frozen=True)
class Case:
    """Whom a follow-up is about."""

    contact: Contact | None
    account_id: int


CaseOf = Callable[[Session, int], Case | None]
"""Who is behind the follow-up of that number; None where there is none. Follow-ups stand right of this package."""


@dataclass(frozen=True)
class Match:
    """What a mail is about. `about` is the ref of our mail, or the follow-up that is named; `recipient` whom it went to.
    A mail to a colleague has no ask, nor has one on a follow-up."""

    by: MatchedBy
    invitation: Invitation | None = None
    contact: Contact | None = None
    about: str | None = None
    recipient: str = ""
    account_id: int | None = None


class Finder:
    """Knows the secrets of this installation."""

    def __init__(self, settings: config.Settings, case_of: CaseOf):
        self.case_of, self.cases = case_of, CaseAddresses.of(settings)
        keys = [settings.SECRET_KEY, *settings.SECRET_KEYS_OLD]
        self.signer = Signer(keys)
        self.paths = ReturnPaths(keys, settings.BOUNCE_DOMAIN)

    def find(self, session: Session, clues: Clues, *, by_sender: bool) -> Match | None:
        """The ask or the follow-up, by the surest clue; `by_sender` says that who wrote it may decide."""
        named = [found for address in clues.addresses if (found := self.cases.read(address))]
        logged = next((one for one in named if one.door is Door.LOG), None)
        if logged and (match := self._case(session, logged, MatchedBy.RETURN_PATH)):
            return match
        for row, by in self._mails(session, clues):
            if row.kind == CASE:
                about = Named(Door.CASE, cases.task_id_of(row.ref))
                if match := self._case(session, about, by, row.recipient):
                    return match
            elif row.kind not in OF_ASKS:
                return Match(MatchedBy.STAFF, about=row.ref, recipient=row.recipient)
            elif invitation := session.get(Invitation, invitation_id_of(row.ref)):
                return Match(by, invitation, invitation.contact, row.ref, row.recipient)
        for one in named:
            if match := self._case(session, one, MatchedBy.RETURN_PATH):
                return match
        for token in clues.tokens:
            nonce = self.signer.nonce(token)
            invitation = nonce and session.scalar(sa.select(Invitation).filter_by(nonce=nonce))
            if invitation:
                return Match(MatchedBy.LINK, invitation, invitation.contact, str(invitation.id))
        return writer(session, clues.sender) if by_sender else None

    def _case(self, session: Session, named: Named, by: MatchedBy, recipient: str = "") -> Match | None:
        """A follow-up that is still there."""
        case = self.case_of(session, named.task_id)
        if case is None:
            return None
        return Match(by, None, case.contact, str(named), recipient, case.account_id)

    def _mails(self, session: Session, clues: Clues) -> Iterator[tuple[OutboxRow, MatchedBy]]:
        """The mails of ours that it names."""
        for address in clues.addresses:
            if mail := self.paths.read(address):
                found = OutboxRow.message_id.startswith(f"{mail}@")
                yield from (
                    (row, MatchedBy.RETURN_PATH) for row in session.scalars(sa.select(OutboxRow).where(found))
                )
        known = sa.select(OutboxRow).where(OutboxRow.message_id.in_(clues.message_ids))
        rows = {row.message_id: row for row in session.scalars(known)} if clues.message_ids else {}
        yield from ((rows[one], MatchedBy.MESSAGE_ID) for one in clues.message_ids if one in rows)


def writer(session: Session, address: str) -> Match | None:
    """The last ask of whoever writes from this address, or just the person."""
    key = key_of(address)
    if key is None:
        return None
    asked = sa.select(Invitation).where(Invitation.asked_as == key, Invitation.sent_at.is_not(None))
    invitation = session.scalar(asked.order_by(Invitation.sent_at.desc(), Invitation.id.desc()).limit(1))
    if invitation is not None:
        return Match(MatchedBy.SENDER, invitation, invitation.contact, None)
    known = sa.select(Contact).where(Contact.email_key == key, Contact.account_id.is_not(None))
    contact = session.scalar(known.order_by(Contact.id).limit(1))
    return Match(MatchedBy.SENDER, None, contact) if contact is not None else None


def is_ours(session: Session, message_ids: Sequence[str]) -> bool:
    """Whether it is a mail of ours that reached the box: an ask to the box itself, or a copy of one."""
    known = OutboxRow.message_id.in_(message_ids[:1])
    return bool(message_ids) and session.scalar(sa.select(OutboxRow.id).where(known)) is not None


def is_colleague(session: Session, address: str) -> bool:
    """Whether somebody who works here wrote it."""
    lower = sa.func.lower(Staff.email) == address.lower()
    return bool(address) and session.scalar(sa.select(Staff.id).where(lower).limit(1)) is not None


def key_of(address: str) -> str | None:
    """The canonical form of an address; None for what is none."""
    try:
        return text.email_key(address) if address else None
    except text.UnreadableText:
        return None
