"""How fast a wave leaves, and when the last of its mails will have left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.delivery.models import FirstAsk, Invitation, InvitationState, Wave

LOOK_BACK = timedelta(minutes=1)
LEAST_SECONDS = 5.0  # A rate over a shorter time would jump about.
WAITS = (InvitationState.QUEUED, InvitationState.SENDING)


@dataclass(frozen=True)
class Pace:
    """Mails a minute as measured in the last minute; when the last one is expected, and the next when none is due now.

    `ends_at` is None while nothing was measured and mails are due.
    """

    per_minute: int
    ends_at: datetime | None
    next_at: datetime | None


def pace(session: Session, wave: Wave, *, now: datetime) -> Pace:
    """How a wave that sends gets on."""
    per_second = _per_second(session, wave, now)
    due, next_at, last_at = _to_come(session, wave, now)
    if due and not per_second:
        ends_at = None
    else:
        ends_at = max(now + timedelta(seconds=due / per_second if due else 0), last_at or now)
    return Pace(round(per_second * 60), ends_at, None if due else next_at)


def _per_second(session: Session, wave: Wave, now: datetime) -> float:
    recent = (Invitation.wave_id == wave.id, Invitation.sent_at > now - LOOK_BACK)
    query = sa.select(sa.func.count(), sa.func.min(Invitation.sent_at)).where(*recent)
    number, first_at = session.execute(query).one()
    return number / max(LEAST_SECONDS, (now - first_at).total_seconds()) if number else 0.0


def _to_come(session: Session, wave: Wave, now: datetime) -> tuple[int, datetime | None, datetime | None]:
    """How many mails are due now, when the next one becomes so, and when the last."""
    due_at = sa.func.coalesce(Invitation.due_at, Wave.send_at)
    later = sa.case((due_at > now, due_at))
    of = [Invitation.wave_id == wave.id]
    if wave.first_people:
        of.append(Invitation.id.in_(sa.select(FirstAsk.invitation_id)))
    waiting = sa.select(sa.func.count()).select_from(Invitation).where(*of, Invitation.state.in_(WAITS))
    planned = (
        sa.select(sa.func.count(), sa.func.count(later), sa.func.min(later), sa.func.max(later))
        .select_from(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(*of, Invitation.state == InvitationState.PLANNED)
    )
    all_planned, later_ones, next_at, last_at = session.execute(planned).one()
    return (session.scalar(waiting) or 0) + all_planned - later_ones, next_at, last_at
