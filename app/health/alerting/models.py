"""Alerts, the dated settings of the rules that raise them, and when each account was last looked at."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Account, Contact
from app.core.database.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base
from app.followups.models import Task


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"


class Alert(Stamped, Base):
    """One condition that was found at an account, from `began_on` until it was settled or had been false for a week.

    `slot` names account, rule and contact while the condition may still hold, and is empty afterwards: so there is one at
    a time. `quiet_since` is the first day on which it was false, `over_on` the day on which it could be raised anew.
    `settled_at`: somebody said that it needs nobody any more, or its follow-up was closed.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        sa.Index("ix_alerts_account", "account_id", "over_on"),
        sa.Index("ix_alerts_raised", "raised_at"),
        sa.Index("ix_alerts_over", "over_on", "raised_at"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    contact_id: Mapped[int | None] = reference("contacts.id")
    rule: Mapped[str] = mapped_column(sa.String(32))
    slot: Mapped[str | None] = mapped_column(sa.String(96), unique=True)
    severity: Mapped[Severity] = mapped_column(choice(Severity, "alert_severity"))
    evidence: Mapped[dict] = mapped_column(Json, default=dict)
    began_on: Mapped[date]
    raised_at: Mapped[Moment]
    quiet_since: Mapped[date | None]
    over_on: Mapped[date | None]
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[str | None] = mapped_column(sa.String(200))
    snoozed_until: Mapped[date | None]
    snoozed_by: Mapped[str | None] = mapped_column(sa.String(200))
    task_id: Mapped[int | None] = reference("tasks.id", ondelete="SET NULL")
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    task: Mapped[Task | None] = relationship()

    def is_open(self) -> bool:
        """Whether somebody should look at it, snoozed or not."""
        return self.over_on is None and self.settled_at is None

    def is_snoozed(self, *, today: date) -> bool:
        return self.is_open() and self.snoozed_until is not None and self.snoozed_until > today


class RuleSetting(Base):
    """How a rule was set from a moment on, by whom and why; the newest of a rule holds."""

    __tablename__ = "alert_rules"
    __table_args__ = (sa.Index("ix_alert_rules_rule", "rule", "from_at"),)

    id: Mapped[Id]
    rule: Mapped[str] = mapped_column(sa.String(32))
    is_on: Mapped[bool]
    opens_task: Mapped[bool]
    touch_days: Mapped[int] = mapped_column(sa.SmallInteger)
    thresholds: Mapped[dict] = mapped_column(Json, default=dict)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    from_at: Mapped[Moment]
    staff_name: Mapped[str] = mapped_column(sa.String(200))


class AlertLook(Base):
    """Up to when the rules have looked at an account; whatever should be looked at anew loses its row."""

    __tablename__ = "alert_looks"

    account_id: Mapped[int] = reference("accounts.id", primary_key=True, index=False)
    at: Mapped[Moment]
