"""That leaders were told of a follow-up that is late."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Moment, UtcDateTime, choice, reference
from app.extensions import Base


class ClockName(StrEnum):
    FIRST_TOUCH = "first_touch"
    RESOLUTION = "resolution"


class LateNotice(Base):
    """One notice: the clock, how much of its time was over (`level`, 100 or 150 %), and the due moment that was missed.

    `again_at`: when a notice of 100 % is followed by that of 150 %. `leaders` is how many were written to.
    """

    __tablename__ = "late_notices"
    __table_args__ = (
        sa.UniqueConstraint("task_id", "clock", "due_at", "level"),
        sa.Index("ix_late_notices_again", "again_at"),
        sa.CheckConstraint("level IN (100, 150)", name="level"),
    )

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id", index=False)
    clock: Mapped[ClockName] = mapped_column(choice(ClockName, "clock"))
    due_at: Mapped[Moment]
    level: Mapped[int] = mapped_column(sa.SmallInteger)
    at: Mapped[Moment]
    again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leaders: Mapped[int] = mapped_column(default=0)
