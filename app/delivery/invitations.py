"""Moving invitations through the ledger: the state, its dated columns and the row that tells of the change.

`change` moves one that the caller holds. `move` moves many by their ids, those that the ledger still allows: a person
who answered meanwhile is not overrun, and the caller is told which moves happened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
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


S = InvitationState
UNSENT = frozenset({S.PLANNED, S.QUEUED, S.SENDING})
MAY_BECOME: dict[InvitationState, frozenset[InvitationState]] = {
    S.PLANNED: frozenset({S.SUPPRESSED, S.QUEUED}),
    S.SUPPRESSED: frozenset({S.PLANNED}),
    S.QUEUED: frozenset({S.PLANNED, S.SENDING, S.IN_DOUBT, S.REFUSED}),
    S.SENDING: frozenset({S.QUEUED}),
    S.SENT: frozenset({S.QUEUED, S.SENDING, S.IN_DOUBT}),
    S.IN_DOUBT: frozenset({S.QUEUED, S.SENDING}),
    S.REFUSED: frozenset({S.QUEUED, S.SENDING}),
    S.BOUNCED: frozenset({S.QUEUED, S.SENDING, S.SENT, S.IN_DOUBT}),
    S.SILENT: frozenset({S.SENT}),
    S.CANCELLED: UNSENT,
}


@dataclass(frozen=True)
class Move:
    """An invitation shall come to stand in `state`; `values` are further columns that change with it.

    `at` is the moment the move is dated with, when that is another one than now.
    """

    invitation_id: int
    state: InvitationState
    reason: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def move(session: Session, moves: Sequence[Move], *, now: datetime) -> set[int]:
    """Make the moves the ledger allows; the ids of the invitations that moved. An invitation moves once at most."""
    if not moves:
        return set()
    found = session.execute(WHERE_THEY_STAND, {"ids": [move.invitation_id for move in moves]})
    stands = {row.id: row.state for row in found}
    allowed = [m for m in moves if stands.get(m.invitation_id) in MAY_BECOME[m.state]]
    for columns, group in _by_columns(allowed, now).items():
        session.execute(_update(columns), group)
    if allowed:
        session.execute(sa.insert(CHANGES), [_change(m, stands[m.invitation_id], now) for m in allowed])
    return {move.invitation_id for move in allowed}


TABLE, CHANGES = Invitation.__table__, InvitationChange.__table__
WHERE_THEY_STAND = (
    sa.select(TABLE.c.id, TABLE.c.state)
    .where(TABLE.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(TABLE.c.id)
    .with_for_update()
)
_UPDATES: dict[tuple[str, ...], sa.Update] = {}


def _by_columns(moves: Iterable[Move], now: datetime) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    groups = defaultdict(list)
    for one in moves:
        values = {"state": one.state, "updated_at": now} | _dates(one, one.at or now) | one.values
        parameters = {f"b_{name}": value for name, value in values.items()}
        groups[tuple(sorted(values))].append(parameters | {"b_id": one.invitation_id})
    return groups


def _dates(one: Move, at: datetime) -> dict[str, datetime | None]:
    dated = {DATED[one.state]: at} if one.state in DATED else {}
    return dated | {"closed_at": at, "remind_at": None} if one.state in CLOSED else dated


def _update(columns: tuple[str, ...]) -> sa.Update:
    """One statement for each set of columns; the sets are few, so each is built once."""
    if columns not in _UPDATES:
        change = {name: sa.bindparam(f"b_{name}") for name in columns}
        _UPDATES[columns] = sa.update(TABLE).where(TABLE.c.id == sa.bindparam("b_id")).values(change)
    return _UPDATES[columns]


def _change(one: Move, before: InvitationState, now: datetime) -> dict[str, Any]:
    return {
        "invitation_id": one.invitation_id,
        "from_state": before,
        "state": one.state,
        "at": one.at or now,
        "reason": one.reason,
    }
