"""Has it left its level? Three control charts with a verdict in words, and their file (a door)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request
from flask_babel import gettext as _

from app.auth import access
from app.core.errors import Invalid
from app.core.files.downloads import Table, download
from app.core.language import wording
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports.charts import Chart, Point, levels
from app.reports.control.watching import Nps, Share, Watched, watched
from app.reports.periods import Every, periods
from app.reports.routes import Asked, answers_url, asked, asks_url, blueprint, period_words
from app.surveys.scales import Band

FEWEST_POINTS = 6
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


@blueprint.get("/control")
@access.viewer
def control():
    chosen, level, found = chosen_watch()
    return render_template(
        "reports/control.html",
        chosen=chosen,
        level=level,
        found=found,
        words=verdict(found, chosen.every),
        charts=[nps_chart(found, chosen), rate_chart(found, chosen), detractor_chart(found, chosen)],
        every_options=[("week", _("Week")), ("month", _("Month")), ("quarter", _("Quarter"))],
    )


def verdict(found: Watched, every: Every) -> str:
    """Whether the NPS has left its level, in words."""
    known = [one for one in found.nps if one.moved is not None]
    if len(known) < FEWEST_POINTS:
        return _("Too short to tell: it takes six periods of five answers or more.")
    level = wording.signed(found.level)
    run = latest_signals(known)
    if run:
        side = _("above") if run[-1].moved.value > 0 else _("below")
        since = period_words(run[0].period, every)
        return _(
            "Since %(since)s the NPS lies %(side)s its level of %(level)s by more than chance.",
            since=since,
            side=side,
            level=level,
        )
    earlier = [one for one in known if one.is_signal]
    if earlier:
        when = period_words(earlier[-1].period, every)
        return _(
            "The NPS left its level of %(level)s up to %(when)s, and is back within chance.",
            level=level,
            when=when,
        )
    return _(
        "The NPS has not left its level of %(level)s: what went up and down from one period to the next is chance.",
        level=level,
    )


def latest_signals(known: Sequence[Nps]) -> list[Nps]:
    """The periods at the end of the series that lie beyond chance without a gap."""
    run: list[Nps] = []
    for one in reversed(known):
        if not one.is_signal:
            break
        run.insert(0, one)
    return run


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
    return levels(
        points,
        _("NPS against its level, remembered (EWMA)"),
        unit=_("Standard errors from the level"),
        write=lambda value: f"{value:+.1f}".replace("-", "−") if value else "0",
        beyond={place for place, one in enumerate(found.nps) if one.is_signal},
        level=0.0,
        span=(-50, 50, 1),
        empty=_("No period has the five answers that it takes."),
        note=_(
            "Each period's NPS less the level, in its own standard errors; every point remembers those before it (a fifth is new). A series that stays leaves the band once in 371 points, a shift of one standard error shows after about ten. The answers of each period itself, not those of 180 days."
        ),
    )


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
            *limit_shares(one),
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


def limit_shares(one: Share) -> tuple[float | None, float | None]:
    """The limits as shares: the nearest that still are within chance."""
    if not one.n:
        return None, None
    low = 0.0 if one.low is None else (one.low + 1) / one.n
    return low, 1.0 if one.high is None else (one.high - 1) / one.n


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
        *(rate.n, rate.value, *limit_shares(rate)),
        *(unhappy.value, *limit_shares(unhappy)),
    )
