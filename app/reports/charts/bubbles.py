"""Accounts as bubbles: engagement across, sentiment upward, money as area, the relationship's colour."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flask_babel import gettext as _

from app.reports.charts.axes import Axis, Unit
from app.reports.charts.chart import Bubble, Chart, Shape
from app.reports.charts.marks import grid, scale_of

HEIGHT = 420
TOP = 14
LANE = 76
FOOT = 40
BOTTOM = HEIGHT - FOOT - LANE
LANE_TOP = BOTTOM + 8
LANE_HEIGHT = LANE - 8
LARGEST_RADIUS = 30
SMALLEST_RADIUS = 5
NAMED = 3
LONGEST_NAME = 24
NEAR_ACROSS, NEAR_DOWN = 24, 16
UP = Axis(0, 100, 25, TOP, BOTTOM)
Names = tuple[str, str, str]


def bubbles(
    accounts: Sequence[Bubble],
    title: str,
    *,
    across: str,
    upward: str,
    size: str,
    note: str = "",
    empty: str = "",
) -> Chart:
    """`across`, `upward` and `size` name what the places and areas mean. Accounts without sentiment have their lane."""
    ordered = sorted(accounts, key=lambda b: -b.size)
    names = (across, upward, size)
    told = _("Across: %(x)s. Upward: %(y)s. Area: %(size)s.", x=across, y=upward, size=size)
    return Chart(
        kind="bubble",
        title=title,
        description=f"{title}. {told}",
        height=HEIGHT,
        unit=f"{upward} ↑",
        head=[_("Account"), across, upward, size, _("Note")],
        rows=[[b.label, *written(b), b.note] for b in ordered],
        links=[b.url for b in ordered],
        shapes=[*ground(across), *circles(ordered, names)] if ordered else [],
        scale=scale_of(UP, Unit.SCORE),
        legend=[("green", _("Good")), ("yellow", _("Watch")), ("red", _("At risk")), ("none", _("No score"))],
        note=note,
        empty=empty or _("No account has been asked yet."),
        data={
            "kind": "bubble",
            "ground": [TOP, BOTTOM - TOP],
            "lane": [LANE_TOP, LANE_HEIGHT],
            "points": [point_of(b, ordered[0].size, names) for b in ordered],
        },
    )


def written(b: Bubble) -> list[str]:
    return [Unit.SCORE.write(b.x), Unit.SCORE.write(b.y), Unit.COUNT.write(b.size)]


def ground(across: str) -> list[Shape]:
    """Grid, the lane of the silent, and the words along the foot."""
    marks = [
        Shape("text", "chart__x", {"x": place(v), "y": HEIGHT - 22, "text-anchor": "middle"}, str(v))
        for v in (0, 25, 50, 75, 100)
    ]
    return [
        *grid(UP),
        Shape(
            "rect", "chart__lane", {"x": "0%", "width": "100%", "y": LANE_TOP, "height": LANE_HEIGHT, "rx": 4}
        ),
        Shape(
            "text",
            "chart__words",
            {"x": "100%", "y": LANE_TOP + 16, "text-anchor": "end"},
            _("no sentiment known"),
        ),
        *marks,
        Shape("text", "chart__words", {"x": "100%", "y": HEIGHT - 4, "text-anchor": "end"}, f"{across} →"),
    ]


def circles(ordered: list[Bubble], names: Names) -> list[Shape]:
    """Large ones first, so that small ones lie on top; the largest carry their names."""
    largest = ordered[0].size
    return [*(circle(b, largest, names) for b in ordered), *(name(b, largest) for b in named(ordered))]


def named(ordered: list[Bubble]) -> list[Bubble]:
    """The largest, less those whose names would lie on that of a larger one."""
    largest, found = ordered[0].size, []
    for b in ordered[:NAMED]:
        if all(
            abs(b.x - one.x) > NEAR_ACROSS or abs(over(b, largest) - over(one, largest)) > NEAR_DOWN
            for one in found
        ):
            found.append(b)
    return found


def over(b: Bubble, largest: float) -> float:
    """How far down the name of an account stands: above its circle, in the lane inside the lane."""
    least = TOP - 2 if b.y is not None else LANE_TOP + 12
    return max(least, down(b) - radius(b.size, largest) - 4)


def circle(b: Bubble, largest: float, names: Names) -> Shape:
    at = {"cx": place(b.x), "cy": down(b), "r": radius(b.size, largest)}
    return Shape("circle", f"chart__bubble chart__bubble--{b.colour}", at, words(b, names))


def name(b: Bubble, largest: float) -> Shape:
    anchor = "start" if b.x < 20 else "end" if b.x > 80 else "middle"
    return Shape(
        "text",
        "chart__name",
        {"x": place(b.x), "y": over(b, largest), "text-anchor": anchor},
        shortened(b.label),
    )


def shortened(label: str) -> str:
    """A name as it fits into the narrowest picture; the whole one stands with the circle and in the table."""
    return label if len(label) <= LONGEST_NAME else label[: LONGEST_NAME - 1].rstrip() + "…"


def words(b: Bubble, names: Names) -> str:
    said = [f"{name} {value}" for name, value in zip(names, written(b), strict=True)]
    return f"{b.label}: {', '.join([*said, b.note] if b.note else said)}"


def place(across: float) -> str:
    """Where 0..100 stands, kept off the edges so that no bubble is cut."""
    return f"{5 + across * 0.9:.2f}%"


def down(b: Bubble) -> float:
    return UP.y(b.y) if b.y is not None else LANE_TOP + LANE_HEIGHT / 2


def radius(size: float, largest: float) -> float:
    """In pixels: the area goes with `size`, only the smallest are kept large enough to hit."""
    share = max(size, 0) / largest if largest > 0 else 0
    return round(max(SMALLEST_RADIUS, LARGEST_RADIUS * math.sqrt(share)), 1)


def point_of(b: Bubble, largest: float, names: Names) -> dict:
    return {
        "label": b.label,
        "x": b.x,
        "y": b.y,
        "r": radius(b.size, largest),
        "colour": b.colour,
        "words": words(b, names),
        "url": b.url,
    }
