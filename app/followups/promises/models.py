"""A promise to be in touch: who, by when, to whom."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core.database.columns import Id, Moment, UtcDateTime, choice, reference
from app.extensions import Base
from app.followups.models import Task, Touch
from app.responses.models import Response


class Way(StrEnum):
    """How somebody would like to be reached."""

    PHONE = "phone"
    MAIL = "mail"


class PromiseState(StrEnum):
    """What became of a promise. Withdrawn ones were taken back by the person to whom they were made."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    WITHDRAWN = "withdrawn"


class Promise(Base):
    """Somebody asked to be contacted, and read on the thank-you page who will be in touch and by which day.

    `due_on` is that day as the person read it, in their own zone, and `until_at` the moment at which it ends there.
    `staff_name` is the name that was read, whoever has the task by now; empty where the company promised as a whole.
    `touched_at` is the first touch of this person since, by anybody of us.
    """

    __tablename__ = "promises"

    id: Mapped[Id]
    response_id: Mapped[int] = reference("responses.id", unique=True, index=False)
    task_id: Mapped[int | None] = reference("tasks.id", ondelete="SET NULL")
    contact_id: Mapped[int] = reference("contacts.id")
    account_id: Mapped[int] = reference("accounts.id")
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL")
    staff_name: Mapped[str] = mapped_column(sa.String(200), default="")
    way: Mapped[Way] = mapped_column(choice(Way))
    phone: Mapped[str] = mapped_column(sa.String(60), default="")
    asked_at: Mapped[Moment] = mapped_column(index=True)
    due_on: Mapped[date]
    until_at: Mapped[Moment]
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_rehearsal: Mapped[bool] = mapped_column(default=False)
    response: Mapped[Response] = relationship()
    task: Mapped[Task | None] = relationship()
    contact: Mapped[Contact] = relationship()
    account: Mapped[Account] = relationship()
    staff: Mapped[Staff | None] = relationship()

    @hybrid_method
    def state(self, now: datetime) -> PromiseState:
        """Kept by a touch before its day ended, broken when that day ended without one."""
        if self.withdrawn_at is not None:
            return PromiseState.WITHDRAWN
        if self.touched_at is not None and self.touched_at < self.until_at:
            return PromiseState.KEPT
        return PromiseState.OPEN if now < self.until_at else PromiseState.BROKEN

    @state.inplace.expression
    @classmethod
    def _state(cls, now: datetime) -> sa.ColumnElement[str]:
        return sa.case(
            (cls.withdrawn_at.is_not(None), PromiseState.WITHDRAWN.value),
            (cls.touched_at < cls.until_at, PromiseState.KEPT.value),
            (cls.until_at > now, PromiseState.OPEN.value),
            else_=PromiseState.BROKEN.value,
        )


Promise.touched_at = column_property(
    sa.select(sa.func.min(Touch.at))
    .where(Touch.contact_id == Promise.contact_id, Touch.at >= Promise.asked_at)
    .correlate_except(Touch)
    .scalar_subquery()
)
