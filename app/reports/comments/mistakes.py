"""How often the engine hears a comment wrongly: by engine and version, by label and by language, with n and interval.

Two kinds of evidence, which are never added up. Comments drawn by lot, judged without seeing the reading, give a share
of wrong ones with its interval. Corrections that somebody made while reading only say that at least so many are wrong:
nobody corrects what is right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.reports.statistics.nps import Interval, wilson
from app.responses.models import Response
from app.sentiment import texts
from app.sentiment.models import Correction, Label, StoredReading
from app.sentiment.texts import Text

SPREAD, MODULUS = 2_654_435_761, 2**32


@dataclass
class Judged:
    """Judgements of one group; `found` are corrections that came up by chance."""

    drawn: int = 0
    wrong: int = 0
    found: int = 0

    @property
    def share(self) -> float | None:
        return self.wrong / self.drawn if self.drawn else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.wrong, self.drawn)


@dataclass
class Mistakes:
    """The judgements that stand, in all and by group; `confusion` counts (heard, is) of the comments drawn."""

    total: Judged = field(default_factory=Judged)
    versions: dict[str, Judged] = field(default_factory=lambda: defaultdict(Judged))
    labels: dict[Label, Judged] = field(default_factory=lambda: defaultdict(Judged))
    languages: dict[str, Judged] = field(default_factory=lambda: defaultdict(Judged))
    confusion: dict[tuple[Label, Label], int] = field(default_factory=lambda: defaultdict(int))


def mistakes(session: Session) -> Mistakes:
    """What colleagues judged, the last word on each comment and version; rehearsals and what was taken back left out."""
    last = sa.func.row_number().over(
        partition_by=(
            Correction.response_id,
            Correction.question_id,
            Correction.engine,
            Correction.version,
            Correction.is_drawn,
        ),
        order_by=(Correction.at.desc(), Correction.id.desc()),
    )
    rows = (
        sa.select(Correction, last.label("place"))
        .join(Response, Response.id == Correction.response_id)
        .where(Correction.undone_at.is_(None), Response.is_rehearsal.is_(False))
        .subquery()
    )
    given = rows.c
    group = (given.engine, given.version, given.language, given.heard, given.label, given.is_drawn)
    query = sa.select(*group, sa.func.count()).where(given.place == 1).group_by(*group)
    found = Mistakes()
    for engine, version, language, was, label, is_drawn, number in session.execute(query):
        for one in (
            found.total,
            found.versions[f"{engine} {version}"],
            found.labels[was],
            found.languages[language or ""],
        ):
            add(one, number, is_drawn=is_drawn, is_wrong=was != label)
        if is_drawn:
            found.confusion[was, label] += number
    return found


def add(to: Judged, number: int, *, is_drawn: bool, is_wrong: bool) -> None:
    if is_drawn:
        to.drawn += number
        to.wrong += number * is_wrong
    else:
        to.found += number * is_wrong


def lot() -> sa.ColumnElement[int]:
    """The place of a text in the lot: by chance, and the same for everybody."""
    return (StoredReading.id * SPREAD) % MODULUS


def not_judged(since: date) -> tuple[sa.ColumnElement[bool], ...]:
    return StoredReading.is_counted, StoredReading.corrected.is_(None), StoredReading.day >= since


def next_drawn(session: Session, *, since: date, skipped: int = 0) -> Text | None:
    """The next text of the lot that nobody has judged, given on `since` or later; past the reading that was skipped."""
    query = sa.select(StoredReading.id).where(*not_judged(since)).order_by(lot(), StoredReading.id).limit(1)
    found = session.scalar(query.where(lot() > skipped * SPREAD % MODULUS)) if skipped else None
    row = session.execute(texts.select().where(StoredReading.id == (found or session.scalar(query)))).first()
    return Text(*row) if row else None


def left_to_draw(session: Session, *, since: date) -> int:
    """How many comments nobody has judged."""
    return session.scalar(sa.select(sa.func.count(StoredReading.id)).where(*not_judged(since))) or 0


def training(session: Session) -> Iterator[dict]:
    """The corrections that stand as examples to learn from, oldest first: text, label, what the engine said, language.

    Words of people who were forgotten are not among them.
    """
    stands = Correction.reading_id.is_not(None), Correction.undone_at.is_(None)
    query = (
        texts.select()
        .where(StoredReading.is_counted, StoredReading.corrected.is_not(None), texts.said != "")
        .order_by(StoredReading.id)
    )
    drawn = sa.select(Correction.reading_id).where(*stands, Correction.is_drawn)
    by_lot = set(session.scalars(drawn))
    for reading, response, words in session.execute(query, execution_options={"yield_per": 500}):
        yield {
            "text": words,
            "label": reading.corrected.value,
            "heard": reading.label.value,
            "polarity": reading.polarity,
            "lang": reading.language or response.language,
            "engine": reading.engine,
            "version": reading.version,
            "intent": reading.intent.value,
            "drawn": reading.id in by_lot,
        }
