"""Has it left its level? Three control charts with a verdict in words, and their file (a door)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask_babel import gettext as _

from app.auth import access
from app.core.errors import Invalid
from app.core.files.downloads import Table, download
from app.core.language import wording
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports.charts import Chart, Point, levels
from app.reports.control.telling import nps_levels, verdict
from app.reports.control.watching import Nps, Share, Watched, watched
from app.reports.periods import periods
from app.reports.routes import Asked, answers_url, asked, asks_url, blueprint, period_words
from app.surveys.scales import Band

CSV_HEAD = (
    *("from", "last_day", "n", "nps", "ewma", "ewma_limit", "is_signal"),
    *("asks_closed", "response_rate", "rate_limit_low", "rate_limit_high"),
    *("detractor_share", "detractor_limit_low", "detractor_limit_high"),
)


def chosen_level() -> float | None:
    """What the NPS is held against; None: its own level. Invalid for anything but -100 to 100."""
    given = request.args.get("level", "").strip()
    if not given:
        return None
    try:
        level = float(given.replace("−", "-"))
    except ValueError:
        level = None
    if level is None or not -100 <= level <= 100:
        raise Invalid(_("That is not an NPS."), errors={"level": _("Write a number from -100 to 100.")})
    return level


def chosen_watch() -> tuple[Asked, float | None, Watched]:
    chosen, level = asked(), chosen_level()
    cut = periods(chosen.start, chosen.end, chosen.every)
    return chosen, level, watched(db.session, cut, this_installation().zone, level)


def address_of(chosen: Asked, level: float | None) -> dict[str, str]:
    days = {name: value for name, value in chosen.address.items() if name != "by"}
    return days | ({} if level is None else {"level": f"{level:g}"})


@blueprint.get("/control")
@access.viewer
@kept_page()
def control():
    chosen, level, found = chosen_watch()
    return render_template(
        "reports/control.html",
        chosen=chosen,
        address=address_of(chosen, level),
        level=level,
        found=found,
        words=verdict(found, chosen.every, period_words),
        charts=[nps_chart(found, chosen), rate_chart(found, chosen), detractor_chart(found, chosen)],
        every_options=[("week", _("Week")), ("month", _("Month")), ("quarter", _("Quarter"))],
    )


def nps_chart(found: Watched, chosen: Asked) -> Chart:
    points = [
        Point(
            period_words(one.period, chosen.every),
            one.moved and one.moved.value,
            one.moved and -one.moved.limit,
            one.moved and one.moved.limit,
            one.counts.n,
            url=answers_url(one.period),
        )
        for one in found.nps
    ]
    return nps_levels(points, {place for place, one in enumerate(found.nps) if one.is_signal})


def rate_chart(found: Watched, chosen: Asked) -> Chart:
    return share_chart(
        _("Response rate and its limits"),
        found.rates,
        found.answering,
        chosen,
        lambda period: asks_url(period, state="closed"),
        _(
            "Answered out of closed asks by the period they were sent in, within exact limits around the rate of all periods that are complete: beyond them chance takes a period once in 370."
        ),
    )


def detractor_chart(found: Watched, chosen: Asked) -> Chart:
    return share_chart(
        _("Share of detractors and its limits"),
        found.detractors,
        found.unhappy,
        chosen,
        lambda period: answers_url(period, band=Band.DETRACTOR),
        _(
            "Of the answers of each period. Where few answered, no number of detractors is low enough to be beyond chance."
        ),
    )


def share_chart(
    title: str, shares: Sequence[Share], level: float | None, chosen: Asked, url, note: str
) -> Chart:
    points = [
        Point(
            period_words(one.period, chosen.every),
            one.value,
            *one.limits,
            one.n,
            url=url(one.period),
            is_provisional=one.is_provisional,
        )
        for one in shares
    ]
    return levels(
        points,
        title,
        unit=_("Percent"),
        write=wording.percent,
        beyond={place for place, one in enumerate(shares) if one.is_signal},
        level=level or 0.0,
        span=(0, 1, 0.2),
        note=note,
    )


@download(blueprint, "/control")
@access.viewer
def control_file():
    """The three series, unrounded."""
    _chosen, _level, found = chosen_watch()
    return Table("control", CSV_HEAD, map(csv_row, found.nps, found.rates, found.detractors))


def csv_row(one: Nps, rate: Share, unhappy: Share) -> tuple:
    moved, nps = one.moved, one.counts.nps if one.moved else None
    return (
        *(one.period.start, one.period.last, one.counts.n, nps),
        *(moved and moved.value, moved and moved.limit, int(one.is_signal)),
        *(rate.n, rate.value, *rate.limits),
        *(unhappy.value, *unhappy.limits),
    )
