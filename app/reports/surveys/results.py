"""The answers to a survey summed up by question, over all of its versions or one.

A question is the same through the versions while its name and kind are. Answers given in rehearsal, and those that a
machine may have sent and nobody has reviewed, are left out, as everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.responses.models import Answer, Response
from app.sentiment.models import Label, StoredReading
from app.surveys.kinds import KINDS
from app.surveys.kinds.kind import Given, Summary
from app.surveys.models import Question, QuestionKind, Survey, SurveyVersion

VOICES = 5


@dataclass(frozen=True)
class Result:
    """One question as it was asked last, what was answered to it, and for open questions how many answers sound how,
    and the newest ones."""

    question: Question
    summary: Summary
    voices: Sequence[Answer] = ()
    labels: Mapping[Label, int] = field(default_factory=dict)


def heard() -> tuple[sa.ColumnElement[bool], ...]:
    reviewed = sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None))
    return Response.is_rehearsal.is_(False), reviewed


def results(session: Session, survey: Survey, version: SurveyVersion | None = None) -> list[Result]:
    """A result for each question, those of the newest version first, then such as are no longer asked."""
    wanted = SurveyVersion.survey_id == survey.id if version is None else SurveyVersion.id == version.id
    groups, labels = grouped(session, wanted), sounding(session, wanted)
    questions = {}
    for one in [version] if version else reversed(survey.versions):
        for question in one.questions if not one.is_draft else ():
            questions.setdefault((question.name, question.kind), question)
    return [
        Result(
            question,
            KINDS[question.kind].summary(groups[place]),
            () if KINDS[question.kind].is_chosen else voices(session, wanted, question),
            labels.get(place, {}),
        )
        for place, question in questions.items()
        if question.kind in KINDS
    ]


def grouped(session: Session, wanted: sa.ColumnElement[bool]) -> dict[tuple, list[tuple[Given, int]]]:
    """Equal answers with their number, by name and kind of the question."""
    # Words are counted and not compared: each is its own.
    has_words = Answer.words.is_not(None)
    columns = (Question.name, Question.kind, Answer.number, Answer.picked, has_words)
    query = (
        sa.select(*columns, sa.func.count())
        .select_from(Answer)
        .join(Question, Question.id == Answer.question_id)
        .join(SurveyVersion, SurveyVersion.id == Question.version_id)
        .join(Response, Response.id == Answer.response_id)
        .where(wanted, *heard())
        .group_by(*columns)
    )
    found = defaultdict(list)
    for name, kind, number, picked, _words, count in session.execute(query):
        found[name, kind].append((Given(kind, number, None, tuple(picked or ())), count))
    return found


def sounding(session: Session, wanted: sa.ColumnElement[bool]) -> dict[tuple, dict[Label, int]]:
    """How many texts sound how, by name and kind of the question."""
    reading, is_comment = StoredReading, Question.kind == QuestionKind.COMMENT.value
    of_answer = sa.or_(
        reading.question_id == Answer.question_id, sa.and_(reading.question_id.is_(None), is_comment)
    )
    group = (Question.name, Question.kind, reading.said)
    query = (
        sa.select(*group, sa.func.count())
        .select_from(Answer)
        .join(Question, Question.id == Answer.question_id)
        .join(SurveyVersion, SurveyVersion.id == Question.version_id)
        .join(reading, sa.and_(reading.response_id == Answer.response_id, of_answer))
        .where(wanted, reading.is_counted, Answer.words.is_not(None))
        .group_by(*group)
    )
    found: dict[tuple, dict[Label, int]] = defaultdict(dict)
    for name, kind, label, number in session.execute(query):
        found[name, kind][label] = number
    return found


def voices(session: Session, wanted: sa.ColumnElement[bool], question: Question) -> Sequence[Answer]:
    """The newest words that were written to a question."""
    query = (
        sa.select(Answer)
        .join(Question, Question.id == Answer.question_id)
        .join(SurveyVersion, SurveyVersion.id == Question.version_id)
        .join(Response, Response.id == Answer.response_id)
        .where(wanted, *heard(), Answer.words.is_not(None))
        .where(Question.name == question.name, Question.kind == question.kind)
        .order_by(Response.submitted_at.desc(), Answer.id.desc())
        .options(joinedload(Answer.response).joinedload(Response.contact))
        .limit(VOICES)
    )
    return session.scalars(query).all()


def how_many(session: Session, survey: Survey, version: SurveyVersion | None = None) -> int:
    """How many people answered."""
    wanted = SurveyVersion.survey_id == survey.id if version is None else SurveyVersion.id == version.id
    query = sa.select(sa.func.count(Response.id.distinct())).select_from(Answer)
    query = query.join(Question, Question.id == Answer.question_id)
    query = query.join(SurveyVersion, SurveyVersion.id == Question.version_id)
    query = query.join(Response, Response.id == Answer.response_id)
    return session.scalar(query.where(wanted, *heard())) or 0
