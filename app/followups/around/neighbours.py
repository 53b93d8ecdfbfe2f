"""Who else is at the account of somebody who does not answer, and by which way they can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactRole, ContactStatus
from app.followups.models import Task, TaskKind, Touch
from app.responses.models import Response

MOST = 6


@dataclass(frozen=True)
class Neighbour:
    """A colleague of the silent person: the last score they gave, and how we last spoke with them; None for neither."""

    contact: Contact
    score: int | None
    last_touch: Touch | None

    @property
    def is_champion(self) -> bool:
        """Whoever speaks for us there can say who should be asked instead."""
        return self.contact.role is ContactRole.CHAMPION


def of_task(session: Session, task: Task) -> Sequence[Neighbour]:
    """The others at the account of an open follow-up about a silence: champions first, then key roles, then who answers."""
    if task.kind is not TaskKind.SILENT or not task.is_open:
        return []
    last_score = (
        sa.select(Response.score)
        .where(
            Response.contact_id == Contact.id, Response.score.is_not(None), Response.dismissed_at.is_(None)
        )
        .order_by(Response.submitted_at.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    rank = sa.case(
        (Contact.role == ContactRole.CHAMPION, 0), (Contact.role == ContactRole.DECISION_MAKER, 1), else_=2
    )
    query = (
        sa.select(Contact, last_score)
        .where(
            Contact.account_id == task.account_id,
            Contact.status == ContactStatus.ACTIVE,
            Contact.id != (task.contact_id or 0),
        )
        .order_by(rank, last_score.is_(None), Contact.id)
        .limit(MOST)
    )
    rows = session.execute(query).all()
    touches = last_touches(session, [contact.id for contact, _score in rows])
    return [Neighbour(contact, score, touches.get(contact.id)) for contact, score in rows]


def last_touches(session: Session, contact_ids: Sequence[int]) -> dict[int, Touch]:
    query = sa.select(Touch).where(Touch.contact_id.in_(contact_ids)).order_by(Touch.at, Touch.id)
    return {touch.contact_id: touch for touch in session.scalars(query)}
