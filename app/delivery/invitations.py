"""Moving invitations through the ledger: the state, its dated columns and the row that tells of the change.

`change` moves one that the caller holds. `move` moves many by their ids, those that the ledger still allows: a person
who answered meanwhile is not overrun, and the caller is told which moves happened.

Locks have one order. Whoever changes several of these in one transaction locks, before the first change and each kind
at once in the order of ids: waves, mails that wait in the outbox, invitations, mails that a sender has or had in hand,
people. Two who want the same rows meet at the first of them, where one waits and the other goes on; in any other order
each could hold what the other waits for. Whoever must go against the order does not wait, but lets go of what it has
and begins anew: the sender, who hears only late that a wave is to stop or finds lost mails, and whoever erases a person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.core.database.prepared import Prepared, among, unindexed
from app.delivery.models import Invitation, InvitationChange, InvitationState

NOBODY_ANSWERED = "the answer was a machine's"
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
    note(session, invitation, state, now=now, reason=reason)
    if state in DATED:
        setattr(invitation, DATED[state], now)
    if state in CLOSED:
        invitation.closed_at = invitation.closed_at or now
        invitation.remind_at = None


def unanswer(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """Nobody gave the answer: the ask stands where it would without it. An opt-out since then has cancelled it.

    One whose time is over by now stands open until the next turn of the job that notes silence.
    """
    if invitation.state is not InvitationState.ANSWERED:
        return
    state = before_the_answer(session, invitation)
    sent_at = invitation.sent_at or (invitation.answered_at if state is InvitationState.SENT else None)
    if state is InvitationState.SENT and invitation.contact.unsubscribed_at:
        state = InvitationState.CANCELLED
    note(session, invitation, state, now=now, reason=NOBODY_ANSWERED)
    invitation.sent_at, invitation.answered_at, invitation.is_late = sent_at, None, False
    if state is InvitationState.SENT:
        invitation.closed_at = None


def before_the_answer(session: Session, invitation: Invitation) -> InvitationState:
    """Where the ask stood when its answer came; one whose mail was on its way has been sent since."""
    query = sa.select(InvitationChange.from_state).where(
        InvitationChange.invitation_id == invitation.id, InvitationChange.state == InvitationState.ANSWERED
    )
    last = query.order_by(InvitationChange.at.desc(), InvitationChange.id.desc()).limit(1)
    state = session.scalar(last)
    return state if state in CLOSED - {InvitationState.ANSWERED} else InvitationState.SENT


def answer_again(
    session: Session, invitation: Invitation, *, answered_at: datetime, is_late: bool, now: datetime
) -> None:
    """Somebody gave the answer after all."""
    if invitation.state is InvitationState.ANSWERED:
        return
    note(session, invitation, InvitationState.ANSWERED, now=now)
    invitation.answered_at, invitation.is_late = answered_at, is_late
    invitation.closed_at, invitation.remind_at = invitation.closed_at or answered_at, None


def note(
    session: Session,
    invitation: Invitation,
    state: InvitationState,
    *,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Enter `state`, with the row that tells of it."""
    before, invitation.state = invitation.state, state
    session.add(
        InvitationChange(invitation_id=invitation.id, from_state=before, state=state, at=now, reason=reason)
    )


