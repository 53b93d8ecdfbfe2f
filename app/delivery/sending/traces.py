"""What this package holds about one person or account: asks, mails, visits; telling, forgetting and moving it.

An ask that is forgotten keeps its state and its dates, so that every count stays; its mail loses the address and the
words, and its link leads nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core import outbox_rows, text, tokens
from app.core.database import telling
from app.core.outbox_rows import STOPPABLE, DeliveryAttempt, Letter, OutboxRow, OutboxState
from app.delivery import invitations, suppressions
from app.delivery.inbound import traces as inbound_traces
from app.delivery.mail.mailbox import Mailbox
from app.delivery.models import (
    Invitation,
    InvitationChange,
    InvitationState,
    Occasion,
    Purpose,
    Reminder,
    Skip,
    Suppression,
    Visit,
)
from app.delivery.optouts import ON_ITS_WAY
from app.delivery.sending.posting import INVITATION, REMINDER, STAFF, TOLD, ref_of

ERASED = "erased"
MOST_REMINDERS = 9
MOST_TRIES = 20
CODES = (InvitationState.SUPPRESSED, InvitationState.CANCELLED)
BULK = {"synchronize_session": False}


def tell(session: Session, contact_id: int) -> dict[str, Any]:
    """Every ask with its changes, reminders, mails and visits, and what is kept about the address."""
    ids = asks_of(session, contact_id)
    mails = mails_of(ids)
    contact = session.get_one(Contact, contact_id)
    return {
        "asks": telling.rows(session, Invitation, Invitation.id.in_(ids), but={"nonce"}),
        "ask_changes": telling.rows(session, InvitationChange, InvitationChange.invitation_id.in_(ids)),
        "reminders": telling.rows(session, Reminder, Reminder.invitation_id.in_(ids)),
        "mails": telling.rows(session, OutboxRow, mails, but={"claim", "lease_until"}),
        "mail_attempts": telling.rows(
            session, DeliveryAttempt, DeliveryAttempt.outbox_id.in_(sa.select(OutboxRow.id).where(mails))
        ),
        "skips": telling.rows(session, Skip, Skip.contact_id == contact_id),
        "occasions": telling.rows(session, Occasion, Occasion.contact_id == contact_id),
        "visits": telling.rows(session, Visit, Visit.invitation_id.in_(ids)),
        "suppressions": telling.rows(session, Suppression, Suppression.email_key == contact.email_key),
    } | inbound_traces.tell(session, contact)


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """Stop what is on its way, take the address and words out of the mails, and let the address never be asked again."""
    contact = session.get_one(Contact, contact_id)
    on_its_way = sa.select(Invitation).where(
        Invitation.contact_id == contact_id, Invitation.state.in_(ON_ITS_WAY)
    )
    for invitation in session.scalars(on_its_way.order_by(Invitation.id)).all():
        invitations.change(session, invitation, InvitationState.CANCELLED, now=now, reason=ERASED)
    session.flush()
    ids = asks_of(session, contact_id)
    forget_mails(session, ids, now=now)
    for table in (Occasion, Skip):
        session.execute(sa.delete(table).where(table.contact_id == contact_id), execution_options=BULK)
    session.execute(sa.delete(Visit).where(Visit.invitation_id.in_(ids)), execution_options=BULK)
    said = (InvitationChange.invitation_id.in_(ids), InvitationChange.state.not_in(CODES))
    session.execute(sa.update(InvitationChange).where(*said).values(reason=None), execution_options=BULK)
    for invitation in session.scalars(sa.select(Invitation).where(Invitation.id.in_(ids))):
        invitation.asked_as, invitation.nonce, invitation.updated_at = None, tokens.new_nonce(), now
        if invitation.wave.purpose in (Purpose.SINGLE, Purpose.RECOVERY):
            invitation.wave.name = invitation.wave.program.name
    inbound_traces.forget(session, contact, now=now)
    forget_notices(session, contact.name, now=now)
    if contact.email_key:
        suppressions.forget_address(session, contact.email_key, now=now)
    session.flush()


def hold(session: Session, contact_id: int) -> None:
    """Keep the mails and asks of a person from changing until the transaction ends.

    Some of the mails may wait, others be in hand, and each sender has locked asks before the latter: so the asks are not
    waited for with mails in hand, but by themselves, and then it is tried again.
    """
    theirs = Invitation.contact_id == contact_id
    for _try in range(MOST_TRIES):
        try:
            with session.begin_nested():
                outbox_rows.lock(session, mails_of(asks_of(session, contact_id)))
                invitations.hold(session, theirs, waits=False)
            return
        except OperationalError:
            with session.begin_nested() as waiting:
                invitations.hold(session, theirs)
                waiting.rollback()
    outbox_rows.lock(session, mails_of(asks_of(session, contact_id)))
    invitations.hold(session, theirs)


def forget_mails(session: Session, invitation_ids: Sequence[int], *, now: datetime) -> None:
    """One that is being handed over this moment still arrives; nothing of it is kept either."""
    mails = mails_of(invitation_ids)
    attempts = DeliveryAttempt.outbox_id.in_(sa.select(OutboxRow.id).where(mails))
    session.execute(sa.update(DeliveryAttempt).where(attempts).values(reply=None), execution_options=BULK)
    stopped = {"state": OutboxState.CANCELLED}
    waiting = sa.update(OutboxRow).where(mails, OutboxRow.state.in_(STOPPABLE))
    session.execute(waiting.values(stopped), execution_options=BULK)
    nothing = {"recipient": ERASED, "values": {}, "reason": None, "updated_at": now}
    session.execute(sa.update(OutboxRow).where(mails).values(nothing), execution_options=BULK)
    session.expire_all()


def forget_notices(session: Session, name: str, *, now: datetime) -> None:
    """Mails to colleagues that name the person and wait are not sent; those that left are in colleagues' own boxes."""
    naming = (
        sa.select(OutboxRow)
        .join(Letter, Letter.id == OutboxRow.letter_id)
        .where(
            OutboxRow.kind == STAFF,
            OutboxRow.state.in_(STOPPABLE),
            Letter.text.contains(name, autoescape=True),
        )
    )
    for row in session.scalars(naming).all() if name else ():
        letter = session.get_one(Letter, row.letter_id)
        row.state, row.reason, row.letter_id, row.updated_at = OutboxState.CANCELLED, ERASED, None, now
        session.flush()
        session.delete(letter)


