"""One number over time: a line with its interval, bars, and a line the size of a word."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flask_babel import gettext as _

from app.reports.charts.axes import Axis, Unit, axis, x
from app.reports.charts.chart import Chart, Point, Shape
from app.reports.charts.marks import (
    area,
    between,
    break_keys,
    break_lines,
    column,
    dots,
    feet,
    grid,
    is_soft,
    last_value,
    notes,
    path,
    runs,
    scale_of,
    target_key,
    target_line,
    whiskers,
    words_of,
)

LINE_HEIGHT = 260
BAR_HEIGHT = 220
TOP = 14
FOOT = 42


def line_with_interval(
    points: Sequence[Point],
    title: str,
    unit: Unit = Unit.POINTS,
    *,
    period: str | None = None,
    note: str = "",
    empty: str = "",
    target: float | None = None,
) -> Chart:
    """A trend with its interval as a band. A point without neighbours gets a whisker; one of under 10 answers or not
    yet complete is drawn hollow."""
    floor, ceiling, least = limits(unit)
    known = [v for p in points for v in (p.value, p.low, p.high)] + [target]
    up = axis(known, TOP, LINE_HEIGHT - FOOT, floor=floor, ceiling=ceiling, least=least)
    shapes = [] if all(p.value is None for p in points) else trend_shapes(points, up, unit, target)
    return Chart(
        "line",
        title,
        told(points, title, unit),
        LINE_HEIGHT,
        unit_words(unit),
        *table(points, unit, period),
        [p.url for p in points],
        shapes,
        scale_of(up, unit),
        line_legend(points) + target_key(unit, target) + break_keys(points),
        note,
        empty or _("There are no answers in this period yet."),
        data_of("line", points, unit, up),
    )


def trend_shapes(points: Sequence[Point], up: Axis, unit: Unit, target: float | None) -> list[Shape]:
    count = len(points)
    return [
        *grid(up),
        *target_line(up, target),
        *break_lines(points, LINE_HEIGHT - FOOT),
        *[
            area(run, count, up)
            for run in runs(points, lambda p: p.low is not None and p.high is not None)
            if len(run) > 1
        ],
        *[path(run, count, up) for run in runs(points, lambda p: p.value is not None) if len(run) > 1],
        *whiskers(points, up),
        *dots(points, up, unit),
        *feet(points, LINE_HEIGHT),
        *last_value(points, up, unit),
    ]


def bar(
    points: Sequence[Point],
    title: str,
    unit: Unit = Unit.SHARE,
    *,
    period: str | None = None,
    note: str = "",
    empty: str = "",
    target: float | None = None,
) -> Chart:
    """One bar per period, with its interval as a whisker where there is one."""
    floor, ceiling, least = limits(unit)
    known = [v for p in points for v in (p.value, p.high)] + [target]
    up = axis(known, TOP, BAR_HEIGHT - FOOT, floor=floor, ceiling=ceiling, least=least)
    bars = [bar_shape(i, p, len(points), up, unit) for i, p in enumerate(points) if p.value is not None]
    marks = [
        *grid(up),
        *bars,
        *whiskers(points, up, everywhere=True),
        *target_line(up, target),
        *feet(points, BAR_HEIGHT),
    ]
    return Chart(
        "bar",
        title,
        told(points, title, unit),
        BAR_HEIGHT,
        unit_words(unit),
        *table(points, unit, period),
        [p.url for p in points],
        marks if bars else [],
        scale_of(up, unit),
        bar_legend(points) + target_key(unit, target),
        note,
        empty or _("There is nothing to count in this period yet."),
        data_of("bar", points, unit, up),
    )


def bar_shape(index: int, point: Point, count: int, up: Axis, unit: Unit) -> Shape:
    top, ground = up.y(max(point.value, 0)), up.y(min(point.value, 0))
    css = "chart__bar chart__bar--provisional" if point.is_provisional else "chart__bar"
    return Shape(
        "rect",
        css,
        column(index, count) | {"y": top, "height": max(1, ground - top), "rx": 2},
        words_of(point, unit),
    )


def sparkline(values: Sequence[float | None], label: str, *, low: float = 0, high: float = 100) -> Chart:
    """A trend the size of a word; its label says it all, so it has no table."""
    up = Axis(low, high, high - low, 2, 22)
    points = [Point("", v) for v in values]
    lines = [
        path(run, len(points), up) for run in runs(points, lambda p: p.value is not None) if len(run) > 1
    ]
    known = [i for i, v in enumerate(values) if v is not None]
    ends = (
        [
            Shape(
                "circle",
                "chart__dot",
                {"cx": f"{x(known[-1], len(points))}%", "cy": up.y(values[known[-1]]), "r": 2.5},
            )
        ]
        if known
        else []
    )
    return Chart("spark", label, label, 24, "", [], [], [], [*lines, *ends])


def limits(unit: Unit) -> tuple[float, float, float]:
    """The lowest and highest an axis may reach, and the least it spans so that noise does not look like a cliff."""
    return {
        Unit.POINTS: (-100, 100, 60),
        Unit.SHARE: (0, 1, 0.2),
        Unit.SCORE: (0, 100, 100),
        Unit.COUNT: (0, math.inf, 4),
    }[unit]


def unit_words(unit: Unit) -> str:
    return {
        Unit.POINTS: _("NPS, points from −100 to +100"),
        Unit.SHARE: _("Percent"),
        Unit.SCORE: _("Score, 0 to 100"),
        Unit.COUNT: _("Count"),
    }[unit]


def table(points: Sequence[Point], unit: Unit, period: str | None) -> tuple[list[str], list[list[str]]]:
    """The words over the columns and the rows, without columns that say nothing."""
    names = {
        Unit.POINTS: _("NPS"),
        Unit.SHARE: _("Percent"),
        Unit.SCORE: _("Score"),
        Unit.COUNT: _("Count"),
    }
    head = [period or _("Period"), names[unit], _("Likely between"), _("n"), _("Note")]
    rows = [table_row(p, unit) for p in points]
    told = [i for i in range(len(head)) if i < 2 or any(row[i] not in ("", "–") for row in rows)]
    return [head[i] for i in told], [[row[i] for i in told] for row in rows]


def table_row(point: Point, unit: Unit) -> list[str]:
    n = "–" if point.n is None else Unit.COUNT.write(point.n)
    return [point.label, unit.write(point.value), between(point, unit), n, ", ".join(notes(point))]


def told(points: Sequence[Point], title: str, unit: Unit) -> str:
    """The chart in one sentence, for those who do not see it."""
    known = [p for p in points if p.value is not None]
    if not known:
        return _("%(title)s: no values.", title=title)
    first, last = known[0], known[-1]
    if len(known) == 1:
        return f"{title}. {words_of(first, unit)}."
    low, high = min(known, key=lambda p: p.value), max(known, key=lambda p: p.value)
    return _(
        "%(title)s: %(first)s to %(last)s. Lowest %(low)s, highest %(high)s.",
        title=title,
        first=words_of(first, unit),
        last=words_of(last, unit),
        low=f"{unit.write(low.value)} ({low.label})",
        high=f"{unit.write(high.value)} ({high.label})",
    )


def line_legend(points: Sequence[Point]) -> list[tuple[str, str]]:
    legend = []
    if any(p.low is not None for p in points):
        legend.append(("interval", _("where the true value likely lies (95 %)")))
    if any(p.value is not None and is_soft(p) for p in points):
        legend.append(("hollow", _("fewer than 10 answers, or asks still open")))
    return legend


def bar_legend(points: Sequence[Point]) -> list[tuple[str, str]]:
    legend = []
    if any(p.value is not None and p.low is not None for p in points):
        legend.append(("whisker", _("where the true value likely lies (95 %)")))
    if any(p.value is not None and p.is_provisional for p in points):
        legend.append(("provisional", _("asks still open: provisional")))
    return legend


def data_of(kind: str, points: Sequence[Point], unit: Unit, up: Axis) -> dict:
    """The numbers for the script: plain JSON, each point with the words to show for it."""
    return {
        "kind": kind,
        "low": up.low,
        "high": up.high,
        "points": [
            {
                "label": p.label,
                "value": p.value,
                "words": words_of(p, unit),
                "url": p.url,
            }
            for p in points
        ],
    }
