"""Sending: the public verbs. What they do stands in `app/delivery/sending/`, how mail travels in `mail/`."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app.core.database import transactions
from app.core.errors import Refused
from app.core.outbox import LEASE, OutboxRow, OutboxState, carry, is_more_due
from app.core.outbox_rows import again
from app.core.processes.workers import JobFailure
from app.delivery import invitations, waves
from app.delivery.invitations import Move
from app.delivery.mail.mailer import Mailer
from app.delivery.models import Invitation, InvitationState, PauseCause, Wave, WaveState
from app.delivery.sending.books import MailOutcome
from app.delivery.sending.posting import INVITATION, ref_of
from app.delivery.sending.postman import Postman
from app.delivery.timing.handing_over import Abreast
from app.extensions import db

JOB = "send_due"


def send_due(
    session: Session,
    mailer: Mailer,
    *,
    now: datetime,
    on_outcome: Callable[[MailOutcome], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    lease: timedelta = LEASE,
) -> int:
    """Send all mail that is due; how many mails came to an end. Commits by itself, stage by stage.

    `on_outcome` hears of mails that bounced, were refused or are in doubt, in the transaction that records it.
    """

    def carried(session: Session, postman: Postman, should_stop: Callable[[], bool]) -> int:
        return carry(session, postman, now=now, lease=lease, should_stop=should_stop, tell=on_outcome)

    if mailer.has_two_hands and _is_for_two(session, now):
        return _with_two_hands(session, mailer, carried, should_stop)
    return carried(session, Postman(mailer), should_stop)


def _is_for_two(session: Session, now: datetime) -> bool:
    """SQLite lets one write at a time, and what one hand claims at once takes no second.

    Two write down half as many mails at a time, which costs half as much work again for each: only where a core idles.
    """
    if transactions.real(session).get_bind().dialect.name == "sqlite" or not has_idle_core():
        return False
    return is_more_due(session, now=now)


def has_idle_core() -> bool:
    """Whether fewer processes than there are cores wanted to run in the last minute."""
    return os.getloadavg()[0] < (os.cpu_count() or 1)


def _with_two_hands(
    session: Session,
    mailer: Mailer,
    carried: Callable[[Session, Postman, Callable[[], bool]], int],
    should_stop: Callable[[], bool],
) -> int:
    """Two hands for a large wave: while the database writes for one, the other makes mails and talks to servers.

    Each has half of the connections and claims rows of its own, as a second worker would; together they have no more
    mails on their way than one hand has. When one raises, the other ends in good order.
    """
    app, has_failed, abreast = current_app._get_current_object(), Event(), Abreast()

    def one(session: Session, hand: Mailer) -> int:
        try:
            return carried(session, Postman(hand, abreast), lambda: has_failed.is_set() or should_stop())
        except BaseException:
            has_failed.set()
            raise

    def beside(hand: Mailer) -> int:
        with app.app_context():
            transactions.write(db.session)
            return one(db.session, hand)

    first, second = mailer.hands()
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(beside, second)
        ended = one(session, first)
    return ended + other.result()


def note_way(session: Session, mailer: Mailer, *, now: datetime) -> None:
    """Keep for everybody to see why mail does not leave at present, or that it leaves again.

    The reason stands among the failed jobs and on the waves that wait. Waves are paused when the server goes on
    refusing us for a reason that does not pass by itself; nobody is marked, and somebody resumes them.
    """
    fault, name = mailer.lane.fault, mailer.lane.name[:64]
    row = session.get(JobFailure, (JOB, name))
    if fault is None:
        if row is not None:
            session.delete(row)
            _explain_waves(session, None, row.error, now)
        return
    row = row or JobFailure(job=JOB, item=name, tries=0)
    row.tries += 1
    row.error = fault.words
    row.next_try_at = now + timedelta(seconds=mailer.lane.rest_seconds)
    session.add(row)
    _explain_waves(session, fault.words, None, now)
    if mailer.has_new_refusal():
        for wave in session.scalars(sa.select(Wave).where(Wave.state == WaveState.SENDING)).all():
            waves.stop(session, wave, PauseCause.WAY, fault.words, now=now)


def send_again(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """Send the same mail once more, because a person decided so; Refused unless it is in doubt or was refused."""
    if invitation.state not in (InvitationState.IN_DOUBT, InvitationState.REFUSED):
        raise Refused("Only a mail that is in doubt or was refused can be sent again.")
    of_this = (OutboxRow.kind == INVITATION, OutboxRow.ref == ref_of(invitation.id))
    row = session.scalar(sa.select(OutboxRow).where(*of_this))
    if row is None or row.state not in (OutboxState.IN_DOUBT, OutboxState.REFUSED):
        raise Refused("The mail itself is no longer kept, so it cannot be sent again.")
    again(session, row, now=now)
    invitations.move(
        session, [Move(invitation.id, InvitationState.QUEUED, "sent again", {"closed_at": None})], now=now
    )
    session.refresh(invitation)


def _explain_waves(session: Session, words: str | None, former: str | None, now: datetime) -> None:
    waiting = [Wave.state == WaveState.SENDING]
    if words is None:
        waiting.append(Wave.paused_reason == former)
    change = {"paused_reason": words, "updated_at": now}
    session.execute(sa.update(Wave.__table__).where(*waiting).values(change))
