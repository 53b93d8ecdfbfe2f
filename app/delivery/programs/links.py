"""Asks that another program shows to a person, in a message of its own or in a chat: the link instead of our mail.

The rules of asking hold as for a mail, but for those about the address: whoever has none can be asked so. Handing the link over is what sending is to a mail: from then on the ask is
open, and silent if nobody answers by its closing. Nobody is reminded by mail of what did not come by mail.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.audit import Actor
from app.delivery import invitations, waves
from app.delivery.models import Channel, Invitation, InvitationState, WaveState
from app.surveys import rules
from app.surveys.models import Program


def ask(
    session: Session, program: Program, contact: Contact, channel: Channel, *, actor: Actor, now: datetime
) -> Invitation:
    """Ask one person at once. Refused, with the day the person becomes free, when a gate is shut."""
    wave = waves.invite(session, program, contact, actor=actor, now=now, channel=channel)
    made = session.scalars(sa.select(Invitation).where(Invitation.wave_id == wave.id)).one()
    if channel is Channel.LINK:
        wave.state, wave.finished_at = WaveState.FINISHED, now
        made.reminders_left, made.closes_at = 0, rules.of(program).closes_at(now)
        invitations.change(session, made, InvitationState.SENT, now=now, reason="handed over as a link")
        session.flush()
    return made
