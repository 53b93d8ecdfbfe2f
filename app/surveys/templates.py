"""The surveys that come with the product, as rows of a new installation.

Their words stand in `words/<language>.json`; a further language is a further file. `ensure` may run at every start:
it adds what is missing and never changes a word that is already there, because it may have been asked.
"""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.surveys.models import Program, ProgramKind, Question, QuestionKind, Survey, SurveyVersion

WORDS = Path(__file__).parent / "words"
SINGLE_ASKS = "Just ask"
NAMES = {
    "nps": "Recommendation (NPS)",
    "value": "Value",
    "nps_value": "Recommendation and value",
    "csat": "Satisfaction (CSAT)",
    "ces": "Effort (CES)",
    "onboarding": "Onboarding",
}
QUESTIONS = {
    "nps": ("score", "comment"),
    "value": ("value_overall", "value_goal", "value_ease", "comment"),
    "nps_value": ("score", "comment", "value_overall", "value_goal", "value_ease"),
    "csat": ("csat", "drivers", "comment"),
    "ces": ("ces", "comment"),
    "onboarding": ("start_ease", "first_value", "obstacles", "goal", "comment"),
}
# Questions whose name is not that of their kind.
KINDS_OF = {"score": QuestionKind.NPS, "start_ease": "ces", "first_value": "single", "obstacles": "drivers"}
# Words of a question in one survey that are not those of its name.
SAID_AS = {("onboarding", "comment"): "start_comment"}
OPTIONS = {
    "drivers": {"choices": ["function", "ease", "reliability", "support", "results", "price"]},
    "first_value": {"choices": ["yes", "some", "not_yet", "unsure"], "bad": ["not_yet"]},
    "obstacles": {
        "choices": ["time", "training", "setup", "function", "people", "other"],
        "bad": ["time", "training", "setup", "function", "people", "other"],
        "shown_if": {"question": "first_value", "values": ["not_yet", "unsure"]},
    },
}
REQUIRED = {
    "nps": "score",
    "value": "value_overall",
    "nps_value": "score",
    "csat": "csat",
    "ces": "ces",
    "onboarding": "start_ease",
}


@cache
def shipped_words() -> dict[str, dict]:
    """The words of every shipped language: `{language: {"surveys": {...}, "questions": {...}}}`."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(WORDS.glob("*.json"))}


def ensure(session: Session, *, now: datetime) -> list[str]:
    """Add the shipped surveys, languages and the program of single asks that are missing; the keys of new surveys."""
    present = {survey.key: survey for survey in session.scalars(sa.select(Survey))}
    for key in NAMES.keys() & present.keys():
        add_languages(present[key])
        add_options(present[key])
    missing = [key for key in NAMES if key not in present]
    session.add_all([shipped(key, now=now) for key in missing])
    session.flush()
    ensure_single_asks(session)
    return missing


def shipped(key: str, *, now: datetime) -> Survey:
    """The rows of one template, unsaved."""
    words = shipped_words()
    questions = [
        Question(
            position=position,
            kind=KINDS_OF.get(name, name),
            name=name,
            words={
                tag: found["questions"][said_as(key, name)]
                for tag, found in words.items()
                if said_as(key, name) in found["questions"]
            },
            options=deepcopy(OPTIONS.get(name, {})),
            is_required=name == REQUIRED[key],
        )
        for position, name in enumerate(QUESTIONS[key], 1)
    ]
    version = SurveyVersion(
        number=1,
        words={tag: found["surveys"][key] for tag, found in words.items() if key in found["surveys"]},
        questions=questions,
        created_at=now,
    )
    return Survey(key=key, name=NAMES[key], template=key, versions=[version])


def add_languages(survey: Survey) -> None:
    """Words of languages that came with a newer version of the product; those of known languages stay untouched."""
    if survey.template not in NAMES:
        return
    version = survey.current
    for language, found in shipped_words().items():
        if language not in version.words and survey.template in found["surveys"]:
            version.words = version.words | {language: found["surveys"][survey.template]}
        for question in version.questions:
            said = found["questions"].get(said_as(survey.template, question.name))
            if language not in question.words and said:
                question.words = question.words | {language: said}


def add_options(survey: Survey) -> None:
    """Which choices call for a follow-up, on questions of an installation from before that was said."""
    for version in survey.versions if survey.template in NAMES else ():
        for question in version.questions:
            shipped_options = OPTIONS.get(question.name, {})
            if "bad" in shipped_options and "bad" not in question.options:
                known = [key for key in shipped_options["bad"] if key in question.asked.choices]
                question.options = {**question.options, "bad": known}


def said_as(key: str, name: str) -> str:
    """Under which name the words of a question of that survey stand."""
    return SAID_AS.get((key, name), name)


def ensure_single_asks(session: Session) -> None:
    """The program by which one person is asked with one press, unless there is one."""
    if session.scalar(sa.select(sa.exists().where(Program.kind == ProgramKind.MANUAL))):
        return
    nps = session.scalars(sa.select(Survey).filter_by(key="nps")).one()
    session.add(Program(name=SINGLE_ASKS, survey=nps, kind=ProgramKind.MANUAL))
    session.flush()
