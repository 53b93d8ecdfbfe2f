"""The managers' pages: the trend, what it is made of, who took part, and the rows behind each number (a door)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.auth import access
from app.core import clock
from app.core.clock import day_of
from app.core.errors import Invalid
from app.core.pages import this_installation
from app.delivery.models import InvitationState
from app.extensions import db
from app.reports import charts, lists
from app.reports.charts import Composition, Point, Unit
from app.reports.lists import PAGE_SIZE, Chosen
from app.reports.overview import Overview, overview
from app.reports.participation import Participation
from app.reports.periods import Every, Period, months_back
from app.reports.trend import NpsPoint
from app.surveys.scales import Band, band

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
MONTHS_SHOWN = 11
LONGEST_DAYS = 366 * 6
DIMENSIONS = ("tier", "role", "owner", "language", "survey", "stage")


@dataclass(frozen=True)
class Asked:
    """The days and the cut that the address asks for."""

    start: date
    end: date
    every: Every
    dim: str | None

    @property
    def address(self) -> dict[str, str]:
        last = self.end - timedelta(days=1)
        found = {"from": self.start.isoformat(), "to": last.isoformat(), "every": self.every.value}
        return found | ({"by": self.dim} if self.dim else {})


def today() -> date:
    return day_of(clock.now(), this_installation().zone)


def asked() -> Asked:
    """The filter in the address: the last twelve months by month unless it says otherwise; Invalid names the field."""
    start = day_in("from") or months_back(today(), MONTHS_SHOWN)
    last = day_in("to") or today()
    if last < start or (last - start).days > LONGEST_DAYS:
        raise Invalid(
            _("Choose days in order, six years at most."), errors={"to": _("This day cannot end the period.")}
        )
    every = request.args.get("every", "month")
    dim = request.args.get("by")
    return Asked(
        start=start,
        end=last + timedelta(days=1),
        every=Every(every) if every in set(Every) else Every.MONTH,
        dim=dim if dim in DIMENSIONS else None,
    )


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
def overview_page():
    chosen = asked()
    found = overview(
        db.session,
        start=chosen.start,
        end=chosen.end,
        every=chosen.every,
        today=today(),
        zone=this_installation().zone,
        dim=chosen.dim,
    )
    return render_template(
        "reports/overview.html",
        chosen=chosen,
        found=found,
        trend_chart=trend_chart(found, chosen),
        composition_chart=composition_chart(found, chosen),
        rate_chart=rate_chart(found, chosen),
        dimensions=dimension_words(),
        segment_words=segment_words,
        answers_url=answers_url,
        asks_url=asks_url,
    )


def trend_chart(found: Overview, chosen: Asked) -> charts.Chart:
    points = [nps_point(point, chosen.every) for point in found.trend] if found.has_answers else []
    return charts.line_with_interval(
        points,
        _("NPS, last answer of each person in 180 days"),
        Unit.POINTS,
        note=_(
            "Each point: the latest answer per person in the 180 days before its end, one vote each. The band is the 95 % interval."
        ),
        empty=_("No answers yet. The trend begins with the first five."),
    )


def nps_point(point: NpsPoint, every: Every) -> Point:
    interval = point.estimate.interval
    return Point(
        label=period_words(point.period, every),
        value=point.estimate.nps,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=point.counts.n,
        note=_("too few answers") if point.estimate.nps is None and point.counts.n else "",
        url=answers_url(Period(point.period.end - timedelta(days=180), point.period.end)),
    )


def composition_chart(found: Overview, chosen: Asked) -> charts.Chart:
    pairs = zip(found.composition, found.participation, strict=True)
    made = [
        Composition(
            label=period_words(point.period, chosen.every),
            detractor=point.counts.detractors,
            passive=point.counts.passives,
            promoter=point.counts.promoters,
            silent=asks.silent + asks.declined,
            url=answers_url(point.period),
            note=_("some asks are still open") if asks.is_provisional else "",
        )
        for point, asks in pairs
    ]
    return charts.stacked_bands(
        made if found.has_answers or found.has_asks else [],
        _("Who answers what, and who stays silent"),
        note=_("Answers by the day they came; the silent by the day they were asked."),
    )


def rate_chart(found: Overview, chosen: Asked) -> charts.Chart:
    return charts.bar(
        [rate_point(entry, chosen.every) for entry in found.participation] if found.has_asks else [],
        _("Response rate"),
        Unit.SHARE,
        target=0.4,
        note=_(
            "Answered out of closed asks, by the period they were sent in. Hollow bars still have open asks: provisional."
        ),
        empty=_("Nobody has been asked in this period yet."),
    )


def rate_point(entry: Participation, every: Every) -> Point:
    interval = entry.interval
    return Point(
        label=period_words(entry.period, every),
        value=entry.rate,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        n=entry.closed,
        is_provisional=entry.is_provisional,
        url=asks_url(entry.period),
    )


def period_words(period: Period, every: Every) -> str:
    """How a period is called in a chart."""
    if every is Every.MONTH:
        return format_date(period.start, "MMM yy")
    if every is Every.QUARTER:
        return format_date(period.start, "QQQ yy")
    return format_date(period.start, "d MMM")


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
    }


def segment_words(dim: str, key: str) -> str:
    """A segment's name for a person."""
    return {"tier": _("Tier %(key)s", key=key)}.get(dim, key.replace("_", " ").capitalize())


