"""The marks that charts share: grid, paths, bands, whiskers, dots and the words at the foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from flask_babel import gettext as _

from app.reports.charts.axes import Axis, Unit, label_kind, x
from app.reports.charts.chart import Point, Shape

THIN = 10


def grid(up: Axis) -> list[Shape]:
    return [
        Shape(
            "line",
            "chart__grid chart__grid--zero" if value == 0 else "chart__grid",
            {"x1": "0%", "x2": "100%", "y1": up.y(value), "y2": up.y(value)},
        )
        for value in up.ticks()
    ]


def scale_of(up: Axis, unit: Unit) -> list[tuple[float, str]]:
    """The words of the upright axis, each with its height in pixels."""
    return [(up.y(value), unit.write(value)) for value in up.ticks()]


def runs(points: Sequence[Point], is_drawn: Callable[[Point], bool]) -> list[list[tuple[int, Point]]]:
    """Stretches of neighbours without a gap, each point with its place in the series."""
    grouped = groupby(enumerate(points), key=lambda pair: is_drawn(pair[1]))
    return [list(pairs) for drawn, pairs in grouped if drawn]


def path(run: list[tuple[int, Point]], count: int, up: Axis) -> Shape:
    places = [f"{x(i, count)} {up.y(p.value)}" for i, p in run]
    return Shape("path", "chart__line", {"d": "M" + " L".join(places)}, is_stretched=True)


def area(run: list[tuple[int, Point]], count: int, up: Axis) -> Shape:
    """The band between the lower and the upper ends of the intervals."""
    over = [f"{x(i, count)} {up.y(p.high)}" for i, p in run]
    under = [f"{x(i, count)} {up.y(p.low)}" for i, p in reversed(run)]
    return Shape("path", "chart__band", {"d": "M" + " L".join(over + under) + "Z"}, is_stretched=True)


def whiskers(points: Sequence[Point], up: Axis, *, everywhere: bool = False) -> list[Shape]:
    """Intervals as lines: at every point, or only where no band can be drawn because both neighbours are missing."""
    drawn = runs(points, lambda p: p.low is not None and p.high is not None)
    chosen = [pair for run in drawn for pair in run if everywhere or len(run) == 1]
    return [
        Shape("line", "chart__whisker", upright(i, len(points)) | {"y1": up.y(p.low), "y2": up.y(p.high)})
        for i, p in chosen
    ]


def upright(index: int, count: int) -> dict[str, str]:
    return {"x1": f"{x(index, count)}%", "x2": f"{x(index, count)}%"}


def column(index: int, count: int) -> dict[str, str]:
    """Left edge and width of the bar in slot `index`: three quarters of the slot, never wider than a tenth of all."""
    width = min(75 / count, 10)
    return {"x": f"{x(index, count) - width / 2:.3f}%", "width": f"{width:.3f}%"}


def dots(points: Sequence[Point], up: Axis, unit: Unit) -> list[Shape]:
    """A dot per value, hollow where it is not to be leaned on: few answers, or asks still open."""
    return [
        Shape(
            "circle",
            "chart__dot chart__dot--hollow" if is_soft(p) else "chart__dot",
            {"cx": f"{x(i, len(points))}%", "cy": up.y(p.value), "r": 4},
            words_of(p, unit),
        )
        for i, p in enumerate(points)
        if p.value is not None
    ]


def is_soft(point: Point) -> bool:
    return point.is_provisional or (point.n is not None and point.n < THIN)


def last_value(points: Sequence[Point], up: Axis, unit: Unit) -> list[Shape]:
    """The newest value written at its dot, above it unless that would leave the chart."""
    known = [(i, p) for i, p in enumerate(points) if p.value is not None]
    if not known:
        return []
    index, point = known[-1]
    over = up.y(point.value) - 11
    place = {"x": f"{x(index, len(points))}%", "y": over if over > up.top else up.y(point.value) + 22}
    return [Shape("text", "chart__last", place | {"text-anchor": "middle"}, unit.write(point.value))]


def feet(points: Sequence[Point], height: int) -> list[Shape]:
    """Under the axis: the period, and how many answers it rests on."""
    shapes = []
    for i, p in enumerate(points):
        kind = label_kind(i, len(points))
        if kind:
            css = "chart__x chart__x--wide" if kind == "wide" else "chart__x"
            place = {"x": f"{x(i, len(points))}%", "text-anchor": "middle"}
            shapes.append(Shape("text", css, place | {"y": height - 23}, p.label))
            if p.n is not None:
                words = _("n %(n)s", n=Unit.COUNT.write(p.n))
                shapes.append(Shape("text", css + " chart__n", place | {"y": height - 7}, words))
    return shapes


def target_line(up: Axis, target: float | None) -> list[Shape]:
    """A line at the target; its words stand in the legend, where no bar runs through them."""
    if target is None:
        return []
    return [
        Shape("line", "chart__target", {"x1": "0%", "x2": "100%", "y1": up.y(target), "y2": up.y(target)})
    ]


def target_key(unit: Unit, target: float | None) -> list[tuple[str, str]]:
    return [] if target is None else [("target", _("target %(value)s", value=unit.write(target)))]


def break_lines(points: Sequence[Point], height: float) -> list[Shape]:
    """A line at each point from which on something is counted or asked otherwise; its words stand in the legend too."""
    return [
        Shape(
            "line",
            "chart__break",
            {"x1": f"{x(i, len(points))}%", "x2": f"{x(i, len(points))}%", "y1": 0, "y2": height},
            point.mark,
        )
        for i, point in enumerate(points)
        if point.mark
    ]


def break_keys(points: Sequence[Point]) -> list[tuple[str, str]]:
    return [("break", point.mark) for point in points if point.mark]


def words_of(point: Point, unit: Unit) -> str:
    """Everything about one point in a line, as it is shown on pointing at it."""
    parts = [f"{point.label}: {unit.write(point.value)}"]
    if point.low is not None and point.high is not None:
        parts.append(between(point, unit))
    if point.n is not None:
        parts.append(_("n = %(n)s", n=Unit.COUNT.write(point.n)))
    return ", ".join([*parts, *notes(point)])


def between(point: Point, unit: Unit) -> str:
    if point.low is None or point.high is None:
        return "–"
    return _("%(low)s to %(high)s", low=unit.write(point.low), high=unit.write(point.high))


def notes(point: Point) -> list[str]:
    """What must be known about a value before it is leaned on."""
    found = [point.note] if point.note else []
    if point.is_provisional:
        found.append(_("provisional"))
    if point.n and point.n < THIN:
        found.append(_("few answers") if point.value is not None else _("too few answers"))
    return found
