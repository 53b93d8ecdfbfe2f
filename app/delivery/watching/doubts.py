"""Mails in doubt: they may or may not have arrived, nobody can know, and so a person decides.

The connection broke, or the sender ended, after a body had begun to leave and before the server's answer was written
down. Such a mail is never sent again by itself. A person counts it as sent, or has it sent again as the same message,
by whose Message-ID mail programs can tell that two copies are one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.core.errors import Refused
from app.core.outbox_rows import OutboxRow, OutboxState
from app.delivery import invitations
from app.delivery.invitations import Move
from app.delivery.models import Invitation, InvitationState, PauseCause, Wave, WaveState
from app.delivery.sending import asks
from app.delivery.sending.books import Books
from app.delivery.sending.posting import INVITATION, ref_of

IN_DOUBT = Invitation.state == InvitationState.IN_DOUBT
NEEDS_SOMEBODY = tuple(cause for cause in PauseCause if cause is not PauseCause.PERSON)


def number(session: Session, wave_id: int | None = None) -> int:
    """How many asks are in doubt, of one wave or of all."""
    query = sa.select(sa.func.count()).select_from(Invitation).where(IN_DOUBT)
    return session.scalar(query.where(Invitation.wave_id == wave_id) if wave_id else query) or 0


def to_decide() -> sa.Select:
    """How many things wait for a person: asks in doubt, and waves that paused themselves."""
    stopped = sa.select(sa.func.count()).select_from(Wave)
    needs_somebody = sa.or_(*(Wave.pause_cause == cause for cause in NEEDS_SOMEBODY))
    stopped = stopped.where(Wave.state == WaveState.PAUSED, needs_somebody)
    in_doubt = sa.select(sa.func.count()).select_from(Invitation).where(IN_DOUBT)
    return sa.select(in_doubt.scalar_subquery() + stopped.scalar_subquery())


def listed(
    session: Session, *, wave_id: int | None = None, after: int = 0, limit: int
) -> Sequence[Invitation]:
    """Asks in doubt in the order of their ids, of one wave or of all, beginning behind `after`."""
    query = (
        sa.select(Invitation)
        .where(IN_DOUBT, Invitation.id > after)
        .options(joinedload(Invitation.contact), joinedload(Invitation.account), joinedload(Invitation.wave))
        .order_by(Invitation.id)
        .limit(limit)
    )
    return session.scalars(query.where(Invitation.wave_id == wave_id) if wave_id else query).all()


def why(session: Session, found: Sequence[Invitation]) -> dict[int, str]:
    """What happened to the mail of each ask, in the words of the sender or of the server."""
    refs = {ref_of(ask.id): ask.id for ask in found}
    rows = sa.select(OutboxRow.ref, OutboxRow.reason).where(
        OutboxRow.kind == INVITATION, OutboxRow.ref.in_(refs)
    )
    return {refs[ref]: reason or "" for ref, reason in session.execute(rows)}


def count_as_sent(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """Take it that the mail arrived: the ask is open since the day it left, and reminded; Refused unless in doubt."""
    of_this = (OutboxRow.kind == INVITATION, OutboxRow.ref == ref_of(invitation.id))
    ask = asks.read(session.connection(), [invitation.id])[invitation.id]
    opening = Books().opening(session, ask, invitation.sent_at or now, now=now)
    move = Move(invitation.id, InvitationState.SENT, "counted as sent", opening, at=invitation.sent_at or now)
    if invitation.state is not InvitationState.IN_DOUBT or not invitations.move(session, [move], now=now):
        raise Refused(_("This mail is not in doubt any more."))
    session.execute(
        sa.update(OutboxRow.__table__)
        .where(*of_this, OutboxRow.state == OutboxState.IN_DOUBT)
        .values(state=OutboxState.SENT, sent_at=invitation.sent_at, updated_at=now)
    )
    session.refresh(invitation)
