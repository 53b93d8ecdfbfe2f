"""Which entries of "you said, we did" somebody reads: those that rest on their own answers first, then the newest."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account, Contact
from app.core.errors import Refused
from app.followups.improvements.models import Improvement
from app.followups.models import Cause, Task
from app.surveys import audience

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
    segments = segments_of(session, entries, contact_id)
    return chosen(entries, causes, language, segments)


def segments_of(session: Session, entries: Iterable[Improvement], contact_id: int) -> set[int]:
    """Those of the segments to which entries are limited that the person is in, in one look."""
    named = {entry.segment_id: entry.segment for entry in entries if entry.segment_id}
    if not named:
        return set()
    fits = [sa.case((audience.fits(segment.filter), 1), else_=0) for segment in named.values()]
    person = sa.select(*fits).select_from(Contact).join(Account).where(Contact.id == contact_id)
    row = session.execute(person).first()
    return {number for number, is_in in zip(named, row or (), strict=False) if is_in}


def chosen(
    entries: Iterable[Improvement],
    causes: Collection[Cause],
    language: str,
    segments: Collection[int] = (),
) -> list[Told]:
    """The entries that fit, out of current ones (pure)."""
    base = language.partition("-")[0]
    fitting = [
        (entry, words)
        for entry in entries
        if (entry.cause is None or entry.cause in causes)
        and (entry.segment_id is None or entry.segment_id in segments)
        and (words := entry.words.get(language) or entry.words.get(base))
    ]
    fitting.sort(key=nearest, reverse=True)
    return [
        Told(words["said"], words["did"], entry.cause is not None) for entry, words in fitting[:MOST_TOLD]
    ]


def nearest(fitting: tuple[Improvement, object]) -> tuple:
    """What rests on the person's own answers before what is told to people like them, and that before what all read."""
    entry = fitting[0]
    return entry.cause is not None, entry.segment_id is not None, entry.from_on, entry.id or 0


def refuse_if_used(session: Session, segment_id: int) -> None:
    """Refused while an entry is told only to the people of this segment: without it everybody would read it."""
    if session.scalar(sa.select(Improvement.id).where(Improvement.segment_id == segment_id).limit(1)):
        raise Refused(_("An entry of “You said, we did” is told to this segment alone."))


def rests_on(session: Session, entries: Collection[Improvement]) -> dict[Cause, int]:
    """With how many people a follow-up ended with the cause of an entry."""
    causes = {entry.cause for entry in entries if entry.cause}
    counted = (
        sa.select(Task.cause, sa.func.count(Task.contact_id.distinct()))
        .where(Task.cause.in_(causes), Task.closed_at.is_not(None), Task.is_rehearsal.is_(False))
        .group_by(Task.cause)
    )
    return dict(session.execute(counted).all())


CURRENT = (
    sa.select(Improvement)
    .where(
        Improvement.from_on <= sa.bindparam("today"),
        sa.or_(Improvement.to_on.is_(None), Improvement.to_on >= sa.bindparam("today")),
    )
    .options(joinedload(Improvement.segment))
)
CAUSES = (
    sa.select(Task.cause)
    .where(
        Task.contact_id == sa.bindparam("contact_id"), Task.cause.is_not(None), Task.closed_at.is_not(None)
    )
    .distinct()
)
