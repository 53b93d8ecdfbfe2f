"""The managers' page: the trend, what it is made of, who took part (a door). The rows behind are in list_routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.auth.models import Staff
from app.contacts.models import Contact
from app.contacts.words import ROLES, STAGES
from app.core import clock
from app.core.clock import day_of
from app.core.errors import Invalid
from app.core.language.wording import day, day_as
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports import charts
from app.reports.annotations import noting
from app.reports.annotations.models import Annotation
from app.reports.charts import Composition, Point, Unit
from app.reports.deltas import OF_ACCOUNT, is_of_account
from app.reports.overview import Overview, is_nothing_yet, overview
from app.reports.participation import Participation
from app.reports.periods import Every, Period, months_back
from app.reports.surveys import breaks
from app.reports.surveys.breaks import Break
from app.reports.trend import HEADLINE_DAYS, NpsPoint
from app.surveys.models import Program, Survey
from app.surveys.scales import Band
from app.surveys.wording import language_name

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
MONTHS_SHOWN = 11
LONGEST_DAYS = 366 * 6
YEARS = range(1900, 9000)
RECOMMENDING, VALUE = "recommendation", "value"
DIMENSIONS = ("tier", "role", "owner", "language", "survey", "stage", "country", "program")
LONGEST_DIMENSION = 32
FORMS = {Every.MONTH: "MMM yy", Every.QUARTER: "QQQ yy"}


@dataclass(frozen=True)
class Asked:
    """The days and the cut that the address asks for."""

    start: date
    end: date
    every: Every
    dim: str | None

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def address(self) -> dict[str, str]:
        found = {"from": self.start.isoformat(), "to": self.last.isoformat(), "every": self.every.value}
        return found | ({"by": self.dim} if self.dim else {})


def today() -> date:
    return day_of(clock.now(), this_installation().zone)


def asked() -> Asked:
    """The filter in the address: the last twelve months by month unless it says otherwise; Invalid names the field."""
    period = chosen_days(lambda _last: months_back(today(), MONTHS_SHOWN))
    every = request.args.get("every", "month")
    dim = request.args.get("by")
    return Asked(
        start=period.start,
        end=period.end,
        every=Every(every) if every in set(Every) else Every.MONTH,
        dim=dim if is_dimension(dim) else None,
    )


def chosen_days(usual: Callable[[date], date], prefix: str = "") -> Period:
    """The days from `from` to `to` of the address: to today, and from the usual first day for that last one.

    `prefix`: what their names begin with, for days beside those.
    Invalid, with its field, where they are not in order or too many.
    """
    last = day_in(f"{prefix}to") or today()
    start = day_in(f"{prefix}from") or usual(last)
    if not 0 <= (last - start).days <= LONGEST_DAYS or start.year not in YEARS or last.year not in YEARS:
        raise Invalid(
            _("Choose days in order, six years at most."),
            errors={f"{prefix}to": _("This day cannot end the period.")},
        )
    return Period(start, last + timedelta(days=1))


def is_dimension(name: str | None) -> bool:
    """A name of the list, or `segment.NAME` for an attribute of accounts."""
    if not name or name in DIMENSIONS:
        return bool(name)
    return name.startswith(OF_ACCOUNT) and name.isprintable() and len(name) <= LONGEST_DIMENSION


def day_in(name: str) -> date | None:
    """The day that a parameter names; Invalid when it is no day."""
    given = request.args.get(name, "").strip()
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise Invalid(_("That is not a day."), errors={name: _("Write a day as 2026-03-31.")}) from None


@blueprint.get("", endpoint="overview")
@access.viewer
@kept_page()
def overview_page():
    chosen = asked()
    if is_nothing_yet(db.session):
        return render_template("reports/nothing_yet.html", has_people=has_people())
    found = figures(chosen)
    return render_template(
        "reports/overview.html",
        chosen=chosen,
        found=found,
        trend_chart=trend_chart(found, chosen),
        composition_chart=composition_chart(found, chosen),
        rate_chart=rate_chart(found, chosen),
        band_words=charts.band_words(),
        answers_url=answers_url,
        asks_url=asks_url,
        **of_trend(chosen),
    )


def of_trend(chosen: Asked) -> dict:
    """What every page of a trend says of its days, of the two windows of its headline, and of its cut."""
    return {
        "dimensions": dimension_words(),
        "dimension_name": dimension_name,
        "follows": is_of_account(chosen.dim or ""),
        "segment_words": segment_names(chosen.dim),
        "days": Period(chosen.start, chosen.end),
        "window": window_to(today()),
        "before": window_to(today() - timedelta(days=HEADLINE_DAYS)),
    }


def figures(chosen: Asked) -> Overview:
    """Everything that the page says of the days and the cut."""
    return overview(
        db.session,
        start=chosen.start,
        end=chosen.end,
        every=chosen.every,
        today=today(),
        now=clock.now(),
        zone=this_installation().zone,
        dim=chosen.dim,
    )


def has_people() -> bool:
    """Whether there is anybody who could be asked."""
    return bool(db.session.scalar(sa.select(sa.exists().select_from(Contact))))


def window_to(day: date) -> Period:
    """The days whose last votes make the headline of a day."""
    end = day + timedelta(days=1)
    return Period(end - timedelta(days=HEADLINE_DAYS), end)


def trend_chart(found: Overview, chosen: Asked) -> charts.Chart:
    pairs = zip(found.trend, found.participation, strict=True)
    told = marks(chosen)
    points = (
        [nps_point(point, asks, chosen.every, told) for point, asks in pairs] if found.has_answers else []
    )
    return charts.line_with_interval(
        points,
        _("NPS, last answer of each person in 180 days"),
        Unit.POINTS,
        note=_(
            "Each point: the latest answer per person in the 180 days before its end, one vote each. The band is the 95 % interval. While asks of a period are open it is provisional."
        ),
        empty=_("Fewer than five people have answered so far. The trend begins with the fifth.")
        if found.has_answers
        else _("No answers yet. The trend begins with the first five."),
    )


def marks(chosen: Asked) -> list[tuple[date, str]]:
    """The days from which on something is asked otherwise, and those on which something happened, in words."""
    found = breaks.breaks(db.session, this_installation().zone, start=chosen.start, end=chosen.end)
    happened = noting.noted(db.session, start=chosen.start, end=chosen.end)
    told = [(one.on, break_words(one)) for one in found]
    return sorted(told + [(one.on, happened_words(one)) for one in happened])


def nps_point(
    point: NpsPoint, asks: Participation, every: Every, told: Sequence[tuple[date, str]] = ()
) -> Point:
    interval = point.estimate.interval
    return Point(
        label=period_words(point.period, every),
        value=point.estimate.nps,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=point.counts.n,
        is_provisional=asks.is_provisional,
        mark="; ".join(words for on, words in told if on in point.period),
        url=answers_url(window_to(point.period.last), per="person"),
    )


def happened_words(one: Annotation) -> str:
    return _("%(words)s (%(day)s)", words=one.words, day=day(one.on))


def break_words(one: Break) -> str:
    return _(
        "%(survey)s asks in other words since %(day)s (version %(number)s)",
        survey=one.survey,
        day=day(one.on),
        number=one.number,
    )


def composition_chart(found: Overview, chosen: Asked) -> charts.Chart:
    pairs = zip(found.composition, found.recommending, strict=True)
    made = [
        Composition(
            label=period_words(point.period, chosen.every),
            promoter=point.counts.promoters,
            passive=point.counts.passives,
            detractor=point.counts.detractors,
            silent=asks.silent + asks.declined,
            open=asks.open,
            url=answers_url(point.period),
            urls={band.value: answers_url(point.period, band=band.value) for band in Band}
            | {
                "silent": asks_url(asks.period, state="unanswered", about=RECOMMENDING),
                "open": asks_url(asks.period, state="open", about=RECOMMENDING),
            },
        )
        for point, asks in pairs
    ]
    return charts.stacked_bands(
        made if found.has_answers or found.has_asks else [],
        _("Who answers what, and who stays silent"),
        note=_(
            "Of those asked to recommend: answers by the day they came; the silent and those who may still answer by the day they were asked. Until the last ask of a period is closed its shares are provisional."
        ),
    )


def rate_chart(found: Overview, chosen: Asked) -> charts.Chart:
    return charts.bar(
        [rate_point(entry, chosen.every) for entry in found.participation] if found.has_asks else [],
        _("Response rate"),
        Unit.SHARE,
        target=0.4,
        note=_(
            "Answered out of closed asks, by the period they were sent in. Who answers, answers early: while asks are open, the rate is too high."
        ),
        empty=_("Every ask of this period is still open, so there is no rate yet.")
        if found.open
        else _("Nobody has been asked in this period yet."),
    )


def rate_point(entry: Participation, every: Every, url: str | None = None) -> Point:
    interval = entry.interval
    return Point(
        label=period_words(entry.period, every),
        value=entry.rate,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=entry.closed,
        is_provisional=entry.is_provisional,
        url=url or asks_url(entry.period, state="closed"),
    )


def period_words(period: Period, every: Every) -> str:
    """How a period is called in a chart."""
    return day_as(FORMS.get(every, "d MMM"), period.start)


def answers_url(period: Period, **more: str | None) -> str:
    return url_for(
        "reports.responses", **{"from": period.start.isoformat(), "to": period.last.isoformat()}, **more
    )


def asks_url(period: Period, **more: str | None) -> str:
    return url_for(
        "reports.asks", **{"from": period.start.isoformat(), "to": period.last.isoformat()}, **more
    )


def dimension_words() -> dict[str, str]:
    return {
        "tier": _("Tier"),
        "role": _("Role"),
        "owner": _("Owner"),
        "language": _("Language"),
        "survey": _("Survey"),
        "stage": _("Stage"),
        "country": _("Country"),
        "program": _("Program"),
    }


def dimension_name(dim: str) -> str:
    """What a property is called; an attribute of accounts by its own name."""
    return dimension_words().get(dim) or dim.removeprefix(OF_ACCOUNT)


def segment_names(dim: str | None) -> Callable[[str, str], str]:
    """How the segments of a dimension are called: `names(dim, key)`; staff and surveys are looked up once."""
    known: dict[str, str] = {}
    if dim == "owner":
        known = {str(s.id): s.display_name for s in db.session.scalars(sa.select(Staff))}
    elif dim == "survey":
        known = {str(s.id): s.name for s in db.session.scalars(sa.select(Survey))}
    elif dim == "program":
        known = {str(p.id): p.name for p in db.session.scalars(sa.select(Program))}

    def name(of: str, key: str) -> str:
        if of == "tier":
            return _("Tier %(key)s", key=key)
        if of == "language":
            return language_name(key)
        if of == "country" or of.startswith(OF_ACCOUNT):
            return key
        if of == "stage" and key in STAGES:
            return str(STAGES[key])
        return str(ROLES.get(key) or known.get(key) or key.replace("_", " ").capitalize())

    return name
