"""The rows of the outbox: what leaves over the network, frozen before the first try, and the moves between stages.

One row per (kind, ref, recipient). A letter is the part that many rows share: subject and bodies with placeholders,
frozen; a row holds the recipient's own values and its place in the stages
`queued -> claimed (lease) -> sending -> sent | refused | retry | in_doubt`, or `held` and `cancelled`.
`app/core/outbox.py` drives them; the verbs here are for those who put rows in, stop them or let them go again.

Whoever changes several rows locks them first, in the order of their ids: rows that wait before what they are about,
rows in hand after it (the whole order stands in `app/delivery/invitations.py`). Those who pick rows that wait or were
lost pass over locked ones; they wait for nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock
from app.core.database import upserts
from app.core.database.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.core.database.prepared import Prepared, Several, among, unindexed
from app.extensions import Base

RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60))
RETRY_LATER = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(hours=48)


class OutboxState(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    SENDING = "sending"
    RETRY = "retry"
    SENT = "sent"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    HELD = "held"
    CANCELLED = "cancelled"


class Letter(Base):
    """What many rows share: frozen words with placeholders, for one wave, language and purpose."""

    __tablename__ = "outbox_letters"

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    headers: Mapped[dict] = mapped_column(Json, default=dict)
    subject: Mapped[str] = mapped_column(sa.Text)
    text: Mapped[str] = mapped_column(sa.Text)
    html: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[Moment]


class OutboxRow(Stamped, Base):
    """One thing to hand over to one recipient. `ref` is kind-specific, for a survey mail the invitation's id.

    A row changes three times on its way, and PostgreSQL writes each index anew each time: there are no more than needed.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("kind", "ref", "recipient"),
        sa.Index("ix_outbox_due", "state", "due_at"),
        sa.CheckConstraint("tries >= 0", name="tries"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(24))
    ref: Mapped[str] = mapped_column(sa.String(64))
    group: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    recipient: Mapped[str] = mapped_column(sa.String(320))
    letter_id: Mapped[int | None] = reference("outbox_letters.id", ondelete="RESTRICT")
    values: Mapped[dict] = mapped_column(Json, default=dict)
    message_id: Mapped[str] = mapped_column(sa.String(255), unique=True)
    state: Mapped[OutboxState] = mapped_column(choice(OutboxState), default=OutboxState.QUEUED)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    due_at: Mapped[Moment]
    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[Moment] = mapped_column(default=clock.now, onupdate=clock.now)


class DeliveryAttempt(Base):
    """One try to hand a row over, and how the other side answered."""

    __tablename__ = "delivery_attempts"

    id: Mapped[Id]
    outbox_id: Mapped[int] = reference("outbox.id")
    number: Mapped[int]
    started_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[OutboxState | None] = mapped_column(choice(OutboxState, "outcome"))
    code: Mapped[int | None]
    enhanced_code: Mapped[str | None] = mapped_column(sa.String(16))
    reply: Mapped[str | None] = mapped_column(sa.Text)


TABLE = OutboxRow.__table__
WAITING = (OutboxState.QUEUED, OutboxState.RETRY)
IN_HAND = (OutboxState.CLAIMED, OutboxState.SENDING)
STOPPABLE = (*WAITING, OutboxState.HELD)


class Row(NamedTuple):
    """A claimed row as carriers see it."""

    id: int
    kind: str
    ref: str
    group: str | None
    recipient: str
    letter_id: int | None
    values: dict[str, Any]
    message_id: str
    tries: int
    first_tried_at: datetime | None
    due_at: datetime


COLUMNS = [TABLE.c[name] for name in Row._fields]


def retry_at(
    tries: int, first_tried_at: datetime, now: datetime, longest: timedelta = GIVE_UP_AFTER
) -> datetime | None:
    """When to try again after `tries` failed tries: 1, 5, 15, 30, 60 minutes, then every two hours.

    None when that would be later than `longest` after the first try.
    """
    again = now + (RETRY_AFTER[tries - 1] if tries <= len(RETRY_AFTER) else RETRY_LATER)
    return again if again - first_tried_at <= longest else None


def is_waiting(session: Session, kind: str, *, now: datetime) -> bool:
    """Whether anything of that kind is due, or a worker that is gone had it in hand."""
    due = sa.and_(OutboxRow.state.in_(WAITING), OutboxRow.due_at <= now)
    lost = sa.and_(OutboxRow.state.in_(IN_HAND), OutboxRow.lease_until < now)
    mine = sa.select(OutboxRow.id).where(OutboxRow.kind == kind, sa.or_(due, lost))
    return session.scalar(mine.limit(1)) is not None


