"""What differs by more than chance, and why a figure changed, by the functions that the pages call."""

from __future__ import annotations

import marshmallow as ma

from app.api.protocol.fields import Choice, Day, Given, Id, Shown
from app.api.protocol.frame import Resource
from app.api.protocol.today import present
from app.api.reports import SEGMENTS, Dimension, count, days_of, figure
from app.extensions import db
from app.reports.hotspots.cells import segments
from app.reports.periods import Period
from app.reports.statistics.nps import estimate
from app.reports.statistics.segments import Cell
from app.reports.trend import HEADLINE_DAYS
from app.reports.why import votes
from app.reports.why.periods import Against, before
from app.reports.why.split import Contribution, Part, Split, split

resource = Resource("differences", "Where and why a figure differs, the same that the pages show.")
DAYS = {
    "from": Day(metadata={"description": "The first day; 180 days before `to` if left out."}),
    "to": Day(metadata={"description": "The day after the last; tomorrow if left out."}),
}
WhyAsked = Given.from_dict(
    DAYS
    | {
        "against": Choice(
            Against,
            load_default=Against.BEFORE,
            metadata={"description": "The days just `before`, or the same days a `year` earlier."},
        )
    },
    name="WhyAsked",
)
MapAsked = Given.from_dict(
    DAYS
    | {
        "by": Dimension(SEGMENTS, has_attributes=True),
        "and": Dimension(SEGMENTS, has_attributes=True),
    },
    name="HotSpotsAsked",
)
Voted = Shown.from_dict(
    {
        "from": Day(required=True),
        "to": Day(required=True, metadata={"description": "The day after the last."}),
        **{name: count() for name in ("n", "promoters", "passives", "detractors")},
        "nps": figure("Of each person's last answer in these days."),
    },
    name="WhyPeriod",
)
OfPart = Shown.from_dict({"points": figure(), "people": count()}, name="WhyPart")
Parts = Shown.from_dict(
    {part.value: ma.fields.Nested(OfPart, required=True) for part in Part}, name="WhyParts"
)
OfAccount = Shown.from_dict(
    {"account_id": Id(required=True), "points": figure(), "people": count()}, name="WhyAccount"
)


class WhySchema(Shown):
    """The change of the NPS from one period to another; `parts` add up to `points`, and so do `accounts`.

    Without answers in either period all is null or empty; with fewer than five in either, no points are told.
    """

    before = ma.fields.Nested(Voted, required=True)
    after = ma.fields.Nested(Voted, required=True)
    points = figure("After less before.")
    parts = ma.fields.Nested(Parts, required=True, allow_none=True)
    accounts = ma.fields.List(ma.fields.Nested(OfAccount), required=True)


Segment = Shown.from_dict(
    {
        "keys": ma.fields.List(
            ma.fields.String(),
            required=True,
            metadata={"description": "The value of `by`, then that of `and`."},
        ),
        "n": count(),
        "accounts": count(),
        "nps": figure("As answered; null with fewer than five answers."),
        "shown": figure("Pulled towards the mean: the fewer answers, the more; null with fewer than five."),
        "p": figure("Against all other segments."),
        "p_adjusted": figure("Over all segments together (Benjamini and Hochberg)."),
        "is_hot_spot": ma.fields.Boolean(required=True),
        "is_watched": ma.fields.Boolean(required=True),
    },
    name="HotSpot",
)


class HotSpotsSchema(Shown):
    """Segments and whether they differ by more than chance, the lowest first; fewer than two with answers give none."""

    mean = figure("Of the segments, -100 to 100; null without two segments of five answers.")
    p = figure("Of the test whether segments differ at all; null like the mean.")
    without = count()
    segments = ma.fields.List(ma.fields.Nested(Segment), required=True)


@resource.reads("/reports/why", WhySchema, asks=WhyAsked)
def why(asked: dict):
    """Show why the NPS changed between two periods"""
    after = Period(*days_of(asked, present(), HEADLINE_DAYS))
    earlier = before(after, asked["against"])
    people = votes.by_account(db.session, earlier, after)
    counted, found = Split(people), split(people)
    return {
        "before": of_period(earlier, counted.before),
        "after": of_period(after, counted.after),
        "points": found and found.told(found.points),
        "parts": found and {part.value: of_part(found, part) for part in Part},
        "accounts": [of_account(found, one) for one in found.contributions()] if found else [],
    }


def of_period(days: Period, counts) -> dict:
    numbers = {name: getattr(counts, name) for name in ("n", "promoters", "passives", "detractors")}
    return {"from": days.start, "to": days.end, "nps": estimate(counts).nps} | numbers


def of_part(found: Split, part: Part) -> dict:
    return {"points": found.told(found.parts[part]), "people": found.number(part)}


def of_account(found: Split, one: Contribution) -> dict:
    return {"account_id": one.key, "points": found.told(one.points), "people": one.people}


@resource.reads("/reports/hot_spots", HotSpotsSchema, asks=MapAsked)
def hot_spots(asked: dict):
    """Show which segments differ from the others by more than chance"""
    dims = [dim for dim in dict.fromkeys((asked["by"], asked["and"])) if dim != "all"] or ["tier"]
    days = Period(*days_of(asked, present(), HEADLINE_DAYS))
    found = segments(db.session, days, dims)
    drawn = found.map()
    is_told = drawn is not None and drawn.is_told
    cells = sorted(drawn.cells.items(), key=lambda pair: (pair[1].shrunk, pair[0])) if drawn else []
    return {
        "mean": drawn.mean if is_told else None,
        "p": drawn.p if is_told else None,
        "without": found.without,
        "segments": [of_cell(key, cell, found.accounts[key]) for key, cell in cells],
    }


def of_cell(key: tuple[str, ...], cell: Cell, accounts: int) -> dict:
    return {
        "keys": list(key),
        "n": cell.counts.n,
        "accounts": accounts,
        "nps": cell.nps,
        "shown": cell.shown,
        "p": cell.p,
        "p_adjusted": cell.p_adjusted,
        "is_hot_spot": cell.is_hot,
        "is_watched": cell.is_watched,
    }
