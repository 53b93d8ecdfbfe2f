"""Value over time for other programs, by the functions that the page calls."""

from __future__ import annotations

import marshmallow as ma

from app.api.protocol.fields import Shown
from app.api.protocol.frame import Resource
from app.api.protocol.today import present
from app.api.reports import NpsAsked, count, cut_of, figure, point_schema, told, within
from app.extensions import db
from app.reports.participation import VALUE, participations
from app.reports.values.trend import ValuePoint, value

resource = Resource("values", "How much value customers say they get, the same that the page shows.")
Point = point_schema(
    "ValuePoint",
    n=count(),
    value=figure("0 to 100; null below five answers."),
    low=figure(),
    high=figure(),
    valued_high=count(),
    valued_middle=count(),
    valued_low=count(),
)


class ValueTrendSchema(Shown):
    """Points by segment, then by time. Days are those of the installation's zone."""

    points = ma.fields.List(ma.fields.Nested(Point), required=True)


@resource.reads("/reports/value", ValueTrendSchema, asks=NpsAsked)
def values(asked: dict):
    """Show how much value customers say they get, over time"""
    at = present()
    cut = cut_of(asked, at)
    found = value(db.session, cut, dim=asked["by"], window_days=asked.get("window_days"), now=at.now)
    asks = participations(db.session, cut, zone=at.zone, now=at.now, about=VALUE)[1]
    return {"points": told(found, {entry.period for entry in asks if entry.is_provisional}, of_value)}


def of_value(point: ValuePoint) -> dict:
    sums = point.sums
    levels = {f"valued_{name}": getattr(sums, name) for name in ("high", "middle", "low")}
    return {"n": sums.n, "value": sums.mean} | levels | within(sums.interval)
