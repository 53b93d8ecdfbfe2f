"""Leaders are told of late follow-ups by the ways they chose: at once of what is far past its time, else each morning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.followups.escalating import telling
from app.followups.escalating.telling import OVER, Late
from app.integrations.models import NoticeKind
from app.integrations.notifying import notify


def tell_leaders(session: Session, *, now: datetime) -> Iterator[int]:
    """Write down for leaders what has run out of time; yields after each chunk, for a commit."""

    def tell(late: Late, people: Sequence[int]) -> int:
        kind = NoticeKind.OVERDUE if late.level == OVER else NoticeKind.ESCALATED
        return notify(session, kind, late.task, to=people, key=late.key, now=now)

    yield from telling.tell_leaders(session, tell, now=now)
