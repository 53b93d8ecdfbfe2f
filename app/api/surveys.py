"""Surveys for other programs: what can be asked, in which languages and words."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import selectinload

from app.api.protocol.fields import Flag, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.core.errors import NotFound
from app.extensions import db
from app.sentiment import texts
from app.surveys import wording
from app.surveys.kinds import KINDS
from app.surveys.models import Question, Survey, SurveyVersion

resource = Resource("surveys", "What can be asked.")
LOADED = selectinload(Survey.versions).selectinload(SurveyVersion.questions)


class QuestionSchema(Shown):
    """A question; `least` and `most` are the ends of its scale, null where there is none."""

    name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(KINDS)))
    required = ma.fields.Boolean(attribute="is_required", required=True)
    least = ma.fields.Function(
        lambda question: min(question.of_kind.values, default=None),
        required=True,
        metadata={"type": ["integer", "null"]},
    )
    most = ma.fields.Function(
        lambda question: max(question.of_kind.values, default=None),
        required=True,
        metadata={"type": ["integer", "null"]},
    )
    choices = ma.fields.Function(
        lambda question: list(question.asked.choices),
        required=True,
        metadata={
            "type": "array",
            "items": {"type": "string"},
            "description": "The keys to choose from; their words stand in `words`.",
        },
    )
    bad = ma.fields.Function(
        lambda question: list(question.asked.options.get("bad", ())),
        required=True,
        metadata={
            "type": "array",
            "items": {"type": "string"},
            "description": "The keys of choices that open a follow-up.",
        },
    )
    shown_if = ma.fields.Function(
        lambda question: question.asked.rule,
        required=True,
        metadata={
            "type": ["object", "null"],
            "description": "Of whom it is asked, by `band` or by `question` and `values`; null: of everybody.",
        },
    )
    intent = ma.fields.Function(
        lambda question: (
            texts.intent_of(question.options or {}).value if question.kind == texts.WRITTEN else None
        ),
        required=True,
        metadata={
            "type": ["string", "null"],
            "description": "What an open question asks for, by which its answers are heard: `why`, `improve` or `like`.",
        },
    )
    words = ma.fields.Dict(required=True, keys=ma.fields.String(), metadata={"description": "By language."})


class SurveySchema(Shown):
    """A survey as new waves ask it."""

    id = Id(required=True)
    key = ma.fields.String(required=True, metadata={"description": "What programs call it."})
    name = ma.fields.String(required=True)
    template = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    languages = ma.fields.List(ma.fields.String(), required=True)
    questions = ma.fields.List(ma.fields.Nested(QuestionSchema), required=True)
    archived = ma.fields.Boolean(required=True)
    updated_at = Moment(required=True)


class SurveyFilters(Filters):
    template = Many(Text(32))
    archived = Flag(text=True)


def is_archived(wanted: bool) -> sa.ColumnElement[bool]:
    return Survey.archived_at.is_not(None) if wanted else Survey.archived_at.is_(None)


WHERE = {"template": Survey.template.in_, "archived": is_archived}


def told(surveys: list[Survey]) -> list[dict]:
    return [one(survey) for survey in surveys]


def one(survey: Survey) -> dict:
    names = ("id", "key", "name", "template", "updated_at")
    version = survey.current if survey.versions else None
    questions: list[Question] = version.questions if version else []
    return {name: getattr(survey, name) for name in names} | {
        "version": version.number if version else 0,
        "languages": wording.languages(version) if version else [],
        "questions": questions,
        "archived": survey.archived_at is not None,
    }


@resource.lists("/surveys", SurveySchema, filters=SurveyFilters, stamp=Survey.updated_at, told=told)
def find(asked):
    """List surveys"""
    return sa.select(Survey).where(*matching(WHERE, asked)).options(LOADED)


@resource.reads("/surveys/<int:survey_id>", SurveySchema)
def show(survey_id: int):
    """Show a survey"""
    found = db.session.get(Survey, survey_id, options=[LOADED])
    if found is None:
        raise NotFound(_("There is no such survey."))
    return one(found)
