"""The audit trail: who did what, when and from where; rows are only ever added.

The actor is kept as id and name without a foreign key, so the trail outlives the person's account.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database.columns import BigId, Id, Json, Moment, quotes
from app.extensions import Base


@dataclass(frozen=True)
class Actor:
    """Who acts: a member of staff, an API key, a command or a job."""

    kind: str
    id: int | None
    name: str
    address: str | None = None


SYSTEM = Actor("system", None, "JustAsk")


class AuditEvent(Base):
    """One line of the trail."""

    __tablename__ = "audit_events"

    id: Mapped[Id]
    at: Mapped[Moment] = mapped_column(index=True)
    actor_kind: Mapped[str] = mapped_column(sa.String(16))
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_name: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str | None] = mapped_column(sa.String(64))
    action: Mapped[str] = mapped_column(sa.String(64), index=True)
    subject: Mapped[str | None] = mapped_column(sa.String(64))
    details: Mapped[dict] = mapped_column(Json, default=dict)


def about(session: Session, subject: str) -> list[AuditEvent]:
    """Every line about a subject."""
    return list(
        session.scalars(sa.select(AuditEvent).where(AuditEvent.subject == subject).order_by(AuditEvent.id))
    )


def forget(session: Session, subject: str, names: Collection[str]) -> None:
    """Take the details from the lines about a subject, and from lines whose details hold one of the names.

    Who did what and when stays.
    """
    written = [quotes(AuditEvent.details, name) for name in names if name]
    session.execute(
        sa.update(AuditEvent).where(sa.or_(AuditEvent.subject == subject, *written)).values(details={}),
        execution_options={"synchronize_session": False},
    )


def note(
    session: Session, actor: Actor, action: str, *, subject: str | None = None, now: datetime, **details
) -> None:
    """Add a line to the trail, in the caller's transaction. `action` is noun.verb, `subject` is kind:id."""
    session.add(
        AuditEvent(
            at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            address=actor.address,
            action=action,
            subject=subject,
            details=details,
        )
    )
