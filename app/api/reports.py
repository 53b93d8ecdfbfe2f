"""Numbers over time for other programs, by the functions that the pages call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

import marshmallow as ma
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.api.protocol.fields import Choice, Day, Given, Id, Shown, Text, Whole
from app.api.protocol.frame import Resource
from app.api.protocol.today import Present, present
from app.core.errors import Invalid
from app.extensions import db
from app.reports import trend
from app.reports.deltas import OF_ACCOUNT
from app.reports.loops import counts, recovery
from app.reports.participation import DIMENSIONS, Participation, participation, provisional
from app.reports.periods import Every, Period, months_back, periods
from app.reports.values.trend import ValuePoint

resource = Resource("reports", "Numbers over time, the same that the pages show.")
SEGMENTS = ("all", "tier", "role", "owner", "stage", "language", "country", "survey", "program")
LONGEST_DAYS, MOST_POINTS, MONTHS_SHOWN = 366 * 6, 1000, 11


class Dimension(Text):
    """What to cut a number by: one of the names, or `segment.NAME` for an attribute of accounts where that is kept."""

    default_error_messages = {"dimension": _l("There is no such dimension.")}

    def __init__(self, names: Iterable[str], *, has_attributes: bool = False, **options):
        self.names, self.has_attributes = tuple(names), has_attributes
        named = {"pattern": rf"^({'|'.join(self.names)}|segment\..+)$"} if has_attributes else {}
        super().__init__(32, load_default="all", metadata=named or {"enum": list(self.names)}, **options)

    def _deserialize(self, value, attr, data, **more) -> str:
        found = super()._deserialize(value, attr, data)
        is_attribute = self.has_attributes and found.startswith(OF_ACCOUNT) and found != OF_ACCOUNT
        if found not in self.names and not is_attribute:
            raise self.make_error("dimension")
        return found


def days_asked(name: str, **more: ma.fields.Field) -> type[Given]:
    """What every report takes, and `more`."""
    fields = {
        "from": Day(metadata={"description": "The first day; eleven months before this one if left out."}),
        "to": Day(metadata={"description": "The day after the last; tomorrow if left out."}),
        "every": Choice(Every, load_default=Every.MONTH),
    }
    return Given.from_dict(fields | more, name=name)


NpsAsked = days_asked(
    "NpsAsked",
    by=Dimension(SEGMENTS, has_attributes=True),
    window_days=Whole(
        1,
        1000,
        text=True,
        metadata={
            "description": "The latest answer of each person in so many days before the end of each point; "
            "180 is the headline of the pages. Left out: the answers of the period itself."
        },
    ),
)
RateAsked = days_asked("ResponseRateAsked", by=Dimension(DIMENSIONS))


def count() -> ma.fields.Integer:
    return ma.fields.Integer(required=True)


def figure(words: str = "") -> ma.fields.Float:
    return ma.fields.Float(required=True, allow_none=True, metadata={"description": words} if words else {})


def point_schema(name: str, **more: ma.fields.Field) -> type[Shown]:
    """A point of a report: its days, its segment, `more`, and what must be known about the figure."""
    fields = {
        "from": Day(required=True),
        "to": Day(required=True, metadata={"description": "The day after the last."}),
        "key": ma.fields.String(
            required=True,
            metadata={
                "description": "The segment: a value, an id of an owner, `none` without one, or `all`."
            },
        ),
    }
    notes = {
        "method": ma.fields.String(
            required=True, allow_none=True, metadata={"description": "Of the 95 % interval from low to high."}
        ),
        "note": ma.fields.String(
            required=True,
            metadata={"description": "`too few answers`, `provisional` while asks are open, or both."},
        ),
    }
    return Shown.from_dict(fields | more | notes, name=name)


NpsPoint = point_schema(
    "NpsPoint",
    n=count(),
    promoters=count(),
    passives=count(),
    detractors=count(),
    nps=figure("-100 to 100; null below five answers."),
    low=figure(),
    high=figure(),
)
RatePoint = point_schema(
    "ResponseRatePoint",
    n=count(),
    answered=count(),
    declined=count(),
    silent=count(),
    open=count(),
    rate=figure("Answered of n, the closed asks: 0 to 1."),
    low=figure(),
    high=figure(),
)


class NpsSchema(Shown):
    """Points by segment, then by time. Days are those of the installation's zone."""

    points = ma.fields.List(ma.fields.Nested(NpsPoint), required=True)


