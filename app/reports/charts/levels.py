"""A series against the limits within which chance keeps it; points beyond them carry a ring, so that greys tell them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext as _

from app.reports.charts.axes import Axis, axis, x
from app.reports.charts.chart import Chart, Point, Shape
from app.reports.charts.marks import area, feet, grid, is_soft, path, runs

HEIGHT, TOP, FOOT = 240, 14, 42
Write = Callable[[float], str]


def levels(
    points: Sequence[Point],
    title: str,
    *,
    unit: str,
    write: Write,
    beyond: set[int],
    level: float,
    span: tuple[float, float, float],
    note: str = "",
    empty: str = "",
) -> Chart:
    """`low` and `high` of a point are its limits; `beyond` are the places of points outside them, `level` is the middle.
    `span`: the lowest and highest value there is, and the least that the axis spans. `write` says a value in words."""
    floor, ceiling, least = span
    known = [v for p in points if p.value is not None for v in (p.value, p.low, p.high)]
    mirrored = [-v for v in known] if floor == -ceiling else []
    up = axis([*known, *mirrored, level], TOP, HEIGHT - FOOT, floor=floor, ceiling=ceiling, least=least)
    return Chart(
        "line",
        title,
        told(points, title, write, beyond),
        HEIGHT,
        unit,
        [_("Period"), unit, _("Within chance"), _("n"), _("Note")],
        [row(p, write, i in beyond) for i, p in enumerate(points)],
        [p.url for p in points],
        shapes(points, up, write, beyond, level) if known else [],
        [(up.y(value), write(value)) for value in up.ticks()],
        legend(points, beyond, write(level)),
        note,
        empty or _("There are no answers in this period yet."),
        {
            "kind": "line",
            "low": up.low,
            "high": up.high,
            "points": [
                {"label": p.label, "value": p.value, "words": words(p, write, i in beyond), "url": p.url}
                for i, p in enumerate(points)
            ],
        },
    )


def shapes(points: Sequence[Point], up: Axis, write: Write, beyond: set[int], level: float) -> list[Shape]:
    count = len(points)
    drawn = runs(points, lambda p: p.value is not None)
    return [
        *grid(up),
        Shape("line", "chart__target", {"x1": "0%", "x2": "100%", "y1": up.y(level), "y2": up.y(level)}),
        *[area(run, count, up) for run in drawn if len(run) > 1],
        *[path(run, count, up) for run in drawn if len(run) > 1],
        *[
            mark
            for i, p in enumerate(points)
            if p.value is not None
            for mark in dot(i, p, count, up, write, beyond)
        ],
        *feet(points, HEIGHT),
    ]


def dot(index: int, point: Point, count: int, up: Axis, write: Write, beyond: set[int]) -> list[Shape]:
    at = {"cx": f"{x(index, count)}%", "cy": up.y(point.value)}
    css = "chart__dot chart__dot--hollow" if is_soft(point) else "chart__dot"
    found = [Shape("circle", css, at | {"r": 4}, words(point, write, index in beyond))]
    return [*found, Shape("circle", "chart__ring", at | {"r": 8})] if index in beyond else found


def legend(points: Sequence[Point], beyond: set[int], level: str) -> list[tuple[str, str]]:
    found = [("interval", _("within chance")), ("target", _("level %(value)s", value=level))]
    if beyond:
        found.append(("ring", _("beyond chance")))
    if any(p.value is not None and is_soft(p) for p in points):
        found.append(("hollow", _("fewer than 10 answers, or asks still open")))
    return found


def row(point: Point, write: Write, is_beyond: bool) -> list[str]:
    if point.value is None:
        return [point.label, "–", "–", str(point.n or 0), _("too few")]
    within = _("%(low)s to %(high)s", low=write(point.low), high=write(point.high))
    note = ", ".join(
        [*([_("beyond chance")] if is_beyond else []), *([_("provisional")] if point.is_provisional else [])]
    )
    return [point.label, write(point.value), within, str(point.n), note]


def words(point: Point, write: Write, is_beyond: bool) -> str:
    if point.value is None:
        return point.label
    label, value, within, n, note = row(point, write, is_beyond)
    said = _(
        "%(label)s: %(value)s, within chance %(within)s, n = %(n)s",
        label=label,
        value=value,
        within=within,
        n=n,
    )
    return f"{said}, {note}" if note else said


def told(points: Sequence[Point], title: str, write: Write, beyond: set[int]) -> str:
    outside = [p.label for i, p in enumerate(points) if i in beyond]
    if not outside:
        return _("%(title)s: no period lies beyond chance.", title=title)
    return _("%(title)s: beyond chance in %(periods)s.", title=title, periods=", ".join(outside))
