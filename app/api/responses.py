"""Answers for other programs: what people said, how it sounded, and whether it counts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from app import journey
from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Day, Flag, Given, Id, Many, Moment, Shown, Text, Whole
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.core.errors import NotFound
from app.delivery.models import Invitation
from app.extensions import db
from app.followups.unfit import judging
from app.reports.accounts.story import readings
from app.reports.trend import counted
from app.responses import besides
from app.responses.models import Answer, Response
from app.sentiment.judging import corrections
from app.sentiment.judging.mismatch import is_mismatch, mismatch
from app.sentiment.models import Label, StoredReading
from app.sentiment.themes import mentions
from app.surveys.scales import BAND_SCORES, Band, band

resource = Resource("responses", "What people answered.")
PLAIN = (
    "id",
    "invitation_id",
    "contact_id",
    "account_id",
    "score",
    "comment",
    "language",
    "submitted_at",
    "updated_at",
)


class ValueSchema(Shown):
    """The value items as given, and their points 0 to 100, null without the first two."""

    overall = ma.fields.Integer(required=True, allow_none=True)
    goal = ma.fields.Integer(required=True, allow_none=True)
    ease = ma.fields.Integer(required=True, allow_none=True)
    points = ma.fields.Float(required=True, allow_none=True)


class SentimentSchema(Shown):
    """How a comment sounds: polarity -1 to 1, null with the label unknown, and the words it rests on."""

    polarity = ma.fields.Float(required=True, allow_none=True)
    label = Choice(Label, required=True)
    lang = ma.fields.String(required=True, allow_none=True)
    themes = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={"description": "Found within seconds after the answer came."},
    )
    evidence = ma.fields.List(ma.fields.Dict(), required=True)
    corrected = ma.fields.Boolean(
        required=True,
        metadata={"description": "Whether a colleague said otherwise; the label is then theirs."},
    )


class AnswerSchema(Shown):
    """The answer to one question: a number, words, the keys of what was picked of a list, or several of these."""

    question = ma.fields.String(required=True, metadata={"description": "Its name in the survey."})
    kind = ma.fields.String(required=True)
    number = ma.fields.Float(required=True, allow_none=True)
    words = ma.fields.String(required=True, allow_none=True)
    picked = ma.fields.List(ma.fields.String(), required=True)
    sentiment = ma.fields.Nested(
        SentimentSchema,
        required=True,
        allow_none=True,
        metadata={
            "description": "How words to an open question sound; the comment's stands beside the answers."
        },
    )


class ResponseSchema(Shown):
    """What one person said to one ask, in its last version."""

    id = Id(required=True)
    invitation_id = Id(required=True)
    contact_id = Id(required=True)
    account_id = Id(required=True)
    score = ma.fields.Integer(required=True, allow_none=True)
    band = Choice(Band, required=True, allow_none=True)
    comment = ma.fields.String(required=True)
    value = ma.fields.Nested(ValueSchema, required=True)
    answers = ma.fields.List(
        ma.fields.Nested(AnswerSchema), required=True, metadata={"description": "Question by question."}
    )
    sentiment = ma.fields.Nested(
        SentimentSchema, required=True, allow_none=True, metadata={"description": "Null without a comment."}
    )
    language = ma.fields.String(required=True)
    submitted_at = Moment(required=True)
    flags = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={
            "description": "Of `late`, `partial`, `edited`, `maybe_automatic`, `reviewed`, `dismissed`, `rehearsal`,"
            " `mismatch` (the comment contradicts the score)."
        },
    )
    doubts = ma.fields.List(
        ma.fields.String(),
        required=True,
        metadata={
            "description": "Why a machine may have sent it: `gateway`, or two of `trap`, `scores`, `haste`, `form`,"
            " `program`, `ahead`."
        },
    )
    counted = ma.fields.Boolean(
        required=True, metadata={"description": "Whether it enters scores, and with a score NPS."}
    )
    updated_at = Moment(required=True)


class Verdict(StrEnum):
    PERSON = "person"
    MACHINE = "machine"


class LabelSchema(Given):
    """How a comment sounds, and why."""

    label = Choice(Label, required=True)
    why = Text(500)


class ReviewSchema(Given):
    """Who sent the answer."""

    verdict = Choice(Verdict, required=True)


class ResponseFilters(Filters):
    invitation_id = Many(Id())
    wave_id = Many(Id())
    contact_id = Many(Id())
    account_id = Many(Id())
    score = Many(Whole(0, 10, text=True))
    band = Many(Choice(Band))
    sentiment = Many(Choice(Label))
    mismatch = Flag(
        text=True,
        metadata={"description": "Promoters with a negative comment, detractors with a positive one."},
    )
    theme = Many(
        Text(80), metadata={"description": "Key of a theme that came along, or the name of one of your own."}
    )
    language = Many(Text(16))
    submitted_from = Day(
        metadata={"description": "Answered on that day or later, in the installation's zone."}
    )
    submitted_to = Day(metadata={"description": "Answered on that day or before."})
    late = Flag(text=True)
    rehearsal = Flag(text=True)
    counted = Flag(text=True, metadata={"description": "Whether it enters NPS."})


def in_bands(bands: list[Band]) -> sa.ColumnElement[bool]:
    return sa.or_(*(Response.score.between(*BAND_SCORES[one]) for one in bands))


def sounding(labels: list[Label]) -> sa.ColumnElement[bool]:
    query = sa.select(StoredReading.response_id).where(StoredReading.question_id.is_(None))
    return Response.id.in_(query.where(StoredReading.said.in_(labels)))


def unfit() -> sa.ColumnElement[bool]:
    of_answer = StoredReading.response_id == Response.id
    return sa.exists(sa.select(StoredReading.id).where(of_answer, mismatch()).correlate(Response))


WHERE = {
    "invitation_id": Response.invitation_id.in_,
    "wave_id": lambda ids: Response.invitation_id.in_(
        sa.select(Invitation.id).where(Invitation.wave_id.in_(ids))
    ),
    "contact_id": Response.contact_id.in_,
    "account_id": Response.account_id.in_,
    "score": Response.score.in_,
    "band": in_bands,
    "sentiment": sounding,
    "mismatch": lambda wanted: unfit() if wanted else sa.not_(unfit()),
    "theme": lambda names: Response.id.in_(mentions.about(names)),
    "language": Response.language.in_,
    "submitted_from": lambda day: Response.day >= day,
    "submitted_to": lambda day: Response.day <= day,
    "late": Response.is_late.is_,
    "rehearsal": Response.is_rehearsal.is_,
    "counted": lambda wanted: counted() if wanted else sa.not_(counted()),
}


def told(rows: list[Response]) -> list[dict]:
    """Answers with what was heard in them."""
    ids = [row.id for row in rows]
    heard, answers = readings(db.session, ids), besides.answers_of(db.session, ids)
    further = of_further(db.session, ids)
    about = mentions.names(db.session, [one.id for one in (*heard.values(), *further.values())])
    return [
        {name: getattr(row, name) for name in PLAIN}
        | {
            "band": None if row.score is None else band(row.score),
            "value": {name: getattr(row, f"value_{name}") for name in ("overall", "goal", "ease", "points")},
            "answers": [
                answered(answer) | {"sentiment": sentiment(further.get((row.id, answer.question_id)), about)}
                for answer in answers.get(row.id, ())
            ],
            "sentiment": sentiment(heard.get(row.id), about),
            "flags": flags(row, heard.get(row.id)),
            "doubts": row.doubts or [],
            "counted": row.counts,
        }
        for row in rows
    ]


def answered(answer: Answer) -> dict:
    question = answer.question
    given = {"number": answer.number, "words": answer.words, "picked": answer.picked or []}
    return {"question": question.name, "kind": question.kind} | given


def of_further(session: Session, response_ids: list[int]) -> dict[tuple[int, int], StoredReading]:
    """The readings of words that were given to further questions, by response and question."""
    query = sa.select(StoredReading).where(StoredReading.response_id.in_(response_ids))
    found = session.scalars(query.where(StoredReading.question_id.is_not(None)))
    return {(row.response_id, row.question_id): row for row in found}


def sentiment(reading: StoredReading | None, about: Mapping[int, list[str]]) -> dict | None:
    """How a text sounds, with the themes that were found by reading."""
    if reading is None:
        return None
    return {
        "polarity": reading.polarity,
        "label": reading.said,
        "lang": reading.language,
        "themes": about.get(reading.id, []),
        "evidence": reading.evidence,
        "corrected": reading.corrected is not None and reading.corrected is not reading.label,
    }


def flags(row: Response, reading: StoredReading | None) -> list[str]:
    found = {
        "late": row.is_late,
        "partial": row.is_partial,
        "edited": row.revision > 1,
        "maybe_automatic": row.is_doubtful,
        "reviewed": row.reviewed_at is not None,
        "dismissed": row.dismissed_at is not None,
        "rehearsal": row.is_rehearsal,
        "mismatch": reading is not None and is_mismatch(row.score, reading.said),
    }
    return [name for name, holds in found.items() if holds]


@resource.lists("/responses", ResponseSchema, filters=ResponseFilters, stamp=Response.updated_at, told=told)
def find(asked):
    """List answers"""
    return sa.select(Response).where(*matching(WHERE, asked))


@resource.reads("/responses/<int:response_id>", ResponseSchema)
def show(response_id: int):
    """Show an answer"""
    return told([the_response(response_id)])[0]


def the_response(response_id: int) -> Response:
    found = db.session.get(Response, response_id)
    if found is None:
        raise NotFound(_("There is no such answer."))
    return found


@resource.writes("POST", "/responses/<int:response_id>/review", ResponseSchema, takes=ReviewSchema)
def review(given: dict, response_id: int):
    """Say whether a person or a machine sent an answer that may be automatic

    A person's counts from then on, a machine's nowhere; the last word holds.
    """
    found = the_response(response_id)
    is_person = given["verdict"] is Verdict.PERSON
    journey.answer_reviewed(db.session, found, is_person=is_person, actor=actor(), now=present().now)
    return told([found])[0]


@resource.writes("PUT", "/responses/<int:response_id>/sentiment", ResponseSchema, takes=LabelSchema)
def correct(given: dict, response_id: int):
    """Say how a comment sounds

    It wins over what the engine heard wherever a label is shown or counted.
    """
    found, why = the_response(response_id), given.get("why") or ""
    reading = corrections.reading_of(db.session, found.id, lock=True)
    judging.correct(db.session, reading, given["label"], why=why, by=actor(), now=present().now)
    return told([found])[0]


@resource.writes("POST", "/responses/<int:response_id>/sentiment/undo", ResponseSchema)
def undo(response_id: int):
    """Take back the last correction of how a comment sounds"""
    found = the_response(response_id)
    reading = corrections.reading_of(db.session, found.id, lock=True)
    judging.undo(db.session, reading, by=actor(), now=present().now)
    return told([found])[0]