class ResponseRateSchema(Shown):
    """Points by segment, then by the time at which was asked. Days are those of the installation's zone."""

    points = ma.fields.List(ma.fields.Nested(RatePoint), required=True)


@resource.reads("/reports/nps", NpsSchema, asks=NpsAsked)
def nps(asked: dict):
    """Show NPS over time"""
    at = present()
    cut = cut_of(asked, at)
    found = trend.nps(db.session, cut, dim=asked["by"], window_days=asked.get("window_days"))
    return {"points": told(found, provisional(db.session, cut, zone=at.zone), of_nps)}


@resource.reads("/reports/response_rate", ResponseRateSchema, asks=RateAsked)
def response_rate(asked: dict):
    """Show how many of those asked answered, over time"""
    at = present()
    found = participation(db.session, cut_of(asked, at), zone=at.zone, dim=asked["by"], now=at.now)
    return {"points": told(found, {p.period for p in found if p.is_provisional}, of_rate)}


LOOP_COUNTS = ("made", "kept", "broken", "open", "withdrawn", "kept_late")
LoopTally = Shown.from_dict(
    {name: count() for name in LOOP_COUNTS}
    | {"share_kept": figure("Kept of kept and broken: 0 to 1; null while there are none.")},
    name="LoopTally",
)
LoopOwner = LoopTally.from_dict(
    {
        "owner_id": Id(required=True, allow_none=True),
        "owner_email": ma.fields.String(required=True, allow_none=True),
        "name": ma.fields.String(
            required=True, metadata={"description": "As people read it; empty where the company promised."}
        ),
    },
    name="LoopOwner",
)
LoopClosing = Shown.from_dict(
    {name: count() for name in ("opened", "open", "closed", "told", "not_told", "asked", "confirmed")}
    | {
        "share_told": figure("Told of all that were opened: 0 to 1; null without any."),
        "share_confirmed": figure(
            "Said to be settled by the customer, of those asked about it: 0 to 1; null without any."
        ),
    },
    name="LoopClosing",
)
LoopClock = Shown.from_dict(
    {name: count() for name in ("met", "missed", "running", "needless")}
    | {"share_met": figure("Met of met and missed: 0 to 1; null while there are none.")},
    name="LoopClock",
)
LoopClocks = Shown.from_dict(
    {name: ma.fields.Nested(LoopClock, required=True) for name in ("first_touch", "resolution")},
    name="LoopClocks",
)


LoopShare = Shown.from_dict(
    {"recovered": count(), "n": count()} | {name: figure() for name in ("rate", "low", "high")},
    name="LoopShare",
)
LoopComparison = Shown.from_dict(
    {name: ma.fields.Nested(LoopShare, required=True) for name in ("followed", "control")}
    | {"diff": figure("Of the rates."), "p": figure("Fisher's, two-sided.")},
    name="LoopComparison",
)
LoopRecovery = Shown.from_dict(
    {name: ma.fields.Nested(LoopComparison, required=True) for name in ("to_passive", "to_promoter")}
    | {name: count() for name in ("silent", "waiting", "between")},
    name="LoopRecovery",
)


class LoopsSchema(Shown):
    """Promises to be in touch that were made in these days, and follow-ups on answers opened in them, as they stand now."""

    promises = ma.fields.Nested(LoopTally, required=True)
    owners = ma.fields.List(ma.fields.Nested(LoopOwner), required=True)
    follow_ups = ma.fields.Nested(LoopClosing, required=True)
    clocks = ma.fields.Nested(LoopClocks, required=True)
    recovery = ma.fields.Nested(LoopRecovery, required=True)


