"""Texts for other programs: every comment and every answer in words, with how it sounds and what it is about."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import lazy_gettext as _

from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Day, Flag, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.api.responses import LabelSchema, SentimentSchema, sentiment
from app.core.errors import NotFound
from app.extensions import db
from app.followups.unfit import judging
from app.responses.models import Response
from app.sentiment import texts
from app.sentiment.judging.mismatch import mismatch
from app.sentiment.models import Intent, Label, Mention, StoredReading, Theme
from app.sentiment.themes import mentions
from app.surveys.models import Question
from app.surveys.scales import BAND_SCORES, Band, band

resource = Resource("comments", "What people wrote, text by text, with how it sounds.")
COMMENT = "comment"


class CommentSchema(Shown):
    """A text that somebody wrote, and its reading. Those of rehearsals, and perhaps of machines, are `counted` false."""

    id = Id(required=True)
    response_id = Id(required=True)
    account_id = Id(required=True)
    contact_id = Id(required=True)
    question = ma.fields.String(
        required=True, metadata={"description": "`comment`, or the name of the question in its survey."}
    )
    intent = Choice(Intent, required=True, metadata={"description": "What was asked for."})
    text = ma.fields.String(required=True)
    score = ma.fields.Integer(required=True, allow_none=True)
    band = Choice(Band, required=True, allow_none=True)
    day = Day(required=True)
    sentiment = ma.fields.Nested(SentimentSchema, required=True)
    confidence = ma.fields.Float(
        required=True, allow_none=True, metadata={"description": "How sure the engine's label is: 0 to 1."}
    )
    heard = Choice(
        Label, required=True, metadata={"description": "The engine's label, whatever colleagues say."}
    )
    engine = ma.fields.String(required=True, metadata={"description": "Name and version."})
    mismatch = ma.fields.Boolean(
        required=True, metadata={"description": "The comment contradicts the score."}
    )
    counted = ma.fields.Boolean(required=True)
    updated_at = Moment(required=True, metadata={"description": "Of the answer."})


class CommentFilters(Filters):
    response_id = Many(Id())
    account_id = Many(Id())
    sentiment = Many(Choice(Label))
    intent = Many(Choice(Intent))
    band = Many(Choice(Band))
    mismatch = Flag(text=True)
    theme = Many(
        Text(80), metadata={"description": "Key of a theme that came along, or the name of one of your own."}
    )
    language = Many(Text(16))
    corrected = Flag(text=True, metadata={"description": "Whether a colleague said otherwise."})
    counted = Flag(text=True)
    day_from = Day(metadata={"description": "Answered on that day or later, in the installation's zone."})
    day_to = Day(metadata={"description": "Answered on that day or before."})


def is_or_not(condition: sa.ColumnElement[bool], wanted: bool) -> sa.ColumnElement[bool]:
    held = sa.func.coalesce(condition, sa.false())
    return held if wanted else sa.not_(held)


def about(names: list[str]) -> sa.ColumnElement[bool]:
    query = sa.select(Mention.reading_id).join(Theme, Theme.id == Mention.theme_id)
    called = sa.func.coalesce(Theme.key, Theme.name).in_(names)
    return StoredReading.id.in_(query.where(Theme.is_active, called))


WHERE = {
    "response_id": StoredReading.response_id.in_,
    "account_id": StoredReading.account_id.in_,
    "sentiment": StoredReading.said.in_,
    "intent": StoredReading.intent.in_,
    "band": lambda bands: sa.or_(*(StoredReading.score.between(*BAND_SCORES[one]) for one in bands)),
    "mismatch": lambda wanted: is_or_not(mismatch(), wanted),
    "theme": about,
    "language": StoredReading.language.in_,
    "corrected": lambda wanted: is_or_not(StoredReading.corrected != StoredReading.label, wanted),
    "counted": StoredReading.is_counted.is_,
    "day_from": lambda day: StoredReading.day >= day,
    "day_to": lambda day: StoredReading.day <= day,
}


def told(readings: list[StoredReading]) -> list[dict]:
    """Texts with what was heard in them."""
    ids = [one.id for one in readings]
    query = texts.select(
        StoredReading, Response, texts.said, Question.name, sa.func.coalesce(mismatch(), sa.false())
    )
    query = query.outerjoin(Question, Question.id == StoredReading.question_id)
    about, rows = mentions.names(db.session, ids), db.session.execute(query.where(StoredReading.id.in_(ids)))
    found = {row[0].id: told_one(*row, about) for row in rows}
    return [found[id] for id in ids]


def told_one(
    reading: StoredReading, response: Response, words: str, question: str | None, unfit: bool, about: dict
) -> dict:
    names = ("id", "response_id", "account_id", "intent", "score", "day", "confidence")
    return {name: getattr(reading, name) for name in names} | {
        "contact_id": response.contact_id,
        "question": question or COMMENT,
        "text": words,
        "band": None if reading.score is None else band(reading.score),
        "sentiment": sentiment(reading, about),
        "heard": reading.label,
        "engine": f"{reading.engine} {reading.version}",
        "mismatch": unfit,
        "counted": reading.is_counted,
        "updated_at": response.updated_at,
    }


@resource.lists(
    "/comments",
    CommentSchema,
    filters=CommentFilters,
    stamp=Response.updated_at,
    of=StoredReading,
    told=told,
)
def find(asked):
    """List comments and other texts"""
    query = sa.select(StoredReading).join(Response, Response.id == StoredReading.response_id)
    return query.where(*matching(WHERE, asked))


@resource.reads("/comments/<int:comment_id>", CommentSchema)
def show(comment_id: int):
    """Show a comment or another text"""
    return told([the_reading(comment_id)])[0]


def the_reading(comment_id: int, *, lock: bool = False) -> StoredReading:
    found = db.session.get(StoredReading, comment_id, with_for_update=lock or None)
    if found is None:
        raise NotFound(_("There is no such comment any more."))
    return found


@resource.writes("PUT", "/comments/<int:comment_id>/sentiment", CommentSchema, takes=LabelSchema)
def correct(given: dict, comment_id: int):
    """Say how a text sounds

    It wins over what the engine heard wherever a label is shown or counted.
    """
    reading, why = the_reading(comment_id, lock=True), given.get("why") or ""
    judging.correct(db.session, reading, given["label"], why=why, by=actor(), now=present().now)
    return told([reading])[0]


@resource.writes("POST", "/comments/<int:comment_id>/sentiment/undo", CommentSchema)
def undo(comment_id: int):
    """Take back the last correction of how a text sounds"""
    reading = the_reading(comment_id, lock=True)
    judging.undo(db.session, reading, by=actor(), now=present().now)
    return told([reading])[0]
