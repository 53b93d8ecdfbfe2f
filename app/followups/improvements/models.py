"""Something that customers said and we did something about, in words for customers; and who was told it by mail."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base
from app.followups.models import Cause
from app.surveys.models import Segment


class Improvement(Stamped, Base):
    """An entry of "you said, we did". `words` holds, for each language, what customers `said` and what we `did`.

    It is told from `from_on` to `to_on`, both days included. With a `cause` only people read it with whom a follow-up
    ended with that main cause, with a segment only the people of it; without either everybody does.
    """

    __tablename__ = "improvements"

    id: Mapped[Id]
    words: Mapped[dict] = mapped_column(Json, default=dict)
    cause: Mapped[Cause | None] = mapped_column(choice(Cause, "improvement_cause"))
    segment_id: Mapped[int | None] = reference("segments.id", ondelete="RESTRICT")
    from_on: Mapped[date] = mapped_column(index=True)
    to_on: Mapped[date | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    author: Mapped[str] = mapped_column(sa.String(200), default="")
    segment: Mapped[Segment | None] = relationship()


class Mailing(Base):
    """One press by which an entry was sent by mail. Until `undo_until` nothing leaves; undone it leaves no trace."""

    __tablename__ = "improvement_mailings"

    id: Mapped[Id]
    improvement_id: Mapped[int] = reference("improvements.id")
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    staff_name: Mapped[str] = mapped_column(sa.String(200))
    pressed_at: Mapped[Moment]
    undo_until: Mapped[Moment]
    is_rehearsal: Mapped[bool]


class Telling(Base):
    """An entry that goes, or went, to one person by mail: once ever. It waits while `ended_at` is empty.

    Without `told_at` it ended for a `reason`, as a code or in the words of the mail server. The ask is the one whose
    answer it rests on, and whose link leads out of the mail.
    """

    __tablename__ = "improvement_tellings"
    __table_args__ = (sa.UniqueConstraint("improvement_id", "contact_id"),)

    id: Mapped[Id]
    improvement_id: Mapped[int] = reference("improvements.id", index=False)
    mailing_id: Mapped[int] = reference("improvement_mailings.id")
    contact_id: Mapped[int] = reference("contacts.id")
    account_id: Mapped[int] = reference("accounts.id")
    invitation_id: Mapped[int] = reference("invitations.id")
    language: Mapped[str] = mapped_column(sa.String(16))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(sa.Text)
