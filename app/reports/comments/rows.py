"""The texts of a period with their readings, narrowed by label, band, mismatch, question, language and words.

A colleague's correction wins over the reading in every filter and count. Rehearsals, and answers that a machine may
have sent and nobody has reviewed, are left out. What is counted stands in the readings alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account
from app.responses.models import Answer, Response
from app.sentiment import texts
from app.sentiment.judging.mismatch import KINDS, is_mismatch, mismatch
from app.sentiment.models import Correction, Label, Mention, StoredReading
from app.sentiment.themes import mentions
from app.surveys.models import Question
from app.surveys.scales import BAND_SCORES, Band

PAGE_SIZE = 40
CORRECTED, RIGHT, UNCHECKED = "corrected", "right", "unchecked"
NO_THEME = "none"
CHECKS = (CORRECTED, RIGHT, UNCHECKED)
COMMENT, FURTHER = "comment", "further"
QUESTIONS = (COMMENT, FURTHER)

said = StoredReading.said
language = sa.func.coalesce(StoredReading.language, "")
NEWEST_FIRST = (StoredReading.day, StoredReading.response_id, StoredReading.id)


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
    question: str = ""

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def is_narrowed(self) -> bool:
        given = (self.label, self.band, self.mismatch, self.language, self.check, self.words, self.theme)
        return any((*given, self.question))


@dataclass(frozen=True)
class Comment:
    """A text, its reading, and what colleagues said of it, the newest first; `question` is None for the comment."""

    response: Response
    reading: StoredReading
    words: str
    question: Question | None = None
    corrections: tuple[Correction, ...] = ()
    mentions: tuple[Mention, ...] = ()

    @property
    def is_mismatch(self) -> bool:
        return self.question is None and is_mismatch(self.reading.score, self.reading.said)

    @property
    def standing(self) -> Correction | None:
        """The correction that holds."""
        alive = (one for one in self.corrections if one.reading_id and not one.undone_at)
        return next(alive, None)


def conditions(chosen: Chosen) -> list[sa.ColumnElement[bool]]:
    found = [StoredReading.is_counted, StoredReading.day >= chosen.start, StoredReading.day < chosen.end]
    if chosen.label:
        found.append(said == chosen.label)
    if chosen.band:
        found.append(StoredReading.score.between(*BAND_SCORES[chosen.band]))
    if chosen.mismatch:
        found.append(mismatch(chosen.mismatch))
    if chosen.language:
        found.append(language == chosen.language)
    if chosen.check:
        found.append(checked(chosen.check))
    if chosen.theme:
        found.append(about(chosen.theme))
    if chosen.question:
        is_comment = StoredReading.question_id.is_(None)
        found.append(is_comment if chosen.question == COMMENT else sa.not_(is_comment))
    if chosen.words:
        found.append(StoredReading.id.in_(saying(chosen)))
    return found


def saying(chosen: Chosen) -> sa.CompoundSelect:
    """The readings of the days in whose texts the words stand: comments, and words to further questions."""
    reading, words = StoredReading, {"other": chosen.words, "autoescape": True}
    days = reading.day >= chosen.start, reading.day < chosen.end
    comments = sa.select(reading.id).join(Response, Response.id == reading.response_id)
    comments = comments.where(reading.question_id.is_(None), *days, Response.comment.icontains(**words))
    of_reading = Answer.response_id == reading.response_id, Answer.question_id == reading.question_id
    further = sa.select(reading.id).join(Answer, sa.and_(*of_reading)).where(*days)
    return comments.union_all(further.where(Answer.words.icontains(**words)))


def about(theme: str) -> sa.ColumnElement[bool]:
    """Comments that speak of the theme with that id, or of none."""
    if theme == NO_THEME:
        return sa.not_(sa.func.coalesce(StoredReading.is_themed, sa.false()))
    return StoredReading.id.in_(sa.select(Mention.reading_id).where(Mention.theme_id == int(theme)))


def checked(how: str) -> sa.ColumnElement[bool]:
    """Readings that colleagues called wrong, called right, or have not judged."""
    given = StoredReading.corrected
    return {
        CORRECTED: given != StoredReading.label,
        RIGHT: given == StoredReading.label,
        UNCHECKED: given.is_(None),
    }[how]


def comments(
    session: Session, chosen: Chosen, *, after: int | None = None, size: int = PAGE_SIZE
) -> list[Comment]:
    """The comments chosen, newest first, past the response `after`; one row more than `size`."""
    newest = tuple(column.desc() for column in NEWEST_FIRST)
    query = sa.select(StoredReading.id).where(*conditions(chosen)).order_by(*newest).limit(size + 1)
    last = session.get(StoredReading, after) if after else None
    if last:
        query = query.where(sa.tuple_(*NEWEST_FIRST) < sa.tuple_(last.day, last.response_id, last.id))
    ids = session.scalars(query).all()
    rows = (
        texts.select(StoredReading, Response, texts.said, Question)
        .outerjoin(Question, Question.id == StoredReading.question_id)
        .where(StoredReading.id.in_(ids))
        .order_by(*newest)
        .options(joinedload(Response.account).load_only(Account.name), joinedload(Response.contact))
    )
    shown = session.execute(rows).all()
    given, spoken = corrections_of(session, shown), mentions.of(session, list(ids))
    return [
        Comment(
            response, reading, words, question, given.get(reading.id, ()), tuple(spoken.get(reading.id, ()))
        )
        for reading, response, words, question in shown
    ]


def has_further(session: Session) -> bool:
    """Whether words were given to any question but the comment's."""
    asked = sa.exists().where(Question.kind == texts.WRITTEN)
    return bool(session.scalar(sa.select(asked)))


def corrections_of(session: Session, shown: Sequence[sa.Row]) -> dict[int, tuple[Correction, ...]]:
    """By reading; those of an earlier version of the words stand with the present one."""
    present = {(reading.response_id, reading.question_id): reading.id for reading, *_more in shown}
    query = sa.select(Correction).where(Correction.response_id.in_({response for response, _of in present}))
    found: dict[int, tuple[Correction, ...]] = {}
    for row in session.scalars(query.order_by(Correction.at.desc(), Correction.id.desc())):
        place = present.get((row.response_id, row.question_id), 0)
        found[place] = (*found.get(place, ()), row)
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
    query = sa.select(said, language, count, *kinds).where(*conditions(chosen)).group_by(said, language)
    labels, mismatches = dict.fromkeys(Label, 0), dict.fromkeys(KINDS, 0)
    languages: Counter[str] = Counter()
    for label, spoken, number, *found in session.execute(query):
        labels[label] += number
        languages[spoken] += number
        for kind, more in zip(KINDS, found, strict=True):
            mismatches[kind] += more
    return Tally(labels, mismatches, dict(sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))))
