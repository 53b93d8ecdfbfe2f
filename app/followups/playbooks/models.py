"""Playbooks with their steps, and which of them a follow-up goes by, with the steps that were done."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base
from app.followups.models import ActivityKind, TaskKind


class PlayKind(StrEnum):
    """Reactive ones answer to a kind of follow-up, proactive ones are begun by a colleague at an account."""

    REACTIVE = "reactive"
    PROACTIVE = "proactive"


class Component(StrEnum):
    """The score of the account that a playbook is to lift."""

    RELATIONSHIP = "relationship"
    VALUE = "value"


class Playbook(Stamped, Base):
    """How a kind of follow-up is worked on at accounts of some tiers (none named: of all)."""

    __tablename__ = "playbooks"
    __table_args__ = (sa.CheckConstraint("(kind = 'reactive') = (task_kind IS NOT NULL)", name="task_kind"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[PlayKind] = mapped_column(choice(PlayKind, "play_kind"))
    component: Mapped[Component] = mapped_column(choice(Component))
    task_kind: Mapped[TaskKind | None] = mapped_column(choice(TaskKind, "play_task_kind"))
    tiers: Mapped[list] = mapped_column(Json, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    steps: Mapped[list[PlayStep]] = relationship(
        order_by="PlayStep.days, PlayStep.position, PlayStep.id", cascade="all, delete-orphan"
    )

    @property
    def current(self) -> list[PlayStep]:
        """The steps that are to be done, in their order."""
        return [step for step in self.steps if step.retired_at is None]


class PlayStep(Base):
    """One step, due so many working days after the follow-up was opened. `words` are said or written, with names in braces."""

    __tablename__ = "playbook_steps"
    __table_args__ = (sa.CheckConstraint("days BETWEEN 0 AND 90", name="days"),)

    id: Mapped[Id]
    playbook_id: Mapped[int] = reference("playbooks.id")
    position: Mapped[int]
    days: Mapped[int] = mapped_column(sa.SmallInteger)
    channel: Mapped[ActivityKind] = mapped_column(choice(ActivityKind, "channel"))
    title: Mapped[str] = mapped_column(sa.String(160))
    words: Mapped[str] = mapped_column(sa.Text, default="")
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PlayRun(Base):
    """A follow-up goes by a playbook, from the first step done or from the day somebody chose it."""

    __tablename__ = "playbook_runs"

    task_id: Mapped[int] = reference("tasks.id", primary_key=True, index=False)
    playbook_id: Mapped[int] = reference("playbooks.id", ondelete="RESTRICT")
    started_at: Mapped[Moment]
    started_by: Mapped[str] = mapped_column(sa.String(200))
    playbook: Mapped[Playbook] = relationship()


class PlayTick(Base):
    """A step of a follow-up was done."""

    __tablename__ = "playbook_ticks"
    __table_args__ = (sa.UniqueConstraint("task_id", "step_id"),)

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id", index=False)
    step_id: Mapped[int] = reference("playbook_steps.id", ondelete="RESTRICT")
    at: Mapped[Moment]
    by: Mapped[str] = mapped_column(sa.String(200))
