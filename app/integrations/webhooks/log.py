"""What was told to an address and how each try went; sending once more by hand, and letting go of what is old."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import outbox_rows
from app.core.errors import NotFound, Refused
from app.core.outbox_rows import IN_HAND, STOPPABLE, DeliveryAttempt, OutboxRow
from app.integrations.webhooks.models import KIND, Webhook

KEPT_FOR = timedelta(days=30)


def deliveries(webhook: Webhook | None = None) -> sa.Select:
    """The events of an address, or of all."""
    query = sa.select(OutboxRow).where(OutboxRow.kind == KIND)
    return query.where(OutboxRow.group == webhook.group) if webhook else query


def count(session: Session, webhook: Webhook) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(deliveries(webhook).subquery())) or 0


def page(session: Session, webhook: Webhook, start: int, size: int) -> Sequence[OutboxRow]:
    """The events of an address from a place on, the newest first."""
    newest = deliveries(webhook).order_by(OutboxRow.id.desc())
    return session.scalars(newest.offset(start).limit(size)).all()


def tries_of(session: Session, rows: Sequence[OutboxRow]) -> dict[int, list[DeliveryAttempt]]:
    """The tries of each of these events, the first one first."""
    found: dict[int, list[DeliveryAttempt]] = {row.id: [] for row in rows}
    query = sa.select(DeliveryAttempt).where(DeliveryAttempt.outbox_id.in_(found))
    for one in session.scalars(query.order_by(DeliveryAttempt.id)):
        found[one.outbox_id].append(one)
    return found


def again(session: Session, webhook: Webhook, row_id: int, *, now: datetime) -> OutboxRow:
    """Send an event once more, under the id that it had. Refused while the address is off or it is on its way."""
    row = session.get(OutboxRow, row_id, with_for_update=True)
    if row is None or row.kind != KIND or row.recipient != webhook.group:
        raise NotFound(_("There is no such event."))
    if not webhook.is_on:
        raise Refused(_("The webhook is off; switch it on first."))
    if row.state in IN_HAND:
        raise Refused(_("It is on its way at this moment."))
    outbox_rows.again(session, row, now=now)
    webhook.paused_until = None
    return row


def forget_old(session: Session, *, now: datetime) -> int:
    """Let go of events that ended a month ago, with their tries; how many."""
    staying = (*STOPPABLE, *IN_HAND)
    old = sa.delete(OutboxRow).where(
        OutboxRow.kind == KIND, OutboxRow.updated_at < now - KEPT_FOR, OutboxRow.state.not_in(staying)
    )
    return session.execute(old, execution_options={"synchronize_session": False}).rowcount
