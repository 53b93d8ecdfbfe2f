"""Days on which a member of staff is away, and who stands in."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.auth.models import Staff
from app.core.database.columns import Id, Moment, reference
from app.extensions import Base


class Absence(Base):
    """From `from_on` to `to_on`, both days included, `cover` sees what is `staff`'s. Days are the installation's."""

    __tablename__ = "absences"
    __table_args__ = (
        sa.CheckConstraint("to_on >= from_on", name="days"),
        sa.CheckConstraint("cover_id <> staff_id", name="cover"),
        sa.Index("ix_absences_to_on", "to_on"),
    )

    id: Mapped[Id]
    staff_id: Mapped[int] = reference("staff.id")
    cover_id: Mapped[int] = reference("staff.id")
    from_on: Mapped[date]
    to_on: Mapped[date]
    made_by: Mapped[str] = mapped_column(sa.String(200))
    made_at: Mapped[Moment]
    staff: Mapped[Staff] = relationship(foreign_keys=staff_id)
    cover: Mapped[Staff] = relationship(foreign_keys=cover_id)

    def is_on(self, day: date) -> bool:
        return self.from_on <= day <= self.to_on
