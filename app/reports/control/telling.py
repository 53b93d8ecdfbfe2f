"""Control charts in words and lines: whether the NPS has left its level, and the chart that shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext as _

from app.core.language import wording
from app.reports.charts import Chart, Point, levels
from app.reports.control.watching import Nps, Watched
from app.reports.periods import Every, Period

FEWEST_POINTS = 6


def verdict(found: Watched, every: Every, period_words: Callable[[Period, Every], str]) -> str:
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


def nps_levels(points: Sequence[Point], beyond: set[int]) -> Chart:
    """Each point is what is remembered of the NPS, between the limits of chance; `beyond` are the places outside them."""
    return levels(
        points,
        _("NPS against its level, remembered (EWMA)"),
        unit=_("Standard errors from the level"),
        write=lambda value: f"{value:+.1f}".replace("-", "−") if value else "0",
        beyond=beyond,
        level=0.0,
        span=(-50, 50, 1),
        empty=_("No period has the five answers that it takes."),
        note=_(
            "Each period's NPS less the level, in its own standard errors; every point remembers those before it (a fifth is new). A series that stays leaves the band once in 371 points, a shift of one standard error shows after about ten. The answers of each period itself, not those of 180 days."
        ),
    )
