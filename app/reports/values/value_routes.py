"""How much value customers say they get: the trend, what it is made of, who took part, and its file (a door)."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _

from app.auth import access
from app.core import clock
from app.core.files.downloads import Table, download
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports import charts
from app.reports.charts import Chart, Composition, Point, Unit
from app.reports.glossary.metrics import metric
from app.reports.list_routes import level_words
from app.reports.participation import Participation
from app.reports.periods import Period
from app.reports.routes import (
    VALUE,
    Asked,
    answers_url,
    asked,
    asks_url,
    blueprint,
    marks,
    of_trend,
    period_words,
    rate_point,
    today,
    window_to,
)
from app.reports.values import telling
from app.reports.values.telling import VALUE_HEAD, ValueReport
from app.reports.values.trend import ValuePoint
from app.surveys.scales import ValueLevel

IN_THE_PLACE_OF = {"promoter": ValueLevel.HIGH, "passive": ValueLevel.MIDDLE, "detractor": ValueLevel.LOW}


def figures(chosen: Asked) -> ValueReport:
    """Everything that the page says of the days and the cut."""
    return telling.report(
        db.session,
        start=chosen.start,
        end=chosen.end,
        every=chosen.every,
        today=today(),
        zone=this_installation().zone,
        now=clock.now(),
        dim=chosen.dim,
    )


@blueprint.get("/value")
@access.viewer
@kept_page()
def value():
    chosen = asked()
    found = figures(chosen)
    return render_template(
        "reports/value.html",
        chosen=chosen,
        found=found,
        trend_chart=trend_chart(found, chosen),
        composition_chart=composition_chart(found, chosen),
        rate_chart=rate_chart(found, chosen),
        levels=level_words(),
        item_words={one.name: metric(one.name) for one in found.items},
        rows_url=rows_url,
        asked_url=asked_url,
        **of_trend(chosen),
    )


def rows_url(period: Period, **more: str | None) -> str:
    """The answers behind a figure."""
    return answers_url(period, about=VALUE, **more)


def asked_url(period: Period, **more: str | None) -> str:
    return asks_url(period, about=VALUE, **more)


def trend_chart(found: ValueReport, chosen: Asked) -> Chart:
    told = marks(chosen)
    pairs = zip(found.trend, found.asks, strict=True) if found.answers else []
    return charts.line_with_interval(
        [value_point(point, asks, chosen, told) for point, asks in pairs],
        _("Value, last answer of each person in 180 days"),
        Unit.SCORE,
        note=_(
            "Each point: the mean of the latest value answer per person in the 180 days before its end, 0 to 100. 50 is about break-even: as much back as it costs. The band is the 95 % interval. While asks of a period are open it is provisional."
        ),
        empty=_("Fewer than five people have answered about value so far. The trend begins with the fifth.")
        if found.answers
        else _("No answers about value yet. The trend begins with the first five."),
    )


def value_point(point: ValuePoint, asks: Participation, chosen: Asked, told) -> Point:
    mean, low, high = telling.value_and_interval(point.sums)
    return Point(
        period_words(point.period, chosen.every),
        mean,
        low,
        high,
        point.sums.n,
        is_provisional=asks.is_provisional,
        mark="; ".join(words for on, words in told if on in point.period),
        url=rows_url(window_to(point.period.last), per="person"),
    )


def composition_chart(found: ValueReport, chosen: Asked) -> Chart:
    names = {band: level_words()[level.value] for band, level in IN_THE_PLACE_OF.items()}
    made = [
        Composition(
            period_words(point.period, chosen.every),
            **{band: getattr(point.sums, level.value) for band, level in IN_THE_PLACE_OF.items()},
            silent=asks.silent + asks.declined,
            open=asks.open,
            url=rows_url(point.period),
            urls={band: rows_url(point.period, level=level.value) for band, level in IN_THE_PLACE_OF.items()}
            | {name: asked_url(asks.period, state=state) for name, state in SILENCES},
            names=names,
        )
        for point, asks in zip(found.composition, found.asks, strict=True)
    ]
    return charts.stacked_bands(
        [] if found.is_nothing else made,
        _("Who says how much, and who stays silent"),
        note=_(
            "Of those asked about value: answers by the day they came; the silent and those who may still answer by the day they were asked."
        ),
    )


SILENCES = (("silent", "unanswered"), ("open", "open"))


def rate_chart(found: ValueReport, chosen: Asked) -> Chart:
    def point(entry: Participation) -> Point:
        return rate_point(entry, chosen.every, asked_url(entry.period, state="closed"))

    return charts.bar(
        [point(entry) for entry in found.asks] if any(entry.reached for entry in found.asks) else [],
        _("Response rate"),
        Unit.SHARE,
        target=0.4,
        note=_("Answered out of closed asks that ask about value, by the period they were sent in."),
        empty=_("Nobody has been asked about value in this period yet."),
    )


@download(blueprint, "/value")
@access.viewer
def value_file():
    """What the charts draw, unrounded."""
    return Table("value", VALUE_HEAD, telling.series(figures(asked())))
