"""A report as it was at an instant, the links by which outsiders may read it, and when they did."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from app.core.database.columns import BigId, Id, Json, Moment, UtcDateTime, reference
from app.extensions import Base

LONGEST_NAME = 120


class FrozenReport(Base):
    """Figures, definition and filters of a report, kept with who froze it and when.

    `address` holds the filters as the report's address carries them, `document` what it said. `roll` holds what was
    counted, one by one and compressed, so that every later difference has a cause; None where that was too much to keep.
    `on` is the installation's day at `at`; answers with an id above `last_answer_id` were recorded afterwards.
    """

    __tablename__ = "frozen_reports"

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(sa.String(16))
    name: Mapped[str] = mapped_column(sa.String(LONGEST_NAME))
    address: Mapped[dict] = mapped_column(Json)
    document: Mapped[dict] = mapped_column(Json)
    roll: Mapped[bytes | None] = deferred(mapped_column(sa.LargeBinary))
    last_answer_id: Mapped[int] = mapped_column(BigId)
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    staff_name: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[Moment] = mapped_column(index=True)
    on: Mapped[date]


class FrozenLink(Base):
    """A link by which somebody without a sign-in reads a frozen report, until `expires_at` or until it is revoked.

    The token of the link is made of `nonce` and the secret key, so that the database alone opens nothing.
    """

    __tablename__ = "frozen_links"

    id: Mapped[Id]
    report_id: Mapped[int] = reference("frozen_reports.id")
    nonce: Mapped[str] = mapped_column(sa.String(32), unique=True)
    has_names: Mapped[bool]
    has_comments: Mapped[bool]
    made_by: Mapped[str] = mapped_column(sa.String(200))
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    report: Mapped[FrozenReport] = relationship()

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


class FrozenOpening(Base):
    """That a link was opened. Written outside the request's transaction, best effort."""

    __tablename__ = "frozen_openings"

    id: Mapped[Id]
    link_id: Mapped[int] = reference("frozen_links.id")
    at: Mapped[Moment]
