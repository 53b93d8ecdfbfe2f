"""Which entries of "you said, we did" somebody reads: those that rest on their own answers first, then the newest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.followups.improvements.models import Improvement
from app.followups.models import Cause, Task

MOST_TOLD = 2


@dataclass(frozen=True)
class Told:
    """An entry in one language. `is_own`: it rests on what this very person said."""

    said: str
    did: str
    is_own: bool


def told(session: Session, contact_id: int, language: str, *, today: date) -> list[Told]:
    """At most two entries for the person, in their language or not at all."""
    entries = session.scalars(CURRENT, {"today": today}).all()
    if not entries:
        return []
    causes = set(session.scalars(CAUSES, {"contact_id": contact_id}))
    return chosen(entries, causes, language)


def chosen(entries: Iterable[Improvement], causes: Collection[Cause], language: str) -> list[Told]:
    """The entries that fit, out of current ones (pure)."""
    base = language.partition("-")[0]
    fitting = [
        (entry, words)
        for entry in entries
        if (entry.cause is None or entry.cause in causes)
        and (words := entry.words.get(language) or entry.words.get(base))
    ]
    fitting.sort(key=lambda one: (one[0].cause is not None, one[0].from_on, one[0].id or 0), reverse=True)
    return [
        Told(words["said"], words["did"], entry.cause is not None) for entry, words in fitting[:MOST_TOLD]
    ]


def rests_on(session: Session, entries: Collection[Improvement]) -> dict[Cause, int]:
    """With how many people a follow-up ended with the cause of an entry."""
    causes = {entry.cause for entry in entries if entry.cause}
    counted = (
        sa.select(Task.cause, sa.func.count(Task.contact_id.distinct()))
        .where(Task.cause.in_(causes), Task.closed_at.is_not(None), Task.is_rehearsal.is_(False))
        .group_by(Task.cause)
    )
    return dict(session.execute(counted).all())


CURRENT = sa.select(Improvement).where(
    Improvement.from_on <= sa.bindparam("today"),
    sa.or_(Improvement.to_on.is_(None), Improvement.to_on >= sa.bindparam("today")),
)
CAUSES = (
    sa.select(Task.cause)
    .where(
        Task.contact_id == sa.bindparam("contact_id"), Task.cause.is_not(None), Task.closed_at.is_not(None)
    )
    .distinct()
)
