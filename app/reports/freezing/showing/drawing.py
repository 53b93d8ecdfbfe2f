"""The chart of a frozen report, drawn from the figures it keeps, so that it needs nothing but them."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core.language.wording import whole
from app.health.parts import whole_points
from app.reports import charts
from app.reports.charts import Chart, Point, Unit
from app.reports.control.telling import nps_levels
from app.reports.freezing.document import Document, Table
from app.reports.statistics.movers import Standing


def chart_of(kind: str, document: Document) -> Chart | None:
    """None for a report that is a table, or where there is nothing to draw."""
    draw = {
        "overview": trend_chart,
        "why": step_chart,
        "movers": flow_chart,
        "control": level_chart,
        "value": value_chart,
    }.get(kind)
    chart = draw(document) if draw else None
    return None if chart is None or chart.is_empty else chart


def table(document: Document, name: str) -> Table | None:
    return next((one for one in document.tables if one.name == name), None)


def trend_chart(document: Document) -> Chart | None:
    found = table(document, "trend")
    if found is None:
        return None
    points = [
        Point(row.label, *(found.value(row, column) for column in ("nps", "low", "high", "people")))
        for row in found.rows
    ]
    return charts.line_with_interval(points, _("NPS, last answer of each person in 180 days"), Unit.POINTS)


def step_chart(document: Document) -> Chart | None:
    found, figures = table(document, "parts"), {one.key: one for one in document.figures}
    ends = [figures.get(key) for key in ("nps_before", "nps")]
    if found is None or len(found.rows) < 3 or any(one is None or one.value is None for one in ends):
        return None
    before, after = ends
    points = {row.key: 10 * found.value(row, "points_added") for row in found.rows}
    tenths = whole_points(points, whole(10 * after.value) - whole(10 * before.value))
    parts = [
        Point(row.label, tenths[row.key] / 10, n=found.value(row, "people_behind")) for row in found.rows
    ]
    return charts.steps(
        Point(_("Before"), before.value, n=before.people),
        parts,
        Point(_("Now"), after.value, n=after.people),
        _("From one NPS to the other"),
    )


def flow_chart(document: Document) -> Chart | None:
    found = table(document, "moves")
    if found is None or not found.rows:
        return None
    names = charts.band_words() | {"silent": _("Silent")}
    numbers = {tuple(row.key.split(">")): found.value(row, "moves") for row in found.rows}
    return charts.flow(
        [(one.value, names[one.value]) for one in Standing],
        {(was.value, now.value): numbers.get((was, now), 0) for was in Standing for now in Standing},
        _("From one ask to the next"),
    )


def level_chart(document: Document) -> Chart | None:
    found = table(document, "levels")
    if found is None:
        return None
    if not any(found.value(row, "ewma") is not None for row in found.rows):
        return None
    points, beyond = [], set()
    for place, row in enumerate(found.rows):
        value, limit, n = (found.value(row, column) for column in ("ewma", "ewma_limit", "n"))
        points.append(Point(row.label, value, limit and -limit, limit, n))
        if found.value(row, "is_signal"):
            beyond.add(place)
    return nps_levels(points, beyond)


def value_chart(document: Document) -> Chart | None:
    found = table(document, "value")
    if found is None:
        return None
    columns = "value_mean", "value_low", "value_high", "value_people"
    points = [Point(row.label, *(found.value(row, column) for column in columns)) for row in found.rows]
    title = _("Value, last answer of each person in 180 days")
    return charts.line_with_interval(points, title, Unit.SCORE)
