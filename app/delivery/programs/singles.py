"""Single asks: one press on a person's page asks them now, and can be taken back while nothing has left."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.audit import Actor
from app.core.errors import NotFound
from app.delivery import waves
from app.delivery.models import Invitation, Purpose, Wave, WaveState
from app.surveys import rules
from app.surveys.models import Program

UNDO_MINUTES = 2  # A launch may wait longer; here somebody may be on the phone with the customer.


def ask(
    session: Session, program: Program, contact: Contact, *, actor: Actor, now: datetime, attempt: str = ""
) -> Wave:
    """Ask the person with the program's survey; the same `attempt` again finds the first ask.

    Refused with the day the person becomes free. Nothing is sent for two minutes, or for as long as the program lets a
    launch be undone if that is less.
    """
    key = f"single:{contact.id}:{attempt}" if attempt else None
    wave = waves.invite(session, program, contact, actor=actor, now=now, launch_key=key)
    minutes = min(UNDO_MINUTES, rules.of(program).undo_minutes)
    if wave.state == WaveState.WAITING and wave.launched_at == now and minutes:
        wave.undo_until = now + timedelta(minutes=minutes)
        session.flush()
    return wave


def waiting(session: Session, contact: Contact) -> Wave | None:
    """The person's single ask that has not left yet and can be undone."""
    theirs = sa.select(Wave).join(Invitation, Invitation.wave_id == Wave.id)
    theirs = theirs.where(
        Invitation.contact_id == contact.id,
        Wave.purpose == Purpose.SINGLE,
        Wave.state == WaveState.WAITING,
        Wave.undo_until.is_not(None),
    )
    return session.scalars(theirs.order_by(Wave.id.desc())).first()


def undo(session: Session, contact: Contact, *, actor: Actor, now: datetime) -> None:
    """Take the person's single ask back, without a trace; NotFound when it has left already."""
    wave = waiting(session, contact)
    if wave is None:
        raise NotFound(_("This ask has left already, or was taken back."))
    waves.undo(session, wave, actor=actor, now=now)
