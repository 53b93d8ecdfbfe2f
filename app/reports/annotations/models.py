"""A day with what happened on it."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Moment
from app.extensions import Base


class Annotation(Base):
    """Something outside the answers that may have moved them."""

    __tablename__ = "annotations"

    id: Mapped[Id]
    on: Mapped[date] = mapped_column(index=True)
    words: Mapped[str] = mapped_column(sa.String(120))
    by: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[Moment]
