"""What time brings to an ask that was sent: its reminders, and at last its silence."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.delivery import invitations
from app.delivery.inbound import consequences
from app.delivery.invitations import Move
from app.delivery.models import Invitation, InvitationState, Reminder, Wave, WaveState
from app.delivery.sending import posting
from app.delivery.sending.addressees import ADDRESSEES, CHUNK, Addressee
from app.delivery.timing.calendars import Calendar
from app.surveys import rules

TABLE = Invitation.__table__
NOT_YET = (InvitationState.PLANNED, InvitationState.QUEUED, InvitationState.SENDING)


def remind_due(session: Session, settings: config.Settings, *, now: datetime) -> Iterator[int]:
    """Put the reminders that are due into the outbox; yields after each chunk, for a commit.

    Waves that are paused or cancelled remind nobody; the state of each person is read again at sending. A reminder
    whose window is shut waits for the next one, and that of somebody who is away for the first after the day of return.
    Those that are more than a day late, because the machine was off or the wave was paused, are spread over the days to
    come.
    """
    calendar = Calendar(session)
    due = ADDRESSEES.where(
        Invitation.state == InvitationState.SENT,
        Invitation.remind_at <= now,
        Invitation.reminders_left > 0,
        Invitation.closes_at > now,
        Wave.state.in_((WaveState.SENDING, WaveState.FINISHED)),
    )
    while people := [Addressee(*row) for row in session.execute(due)]:
        away = consequences.returns(session, [person.invitation_id for person in people])
        moments = {
            person.invitation_id: calendar.reminder(person, now, away_until=away.get(person.invitation_id))
            for person in people
        }
        ready = [person for person in people if moments[person.invitation_id] <= now]
        invitations.hold(session, TABLE.c.id.in_(list(moments)))
        posting.queue_reminders(session, settings, ready, now=now)
        for moment, some in groupby(sorted(moments, key=moments.__getitem__), key=moments.__getitem__):
            change = {"remind_at": moment if moment > now else None, "updated_at": now}
            session.execute(sa.update(TABLE).where(TABLE.c.id.in_(list(some))).values(change))
        yield len(ready)


def remind_further(session: Session, invitation: Invitation) -> None:
    """Plan the next reminder of an ask that is open once more, as if nothing had come between."""
    if (
        invitation.state is not InvitationState.SENT
        or not invitation.reminders_left
        or not invitation.sent_at
    ):
        return
    of = rules.of(invitation.wave.program)
    number = max(1, len(of.reminder_days) - invitation.reminders_left + 1)
    last = session.scalar(sa.select(sa.func.max(Reminder.sent_at)).filter_by(invitation_id=invitation.id))
    due = of.remind_at(invitation.sent_at, number, reminded_at=last)
    in_time = due and invitation.closes_at and due < invitation.closes_at
    invitation.remind_at = due if in_time else None


def expire_due(session: Session, *, now: datetime, skip: Collection[int] = ()) -> Iterator[Invitation]:
    """Turn every unanswered ask whose time is over into silence, dated with its closing; yields each one.

    One of which every mail came back is no silence: nobody was reached, so it is refused. It is yielded all the same.
    The caller does what follows from it in the same transaction and commits; it may add to `skip` those of which it
    had to give up for now.
    """
    due = (
        sa.select(Invitation)
        .where(Invitation.state == InvitationState.SENT, Invitation.closes_at <= now)
        .order_by(Invitation.closes_at, Invitation.id)
        .limit(CHUNK)
    )
    while found := list(session.scalars(due.where(Invitation.id.not_in(list(skip))))):
        unreached = consequences.unreached(session, [invitation.id for invitation in found])
        for invitation in found:
            if close(session, invitation, is_reached=invitation.id not in unreached, now=now):
                yield invitation


def close(session: Session, invitation: Invitation, *, is_reached: bool, now: datetime) -> bool:
    """Note the silence of one ask, or that it reached nobody, unless it was answered meanwhile; whether it was noted."""
    state = InvitationState.SILENT if is_reached else InvitationState.REFUSED
    reason = None if is_reached else _("Every mail of this ask came back.")
    move = Move(invitation.id, state, reason, at=invitation.closes_at)
    moved = invitations.move(session, [move], now=now)
    session.refresh(invitation)
    return bool(moved)


def finish_waves(session: Session, *, now: datetime) -> int:
    """Waves of which nobody is left to be sent a first mail are finished; how many."""
    left = sa.exists().where(Invitation.wave_id == Wave.id, Invitation.state.in_(NOT_YET))
    done = sa.update(Wave.__table__).where(Wave.state == WaveState.SENDING, sa.not_(left))
    change = {
        "state": WaveState.FINISHED,
        "finished_at": sa.func.coalesce(Wave.finished_at, now),
        "paused_reason": None,
        "first_people": None,
        "updated_at": now,
    }
    return session.execute(done.values(change)).rowcount
