"""Answers that have no column of their own, read for pages, files and other programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.orm import Session, joinedload

from app.core.database.prepared import Prepared, among, connection_of
from app.responses.models import Answer
from app.surveys import wording
from app.surveys.kinds import KINDS
from app.surveys.models import Question


@dataclass(frozen=True)
class Told:
    """A question and its answer in words of one language."""

    question: str
    answer: str


IN_COLUMNS = [key for key, kind in KINDS.items() if kind.column]


def answers_of(session: Session, response_ids: Collection[int]) -> Mapping[int, list[Answer]]:
    """Every answer of these responses, question by question, by response."""
    found = defaultdict(list)
    query = sa.select(Answer).where(Answer.response_id.in_(response_ids)).join(Answer.question)
    for answer in session.scalars(query.order_by(Question.position).options(joinedload(Answer.question))):
        found[answer.response_id].append(answer)
    return found


def told_of(
    session: Session, response_ids: Collection[int], language: str, named: Mapping[str, str]
) -> Mapping[int, list[Told]]:
    """What these responses say beside their columns, in the words with which it was asked in `language`."""
    return {
        id: [told(answer, language, named) for answer in answers if not answer.question.of_kind.column]
        for id, answers in answers_of(session, response_ids).items()
    }


def told(answer: Answer, language: str, named: Mapping[str, str]) -> Told:
    """One answer: the number with its word, the words of what was picked, what was written."""
    item, parts = wording.item(answer.question, language, named), []
    if answer.number is not None:
        number = int(answer.number)
        parts.append(_("%(points)s of %(most)s", points=number, most=item.values[-1]))
        parts += [item.labels[number]] if number in item.labels else []
    words = {**item.extra, **dict(item.choices)}
    parts.append(", ".join(words.get(key, key) for key in answer.picked or ()))
    parts.append(answer.words or "")
    return Told(item.question, " · ".join(part for part in parts if part))


def lines_of(on: Connection | Session, response_ids: Collection[int]) -> dict[int, str]:
    """The answers of each of these responses that has any, in one cell of a file: `csat=4; drivers=price, ease`."""
    found = defaultdict(list)
    for row in IN_LINES.rows(connection_of(on), among=list(response_ids)):
        found[row.response_id].append(pair(row.name, row.number, row.picked, row.words))
    return {id: "; ".join(pairs) for id, pairs in found.items()}


IN_LINES = Prepared(
    sa.select(Answer.response_id, Question.name, Answer.number, Answer.picked, Answer.words)
    .join(Question, Question.id == Answer.question_id)
    .where(among(Answer.response_id), *(Question.kind != kind for kind in IN_COLUMNS))
    .order_by(Question.position, Answer.id)
)


def pair(name: str, number: float | None, picked: list[str] | None, words: str | None) -> str:
    """The name of a question and what was answered to it."""
    parts = [] if number is None else [f"{number:g}"]
    return f"{name}={', '.join([*parts, *(picked or ()), *([words] if words else [])])}"
