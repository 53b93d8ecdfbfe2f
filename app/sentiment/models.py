"""The stored reading of a comment: what an engine of a version heard in it."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Json, Moment, choice, reference
from app.extensions import Base


class Label(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    MIXED = "mixed"
    POSITIVE = "positive"
    UNKNOWN = "unknown"


class StoredReading(Base):
    """The current reading of a response's comment. Polarity is -1..1, None when the engine cannot tell."""

    __tablename__ = "readings"
    __table_args__ = (
        sa.UniqueConstraint("response_id", "engine", "version"),
        sa.CheckConstraint("polarity BETWEEN -1 AND 1", name="polarity"),
    )

    id: Mapped[Id]
    response_id: Mapped[int] = reference("responses.id", index=False)
    engine: Mapped[str] = mapped_column(sa.String(32))
    version: Mapped[str] = mapped_column(sa.String(32))
    polarity: Mapped[float | None]
    label: Mapped[Label] = mapped_column(choice(Label))
    language: Mapped[str | None] = mapped_column(sa.String(16))
    evidence: Mapped[list] = mapped_column(Json, default=list)
    read_at: Mapped[Moment]
