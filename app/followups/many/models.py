"""A view of the queue under a name: the filter as its address carries it, for the person who saved it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Json, Moment, reference
from app.extensions import Base

LONGEST_NAME = 60


class QueueView(Base):
    """`address` holds the parameters of the queue's address by name."""

    __tablename__ = "queue_views"
    __table_args__ = (sa.UniqueConstraint("staff_id", "name"),)

    id: Mapped[Id]
    staff_id: Mapped[int] = reference("staff.id", index=False)
    name: Mapped[str] = mapped_column(sa.String(LONGEST_NAME))
    address: Mapped[dict] = mapped_column(Json)
    created_at: Mapped[Moment]
