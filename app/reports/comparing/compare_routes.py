"""Two periods or two groups side by side: the page and its file (a door)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core.files.downloads import Table, download
from app.core.language.wording import tenths_between
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports.comparing.sides import Figures, Side, compare
from app.reports.comparing.telling import side_words, verdict
from app.reports.hotspots.cells import segments
from app.reports.hotspots.hotspot_routes import offered_dimensions
from app.reports.list_routes import key_in
from app.reports.periods import Period
from app.reports.routes import (
    answers_url,
    asks_url,
    blueprint,
    chosen_days,
    dimension_name,
    is_dimension,
    segment_names,
    window_to,
)
from app.reports.why.periods import Against, before

PERIODS, GROUPS = "periods", "groups"
USUAL = "tier"
CSV_HEAD = (
    "from",
    "last_day",
    "group",
    "n",
    "accounts",
    "nps",
    "low",
    "high",
    "promoters",
    "passives",
    "detractors",
    "nps_by_account",
    "nps_by_arr",
    "effective_accounts",
    "people_asked",
    "nps_if_silent_detractors",
    "nps_if_silent_passives",
    "nps_if_silent_promoters",
)


@dataclass(frozen=True)
class Asked:
    """What the address holds against what; the sides are None where the days have fewer than two groups."""

    period: Period
    against: Against
    dim: str | None
    keys: tuple[str, ...]
    sides: tuple[Side, Side] | None

    @property
    def what(self) -> str:
        return GROUPS if self.dim else PERIODS

    @property
    def address(self) -> dict[str, str]:
        days = {"from": self.period.start.isoformat(), "to": self.period.last.isoformat(), "what": self.what}
        if self.dim is None:
            return days | {"against": self.against.value}
        picked = zip(("key", "key2"), (side.key for side in self.sides or ()), strict=False)
        return days | {"by": self.dim} | dict(picked)


def chosen_comparison() -> Asked:
    """The last 180 days against those before, unless the address says otherwise; Invalid names a day that is none."""
    period = chosen_days(lambda last: window_to(last).start)
    against = Against.YEAR if request.args.get("against") == Against.YEAR else Against.BEFORE
    if request.args.get("what") != GROUPS:
        return Asked(period, against, None, (), (Side(before(period, against)), Side(period)))
    given = request.args.get("by")
    dim = given if is_dimension(given) else USUAL
    found = segments(db.session, period, [dim]).counts
    keys = tuple(key for (key,) in sorted(found, key=lambda key: (-found[key].n, key)))
    return Asked(period, against, dim, keys, groups(period, dim, keys))


def groups(period: Period, dim: str, keys: tuple[str, ...]) -> tuple[Side, Side] | None:
    """The two groups of the address, else the two of most answers."""
    picked = [key for key in dict.fromkeys((key_in("key"), key_in("key2"))) if key in keys]
    both = (picked + [key for key in keys if key not in picked])[:2]
    return (Side(period, dim, both[0]), Side(period, dim, both[1])) if len(both) == 2 else None


@blueprint.get("/compare")
@access.viewer
@kept_page()
def comparison():
    chosen = chosen_comparison()
    found = chosen.sides and compare(db.session, *chosen.sides, this_installation().zone)
    name = segment_names(chosen.dim)
    return render_template(
        "reports/compare.html",
        chosen=chosen,
        found=found,
        words=found and verdict(found),
        tenths_between=tenths_between,
        sides=[side_words(side, name) for side in chosen.sides or ()],
        rows_url=rows_url,
        asked_url=asked_url,
        dimensions=offered_dimensions() if chosen.dim else {},
        dimension_name=dimension_name,
        key_options=[(key, name(chosen.dim, key)) for key in chosen.keys],
        against_options=[
            (Against.BEFORE.value, _("The days before")),
            (Against.YEAR.value, _("A year earlier")),
        ],
        tabs=[
            (words, url_for("reports.comparison", what=what), what == chosen.what)
            for what, words in ((PERIODS, _("Two periods")), (GROUPS, _("Two groups")))
        ],
    )


def rows_url(side: Side, **more: str) -> str:
    """The answers behind a side."""
    return answers_url(side.period, per="person", by=side.dim, key=side.key, **more)


def asked_url(side: Side) -> str | None:
    """Who did not answer, where the list can be narrowed to the side."""
    return None if side.dim else asks_url(side.period, per="person")


@download(blueprint, "/compare")
@access.viewer
def comparison_file():
    """Both sides, unrounded."""
    chosen = chosen_comparison()
    found = chosen.sides and compare(db.session, *chosen.sides, this_installation().zone)
    return Table("compare", CSV_HEAD, map(csv_row, (found.first, found.second) if found else ()))


def csv_row(one: Figures) -> tuple:
    side, counts, interval, silent = one.side, one.counts, one.estimate.interval, one.silent
    by_account, by_arr = one.by_account, one.by_arr
    return (
        *(side.period.start, side.period.last, side.key, counts.n, one.accounts),
        *(one.estimate.nps, interval and interval.low, interval and interval.high),
        *(counts.promoters, counts.passives, counts.detractors),
        *(by_account and by_account.nps, by_arr and by_arr.nps, by_arr and by_arr.effective, one.asked),
        silent and silent.silent_as_detractor,
        silent and silent.silent_as_passive,
        silent and silent.silent_as_promoter,
    )
