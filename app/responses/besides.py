"""Answers that have no column of their own, read for pages, files and other programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

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


def answers_of(
    session: Session, response_ids: Collection[int], *, beside: bool = False
) -> Mapping[int, list[Answer]]:
    """Every answer of these responses, question by question, by response; `beside`: those without a column alone."""
    found = defaultdict(list)
    query = sa.select(Answer).where(Answer.response_id.in_(response_ids)).join(Answer.question)
    query = query.where(Question.kind.not_in(IN_COLUMNS)) if beside else query
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


def line(answers: list[Answer]) -> str:
    """The answers in one cell of a file: `csat=4; drivers=price, ease`."""
    return "; ".join(
        f"{answer.question.name}={value}"
        for answer in answers
        if not answer.question.of_kind.column
        for value in [
            ", ".join([*number(answer), *(answer.picked or ()), *([answer.words] if answer.words else [])])
        ]
    )


def number(answer: Answer) -> list[str]:
    return [] if answer.number is None else [f"{answer.number:g}"]
