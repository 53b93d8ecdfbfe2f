"""The pulse of an account as somebody here feels it, and scores set by hand; both dated, with who said so and why."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Moment, UtcDateTime, choice, reference
from app.extensions import Base


class Level(StrEnum):
    """How things are going, as whoever looks after the account feels it."""

    GREAT = "great"
    GOOD = "good"
    MIXED = "mixed"
    WORRYING = "worrying"
    LOSING = "losing"


class Pulse(Base):
    """One feeling of one day. It enters no score: a measure of its own, to be held against what happened."""

    __tablename__ = "pulses"
    __table_args__ = (sa.Index("ix_pulses_account_at", "account_id", "at"),)

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    level: Mapped[Level] = mapped_column(choice(Level))
    words: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[Moment]
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    staff_name: Mapped[str] = mapped_column(sa.String(200))


class SetName(StrEnum):
    """The scores that can be set by hand."""

    RELATIONSHIP = "relationship"
    VALUE = "value"
    HEALTH = "health"


class Override(Base):
    """A score as somebody says it should be until the end of `until_on`; the computed one stays beside it.

    `ended_at`: when it was taken back or another took its place, before its last day.
    """

    __tablename__ = "score_overrides"
    __table_args__ = (
        sa.Index("ix_score_overrides_account", "account_id", "until_on"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    name: Mapped[SetName] = mapped_column(choice(SetName))
    score: Mapped[int] = mapped_column(sa.SmallInteger)
    reason: Mapped[str] = mapped_column(sa.Text)
    from_at: Mapped[Moment]
    until_on: Mapped[date]
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    staff_name: Mapped[str] = mapped_column(sa.String(200))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(sa.String(200))