def chosen_rows() -> Chosen:
    """The rows that the address asks for."""
    days, given = asked(), request.args
    key = given.get("key", "")[:120]
    return Chosen(
        start=days.start,
        end=days.end,
        band=Band(given["band"]) if given.get("band") in set(Band) else None,
        state=InvitationState(given["state"]) if given.get("state") in set(InvitationState) else None,
        dim=days.dim if key else None,
        key=key or None,
        words=given.get("q", "").replace("\x00", "").strip()[:100],
    )


def row_address(chosen: Chosen) -> dict[str, str]:
    given = {
        "from": chosen.start,
        "to": chosen.end - timedelta(days=1),
        "band": chosen.band,
        "state": chosen.state,
    }
    given |= {"by": chosen.dim, "key": chosen.key, "q": chosen.words}
    return {name: str(value) for name, value in given.items() if value}


@blueprint.get("/responses")
@access.viewer
def responses():
    chosen = chosen_rows()
    found = lists.answers(db.session, chosen, after=request.args.get("after", type=int))
    return render_template(
        "reports/responses.html",
        chosen=chosen,
        found=found[:PAGE_SIZE],
        address=row_address(chosen),
        following=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        dimensions=dimension_words(),
        segment_words=segment_words,
        band=band,
    )


@blueprint.get("/responses.csv")
@access.viewer
def responses_csv():
    response = Response(csv_stream(db.engine, chosen_rows()), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=justask-answers.csv"
    return response


def csv_stream(engine: Engine, chosen: Chosen) -> Iterator[str]:
    """The CSV in pieces, from one reading transaction of its own that outlives the request's."""
    with Session(engine) as session:
        yield from lists.answers_csv(session, chosen)


@blueprint.get("/asks")
@access.viewer
def asks():
    chosen = chosen_rows()
    found = lists.asks(
        db.session, chosen, zone=this_installation().zone, after=request.args.get("after", type=int)
    )
    return render_template(
        "reports/asks.html",
        chosen=chosen,
        found=found[:PAGE_SIZE],
        address=row_address(chosen),
        following=found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None,
        moment_of=lists.moment_of,
        states=lists_states(),
    )


def lists_states() -> list[tuple[str, str]]:
    """The states an ask that reached somebody may be in, for the filter."""
    return [
        ("", _("All")),
        ("sent", _("Open")),
        ("answered", _("Answered")),
        ("declined", _("Declined")),
        ("silent", _("Silent")),
    ]