LoopsAsked = Given.from_dict(
    {
        "from": Day(metadata={"description": "The first day; eleven months before this one if left out."}),
        "to": Day(metadata={"description": "The day after the last; tomorrow if left out."}),
    },
    name="LoopsAsked",
)


@resource.reads("/reports/loops", LoopsSchema, asks=LoopsAsked)
def loops(asked: dict):
    """Show which promises to be in touch were kept, and which customers were told what came of their answers"""
    at = present()
    start, end = days_of(asked, at)
    days = counts.Days(start, end, at.zone)
    found = counts.loops(db.session, days, now=at.now)
    return {
        "promises": found.total,
        "owners": [of_owner(one) for one in found.owners],
        "follow_ups": found.closing,
        "clocks": found.clocks,
        "recovery": of_recovery(recovery.recovery(db.session, days, now=at.now)),
    }


def of_recovery(found: recovery.Recovered) -> dict:
    shares = {
        name: {
            group: {"recovered": share.recovered, "n": share.n, "rate": share.rate} | within(share.interval)
            for group, share in (("followed", one.followed), ("control", one.control))
        }
        | {"diff": one.difference, "p": one.p}
        for name, one in (("to_passive", found.to_passive), ("to_promoter", found.to_promoter))
    }
    return shares | {name: getattr(found, name) for name in ("silent", "waiting", "between")}


def of_owner(one: counts.OfOwner) -> dict:
    named = {"owner_id": one.owner and one.owner.id, "owner_email": one.owner and one.owner.email}
    return (
        named | {name: getattr(one.tally, name) for name in (*LOOP_COUNTS, "share_kept")} | {"name": one.name}
    )


def days_of(asked: dict, at: Present, usual: int | None = None) -> tuple[date, date]:
    """The days that are asked for, the last not among them; Invalid when they are none or too many.

    Where no first day is given it is eleven months before this one, or `usual` days before the end.
    """
    end = asked.get("to", at.today + timedelta(days=1))
    first = months_back(at.today, MONTHS_SHOWN) if usual is None else end - timedelta(days=usual)
    start = asked.get("from", first)
    if not 0 < (end - start).days <= LONGEST_DAYS:
        words = _("Choose days in order, six years at most.")
        raise Invalid(words, errors={"to": words})
    return start, end


def cut_of(asked: dict, at: Present) -> list[Period]:
    """The periods that are asked for; Invalid when they are none or too many."""
    start, end = days_of(asked, at)
    if asked["every"] is Every.DAY and (end - start).days > MOST_POINTS:
        words = _("These are more than %(most)d points.", most=MOST_POINTS)
        raise Invalid(words, errors={"every": words})
    return periods(start, end, asked["every"])


def told(found: list, open_still: set[Period], of: Callable) -> list[dict]:
    """The points as they are sent."""
    return [
        {"from": point.period.start, "to": point.period.end, "key": point.key}
        | of(point)
        | {"note": note(point, point.period in open_still)}
        for point in found
    ]


def of_nps(point: trend.NpsPoint) -> dict:
    counts = {name: getattr(point.counts, name) for name in ("n", "promoters", "passives", "detractors")}
    return counts | {"nps": point.estimate.nps} | within(point.estimate.interval)


def of_rate(point: Participation) -> dict:
    counts = {name: getattr(point, name) for name in ("answered", "declined", "silent", "open")}
    return counts | {"n": point.closed, "rate": point.rate} | within(point.interval)


def within(interval) -> dict:
    return {name: getattr(interval, name, None) for name in ("low", "high", "method")}


def is_too_short(point) -> bool:
    """Whether there are answers, but too few for a figure."""
    if isinstance(point, trend.NpsPoint):
        return point.estimate.nps is None and point.counts.n > 0
    return isinstance(point, ValuePoint) and point.sums.mean is None and point.sums.n > 0


def note(point, is_provisional: bool) -> str:
    is_short = is_too_short(point)
    found = ["too few answers"] if is_short else []
    return ", ".join([*found, *(["provisional"] if is_provisional else [])])
