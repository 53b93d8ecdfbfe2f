"""Scores of accounts for other programs, now or as they stood on a day."""

from __future__ import annotations

import marshmallow as ma
from flask_babel import lazy_gettext as _

from app.api.fields import Choice, Day, Given, Id, Shown
from app.api.frame import Resource
from app.api.today import present
from app.contacts import syncing
from app.core.errors import NotFound
from app.extensions import db
from app.health import snapshots
from app.health.models import Colour
from app.health.snapshots import NAMES, Told

resource = Resource("health", "How accounts are doing.")


class ScoreSchema(Shown):
    """A score 0..100, null without enough evidence, with what it is made of."""

    score = ma.fields.Float(required=True, allow_none=True)
    colour = Choice(Colour, required=True)
    parts = ma.fields.List(ma.fields.Dict(), required=True)
    ceiling = ma.fields.Dict(required=True, allow_none=True)
    completeness = ma.fields.Float(required=True, allow_none=True)
    version = ma.fields.String(required=True)
    as_of = Day(required=True)


class HealthSchema(Shown):
    """The four scores of an account on a day."""

    account_id = Id(required=True)
    relationship = ma.fields.Nested(ScoreSchema, required=True)
    adoption = ma.fields.Nested(ScoreSchema, required=True)
    value = ma.fields.Nested(ScoreSchema, required=True)
    health = ma.fields.Nested(ScoreSchema, required=True)


class DaySchema(Given):
    as_of = Day(metadata={"description": "The stored scores of that day; now if left out."})


@resource.reads("/accounts/<int:account_id>/health", HealthSchema, asks=DaySchema)
def show(asked: dict, account_id: int):
    """Show the scores of an account with their parts"""
    syncing.account_of_id(db.session, account_id)
    at = present()
    day = asked.get("as_of", at.today)
    if day == at.today:
        told = snapshots.current(db.session, account_id, today=day, zone=at.zone)
    else:
        told = snapshots.on_day(db.session, account_id, day)
    if told is None:
        raise NotFound(_("No scores were kept for that day."))
    return {"account_id": account_id} | {name: score_of(told, name) for name in NAMES}


def score_of(told: Told, name: str) -> dict:
    reasons = told.reasons(name)
    return {
        "score": told.score(name),
        "colour": told.colour(name),
        "parts": reasons.get("parts", []),
        "ceiling": reasons.get("ceiling"),
        "completeness": reasons.get("completeness"),
        "version": told.version,
        "as_of": told.as_of,
    }
