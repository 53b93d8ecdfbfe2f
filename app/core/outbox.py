"""The generic outbox: everything that leaves over the network, frozen before the first try.

One row per (kind, ref, recipient). A letter is the part that many rows share: subject and bodies with placeholders,
frozen; a row holds the recipient's own values and its place in the stages
`queued -> claimed (lease) -> sending -> sent | refused | retry | in_doubt`, or `held` and `cancelled`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base


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
    """One thing to hand over to one recipient. `ref` is kind-specific, for a survey mail the invitation's id."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.UniqueConstraint("kind", "ref", "recipient"),
        sa.Index("ix_outbox_due", "state", "due_at"),
        sa.CheckConstraint("tries >= 0", name="tries"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(24))
    ref: Mapped[str] = mapped_column(sa.String(64), index=True)
    group: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    recipient: Mapped[str] = mapped_column(sa.String(320))
    letter_id: Mapped[int | None] = reference("outbox_letters.id", ondelete="RESTRICT")
    values: Mapped[dict] = mapped_column(Json, default=dict)
    message_id: Mapped[str] = mapped_column(sa.String(255), unique=True)
    state: Mapped[OutboxState] = mapped_column(choice(OutboxState), default=OutboxState.QUEUED)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    due_at: Mapped[Moment]
    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claim: Mapped[str | None] = mapped_column(sa.String(32), index=True)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


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
