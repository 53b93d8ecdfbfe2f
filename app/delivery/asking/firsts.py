"""A program's first wave writes to a few people first, then waits until somebody has looked at what came of it.

A wrong audience, a wrong link or a server that refuses us is then seen by twenty-five people instead of everybody.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.delivery.models import FirstAsk, Invitation, InvitationState, Purpose, Wave
from app.surveys.models import Program


def number_for(
    session: Session, program: Program, wanted: int, people: int, *, is_rehearsal: bool
) -> int | None:
    """How many of `people` a launch now would write to first: `wanted`, or None where all are written to at once.

    All are when they are not more than that, during rehearsal and in the demo, and in every wave after one of the same
    program that was sent.
    """
    if not 0 < wanted < people or is_rehearsal or program.is_demo:
        return None
    waves = sa.select(Wave.id).where(Wave.program_id == program.id, Wave.is_rehearsal.is_(False))
    sent = sa.select(Invitation.id).where(Invitation.wave_id.in_(waves), Invitation.sent_at.is_not(None))
    return wanted if session.scalar(sent.limit(1)) is None else None


def choose(session: Session, wave: Wave, wanted: int) -> None:
    """Choose at random who of the wave is written to first, if it has such people."""
    wave.first_people = None
    if wave.purpose != Purpose.PROGRAM:
        return
    planned = (Invitation.wave_id == wave.id, Invitation.state == InvitationState.PLANNED)
    some = sa.select(Invitation.id).where(*planned).limit(wanted + 1).subquery()
    people = session.scalar(sa.select(sa.func.count()).select_from(some)) or 0
    wave.first_people = number_for(session, wave.program, wanted, people, is_rehearsal=wave.is_rehearsal)
    if wave.first_people:
        chosen = sa.select(Invitation.id).where(*planned).order_by(sa.func.random())
        table = FirstAsk.__table__
        session.execute(sa.insert(table).from_select(["invitation_id"], chosen.limit(wave.first_people)))
