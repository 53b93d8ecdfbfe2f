"""The course of an ask: every dated row that the ledger has about it, in order, with what came by mail meanwhile.

An ask that was only written down has no row yet: how it began stands in its own columns. So the first step is that; of
one that another system sent, its dated columns are all there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.delivery.inbound.models import InboundMail
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.invitations import DATED
from app.delivery.models import Invitation, InvitationChange, InvitationState, Reminder

REMINDED, LATE = "reminded", "answered_late"
BEGINNINGS = (InvitationState.PLANNED, InvitationState.SUPPRESSED)
MAILS = (Kind.AUTO_REPLY, Kind.SOFT_BOUNCE, Kind.DELAY, Kind.COMPLAINT, Kind.REPLY)


@dataclass(frozen=True)
class Step:
    """What happened to an ask at a moment: a state, `REMINDED`, `LATE`, or the kind of a mail that came.

    `reason` is a code of ours, or what a server or a colleague said.
    """

    at: datetime
    what: str
    reason: str = ""


def courses(session: Session, asks: Sequence[Invitation]) -> dict[int, list[Step]]:
    """The steps of each of these asks, the oldest first."""
    ids = [ask.id for ask in asks]
    changes = _changes(session, ids)
    besides = _reminders(session, ids) + _mails(session, ids)
    found = {ask.id: _began(ask, changes[ask.id]) + _steps(ask, changes[ask.id]) for ask in asks}
    for number, step in besides:
        found[number].append(step)
    return {number: sorted(steps, key=lambda step: step.at) for number, steps in found.items()}


def _changes(session: Session, ids: Sequence[int]) -> dict[int, list[InvitationChange]]:
    query = sa.select(InvitationChange).where(InvitationChange.invitation_id.in_(ids))
    found = defaultdict(list)
    for row in session.scalars(query.order_by(InvitationChange.at, InvitationChange.id)):
        found[row.invitation_id].append(row)
    return found


def _began(ask: Invitation, changes: Sequence[InvitationChange]) -> list[Step]:
    """How the ask was written down, unless the ledger has a row of that."""
    if changes and changes[0].from_state is None:
        return []
    state = changes[0].from_state if changes else ask.state
    if not changes and state not in BEGINNINGS:
        dated = {each: getattr(ask, column) for each, column in DATED.items()}
        return [Step(at, _named(ask, each)) for each, at in dated.items() if at]
    reason = ask.suppressed_reason if state is InvitationState.SUPPRESSED else ""
    return [Step(ask.created_at, state.value, reason or "")]


def _steps(ask: Invitation, changes: Sequence[InvitationChange]) -> list[Step]:
    return [Step(row.at, _named(ask, row.state), row.reason or "") for row in changes]


def _named(ask: Invitation, state: InvitationState) -> str:
    return LATE if ask.is_late and state is InvitationState.ANSWERED else state.value


def _reminders(session: Session, ids: Sequence[int]) -> list[tuple[int, Step]]:
    sent = (Reminder.invitation_id.in_(ids), Reminder.sent_at.is_not(None))
    return [(row.invitation_id, Step(row.sent_at, REMINDED)) for row in _rows(session, Reminder, *sent)]


def _mails(session: Session, ids: Sequence[int]) -> list[tuple[int, Step]]:
    """What came by mail about these asks; a bounce for good is a state of its own."""
    about = (InboundMail.invitation_id.in_(ids), InboundMail.kind.in_(MAILS))
    rows = _rows(session, InboundMail, *about)
    return [(row.invitation_id, Step(row.arrived_at, row.kind.value, row.reason)) for row in rows]


def _rows(session: Session, model: Any, *where: sa.ColumnElement[bool]) -> Sequence[Any]:
    return session.scalars(sa.select(model).where(*where).order_by(model.id)).all()