def sweep(session: Session, box: Mailbox, outbox_ids: Collection[int]) -> int:
    """If one of these mails is to somebody who was erased while it was handed over, remove what came into the mailbox
    since; how many mails went."""
    erased = sa.select(OutboxRow.id).where(OutboxRow.id.in_(outbox_ids), OutboxRow.recipient == ERASED)
    if not outbox_ids or session.scalar(erased.limit(1)) is None:
        return 0
    keys = {address: text.email_key(address) for address in box.addresses() if "@" in address}
    known = suppressions.reasons(session, set(keys.values()))
    return sum(box.forget(address) for address, key in keys.items() if known.get(key) == ERASED)


def asks_of(session: Session, contact_id: int) -> Sequence[int]:
    return session.scalars(sa.select(Invitation.id).where(Invitation.contact_id == contact_id)).all()


def mails_of(invitation_ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """The mails about these asks, and those that tell what came of them."""
    refs = [ref_of(number, place) for number in invitation_ids for place in range(MOST_REMINDERS + 1)]
    asked = sa.and_(OutboxRow.kind.in_((INVITATION, REMINDER)), OutboxRow.ref.in_(refs))
    told = [OutboxRow.ref.startswith(f"{ref_of(number)}:{TOLD}") for number in invitation_ids]
    return sa.or_(asked, sa.and_(OutboxRow.kind == TOLD, sa.or_(sa.false(), *told)))


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """The asks of one account to another."""
    invitations.hold(session, Invitation.account_id.in_((from_id, to_id)))
    asks = sa.update(Invitation).where(Invitation.account_id == from_id)
    session.execute(asks.values(account_id=to_id, updated_at=now), execution_options=BULK)
    inbound_traces.move_account(session, from_id, to_id)


def move_person(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """The asks of one person to another. Where both were asked in one wave, that of the first stays, and its link dies."""
    waves = sa.select(Invitation.wave_id).where(Invitation.contact_id == to_id)
    mine = sa.update(Invitation).where(Invitation.contact_id == from_id)
    movable = mine.where(Invitation.wave_id.not_in(waves.scalar_subquery()))
    session.execute(movable.values(contact_id=to_id, updated_at=now), execution_options=BULK)
    for invitation in session.scalars(sa.select(Invitation).where(Invitation.contact_id == from_id)):
        invitation.nonce = tokens.new_nonce()
    session.execute(sa.update(Skip).where(Skip.contact_id == from_id).values(contact_id=to_id))
    known = sa.select(Occasion.program_id, Occasion.key).where(Occasion.contact_id == to_id)
    met = {tuple(row) for row in session.execute(known)}
    for occasion in session.scalars(sa.select(Occasion).where(Occasion.contact_id == from_id)):
        if (occasion.program_id, occasion.key) not in met:
            occasion.contact_id = to_id
    inbound_traces.move_person(session, from_id, to_id)
    session.flush()
