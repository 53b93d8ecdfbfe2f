"""Scores of accounts for other programs, now or as they stood on a day; and Adoption, which they tell us."""

from __future__ import annotations

import marshmallow as ma
from flask_babel import gettext as _

from app import journey
from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Day, Given, Id, Number, Shown
from app.api.protocol.frame import Resource
from app.api.protocol.today import present
from app.contacts import syncing
from app.core import audit
from app.core.errors import Invalid, NotFound
from app.extensions import db
from app.health import snapshots
from app.health.facts import Usage
from app.health.formula import anchored
from app.health.models import Colour
from app.health.snapshots import NAMES, Told
from app.health.told.usage import report_usage

resource = Resource("health", "How accounts are doing.")
LARGEST_METRIC = 1e15


class PartSchema(Shown):
    """A part of a score: its value 0..100 or null, its weight, and the points that it takes off 100."""

    name = ma.fields.String(required=True)
    value = ma.fields.Float(required=True, allow_none=True)
    weight = ma.fields.Float(required=True)
    points_lost = ma.fields.Float(required=True, allow_none=True)
    evidence = ma.fields.Dict(keys=ma.fields.String(), required=True)


class CeilingSchema(Shown):
    """What holds a score down, whatever its parts say."""

    name = ma.fields.String(required=True)
    value = ma.fields.Float(required=True)
    points_lost = ma.fields.Float(required=True)


class ScoreSchema(Shown):
    """A score 0..100, null without enough evidence, with what it is made of."""

    score = ma.fields.Float(required=True, allow_none=True)
    colour = Choice(Colour, required=True)
    parts = ma.fields.List(ma.fields.Nested(PartSchema), required=True)
    ceiling = ma.fields.Nested(CeilingSchema, required=True, allow_none=True)
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


class UsageSchema(Given):
    """How much of the product an account uses, as you measure it: a score, or a metric with its two anchors."""

    score = Number(0, 100)
    metric = Number(
        -LARGEST_METRIC, LARGEST_METRIC, metadata={"description": "A raw figure, such as seats in use."}
    )
    at_0 = Number(
        -LARGEST_METRIC,
        LARGEST_METRIC,
        metadata={"description": "The metric that means 0 in the account's segment."},
    )
    at_100 = Number(
        -LARGEST_METRIC,
        LARGEST_METRIC,
        metadata={"description": "The metric that means 100 in the account's segment."},
    )
    as_of = Day(metadata={"description": "The day of which it is true; today if left out."})


class AdoptionSchema(Shown):
    """Adoption as it was taken, 0 to 100. It fades towards 50 when no newer one comes in."""

    account_id = Id(required=True)
    score = ma.fields.Float(required=True)
    as_of = Day(required=True)


@resource.writes("PUT", "/accounts/<int:account_id>/adoption", AdoptionSchema, takes=UsageSchema)
def put_adoption(given: dict, account_id: int):
    """Tell how much of the product an account uses

    One figure is kept for each day; the newest that is not of a later day enters the scores.
    """
    account, at = syncing.account_of_id(db.session, account_id, lock=True), present()
    told = Usage(points_of(given), given.get("as_of", at.today))
    by = actor()
    if report_usage(db.session, account_id, told, source=by.name, today=at.today, now=at.now):
        details = {"score": round(told.points, 2), "as_of": told.as_of.isoformat()}
        audit.note(db.session, by, "account.adoption", subject=f"account:{account_id}", now=at.now, **details)
        journey.account_changed(db.session, account, now=at.now)
    return {"account_id": account_id, "score": told.points, "as_of": told.as_of}


def points_of(given: dict) -> float:
    """The score that was given, or that of the metric between its anchors; Invalid for neither and for both."""
    anchors = given.keys() & {"at_0", "at_100"}
    if ("score" in given) == ("metric" in given) or ("score" in given and anchors):
        words = _("Give a score, or a metric with at_0 and at_100.")
        raise Invalid(words, errors={"score": words})
    if "score" in given:
        return given["score"]
    errors = {name: _("This is needed with a metric.") for name in ("at_0", "at_100") if name not in given}
    if not errors and given["at_0"] == given["at_100"]:
        errors["at_100"] = _("The anchors must differ.")
    if errors:
        raise Invalid(_("This metric cannot be read."), errors=errors)
    return anchored(given["metric"], given["at_0"], given["at_100"])
