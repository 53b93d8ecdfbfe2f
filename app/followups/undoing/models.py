"""An act on tasks that can be taken back: who did what when, and each task before and after it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database.columns import Id, Json, Moment, UtcDateTime, choice, reference
from app.extensions import Base
from app.followups.models import Task


class ActKind(StrEnum):
    CLOSED = "closed"
    PUT_ASIDE = "put_aside"
    HANDED_OVER = "handed_over"


class Act(Base):
    """One press, on one task or on many chosen ones. Rows are kept for an hour."""

    __tablename__ = "task_acts"

    id: Mapped[Id]
    kind: Mapped[ActKind] = mapped_column(choice(ActKind))
    staff_id: Mapped[int] = reference("staff.id")
    at: Mapped[Moment]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parts: Mapped[list[ActPart]] = relationship(order_by="ActPart.id", cascade="all, delete-orphan")


class ActPart(Base):
    """What an act changed in one task: the columns by name, with their values before and after it."""

    __tablename__ = "task_act_parts"
    __table_args__ = (sa.UniqueConstraint("act_id", "task_id"),)

    id: Mapped[Id]
    act_id: Mapped[int] = reference("task_acts.id", index=False)
    task_id: Mapped[int] = reference("tasks.id")
    before: Mapped[dict] = mapped_column(Json)
    after: Mapped[dict] = mapped_column(Json)
    task: Mapped[Task] = relationship()
