"""That somebody was asked whether a follow-up is settled, and what they said."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database.columns import Id, Moment, UtcDateTime, choice, reference
from app.delivery.models import Invitation
from app.extensions import Base
from app.followups.models import Task


class Verdict(StrEnum):
    YES = "yes"
    NOT_YET = "not_yet"


class Settlement(Base):
    """One mail after one close. `mailed_at` stays empty while it waits, and where it ended otherwise for a `reason`.

    `words` are the person's own, about what is missing.
    """

    __tablename__ = "settlements"

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id")
    invitation_id: Mapped[int] = reference("invitations.id")
    asked_at: Mapped[Moment]
    asked_by: Mapped[str] = mapped_column(sa.String(200))
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(sa.Text)
    said: Mapped[Verdict | None] = mapped_column(choice(Verdict, "verdict"))
    said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(sa.Text, default="")
    task: Mapped[Task] = relationship()
    invitation: Mapped[Invitation] = relationship()