def put(session: Session, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Put rows in; one that is there already (same kind, ref and recipient) stays as it is.

    Each needs kind, ref, recipient, message_id and due_at; group, letter_id and values as the kind has them.
    """
    blank = {"group": None, "letter_id": None, "values": {}, "state": OutboxState.QUEUED, "tries": 0}
    stamps = {"created_at": now, "updated_at": now}
    insert_new(session, TABLE, [blank | stamps | row for row in rows], key=["kind", "ref", "recipient"])


def insert_new(session: Session, table: sa.Table, rows: Sequence[dict[str, Any]], *, key: list[str]) -> None:
    """Insert rows; one whose `key` is taken already is left as it is."""
    if rows:
        insert = upserts.insert(session.get_bind().dialect.name, table)
        session.execute(insert.on_conflict_do_nothing(index_elements=key), list(rows))


def hold(session: Session, group: str, reason: str, *, now: datetime) -> int:
    """Hold back what waits in a group; how many rows. What is being sent at this moment still goes."""
    return _change_group(session, group, WAITING, OutboxState.HELD, reason, now)


def let_go(session: Session, group: str, reason: str, *, now: datetime) -> int:
    """Let what was held for that reason wait for its turn again; how many rows."""
    held = TABLE.c.reason == reason
    return _change_group(session, group, (OutboxState.HELD,), OutboxState.QUEUED, None, now, held)


def cancel(session: Session, group: str, reason: str, *, now: datetime) -> int:
    """Stop what has not begun to leave; how many rows."""
    return _change_group(session, group, STOPPABLE, OutboxState.CANCELLED, reason, now)


def cancel_refs(
    session: Session, kinds: Iterable[str], refs: Iterable[str], reason: str, *, now: datetime
) -> int:
    """Stop the rows of single refs that have not begun to leave; how many."""
    where = [TABLE.c.kind.in_(list(kinds)), TABLE.c.ref.in_(list(refs)), TABLE.c.state.in_(STOPPABLE)]
    change = {"state": OutboxState.CANCELLED, "reason": reason, "updated_at": now}
    return session.execute(sa.update(TABLE).where(in_order(TABLE, *where)).values(change)).rowcount


def again(session: Session, row: OutboxRow, *, now: datetime) -> None:
    """Send once more what was in doubt, refused or held, as the same message; a person decided so."""
    row.state, row.reason, row.due_at = OutboxState.QUEUED, None, now
    row.claim = row.lease_until = row.first_tried_at = None
    row.tries = 0


def _change_group(session, group, before, after, reason, now, *more) -> int:
    where = [TABLE.c.group == group, TABLE.c.state.in_(before), *more]
    change = {"state": after, "reason": reason, "updated_at": now}
    return session.execute(sa.update(TABLE).where(in_order(TABLE, *where)).values(change)).rowcount


def lock(session: Session, *which: sa.ColumnElement[bool]) -> None:
    """Keep these rows from changing until the transaction ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "sqlite":
        rows = sa.select(TABLE.c.id).where(*which).order_by(TABLE.c.id).with_for_update()
        session.execute(sa.select(sa.func.count()).select_from(rows.subquery()))


def in_order(
    table: sa.Table, *which: sa.ColumnElement[bool], skip_locked: bool = False
) -> sa.ColumnElement[bool]:
    """Which rows an UPDATE changes, so that it locks them in the order of their ids first."""
    rows = sa.select(table.c.id).where(*which).order_by(table.c.id)
    return table.c.id.in_(rows.with_for_update(skip_locked=skip_locked))


# A stage that lasts for milliseconds leaves `updated_at` alone, whose index would cost as much as the stage itself.
LIGHT = TABLE.to_metadata(sa.MetaData())
LIGHT.c.updated_at.onupdate = None

# The moves of the loop in app/core/outbox.py. Names of parameters begin with b_ where a column has the plain name.
_now = sa.bindparam("b_now")
_kinds = among(TABLE.c.kind)  # of the carrier
_lost = (_kinds, TABLE.c.lease_until < _now)
_mine = unindexed(TABLE.c.claim) == sa.bindparam("mine")
_due = (
    sa.select(LIGHT.c.id)
    .where(LIGHT.c.state == sa.bindparam("b_state"), LIGHT.c.due_at <= _now, among(LIGHT.c.kind))
    .order_by(LIGHT.c.due_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
CLAIM = Prepared(
    sa.update(LIGHT)
    .where(LIGHT.c.id.in_(_due))
    .values(
        state=OutboxState.CLAIMED,
        claim=sa.bindparam("b_claim"),
        lease_until=sa.bindparam("b_until"),
    )
    .returning(*[LIGHT.c[name] for name in Row._fields]),
    into=Row._make,
)
RENEW = Prepared(
    sa.update(LIGHT)
    .where(
        in_order(LIGHT, LIGHT.c.claim == sa.bindparam("mine"), sa.or_(*[LIGHT.c.state == s for s in IN_HAND]))
    )
    .values(lease_until=sa.bindparam("b_until"))
)
_may_leave = (
    unindexed(LIGHT.c.claim) == sa.bindparam("mine"),
    unindexed(LIGHT.c.state) == OutboxState.CLAIMED,
    LIGHT.c.lease_until > _now,
)
MARK = Prepared(
    sa.update(LIGHT)
    .where(among(LIGHT.c.id), *_may_leave)
    .values(state=OutboxState.SENDING)
    .returning(LIGHT.c.id)
)
OURS = Prepared(sa.select(TABLE.c.id).where(among(TABLE.c.id), _mine))
# A row that another worker gave up for lost may still be told right by the one whose claim it carries.
_may_end = sa.or_(*[unindexed(TABLE.c.state) == state for state in (*IN_HAND, OutboxState.IN_DOUBT)])
FINISH = Prepared(
    sa.update(TABLE)
    .where(among(TABLE.c.id), _mine, _may_end)
    .values(
        state=sa.bindparam("b_state"),
        reason=sa.bindparam("b_reason"),
        due_at=sa.bindparam("b_due_at"),
        tries=sa.bindparam("b_tries"),
        first_tried_at=sa.bindparam("b_first"),
        sent_at=sa.bindparam("b_sent_at"),
        claim=None,
        lease_until=None,
        updated_at=_now,
    )
)
FREE = Prepared(
    sa.update(TABLE)
    .where(in_order(TABLE, *_lost, TABLE.c.state == OutboxState.CLAIMED, skip_locked=True))
    .values(
        state=sa.case((TABLE.c.tries > 0, OutboxState.RETRY), else_=OutboxState.QUEUED),
        claim=None,
        lease_until=None,
        updated_at=_now,
    )
)
DOUBT = Prepared(
    sa.update(TABLE)
    .where(in_order(TABLE, *_lost, TABLE.c.state == OutboxState.SENDING, skip_locked=True))
    .values(
        state=OutboxState.IN_DOUBT,
        reason=sa.bindparam("b_reason"),
        tries=TABLE.c.tries + 1,
        lease_until=None,
        updated_at=_now,
    )
    .returning(*COLUMNS),
    into=Row._make,
)
TRIED = ["outbox_id", "number", "started_at", "ended_at", "outcome", "code", "enhanced_code", "reply"]
ATTEMPTS = DeliveryAttempt.__table__
ATTEMPT = Prepared(sa.insert(ATTEMPTS).values({name: sa.bindparam(name) for name in TRIED}))


def settle(
    connection: Connection,
    ready: Sequence[int],
    stands: Mapping[int, Mapping[str, Any]],
    tries: Sequence[Mapping[str, Any]],
    *,
    claim: str,
    now: datetime,
) -> set[int]:
    """Mark the ready rows as `sending`, write where others stand after their turn, note tries; which rows are marked.

    A row is touched only while it carries `claim`. `stands` are the columns of FINISH by row.
    """
    given = {"mine": claim, "b_now": now}
    if connection.dialect.name == "postgresql":
        lists = {"b_ready": list(ready), "b_ended": list(stands)}
        lists |= {f"{name}s": [stand[name] for stand in stands.values()] for name in STOOD}
        lists |= {f"t_{name}": [one[name] for one in tries] for name in TRIED}
        return {row.id for row in SETTLE.rows(connection, **given, **lists)}
    marked = MARK.rows(connection, among=list(ready), **given) if ready else []
    alike = defaultdict(list)
    for number, stand in stands.items():
        alike[tuple(stand.items())].append(number)
    for stand, numbers in alike.items():
        FINISH.run(connection, among=numbers, **dict(stand), **given)
    ATTEMPT.run_many(connection, tries)
    return {row.id for row in marked}


def _list(name: str, column: sa.Column) -> sa.ColumnElement:
    return sa.bindparam(name, type_=Several(column.type))


def _settling() -> sa.Select:
    """MARK, FINISH and ATTEMPT for all rows of a turn in one statement, which only PostgreSQL can."""
    marked = (
        sa.update(LIGHT)
        .where(among(LIGHT.c.id, "b_ready"), *_may_leave)
        .values(state=OutboxState.SENDING)
        .returning(LIGHT.c.id)
        .cte("marked")
    )
    lists = [_list("b_ended", TABLE.c.id), *[_list(f"{name}s", column) for name, column in STOOD.items()]]
    names = [sa.column("ended", TABLE.c.id.type), *[sa.column(n, c.type) for n, c in STOOD.items()]]
    stand = sa.func.unnest(*lists).table_valued(*names, name="stand").render_derived()
    finished = (
        sa.update(TABLE)
        .where(among(TABLE.c.id, "b_ended"), TABLE.c.id == stand.c.ended, _mine, _may_end)
        .values({column: stand.c[name] for name, column in STOOD.items()})
        .values(claim=None, lease_until=None, updated_at=_now)
        .returning(TABLE.c.id)
        .cte("finished")
    )
    tried = sa.func.unnest(*[_list(f"t_{name}", ATTEMPTS.c[name]) for name in TRIED])
    tries = tried.table_valued(*[sa.column(name, ATTEMPTS.c[name].type) for name in TRIED], name="try")
    noted = sa.insert(ATTEMPTS).from_select(TRIED, sa.select(*tries.render_derived().c))
    return sa.select(marked.c.id).add_cte(finished, noted.returning(ATTEMPTS.c.id).cte("noted"))


STOOD = {
    "b_state": TABLE.c.state,
    "b_reason": TABLE.c.reason,
    "b_due_at": TABLE.c.due_at,
    "b_tries": TABLE.c.tries,
    "b_first": TABLE.c.first_tried_at,
    "b_sent_at": TABLE.c.sent_at,
}
SETTLE = Prepared(_settling())
