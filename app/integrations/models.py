"""What colleagues are told, by which ways each of them wants it, and how far the search for news has come."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.auth.models import Staff
from app.core.database.columns import BigId, Id, Moment, UtcDateTime, choice, reference
from app.extensions import Base
from app.followups.models import Task
from app.health.alerting.models import Alert


class NoticeKind(StrEnum):
    """What a colleague is told about a follow-up, or about an alert without one."""

    KEY_DETRACTOR = "key_detractor"
    REPLY = "reply"
    ESCALATED = "escalated"
    OVERDUE = "overdue"
    HANDED_OVER = "handed_over"
    ALERT = "alert"
    TRIAL = "trial"


class ChatKind(StrEnum):
    SLACK = "slack"
    TEAMS = "teams"


class ChatScope(StrEnum):
    URGENT = "urgent"
    ALL = "all"


class NoticeChoice(Base):
    """By which ways one person is told. No row: urgent things by mail at once, the rest by mail each morning at eight, and
    to managers the figures of the week; so too while `mail_weekly` is None.

    `chat_sealed` is the address of the webhook, encrypted, because whoever knows it can write there.
    """

    __tablename__ = "notice_choices"
    __table_args__ = (sa.CheckConstraint("daily_hour BETWEEN 0 AND 23", name="daily_hour"),)

    staff_id: Mapped[int] = mapped_column(
        BigId, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    mail_at_once: Mapped[bool] = mapped_column(default=True)
    mail_daily: Mapped[bool] = mapped_column(default=True)
    daily_hour: Mapped[int] = mapped_column(default=8)
    digested_on: Mapped[date | None]
    mail_weekly: Mapped[bool | None]
    weekly_on: Mapped[date | None]
    chat_kind: Mapped[ChatKind | None] = mapped_column(choice(ChatKind))
    chat_scope: Mapped[ChatScope] = mapped_column(choice(ChatScope), default=ChatScope.URGENT)
    chat_sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    chat_host: Mapped[str] = mapped_column(sa.String(255), default="")
    chat_fault: Mapped[str | None] = mapped_column(sa.Text)
    chat_fault_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chat_well_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notice(Base):
    """One thing for one person to know, once (`key`). Words are made when it is told, so none about customers lie here.

    `for_staff_id`: who is away and for whom the reader stands in. `looked_at`: when mail and chat were thought of.
    """

    __tablename__ = "notices"
    __table_args__ = (
        sa.UniqueConstraint("staff_id", "key"),
        sa.Index("ix_notices_looked_at", "looked_at"),
        sa.Index("ix_notices_staff_at", "staff_id", "at"),
    )

    id: Mapped[Id]
    staff_id: Mapped[int] = reference("staff.id", index=False)
    for_staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    task_id: Mapped[int | None] = reference("tasks.id")
    alert_id: Mapped[int | None] = reference("alerts.id")
    kind: Mapped[NoticeKind] = mapped_column(choice(NoticeKind))
    key: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[Moment]
    is_urgent: Mapped[bool]
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    staff: Mapped[Staff] = relationship(foreign_keys=staff_id)
    for_staff: Mapped[Staff | None] = relationship(foreign_keys=for_staff_id)
    task: Mapped[Task | None] = relationship()
    alert: Mapped[Alert | None] = relationship()


class NewsCursor(Base):
    """Up to which row of a table news was looked for."""

    __tablename__ = "news_cursors"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    seen_id: Mapped[int] = mapped_column(BigId)
