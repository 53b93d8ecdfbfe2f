"""The next version of a survey while it is being written. Nobody is asked with it before it is put to use.

Waves ask the newest version that is no draft, and asks that are under way keep the one with which they were asked; so a
survey can be changed at any time, its series goes on, and the day of the change is known.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.surveys import wording
from app.surveys.kinds import KINDS
from app.surveys.models import Question, Survey, SurveyVersion
from app.surveys.templates import NAMES, OPTIONS, shipped, shipped_words
from app.surveys.words.translating import copy_of

MOST_QUESTIONS = 20
# The number of a draft's positions while they are dealt anew: no two may be the same at any moment.
ASIDE = 1000
OWN_LIST = ("single", "multiple")


def begun(session: Session, survey: Survey, *, now: datetime) -> SurveyVersion:
    """The draft of a survey, begun as a copy of what is asked now unless there is one."""
    if survey.draft is None:
        draft = copy_of(survey.current, now)
        draft.is_draft = True
        survey.versions.append(draft)
        session.flush()
    return survey.draft


def discard(session: Session, survey: Survey) -> None:
    """Take the draft away; what is asked now stays."""
    if survey.draft is not None:
        session.delete(survey.draft)
        session.flush()
        session.expire(survey, ["versions"])


def put_to_use(session: Session, survey: Survey, *, now: datetime) -> SurveyVersion:
    """From now on waves ask the draft. Refused while something in it cannot be asked."""
    draft = survey.draft
    if draft is None:
        raise Refused(_("There is no draft of this survey."))
    if found := problems(draft):
        raise Refused(" ".join(found))
    draft.is_draft, draft.created_at, survey.updated_at = False, now, now
    session.flush()
    return draft


def problems(draft: SurveyVersion) -> list[str]:
    """Why a draft cannot be asked yet."""
    names = {question.name: question for question in draft.questions}
    found = []
    if not any(not question.asked.rule for question in draft.questions):
        found.append(_("At least one question must be asked of everybody."))
    if not wording.languages(draft):
        found.append(_("No language has words for every question."))
    for question in draft.questions:
        title = title_of(question)
        if question.of_kind.has_choices and len(question.asked.choices) < 2:
            found.append(_("“%(question)s” needs at least two choices.", question=title))
        rule = question.asked.rule or {}
        on = names.get(rule.get("question", "score"))
        if rule and (on is None or on.asked.rule):
            found.append(
                _("“%(question)s” depends on a question that is not asked of everybody.", question=title)
            )
    return found


def title_of(question: Question) -> str:
    """The question in the first language it has, else its kind."""
    words = wording.pick(question.words, wording.FALLBACK)
    return words.get("question") or words.get("any") or str(question.of_kind.title)


def offered(draft: SurveyVersion) -> list[str]:
    """The kinds that can be added."""
    there = {question.kind for question in draft.questions}
    return [key for key, kind in KINDS.items() if not (kind.is_single and key in there)]


def add(session: Session, draft: SurveyVersion, kind: str) -> Question:
    """A further question at the end, in the words that come with the product for its kind. Refused for too many."""
    if kind not in offered(draft) or len(draft.questions) >= MOST_QUESTIONS:
        raise Refused(_("This question cannot be added."))
    base = KINDS[kind].column or kind
    names = {question.name for question in draft.questions}
    name = next(n for n in (base, *(f"{base}_{i}" for i in range(2, 99))) if n not in names)
    question = Question(
        position=len(draft.questions) + 1,
        kind=kind,
        name=name,
        words={
            tag: deepcopy(w["questions"][base])
            for tag, w in shipped_words().items()
            if base in w["questions"]
        },
        options=deepcopy(OPTIONS.get(base, {})),
        is_required=False,
    )
    draft.questions.append(question)
    session.flush()
    return question


def remove(session: Session, draft: SurveyVersion, question: Question) -> None:
    draft.questions.remove(question)
    session.flush()
    deal(session, draft, draft.questions)


def move(session: Session, draft: SurveyVersion, question: Question, by: int) -> None:
    """One place up (-1) or down (1); at either end nothing happens."""
    order = list(draft.questions)
    place = order.index(question)
    order.insert(max(0, place + by), order.pop(place))
    deal(session, draft, order)


def deal(session: Session, draft: SurveyVersion, order: list[Question]) -> None:
    """Give the questions their positions in that order."""
    for start in (ASIDE, 1):
        for number, question in enumerate(list(order), start):
            question.position = number
        session.flush()
    session.refresh(draft, ["questions"])


def from_template(session: Session, template: str, *, now: datetime) -> Survey:
    """A further survey of a shipped template, with a name and a key of its own."""
    if template not in NAMES:
        raise Refused(_("There is no such template."))
    survey = shipped(template, now=now)
    return named_anew(session, survey, NAMES[template], template)


def duplicate(session: Session, survey: Survey, *, now: datetime) -> Survey:
    """A survey that asks the same, with a series of its own."""
    version = copy_of(survey.current, now)
    version.number = 1
    copy = Survey(template=survey.template, versions=[version])
    return named_anew(session, copy, survey.name, survey.template)


def named_anew(session: Session, survey: Survey, name: str, key: str) -> Survey:
    taken_names = set(session.scalars(sa.select(Survey.name)))
    taken_keys = set(session.scalars(sa.select(Survey.key)))
    numbers = range(2, len(taken_keys) + 3)
    survey.name = next(n for n in (name, *(f"{name[:110]} {i}" for i in numbers)) if n not in taken_names)
    survey.key = next(k for k in (key, *(f"{key[:56]}-{i}" for i in numbers)) if k not in taken_keys)
    session.add(survey)
    session.flush()
    return survey
