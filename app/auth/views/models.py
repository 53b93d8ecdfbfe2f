"""A view of a page under a name: what its address asks for, for the person who saved it or for all."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Json, Moment, reference
from app.extensions import Base

LONGEST_NAME = 60


class SavedView(Base):
    """`address` holds the parameters of the page's address by name; `page` says which page that is."""

    __tablename__ = "saved_views"
    __table_args__ = (sa.UniqueConstraint("staff_id", "page", "name"),)

    id: Mapped[Id]
    staff_id: Mapped[int] = reference("staff.id", index=False)
    page: Mapped[str] = mapped_column(sa.String(16), index=True)
    name: Mapped[str] = mapped_column(sa.String(LONGEST_NAME))
    address: Mapped[dict] = mapped_column(Json)
    is_for_all: Mapped[bool]
    created_at: Mapped[Moment]
