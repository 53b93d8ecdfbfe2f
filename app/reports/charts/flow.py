"""Where people went from one state to another: a bar before, a bar after, and bands between as wide as their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from app.reports.charts.axes import Unit
from app.reports.charts.chart import Chart, Shape

HEIGHT, TOP, GAP = 320, 24, 10
EDGE, LEAST_FOR_WORDS = 14, 14
State = tuple[str, str]


def flow(
    states: Sequence[State],
    numbers: Mapping[tuple[str, str], int],
    title: str,
    *,
    urls: Mapping[tuple[str, str], str] | None = None,
    note: str = "",
    empty: str = "",
) -> Chart:
    """`states`: the class and words of each, from the top; `numbers` and `urls` by the classes before and after."""
    total = sum(numbers.values())
    names = dict(states)
    head = [_("Before"), *[words for _css, words in states], _("n")]
    rows, links = [], []
    for css, words in states:
        whole = sum(numbers.get((css, after), 0) for after in names)
        cells = [cell(numbers.get((css, after), 0), whole) for after in names]
        rows.append([words, *cells, Unit.COUNT.write(whole)])
        links.append(
            {
                place: urls[css, after]
                for place, after in enumerate(names, 1)
                if urls and numbers.get((css, after))
            }
        )
    return Chart(
        "flow",
        title,
        told(names, numbers, title),
        HEIGHT,
        _("Moves"),
        head,
        rows if total else [],
        [None] * len(rows),
        drawn(list(names), names, numbers, total) if total else [],
        [],
        list(states),
        note,
        empty,
        {},
        links,
    )


def cell(number: int, whole: int) -> str:
    words = Unit.COUNT.write(number)
    return f"{words} ({Unit.SHARE.write(number / whole)})" if whole else words


def told(names: Mapping[str, str], numbers: Mapping[tuple[str, str], int], title: str) -> str:
    """The largest moves in words, for those who do not see the chart."""
    largest = sorted(numbers, key=lambda pair: -numbers[pair])[:3]
    moves = [
        _(
            "%(n)s from %(before)s to %(after)s",
            n=Unit.COUNT.write(numbers[pair]),
            before=names[pair[0]],
            after=names[pair[1]],
        )
        for pair in largest
    ]
    return f"{title}. {'; '.join(moves)}."


def drawn(
    order: list[str], names: Mapping[str, str], numbers: Mapping[tuple[str, str], int], total: int
) -> list[Shape]:
    """Bands first, so that the bars and their words lie on top."""
    scale = (HEIGHT - TOP - GAP * (len(order) - 1) - 4) / total
    left = bars(order, [sum(numbers.get((css, after), 0) for after in order) for css in order], scale)
    right = bars(order, [sum(numbers.get((before, css), 0) for before in order) for css in order], scale)
    begun, ended = ({css: top for css, (top, _height) in side.items()} for side in (left, right))
    bands = []
    for before in order:
        for after in order:
            if not (number := numbers.get((before, after), 0)):
                continue
            wide = number * scale
            bands.append(band(before, begun[before], ended[after], wide))
            begun[before] += wide
            ended[after] += wide
    marks = [*side_marks(left, names, numbers, 0), *side_marks(right, names, numbers, 1)]
    heads = [
        Shape("text", "chart__x", {"x": "0%", "y": 12, "text-anchor": "start"}, _("Before")),
        Shape("text", "chart__x", {"x": "100%", "y": 12, "text-anchor": "end"}, _("The next time")),
    ]
    return [*bands, *marks, *heads]


def bars(order: list[str], sizes: list[int], scale: float) -> dict[str, tuple[float, float]]:
    """The top and the height of each bar of a side."""
    found, top = {}, float(TOP)
    for css, size in zip(order, sizes, strict=True):
        found[css] = top, size * scale
        top += size * scale + GAP
    return found


def band(css: str, begin: float, end: float, wide: float) -> Shape:
    middle = 50
    over = f"M{EDGE} {begin:.1f} C{middle} {begin:.1f} {middle} {end:.1f} {100 - EDGE} {end:.1f}"
    under = f"L{100 - EDGE} {end + wide:.1f} C{middle} {end + wide:.1f} {middle} {begin + wide:.1f} {EDGE} {begin + wide:.1f}Z"
    return Shape("path", f"chart__flow chart__flow--{css}", {"d": f"{over} {under}"}, is_stretched=True)


def side_marks(
    side: Mapping[str, tuple[float, float]],
    names: Mapping[str, str],
    numbers: Mapping[tuple[str, str], int],
    place: int,
) -> list[Shape]:
    """The bars of a side, each with its words and number where there is room."""
    shapes = []
    for css, (top, height) in side.items():
        number = sum(count for pair, count in numbers.items() if pair[place] == css)
        if not number:
            continue
        box = {"x": f"{0 if place == 0 else 100 - EDGE}%", "y": round(top, 1), "width": f"{EDGE}%"}
        words = f"{names[css]}: {Unit.COUNT.write(number)}"
        shapes.append(
            Shape(
                "rect", f"chart__fill chart__fill--{css}", box | {"height": max(2, round(height, 1))}, words
            )
        )
        if height >= LEAST_FOR_WORDS:
            middle = round(top + height / 2 + 4, 1)
            inside = {"x": f"{EDGE / 2 if place == 0 else 100 - EDGE / 2}%", "text-anchor": "middle"}
            beside = {
                "x": f"{EDGE + 1 if place == 0 else 99 - EDGE}%",
                "text-anchor": ("start", "end")[place],
            }
            shapes += [
                Shape("text", "chart__name", inside | {"y": middle}, Unit.COUNT.write(number)),
                Shape("text", "chart__name chart__x--wide", beside | {"y": middle}, names[css]),
            ]
    return shapes
