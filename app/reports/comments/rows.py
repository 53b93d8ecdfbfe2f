"""The comments of a period with their readings, narrowed by label, band, mismatch, language and words.

A colleague's correction wins over the reading in every filter and count. Rehearsals, and answers that a machine may
have sent and nobody has reviewed, are left out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account
from app.reports.lists import BAND_SCORES
from app.responses.models import Response
from app.sentiment.judging.mismatch import KINDS, is_mismatch, mismatch
from app.sentiment.models import Correction, Label, Mention, StoredReading, Theme
from app.sentiment.themes import mentions
from app.surveys.scales import Band

PAGE_SIZE = 40
CORRECTED, RIGHT, UNCHECKED = "corrected", "right", "unchecked"
NO_THEME = "none"
CHECKS = (CORRECTED, RIGHT, UNCHECKED)

said = StoredReading.said
language = sa.func.coalesce(StoredReading.language, Response.language)


@dataclass(frozen=True)
class Chosen:
    """Comments of the days [start, end); every other choice narrows them, "" and None do not."""

    start: date
    end: date
    label: Label | None = None
    band: Band | None = None
    mismatch: str = ""
    language: str = ""
    check: str = ""
    words: str = ""
    theme: str = ""

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def is_narrowed(self) -> bool:
        return any((self.label, self.band, self.mismatch, self.language, self.check, self.words, self.theme))


@dataclass(frozen=True)
class Comment:
    """A comment, its reading, and what colleagues said of it, the newest first."""

    response: Response
    reading: StoredReading
    corrections: tuple[Correction, ...] = ()
    mentions: tuple[Mention, ...] = ()

    @property
    def is_mismatch(self) -> bool:
        return is_mismatch(self.response.score, self.reading.said)

    @property
    def standing(self) -> Correction | None:
        """The correction that holds."""
        alive = (one for one in self.corrections if one.reading_id and not one.undone_at)
        return next(alive, None)


def heard() -> tuple[sa.ColumnElement[bool], ...]:
    """Comments that count: of people, not given in rehearsal."""
    reviewed = sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None))
    return Response.is_rehearsal.is_(False), reviewed, Response.comment != ""


def conditions(chosen: Chosen) -> list[sa.ColumnElement[bool]]:
    found = [*heard(), Response.day >= chosen.start, Response.day < chosen.end]
    if chosen.label:
        found.append(said == chosen.label)
    if chosen.band:
        found.append(Response.score.between(*BAND_SCORES[chosen.band]))
    if chosen.mismatch:
        found.append(mismatch(chosen.mismatch))
    if chosen.language:
        found.append(language == chosen.language)
    if chosen.check:
        found.append(checked(chosen.check))
    if chosen.theme:
        found.append(about(chosen.theme))
    if chosen.words:
        found.append(Response.comment.icontains(chosen.words, autoescape=True))
    return found


def about(theme: str) -> sa.ColumnElement[bool]:
    """Comments that speak of the theme with that id, or of none."""
    found = sa.select(Mention.response_id).where(Mention.response_id == Response.id)
    if theme == NO_THEME:
        used = found.join(Theme, Theme.id == Mention.theme_id).where(Theme.is_active)
        return ~sa.exists(used.correlate(Response))
    return sa.exists(found.where(Mention.theme_id == int(theme)).correlate(Response))


def checked(how: str) -> sa.ColumnElement[bool]:
    """Readings that colleagues called wrong, called right, or have not judged."""
    given = StoredReading.corrected
    return {
        CORRECTED: given != StoredReading.label,
        RIGHT: given == StoredReading.label,
        UNCHECKED: given.is_(None),
    }[how]


def joined(*columns: object) -> sa.Select:
    """Columns of comments with their readings."""
    pairs = sa.join(Response, StoredReading, StoredReading.response_id == Response.id)
    return sa.select(*columns).select_from(pairs)


def comments(
    session: Session, chosen: Chosen, *, after: int | None = None, size: int = PAGE_SIZE
) -> list[Comment]:
    """The comments chosen, newest first, past the response `after`; one row more than `size`."""
    query = (
        joined(Response, StoredReading)
        .where(*conditions(chosen))
        .order_by(Response.submitted_at.desc(), Response.id.desc())
        .options(joinedload(Response.account).load_only(Account.name), joinedload(Response.contact))
        .limit(size + 1)
    )
    last = session.get(Response, after) if after else None
    if last:
        query = query.where(
            sa.tuple_(Response.submitted_at, Response.id) < sa.tuple_(last.submitted_at, last.id)
        )
    rows = session.execute(query).all()
    ids = [response.id for response, _reading in rows]
    given, spoken = corrections_of(session, ids), mentions.of(session, ids)
    return [
        Comment(response, reading, given.get(response.id, ()), tuple(spoken.get(response.id, ())))
        for response, reading in rows
    ]


def corrections_of(session: Session, response_ids: list[int]) -> dict[int, tuple[Correction, ...]]:
    query = sa.select(Correction).where(Correction.response_id.in_(response_ids))
    found: dict[int, tuple[Correction, ...]] = {}
    for row in session.scalars(query.order_by(Correction.at.desc(), Correction.id.desc())):
        found[row.response_id] = (*found.get(row.response_id, ()), row)
    return found


@dataclass(frozen=True)
class Tally:
    """How many comments of each label and language, and how many of them do not fit their score."""

    labels: dict[Label, int]
    mismatches: dict[str, int]
    languages: dict[str, int]

    @property
    def n(self) -> int:
        return sum(self.labels.values())


def tally(session: Session, chosen: Chosen) -> Tally:
    """All of it in one look at the comments, since there may be many."""
    count = sa.func.count()
    kinds = [count.filter(mismatch(kind)) for kind in KINDS]
    query = joined(said, language, count, *kinds).where(*conditions(chosen)).group_by(said, language)
    labels, mismatches = dict.fromkeys(Label, 0), dict.fromkeys(KINDS, 0)
    languages: Counter[str] = Counter()
    for label, spoken, number, *found in session.execute(query):
        labels[label] += number
        languages[spoken] += number
        for kind, more in zip(KINDS, found, strict=True):
            mismatches[kind] += more
    return Tally(labels, mismatches, dict(sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))))
