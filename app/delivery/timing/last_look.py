"""The last look before a mail is queued: whose window is shut waits for it, who may not be asked any more is left out.

The machine may have been off over the moment for which a wave was planned, or much may have happened since its launch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.delivery import cadence, invitations
from app.delivery.asking import deferring
from app.delivery.invitations import Move
from app.delivery.models import Invitation, InvitationState, Purpose, Wave
from app.delivery.sending.addressees import Addressee
from app.delivery.timing.calendars import Calendar
from app.surveys import rules

TABLE = Invitation.__table__


class LastLook:
    """Sorts out those who are ready; reads the installation and each wave's rules once."""

    def __init__(self, session: Session, now: datetime):
        self.session, self.now = session, now
        self.calendar = Calendar(session)

    def ready(self, people: Sequence[Addressee]) -> list[Addressee]:
        """Those who are asked now; the others got their new moment, or the reason why they are not."""
        invitations.hold(self.session, TABLE.c.id.in_([person.invitation_id for person in people]))
        people = self._in_window(people)
        by_wave = defaultdict(list)
        for person in people:
            by_wave[person.wave_id].append(person)
        out = {number for wave_id, some in by_wave.items() for number in self._shut_out(wave_id, some)}
        return [person for person in people if person.invitation_id not in out]

    def _in_window(self, people: Sequence[Addressee]) -> list[Addressee]:
        later = defaultdict(list)
        for person in people:
            later[self.calendar.first_send(person, self.now)].append(person)
        ready = [person for moment in list(later) if moment <= self.now for person in later.pop(moment)]
        for moment, some in later.items():
            ids = [person.invitation_id for person in some]
            change = {"due_at": moment, "updated_at": self.now}
            self.session.execute(sa.update(TABLE).where(TABLE.c.id.in_(ids)).values(change))
        return sorted(ready, key=lambda person: person.invitation_id)

    def _shut_out(self, wave_id: int, people: Sequence[Addressee]) -> list[int]:
        """Leave out those whom a gate stops now, asks of other waves included; their invitations."""
        wave = self.session.get_one(Wave, wave_id)
        if wave.purpose == Purpose.TEST:
            return []
        of = {person.contact_id: person.invitation_id for person in people}
        ask = cadence.ask_of(self.session, wave.program, at=self.now, purpose=wave.purpose)
        planned = cadence.plan(
            sa.select(Contact.id).where(Contact.id.in_(list(of))), replace(ask, beside=wave_id)
        )
        shut = self.session.execute(sa.select(planned).where(planned.c.reason.is_not(None))).all()
        first = min((person.due_at for person in people if person.due_at), default=None)
        until = deferring.limit(wave, rules.of(wave.program), since=first)
        moves = [
            Move(
                of[row.contact_id],
                InvitationState.SUPPRESSED,
                row.reason,
                deferring.left_out(row.reason, row.free_at, until),
            )
            for row in shut
        ]
        invitations.move(self.session, moves, now=self.now)
        return [move.invitation_id for move in moves]
