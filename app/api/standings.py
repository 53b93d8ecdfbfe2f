"""Who moved between bands and silence, and where accounts stand, by the functions that the pages call."""

from __future__ import annotations

import marshmallow as ma

from app.api.protocol.fields import Choice, Given, Id, Shown, Text, Whole
from app.api.protocol.frame import Resource
from app.api.protocol.today import present
from app.api.reports import LoopsAsked, count, days_of, figure
from app.contacts.models import Stage
from app.core.clock import Today
from app.extensions import db
from app.health.models import Colour
from app.reports.accounts.listing import AccountFilter
from app.reports.landscape.places import MOST_SHOWN, Landscape, Place, landscape
from app.reports.movers import pairs
from app.reports.periods import Period
from app.reports.statistics.movers import Movers, Standing

resource = Resource("standings", "Who moved and where accounts stand, the same that the pages show.")
BANDS = {"enum": [one.value for one in Standing]}
Move = Shown.from_dict(
    {
        "before": ma.fields.String(required=True, metadata=BANDS),
        "after": ma.fields.String(required=True, metadata=BANDS),
        "moves": count(),
        "share": figure("Of those who stood at `before`: 0 to 1; null without any."),
    },
    name="Move",
)


class MoversSchema(Shown):
    """Asks closed in these days of people who had been asked before, by how both ended: every pair of bands and silence."""

    moves = ma.fields.List(ma.fields.Nested(Move), required=True)
    n = count()
    up = count()
    down = count()
    went_silent = count()
    came_back = count()


@resource.reads("/reports/movers", MoversSchema, asks=LoopsAsked)
def movers(asked: dict):
    """Show who moved from band to band, into silence and out of it"""
    at = present()
    found = pairs.movers(db.session, Period(*days_of(asked, at)), at.zone)
    sums = {name: getattr(found, name) for name in ("n", "up", "down", "went_silent", "came_back")}
    return {"moves": [of_move(found, was, now) for was in Standing for now in Standing]} | sums


def of_move(found: Movers, was: Standing, now: Standing) -> dict:
    return {"before": was, "after": now, "moves": found.number(was, now), "share": found.share(was, now)}


BubblesAsked = Given.from_dict(
    {"tier": Whole(1, 3, text=True), "stage": Choice(Stage), "colour": Choice(Colour), "q": Text(100)},
    name="BubblesAsked",
)
Bubble = Shown.from_dict(
    {
        "account_id": Id(required=True),
        "external_id": ma.fields.String(required=True, allow_none=True),
        "name": ma.fields.String(required=True),
        "engagement": figure("Across, 0 to 100; null where nobody was ever asked."),
        "sentiment": figure("Upward, 0 to 100; null where those asked stayed silent."),
        "arr": figure("The area."),
        "relationship": ma.fields.String(
            required=True, metadata={"enum": [one.value for one in Colour], "description": "The colour."}
        ),
    },
    name="Bubble",
)


class BubblesSchema(Shown):
    """The accounts of most ARR: those in the picture, then those never asked, who stand beside it."""

    asked = ma.fields.List(ma.fields.Nested(Bubble), required=True)
    never_asked = ma.fields.List(ma.fields.Nested(Bubble), required=True)
    total = ma.fields.Integer(
        required=True, metadata={"description": f"Of the filter; at most {MOST_SHOWN} are shown."}
    )


@resource.reads("/reports/bubbles", BubblesSchema, asks=BubblesAsked)
def bubbles(asked: dict):
    """Show accounts by engagement, sentiment and money"""
    at = present()
    given = {name: asked.get(name) for name in ("tier", "stage", "colour")}
    chosen = AccountFilter(words=asked.get("q") or "", **given, by="relationship")
    found: Landscape = landscape(db.session, chosen, Today.at(at.now, at.zone))
    return {
        "asked": [of_place(place) for place in found.asked],
        "never_asked": [of_place(place) for place in found.never_asked],
        "total": found.total,
    }


def of_place(place: Place) -> dict:
    account = place.account
    return {
        "account_id": account.id,
        "external_id": account.external_id,
        "name": account.name,
        "engagement": place.engagement,
        "sentiment": place.sentiment,
        "arr": None if account.arr is None else float(account.arr),
        "relationship": place.colour,
    }
