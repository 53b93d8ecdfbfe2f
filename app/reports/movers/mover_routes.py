"""Who moved between bands and silence: a page with a flow, its table and the people behind each move (a door)."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core.files.downloads import Table, download
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports import charts
from app.reports.movers import pairs
from app.reports.periods import Period
from app.reports.routes import Asked, asked, blueprint
from app.reports.statistics.movers import Movers, Pair, Standing

CSV_HEAD = ("before", "the_next_time", "moves", "share_of_before")


def chosen_pair() -> Pair | None:
    """The move whose people the address asks for."""
    given = request.args.get("was"), request.args.get("now")
    return tuple(map(Standing, given)) if all(one in set(Standing) for one in given) else None


@blueprint.get("/movers")
@access.viewer
@kept_page()
def movers():
    chosen, zone, pair = asked(), this_installation().zone, chosen_pair()
    period = Period(chosen.start, chosen.end)
    found = pairs.movers(db.session, period, zone)
    return render_template(
        "reports/movers.html",
        chosen=chosen,
        address=address_of(chosen),
        found=found,
        chart=flow_chart(found, chosen),
        pair=pair,
        people=pairs.people(db.session, period, zone, pair) if pair else [],
        words=charts.band_words() | {"silent": _("Silent")},
        most=pairs.MOST_LISTED,
    )


def address_of(chosen: Asked) -> dict[str, str]:
    return {name: value for name, value in chosen.address.items() if name in {"from", "to"}}


def flow_chart(found: Movers, chosen: Asked) -> charts.Chart:
    names = charts.band_words() | {"silent": _("Silent")}
    keys = [(was, now) for was in Standing for now in Standing]
    to_people = {
        (was.value, now.value): url_for(
            "reports.movers", was=was, now=now, _anchor="people", **address_of(chosen)
        )
        for was, now in keys
    }
    return charts.flow(
        [(one.value, names[one.value]) for one in Standing],
        {(was.value, now.value): found.number(was, now) for was, now in keys},
        _("From one ask to the next"),
        urls=to_people,
        note=_(
            "Every ask that closed in these days of somebody who had been asked before, by how both ended; whoever was asked more often counts for each. Shares are of those who stood there before. Who gives an extreme score tends back towards the middle by chance: of detractors with nothing done, 35 to 49 in 100 give a better score the next time."
        ),
        empty=_("Nobody has been asked twice up to these days."),
    )


@download(blueprint, "/movers")
@access.viewer
def movers_file():
    chosen = asked()
    found = pairs.movers(db.session, Period(chosen.start, chosen.end), this_installation().zone)
    rows = [
        (was.value, now.value, found.number(was, now), found.share(was, now))
        for was in Standing
        for now in Standing
    ]
    return Table("movers", CSV_HEAD, rows)
