"""Moving an invitation through the ledger: the state, its dated columns and the row that tells of the change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.delivery.models import Invitation, InvitationChange, InvitationState

DATED = {
    InvitationState.SENT: "sent_at",
    InvitationState.ANSWERED: "answered_at",
    InvitationState.DECLINED: "declined_at",
    InvitationState.SILENT: "silent_at",
}
CLOSED = frozenset(
    {
        InvitationState.ANSWERED,
        InvitationState.DECLINED,
        InvitationState.SILENT,
        InvitationState.CANCELLED,
        InvitationState.BOUNCED,
        InvitationState.REFUSED,
    }
)


def change(
    session: Session,
    invitation: Invitation,
    state: InvitationState,
    *,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Enter `state` at `now`; in the same state already, nothing happens."""
    if invitation.state is state:
        return
    session.add(
        InvitationChange(
            invitation_id=invitation.id, from_state=invitation.state, state=state, at=now, reason=reason
        )
    )
    invitation.state = state
    if state in DATED:
        setattr(invitation, DATED[state], now)
    if state in CLOSED:
        invitation.closed_at = invitation.closed_at or now
        invitation.remind_at = None
