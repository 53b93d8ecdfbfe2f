"""The texts that are read: comments and the words given to further questions, what they were asked for, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.responses.models import Answer, Response
from app.responses.recording import Said
from app.sentiment.models import Intent, StoredReading
from app.sentiment.reading import Reading, read
from app.surveys.models import Question
from app.surveys.scales import Band, band

WRITTEN = "text"
"""The kind of the further questions whose words are an opinion: not a phone number, not the name of a goal."""
Heard = Mapping[int | None, tuple[Reading, Intent]]
"""What was heard in each text of an answer and what it was asked for, by its question's id; None is the comment."""


class Text(NamedTuple):
    """A text with its reading; `words` are empty once they were forgotten."""

    reading: StoredReading
    response: Response
    words: str


said = sa.func.coalesce(
    sa.case((StoredReading.question_id.is_(None), Response.comment), else_=Answer.words), ""
)
is_comment = StoredReading.question_id.is_(None)


def select(*columns: Any) -> sa.Select:
    """Columns of readings, their responses and their words; without any, what `Text` has."""
    rows = sa.join(StoredReading, Response, Response.id == StoredReading.response_id).outerjoin(
        Answer,
        sa.and_(
            Answer.response_id == StoredReading.response_id, Answer.question_id == StoredReading.question_id
        ),
    )
    return sa.select(*(columns or (StoredReading, Response, said))).select_from(rows)


def intent_of_score(score: int | None) -> Intent:
    """What a comment was asked for: the words of its question go by the score."""
    if score is None:
        return Intent.WHY
    return Intent.LIKE if band(score) is Band.PROMOTER else Intent.IMPROVE


def intent_of(options: Mapping[str, Any]) -> Intent:
    """What a further question asks for, by its options."""
    given = options.get("intent", "")
    return Intent(given) if given in set(Intent) else Intent.WHY


def intents_of(session: Session, said: Said) -> dict[int, Intent]:
    """What the further questions of an answer ask for."""
    query = sa.select(Question.id, Question.options).where(
        Question.id.in_(said.others), Question.kind == WRITTEN
    )
    return {id: intent_of(options or {}) for id, options in session.execute(query)} if said.others else {}


def hear(said: Said, language: str, intents: Mapping[int, Intent]) -> Heard:
    """How every text of an answer sounds; `intents` are those of its further questions (pure)."""
    found = {}
    if said.comment:
        found[None] = heard(said.comment, language, intent_of_score(said.score))
    for id, given in said.others.items():
        if given.kind == WRITTEN and given.words:
            found[id] = heard(given.words, language, intents.get(id, Intent.WHY))
    return found


def heard(words: str, language: str, intent: Intent) -> tuple[Reading, Intent]:
    return read(words, lang=language, intent=intent, with_clauses=False), intent
