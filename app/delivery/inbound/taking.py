"""Taking a mail that came in: kept once, sorted, threaded to its ask, and written into the ledger.

What it means for tasks and scores is left to `journey`. One that cannot be taken is set aside with the reason and keeps
nobody else waiting.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.contacts.models import Contact, ContactStatus
from app.core.database import upserts
from app.delivery.inbound import consequences, matching
from app.delivery.inbound.matching import CaseOf, Finder, Match
from app.delivery.inbound.models import InboundMail, MatchedBy, Standing
from app.delivery.inbound.reading import letter as letters
from app.delivery.inbound.reading import sorting
from app.delivery.inbound.reading.letter import MOST_READ, Letter
from app.delivery.inbound.reading.sorting import Kind, Sorted
from app.delivery.inbound.sealing import seal, unseal
from app.delivery.inbound.traces import NOTHING
from app.delivery.mail.case_addresses import Door, Named, named
from app.delivery.models import Invitation

BY_PEOPLE = frozenset({Kind.REPLY, Kind.AUTO_REPLY})
NOT_FOR_US = "It belongs to no mail that was sent from here."
LOGGED = "Somebody who works here wrote it, and put the address of a follow-up into Bcc."
FROM_COLLEAGUE = "Somebody who works here wrote it."
TO_COLLEAGUE = "It answers a mail to a colleague, or a test mail."
OURS = "It is a mail that was sent from here."
ERASED = "It is about somebody who was erased."


def no_case(session: Session, task_id: int) -> None:
    """Nothing is known of follow-ups."""


def take(
    session: Session, settings: config.Settings, raw: bytes, *, now: datetime, case_of: CaseOf = no_case
) -> InboundMail | None:
    """Keep a mail and do to the ledger what it says; None when the same mail was taken before.

    Raises whatever reading it raises; nothing is kept then.
    """
    letter = letters.read(raw)
    found = sorting.sort(letter, now=now)
    mail = _kept(session, {"digest": letter.digest, "arrived_at": now, "standing": Standing.TAKEN})
    if mail is None:
        return None
    _fill(session, settings, mail, letter, found, now, case_of)
    return mail


def set_aside(
    session: Session, settings: config.Settings, raw: bytes, why: Exception, *, now: datetime
) -> bool:
    """Keep a mail that could not be taken, sealed, for an administrator to look at and to try again.

    False when the same mail is kept already.
    """
    seen = raw[:MOST_READ]
    reason = str(why) if isinstance(why, letters.Unreadable) else f"{type(why).__name__}: {why}"
    values = {"digest": letters.digest(raw), "arrived_at": now, "standing": Standing.SET_ASIDE}
    mail = _kept(session, values)
    if mail is not None:
        mail.reason, mail.sealed = letters.storable(reason, 500), seal(settings, seen)
        mail.is_cut = len(raw) > MOST_READ
        session.flush()
    return mail is not None


def take_again(
    session: Session,
    settings: config.Settings,
    mail: InboundMail,
    *,
    now: datetime,
    case_of: CaseOf = no_case,
) -> bool:
    """Try once more a mail that was set aside; False when its octets are gone. Raises what reading it raises."""
    raw = unseal(settings, mail.sealed) if mail.sealed else None
    if raw is None:
        return False
    letter = letters.read(raw)
    found = sorting.sort(letter, now=now)
    mail.standing, mail.sealed, mail.reason = Standing.TAKEN, None, ""
    _fill(session, settings, mail, letter, found, now, case_of)
    return True


def _kept(session: Session, values: dict[str, Any]) -> InboundMail | None:
    """A new row for the digest; None when there is one. Two who take the same mail at once wait for each other here."""
    blank = {"message_id": "", "from_name": "", "from_address": "", "subject": "", "words": "", "quoted": ""}
    blank |= {"attachments": [], "is_cut": False, "status": "", "reason": ""}
    table = InboundMail.__table__
    insert = upserts.insert(session.get_bind().dialect.name, table).values(blank | values)
    number = session.scalar(insert.on_conflict_do_nothing(index_elements=["digest"]).returning(table.c.id))
    return None if number is None else session.get_one(InboundMail, number)


def _fill(
    session: Session,
    settings: config.Settings,
    mail: InboundMail,
    letter: Letter,
    found: Sorted,
    now: datetime,
    case_of: CaseOf,
) -> None:
    by_sender = found.kind in BY_PEOPLE and not matching.is_colleague(session, letter.sender[1])
    if matching.is_ours(session, letter.ids("Message-ID")):
        mail.kind, mail.reason = Kind.NOTICE, OURS
        return
    match = Finder(settings, case_of).find(session, found.clues, by_sender=by_sender)
    mail.kind, mail.is_cut = found.kind, letter.is_cut
    if match is not None and match.contact is not None and match.contact.status is ContactStatus.ERASED:
        _keep_nothing(mail)
        return
    _note_words(mail, letter, found)
    _note_match(session, mail, match, found)
    if mail.standing is Standing.TAKEN and mail.invitation is not None:
        consequences.write_down(session, mail, match, found.reports, now=now)
    session.flush()


def _keep_nothing(mail: InboundMail) -> None:
    mail.kind, mail.standing, mail.reason = Kind.NOTICE, Standing.DISMISSED, ERASED


def _note_words(mail: InboundMail, letter: Letter, found: Sorted) -> None:
    name, address = letter.sender
    mail.from_name, mail.from_address = name[:200], address[:320]
    mail.from_key = matching.key_of(address)
    mail.message_id = next(iter(letter.ids("Message-ID")), "")[:255]
    mail.subject = sorting.without_links(letter.header("Subject"))[:300]
    mail.written_at = letter.written_at
    mail.words, mail.quoted, mail.returns_on = found.words, found.quoted, found.returns_on
    mail.attachments = letter.attachments
    if found.reports:
        mail.status, mail.reason = found.reports[0].status[:16], sorting.without_links(found.reports[0].words)


def _note_match(session: Session, mail: InboundMail, match: Match | None, found: Sorted) -> None:
    """Whose it is; a mail by a person of whom nothing is known waits for somebody to say whose it is."""
    if match is not None:
        mail.matched_by, mail.about = match.by, match.about
        mail.invitation, mail.contact = match.invitation, match.contact
        mail.account_id = match.account_id or (
            match.invitation.account_id if match.invitation else match.contact and match.contact.account_id
        )
    logged = named(mail.about)
    if logged is not None and logged.door is Door.LOG:
        _note_logged(session, mail, logged, found)
    elif found.kind in BY_PEOPLE and matching.is_colleague(session, mail.from_address):
        mail.kind, mail.reason = Kind.NOTICE, FROM_COLLEAGUE
    elif mail.account_id is None and mail.matched_by is not MatchedBy.STAFF and found.kind is not Kind.NOTICE:
        mail.standing, mail.reason = Standing.UNMATCHED, mail.reason or NOT_FOR_US
    elif mail.matched_by is MatchedBy.STAFF:
        mail.standing, mail.reason = Standing.UNMATCHED, mail.reason or TO_COLLEAGUE


def _note_logged(session: Session, mail: InboundMail, logged: Named, found: Sorted) -> None:
    """What came by the address for Bcc: a colleague's own mail, unless a customer has got hold of it and writes there."""
    if found.kind is Kind.REPLY and matching.writer(session, mail.from_address) is not None:
        mail.about = str(logged._replace(door=Door.CASE))
        return
    if found.kind is not Kind.REPLY:
        mail.about = None
    mail.kind, mail.reason = Kind.NOTICE, LOGGED


def let_go(mail: InboundMail) -> None:
    """Keep nothing of a mail but that it came."""
    for name, value in NOTHING.items():
        setattr(mail, name, value)
    mail.standing = Standing.DISMISSED


def give_to(session: Session, mail: InboundMail, contact: Contact) -> None:
    """A person said whose mail it is: it belongs to the last ask of that contact, if there is one."""
    asked = sa.select(Invitation).where(Invitation.contact_id == contact.id, Invitation.sent_at.is_not(None))
    mail.invitation = session.scalar(asked.order_by(Invitation.sent_at.desc(), Invitation.id.desc()).limit(1))
    mail.contact, mail.standing, mail.reason = contact, Standing.TAKEN, ""
    mail.account_id = mail.invitation.account_id if mail.invitation else contact.account_id
    session.flush()
