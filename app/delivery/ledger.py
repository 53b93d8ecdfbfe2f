"""The ledger of asks: the one place where an invitation moves from state to state, each move dated.

A move that the ledger does not allow any more (the person answered meanwhile) simply does not happen; the caller is
told which moves did.
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
TABLE = Invitation.__table__
WHERE_THEY_STAND = (
    sa.select(TABLE.c.id, TABLE.c.state)
    .where(TABLE.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(TABLE.c.id)
    .with_for_update()
)


@dataclass(frozen=True)
class Move:
    """An invitation shall come to stand in `state`; `values` are further columns that change with it.

    `at` is the moment the ledger dates the move with, when that is another one than now.
    """

    invitation_id: int
    state: InvitationState
    reason: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    at: datetime | None = None


def move(session: Session, moves: Sequence[Move], *, now: datetime) -> set[int]:
    """Make the moves the ledger allows, each with a dated row; the ids of the invitations that moved."""
    if not moves:
        return set()
    found = session.execute(WHERE_THEY_STAND, {"ids": [move.invitation_id for move in moves]})
    stands = {row.id: row.state for row in found}
    allowed = [m for m in moves if stands.get(m.invitation_id) in MAY_BECOME[m.state]]
    for columns, group in _by_columns(allowed).items():
        session.execute(_update(columns), [_values(m, now) for m in group])
    if allowed:
        rows = [_change(m, stands[m.invitation_id], now) for m in allowed]
        session.execute(sa.insert(InvitationChange.__table__), rows)
    return {move.invitation_id for move in allowed}


def _by_columns(moves: Iterable[Move]) -> dict[tuple[str, ...], list[Move]]:
    groups = defaultdict(list)
    for one in moves:
        groups[tuple(sorted(one.values))].append(one)
    return groups


def _update(columns: tuple[str, ...]) -> sa.Update:
    """One statement for each set of columns; the sets are few, so each is built once."""
    if columns not in _UPDATES:
        change = {name: sa.bindparam(f"b_{name}") for name in ("state", "updated_at", *columns)}
        _UPDATES[columns] = sa.update(TABLE).where(TABLE.c.id == sa.bindparam("b_id")).values(change)
    return _UPDATES[columns]


_UPDATES: dict[tuple[str, ...], sa.Update] = {}


def _values(one: Move, now: datetime) -> dict[str, Any]:
    more = {f"b_{name}": value for name, value in one.values.items()}
    return {"b_id": one.invitation_id, "b_state": one.state, "b_updated_at": now} | more


def _change(one: Move, before: InvitationState, now: datetime) -> dict[str, Any]:
    return {
        "invitation_id": one.invitation_id,
        "from_state": before,
        "state": one.state,
        "at": one.at or now,
        "reason": one.reason or None,
    }
