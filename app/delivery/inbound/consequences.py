"""What a mail that came in means for its ask and for the address: a bounce, an absence, nothing.

A bounce is no silence. One for good moves the ask to `bounced`, also when its time had run out before the bounce was
read, and closes the address. One that may pass changes nothing while the ask is open: a reminder may yet arrive. An ask
of which every mail came back so is `refused` at its end, because nobody was reached, and not silent. An absence is
noted on the ask; its reminders wait for the day of return.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.outbox_rows import OutboxRow, OutboxState, insert_new
from app.delivery import invitations
from app.delivery.inbound.matching import Match, key_of
from app.delivery.inbound.models import InboundMail
from app.delivery.inbound.reading.bounces import Report
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.invitations import Move
from app.delivery.models import Invitation, InvitationState, Suppression, Wave
from app.delivery.sending.posting import INVITATION, REMINDER, TOLD, ref_of

BOUNCED = "bounced"
MOST_REMINDERS = 9


def write_down(
    session: Session, mail: InboundMail, match: Match, reports: Sequence[Report], *, now: datetime
) -> None:
    """Do to the ask what the mail says; its kind is corrected where another address than ours failed."""
    invitation = mail.invitation
    is_to_the_ask = TOLD not in (match.about or "")
    if mail.kind is Kind.AUTO_REPLY and is_to_the_ask and not invitation.is_auto_reply:
        invitation.is_auto_reply, invitation.updated_at = True, now
    if mail.kind is Kind.HARD_BOUNCE and is_elsewhere(match.recipient or invitation.asked_as or "", reports):
        mail.kind = Kind.SOFT_BOUNCE
    if mail.kind is Kind.HARD_BOUNCE:
        bounce(session, invitation, reason_of(mail), now=now)


def bounce(session: Session, invitation: Invitation, reason: str, *, now: datetime) -> None:
    """The address of this ask does not exist: nobody writes to it again, whichever contact carries it."""
    session.get_one(Wave, invitation.wave_id, with_for_update=True)  # It may have to be stopped.
    session.flush()
    invitations.move(session, [Move(invitation.id, InvitationState.BOUNCED, reason)], now=now)
    session.refresh(invitation)
    if invitation.asked_as is None:
        return
    row = {"email_key": invitation.asked_as, "reason": BOUNCED, "at": now}
    insert_new(session, Suppression.__table__, [row], key=["email_key"])
    if invitation.contact.email_key == invitation.asked_as:
        invitation.contact.bounce(now=now)


def reason_of(mail: InboundMail) -> str:
    """The server's words, with the status where they lack it."""
    told = mail.reason if mail.status in mail.reason else f"{mail.status} {mail.reason}"
    return told.strip()[:300]


def is_elsewhere(recipient: str, reports: Sequence[Report]) -> bool:
    """Whether the reports speak only of addresses in other domains: our mail arrived, and was passed on to them."""
    ours = (key_of(recipient) or recipient).rpartition("@")[2]
    named = [address for report in reports for address in report.recipients]
    return bool(ours and named) and all((key_of(a) or a).rpartition("@")[2] != ours for a in named)


def returns(session: Session, invitation_ids: Collection[int]) -> dict[int, date]:
    """The last day of absence that people named in automatic replies to these asks, as far as they named one."""
    rows = sa.select(InboundMail.invitation_id, sa.func.max(InboundMail.returns_on)).where(
        InboundMail.invitation_id.in_(invitation_ids),
        InboundMail.kind == Kind.AUTO_REPLY,
        InboundMail.returns_on.is_not(None),
    )
    return dict(session.execute(rows.group_by(InboundMail.invitation_id)).all())


def unreached(session: Session, invitation_ids: Collection[int]) -> set[int]:
    """Those of these asks of which every mail that was sent came back, though none of them for good."""
    back = defaultdict(set)
    rows = sa.select(InboundMail.invitation_id, InboundMail.about).where(
        InboundMail.invitation_id.in_(invitation_ids), InboundMail.kind == Kind.SOFT_BOUNCE
    )
    for number, about in session.execute(rows):
        back[number].add(about)
    return {number for number, returned in back.items() if sent_of(session, number) <= returned}


def sent_of(session: Session, invitation_id: int) -> set[str]:
    """The refs of the mails that were sent for an ask."""
    refs = [ref_of(invitation_id, number) for number in range(MOST_REMINDERS + 1)]
    of_ask = (OutboxRow.kind.in_((INVITATION, REMINDER)), OutboxRow.ref.in_(refs))
    return set(session.scalars(sa.select(OutboxRow.ref).where(*of_ask, OutboxRow.state == OutboxState.SENT)))
