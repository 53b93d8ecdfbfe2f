"""Addresses of other programs that are told what happens, and which events each of them wants."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database.columns import Id, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base

KIND = "webhook"
LONGEST_URL = 2000
LONGEST_DESCRIPTION = 200


class EventKind(StrEnum):
    """What another program can be told. The part before the point names the resource of the API that is sent."""

    RESPONSE_RECEIVED = "response.received"
    RESPONSE_CHANGED = "response.changed"
    TASK_OPENED = "task.opened"
    TASK_CLOSED = "task.closed"
    TASK_REOPENED = "task.reopened"
    ALERT_OPENED = "alert.opened"
    ALERT_ENDED = "alert.ended"
    WAVE_FINISHED = "wave.finished"
    CONTACT_UNSUBSCRIBED = "contact.unsubscribed"
    CONTACT_ERASED = "contact.erased"


TEST = "webhook.test"


class OffReason(StrEnum):
    HAND = "hand"
    GONE = "gone"
    FAILING = "failing"


class Webhook(Stamped, Base):
    """One address, its secret (encrypted), and how it does.

    Until `former_until` what is sent is signed with the former secret too. `failures` in a row began at `failing_since`;
    nothing is tried before `paused_until`. `off_reason` is set while it is off.
    """

    __tablename__ = "webhooks"
    __table_args__ = (sa.CheckConstraint("failures >= 0", name="failures"),)

    id: Mapped[Id]
    url: Mapped[str] = mapped_column(sa.String(LONGEST_URL))
    description: Mapped[str] = mapped_column(sa.String(LONGEST_DESCRIPTION), default="")
    secret_sealed: Mapped[bytes] = mapped_column(sa.LargeBinary)
    former_sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    off_reason: Mapped[OffReason | None] = mapped_column(choice(OffReason))
    off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str | None] = mapped_column(sa.Text)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    well_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(sa.String(200), default="")
    wishes: Mapped[list[WebhookWish]] = relationship(cascade="all, delete-orphan", back_populates="webhook")

    @property
    def is_on(self) -> bool:
        return self.off_reason is None

    @property
    def group(self) -> str:
        """The group of its rows in the outbox, and their recipient."""
        return f"{KIND}:{self.id}"

    @property
    def events(self) -> list[EventKind]:
        """What it wants to be told, in the order of the list."""
        wanted = {wish.event for wish in self.wishes}
        return [event for event in EventKind if event in wanted]


class WebhookWish(Base):
    """An event that an address wants, from `since_at` on; up to when it was looked for, lightly and thoroughly."""

    __tablename__ = "webhook_wishes"

    webhook_id: Mapped[int] = reference("webhooks.id", primary_key=True, index=False)
    event: Mapped[EventKind] = mapped_column(choice(EventKind), primary_key=True)
    since_at: Mapped[Moment]
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    swept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    webhook: Mapped[Webhook] = relationship(back_populates="wishes")
