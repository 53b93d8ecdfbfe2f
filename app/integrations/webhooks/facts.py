"""Finding what other programs want to be told, by looking through rows: nobody who answers or works waits for it.

What has happened stands in rows with the moment of their last change, so each pass reads the rows that were changed since
the one before, a little overlapping, because a row becomes visible when its transaction ends. A job may end long after
the moment that it writes; so every hour the rows of some hours are read once more. An event goes to an address once: its
name, the row and, where it can happen again, the moment make the key of a row of the outbox.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

import config
from app.contacts.models import Contact
from app.core import outbox_rows
from app.core.installation import Installation, installation
from app.core.outbox_rows import OutboxRow
from app.delivery.models import Wave
from app.followups.models import Task, TaskChange, TaskState
from app.health.alerting.models import Alert
from app.integrations.calling import places
from app.integrations.webhooks.models import KIND, EventKind, Webhook, WebhookWish
from app.responses.models import Response

SETTLED = timedelta(minutes=1)
SWEEP_EVERY = timedelta(hours=1)
SWEEP_BACK = timedelta(hours=6)
RECENT = timedelta(days=14)
NOTED_EVERY = timedelta(seconds=30)
CHUNK = 500


@dataclass(frozen=True)
class Source:
    """Where events of a kind stand: the row's id, when it was last changed, and the moment of the fact.

    `recurs`: it can happen to the same row again, so the moment belongs to its key.
    """

    id: Any
    stamp: Any
    moment: Any
    recurs: bool = False
    where: Sequence[Any] = ()
    rehearsal: Any = None
    through: Any = None


OVER = sa.or_(Alert.settled_at.is_not(None), Alert.over_on.is_not(None))
SOURCES: Mapping[EventKind, Source] = {
    EventKind.RESPONSE_RECEIVED: Source(
        Response.id, Response.updated_at, Response.submitted_at, rehearsal=Response.is_rehearsal
    ),
    EventKind.RESPONSE_CHANGED: Source(
        Response.id,
        Response.updated_at,
        Response.updated_at,
        recurs=True,
        where=[Response.updated_at > Response.submitted_at],
        rehearsal=Response.is_rehearsal,
    ),
    EventKind.TASK_OPENED: Source(Task.id, Task.updated_at, Task.opened_at, rehearsal=Task.is_rehearsal),
    EventKind.TASK_CLOSED: Source(
        Task.id, Task.updated_at, Task.closed_at, recurs=True, rehearsal=Task.is_rehearsal
    ),
    EventKind.TASK_REOPENED: Source(
        Task.id,
        Task.updated_at,
        TaskChange.at,
        recurs=True,
        where=[TaskChange.state == TaskState.REOPENED],
        rehearsal=Task.is_rehearsal,
        through=TaskChange,
    ),
    EventKind.ALERT_OPENED: Source(Alert.id, Alert.updated_at, Alert.raised_at),
    EventKind.ALERT_ENDED: Source(
        Alert.id, Alert.updated_at, sa.func.coalesce(Alert.settled_at, Alert.updated_at), where=[OVER]
    ),
    EventKind.WAVE_FINISHED: Source(
        Wave.id, Wave.updated_at, Wave.finished_at, recurs=True, rehearsal=Wave.is_rehearsal
    ),
    EventKind.CONTACT_UNSUBSCRIBED: Source(
        Contact.id, Contact.updated_at, Contact.unsubscribed_at, recurs=True
    ),
    EventKind.CONTACT_ERASED: Source(Contact.id, Contact.updated_at, Contact.erased_at),
}


def find(session: Session, settings: config.Settings, *, now: datetime) -> Iterator[int]:
    """Put into the outbox what addresses that are on want to be told; yields after each part, for a commit."""
    facts = installation(session)
    if facts.is_held:
        return
    wanted = sa.select(WebhookWish).join(WebhookWish.webhook).where(Webhook.off_reason.is_(None))
    for wish in session.scalars(wanted.options(joinedload(WebhookWish.webhook))).all():
        if may_be_told(settings, facts, wish.webhook.url):
            yield from told(session, facts, wish, now=now)


def may_be_told(settings: config.Settings, facts: Installation, url: str) -> bool:
    """In rehearsal only what an operator has allowed by name hears of what happens here."""
    try:
        return facts.is_live or places.is_listed(
            places.read(url, settings.CHAT_ALLOW).host, settings.CHAT_ALLOW
        )
    except places.Forbidden:
        return False


def told(session: Session, facts: Installation, wish: WebhookWish, *, now: datetime) -> Iterator[int]:
    begin = max(wish.since_at, facts.live_at or wish.since_at)
    seen, swept = wish.seen_at or begin, wish.swept_at or begin
    is_sweep = now - swept >= SWEEP_EVERY
    floor = min(seen - SETTLED, swept - SWEEP_BACK) if is_sweep else seen - SETTLED
    count = 0
    for rows in chunks(session, wish.event, facts, max(floor, begin), max(begin, now - RECENT)):
        new = unknown(session, wish.webhook, wish.event, rows)
        outbox_rows.put(session, [row_of(wish.webhook, *one, now=now) for one in new], now=now)
        count += len(new)
        yield len(new)
    if is_sweep or count or wish.seen_at is None or now - wish.seen_at >= NOTED_EVERY:
        wish.seen_at = now
        wish.swept_at = now if is_sweep or wish.swept_at is None else wish.swept_at
        yield 0


Fact = tuple[str, datetime, int]


def chunks(
    session: Session, event: EventKind, facts: Installation, floor: datetime, begin: datetime
) -> Iterator[list[Fact]]:
    """The facts since `begin` in rows that were changed since `floor`: the key, the moment, the row."""
    source, last = SOURCES[event], None
    query = sa.select(source.id, source.stamp, source.moment).where(
        source.stamp >= floor, source.moment >= begin, *source.where
    )
    if source.through is not None:
        query = query.join(source.through)
    if facts.is_live and source.rehearsal is not None:
        query = query.where(source.rehearsal.is_(False))
    query = query.order_by(source.stamp, source.id).limit(CHUNK)
    while True:
        rows = session.execute(query.where(behind(source, *last)) if last else query).all()
        if rows:
            yield [(key(event, source, number, at), at, number) for number, _stamp, at in rows]
        if len(rows) < CHUNK:
            return
        last = rows[-1][1], rows[-1][0]


def behind(source: Source, stamp: datetime, number: int) -> sa.ColumnElement[bool]:
    return sa.or_(source.stamp > stamp, sa.and_(source.stamp == stamp, source.id > number))


def key(event: EventKind, source: Source, number: int, at: datetime) -> str:
    """By which an event is known; at most 64 letters, the room of a `ref`."""
    return f"{event}:{number}:{at:%Y%m%d%H%M%S%f}" if source.recurs else f"{event}:{number}"


def unknown(session: Session, webhook: Webhook, event: EventKind, rows: Sequence[Fact]) -> list[Fact]:
    """Those that are not in the outbox yet."""
    refs = [ref for ref, _at, _number in rows]
    mine = (OutboxRow.kind == KIND, OutboxRow.recipient == webhook.group, OutboxRow.ref.in_(refs))
    known = set(session.scalars(sa.select(OutboxRow.ref).where(*mine)))
    return [row for row in dict.fromkeys(rows) if row[0] not in known]


def row_of(webhook: Webhook, ref: str, at: datetime, number: int, *, now: datetime) -> dict[str, Any]:
    """The row of the outbox: what happened, when and to which row. What is sent of that is read at the moment of sending."""
    return {
        "kind": KIND,
        "ref": ref,
        "recipient": webhook.group,
        "group": webhook.group,
        "message_id": f"msg_{secrets.token_hex(16)}",
        "values": {"event": ref.partition(":")[0], "id": number, "at": at.isoformat()},
        "due_at": now,
    }
