"""From one figure to another in steps: what lifted it, what pulled it down."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from app.core.language.wording import signed_tenth
from app.reports.charts.axes import Axis, Unit, axis
from app.reports.charts.chart import Chart, Point, Shape
from app.reports.charts.marks import column, feet, grid, scale_of, words_of
from app.reports.charts.trends import data_of, limits, table, unit_words

HEIGHT = 280
TOP = 22
FOOT = 42


def steps(first: Point, between: Sequence[Point], last: Point, title: str, *, note: str = "") -> Chart:
    """Two whole columns with floating ones between, each beginning where the one before it ended. Every column says
    its points with their sign and one decimal, so that they can be added up and no colour is needed."""
    points, ends = [first, *between, last], [first.value]
    for step in between:
        ends.append(ends[-1] + step.value)
    floor, ceiling, least = limits(Unit.POINTS)
    up = axis([0, *ends, last.value], TOP, HEIGHT - FOOT, floor=floor, ceiling=ceiling, least=least)
    begins = [0.0, *ends[:-1], 0.0]
    stops = [*ends, last.value]
    shapes = [
        shape
        for place, (point, begin, stop) in enumerate(zip(points, begins, stops, strict=True))
        for shape in step_shapes(place, point, begin, stop, len(points), up)
    ]
    described = "; ".join(words_of(point, Unit.POINTS) for point in points)
    head, rows = table(points, Unit.POINTS, _("Step"))
    rows = [[row[0], signed_tenth(point.value), *row[2:]] for row, point in zip(rows, points, strict=True)]
    return Chart(
        "steps",
        title,
        f"{title}. {described}.",
        HEIGHT,
        unit_words(Unit.POINTS),
        head,
        rows,
        [point.url for point in points],
        [*grid(up), *shapes, *feet(points, HEIGHT)],
        scale_of(up, Unit.POINTS),
        [("rise", _("lifted the NPS")), ("fall", _("pulled it down"))],
        note,
        "",
        data_of("bar", points, Unit.POINTS, up),
    )


def step_shapes(place: int, point: Point, begin: float, stop: float, count: int, up: Axis) -> list[Shape]:
    top, foot = up.y(max(begin, stop)), up.y(min(begin, stop))
    is_whole = place in (0, count - 1)
    css = "chart__bar" if is_whole else "chart__rise" if stop >= begin else "chart__fall"
    box = column(place, count) | {"y": top, "height": max(2, round(foot - top, 1)), "rx": 2}
    middle = {"x": f"{(place + 0.5) / count * 100:.3f}%", "text-anchor": "middle", "y": top - 7}
    return [
        Shape("rect", css, box, words_of(point, Unit.POINTS)),
        Shape("text", "chart__last", middle, signed_tenth(point.value)),
    ]