S = InvitationState
UNSENT = frozenset({S.PLANNED, S.QUEUED, S.SENDING})
MAY_BECOME: dict[InvitationState, frozenset[InvitationState]] = {
    S.PLANNED: frozenset({S.SUPPRESSED, S.QUEUED}),
    S.SUPPRESSED: frozenset({S.PLANNED, S.QUEUED}),
    S.QUEUED: frozenset({S.PLANNED, S.SENDING, S.IN_DOUBT, S.REFUSED}),
    S.SENDING: frozenset({S.QUEUED}),
    S.SENT: frozenset({S.QUEUED, S.SENDING, S.IN_DOUBT}),
    S.IN_DOUBT: frozenset({S.QUEUED, S.SENDING}),
    S.REFUSED: frozenset({S.QUEUED, S.SENDING, S.SENT}),
    S.BOUNCED: frozenset({S.QUEUED, S.SENDING, S.SENT, S.IN_DOUBT, S.SILENT}),
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


def move(
    session: Session,
    moves: Sequence[Move],
    *,
    now: datetime,
    stands: Mapping[int, InvitationState] | None = None,
) -> set[int]:
    """Make the moves the ledger allows; the ids of the invitations that moved. An invitation moves once at most.

    `stands` says where the caller believes that they stand. Where it is mistaken the ledger is asked.
    """
    if not moves:
        return set()
    connection = session.connection()
    stands = where_they_stand(connection, [m.invitation_id for m in moves]) if stands is None else stands
    allowed = [m for m in moves if stands.get(m.invitation_id) in MAY_BECOME[m.state]]
    groups = [(dict(values), dict(note), ids) for (values, note), ids in _alike(allowed, stands, now).items()]
    if connection.dialect.name == "postgresql":
        moved = _move_together(connection, groups)
    else:
        moved = set().union(*[_move_alike(connection, *group) for group in groups])
    mistaken = [m for m in allowed if m.invitation_id not in moved]
    return moved | move(session, mistaken, now=now) if mistaken else moved


def _move_together(connection: Connection, groups: list[tuple[dict, dict, list[int]]]) -> set[int]:
    """Move those of each group that stand where its note says, each with its note, in one statement; which did."""
    groups.sort(key=lambda group: len(group[0]))
    moved: set[int] = set()
    for start in range(0, len(groups), AT_ONCE):
        part = groups[start : start + AT_ONCE]
        parameters = {}
        for place, (values, note, ids) in enumerate(part):
            parameters |= {f"b{place}_{name}": value for name, value in (values | note).items()}
            parameters[f"b{place}_ids"] = ids
        columns = tuple(tuple(values) for values, _note, _ids in part)
        moved.update(row.invitation_id for row in _updates_with_notes(columns).rows(connection, **parameters))
    return moved


def _move_alike(connection: Connection, values: dict, note: dict, ids: list[int]) -> set[int]:
    """The same for one group on SQLite, which cannot write notes in the statement that moves."""
    parameters = {f"b_{name}": value for name, value in values.items()}
    changed = _update(tuple(values)).run(connection, among=ids, **parameters, before=note["before"])
    if changed < len(ids):
        found = where_they_stand(connection, ids)
        ids = [number for number in ids if found.get(number) is note["after"]] if changed else []
    NOTE.run(connection, among=ids, **note)
    return set(ids)


def where_they_stand(connection: Connection, ids: Iterable[int]) -> dict[int, InvitationState]:
    """The present states, locked until the end of the transaction."""
    return {row.id: row.state for row in STANDS.rows(connection, among=list(ids))}


def hold(session: Session, *which: sa.ColumnElement[bool], waits: bool = True) -> None:
    """Keep these invitations from changing until the transaction ends. SQLite has one writer anyway.

    Without waiting: OperationalError when somebody else has one of them.
    """
    if session.get_bind().dialect.name != "sqlite":
        rows = sa.select(Invitation.id).where(*which).order_by(Invitation.id)
        rows = rows.with_for_update(key_share=True, nowait=not waits)
        session.execute(sa.select(sa.func.count()).select_from(rows.subquery()))


TABLE = Invitation.__table__.to_metadata(sa.MetaData())
TABLE.c.updated_at.onupdate = None  # Being sent lasts for milliseconds and leaves it alone.
STANDS = Prepared(
    sa.select(TABLE.c.id, TABLE.c.state).where(among(TABLE.c.id)).order_by(TABLE.c.id).with_for_update()
)
AT_ONCE = 4  # Groups in one statement; a turn rarely has more, and each number of them is compiled once.
CHANGES = InvitationChange.__table__
NOTED = ["invitation_id", "from_state", "state", "at", "reason"]
NOTE_VALUES = dict(zip(["before", "after", "at", "reason"], NOTED[1:], strict=True))
_note = [sa.bindparam(name, type_=CHANGES.c[column].type) for name, column in NOTE_VALUES.items()]
NOTE = Prepared(sa.insert(CHANGES).from_select(NOTED, sa.select(TABLE.c.id, *_note).where(among(TABLE.c.id))))


def _alike(
    moves: Iterable[Move], stands: Mapping[int, InvitationState], now: datetime
) -> dict[tuple[tuple, tuple], list[int]]:
    """Moves that change the same columns to the same values go in one statement: (values, note) -> invitations."""
    groups = defaultdict(list)
    for one in moves:
        at = one.at or now
        stamp = {} if one.state is InvitationState.SENDING else {"updated_at": now}
        values = {"state": one.state} | stamp | _dates(one, at) | one.values
        note = {"before": stands[one.invitation_id], "after": one.state, "at": at, "reason": one.reason}
        groups[tuple(sorted(values.items())), tuple(note.items())].append(one.invitation_id)
    return groups


def _dates(one: Move, at: datetime) -> dict[str, datetime | None]:
    dated = {DATED[one.state]: at} if one.state in DATED else {}
    return dated | {"closed_at": at, "remind_at": None} if one.state in CLOSED else dated


@cache
def _update(columns: tuple[str, ...]) -> Prepared:
    """One statement for each set of columns; the sets are few."""
    change = {name: sa.bindparam(f"b_{name}") for name in columns}
    where = (among(TABLE.c.id), unindexed(TABLE.c.state) == sa.bindparam("before"))
    return Prepared(sa.update(TABLE).where(*where).values(change))


@cache
def _updates_with_notes(groups: tuple[tuple[str, ...], ...]) -> Prepared:
    """One statement that changes the columns of each group and writes the notes; gives back who moved."""
    found = [_update_with_note(place, columns) for place, columns in enumerate(groups)]
    return Prepared(sa.union_all(*[sa.select(noted.c.invitation_id) for noted in found]))


def _update_with_note(place: int, columns: tuple[str, ...]) -> sa.CTE:
    change = {name: sa.bindparam(f"b{place}_{name}") for name in columns}
    stands = unindexed(TABLE.c.state) == sa.bindparam(f"b{place}_before", type_=TABLE.c.state.type)
    moved = sa.update(TABLE).where(among(TABLE.c.id, f"b{place}_ids"), stands).values(change)
    moved = moved.returning(TABLE.c.id).cte(f"moved{place}")
    note = [
        sa.bindparam(f"b{place}_{name}", type_=CHANGES.c[column].type) for name, column in NOTE_VALUES.items()
    ]
    notes = sa.insert(CHANGES).from_select(NOTED, sa.select(moved.c.id, *note))
    return notes.returning(CHANGES.c.invitation_id).cte(f"noted{place}")
