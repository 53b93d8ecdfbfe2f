"""Mails that colleagues write to people on the pages of follow-ups."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Moment, UtcDateTime, reference
from app.extensions import Base


class CaseMail(Base):
    """A mail to the person a follow-up is about. It leaves at `leaves_at`; until then it can be taken back.

    `ended_at` without `sent_at`: it did not leave, and `reason` says why. One with both and a reason may have arrived, or
    has come back (`came_back_at`).
    """

    __tablename__ = "case_mails"

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id")
    contact_id: Mapped[int] = reference("contacts.id")
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    staff_name: Mapped[str] = mapped_column(sa.String(200))
    recipient: Mapped[str] = mapped_column(sa.String(320))
    subject: Mapped[str] = mapped_column(sa.String(300))
    words: Mapped[str] = mapped_column(sa.Text)
    message_id: Mapped[str] = mapped_column(sa.String(255), default="")
    pressed_at: Mapped[Moment]
    leaves_at: Mapped[Moment]
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    came_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(sa.Text)

    @property
    def at(self) -> datetime:
        """When it left, or is to leave."""
        return self.sent_at or self.leaves_at

    def can_be_taken_back(self, now: datetime) -> bool:
        return self.taken_back_at is None and self.ended_at is None and now < self.leaves_at
