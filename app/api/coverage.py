"""Whom we know, ask and hear by role and tier, by the functions that the page calls."""

from __future__ import annotations

import marshmallow as ma

from app.api.differences import DAYS
from app.api.protocol.fields import Given, Id, Shown
from app.api.protocol.frame import Resource
from app.api.protocol.today import present
from app.api.reports import count, days_of, figure
from app.core.clock import Today
from app.extensions import db
from app.reports.coverage import counts
from app.reports.coverage.counts import Cover, Gap, Kind
from app.reports.periods import Period
from app.reports.trend import HEADLINE_DAYS

resource = Resource("coverage", "Whom we know, ask and hear, the same that the page shows.")
CoverageAsked = Given.from_dict(
    DAYS | {"owner_id": Id(load_default=None, metadata={"description": "Of whose accounts."})},
    name="CoverageAsked",
)
OfPeople = Shown.from_dict(
    {"role": ma.fields.String(required=True), "tier": count()}
    | {kind.value: count() for kind in Kind}
    | {"heard_rate": figure(), "share_low": figure(), "share_high": figure()},
    name="CoveragePeople",
)
OfAccounts = Shown.from_dict({"tier": count()} | {gap.value: count() for gap in Gap}, name="CoverageAccounts")


class CoverageSchema(Shown):
    """People by role and tier, and accounts by tier."""

    people = ma.fields.List(ma.fields.Nested(OfPeople), required=True)
    accounts = ma.fields.List(ma.fields.Nested(OfAccounts), required=True)


@resource.reads("/reports/coverage", CoverageSchema, asks=CoverageAsked)
def coverage(asked: dict):
    """Show whom we know, ask and hear, by role and tier"""
    here = present()
    chosen = Cover(Period(*days_of(asked, here, HEADLINE_DAYS)), owner_id=asked["owner_id"])
    today = Today(here.now, here.today, here.zone)
    return {
        "people": [of_people(cell) for cell in counts.people(db.session, chosen, today)],
        "accounts": [
            {"tier": cell.tier} | {gap.value: cell.number(gap) for gap in Gap}
            for cell in counts.accounts(db.session, chosen, today)
        ],
    }


def of_people(cell: counts.People) -> dict:
    within = cell.interval
    numbers = {kind.value: cell.number(kind) for kind in Kind}
    share = {
        "heard_rate": cell.rate,
        "share_low": within and within.low,
        "share_high": within and within.high,
    }
    return {"role": cell.role.value, "tier": cell.tier} | numbers | share
