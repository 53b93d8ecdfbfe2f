"""Who answered how, and who did not: detractors, passives, promoters and the silent over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flask_babel import gettext as _

from app.reports.charts.axes import Axis, Unit, axis
from app.reports.charts.chart import Chart, Composition, Point, Shape
from app.reports.charts.marks import column, feet, grid, scale_of

HEIGHT = 260
TOP = 14
FOOT = 42
BANDS = ("detractor", "passive", "promoter", "silent")


def stacked_bands(
    periods: Sequence[Composition],
    title: str,
    *,
    as_share: bool = True,
    period: str | None = None,
    note: str = "",
    empty: str = "",
) -> Chart:
    """Detractors at the foot, passives, promoters, and the silent hatched on top; as shares, or as people."""
    unit = Unit.SHARE if as_share else Unit.COUNT
    highest = 1.0 if as_share else max([p.n for p in periods], default=0)
    up = axis(
        [highest],
        TOP,
        HEIGHT - FOOT,
        floor=0,
        ceiling=1 if as_share else math.inf,
        least=1 if as_share else 4,
    )
    filled = [s for i, p in enumerate(periods) for s in stack(i, p, len(periods), up, as_share)]
    labelled = [Point(p.label, p.n, n=p.n) for p in periods]
    return Chart(
        "stacked",
        title,
        told_bands(periods, title),
        HEIGHT,
        _("Share of those asked") if as_share else _("People"),
        [period or _("Period"), *band_words().values(), _("n")],
        [[p.label, *[band_cell(p, band, as_share) for band in BANDS], str(p.n)] for p in periods],
        [p.url for p in periods],
        [*grid(up), *filled, *feet(labelled, HEIGHT)] if filled else [],
        scale_of(up, unit),
        list(band_words().items()),
        note,
        empty or _("Nobody has been asked in this period yet."),
        data_of_bands(periods),
    )


def stack(index: int, period: Composition, count: int, up: Axis, as_share: bool) -> list[Shape]:
    """The pieces of one column from the foot up, a pixel of paper between them."""
    whole, below, shapes = (period.n if as_share else 1), 0, []
    for band in BANDS:
        here = getattr(period, band)
        if here:
            top, foot = up.y((below + here) / whole), up.y(below / whole)
            words = f"{period.label}: {band_words()[band]} {band_cell(period, band, as_share)}"
            box = column(index, count) | {"y": top, "height": max(1, round(foot - top - 1, 1))}
            shapes.append(Shape("rect", f"chart__fill chart__fill--{band}", box, words))
        below += here
    return shapes


def band_words() -> dict[str, str]:
    return {
        "detractor": _("Detractors"),
        "passive": _("Passives"),
        "promoter": _("Promoters"),
        "silent": _("Silent"),
    }


def band_cell(period: Composition, band: str, as_share: bool) -> str:
    """The count, and its share where shares are drawn."""
    count = getattr(period, band)
    words = Unit.COUNT.write(count)
    return f"{words} ({Unit.SHARE.write(count / period.n)})" if as_share and period.n else words


def told_bands(periods: Sequence[Composition], title: str) -> str:
    """The newest period in words, for those who do not see the chart."""
    filled = [p for p in periods if p.n]
    if not filled:
        return _("%(title)s: nobody asked.", title=title)
    newest = filled[-1]
    cells = ", ".join(f"{words} {band_cell(newest, band, True)}" for band, words in band_words().items())
    return f"{title}. {newest.label}: {cells}."


def data_of_bands(periods: Sequence[Composition]) -> dict:
    return {
        "kind": "stacked",
        "points": [{"label": p.label, "lines": told_period(p), "url": p.url} for p in periods],
    }


def told_period(period: Composition) -> list[str]:
    return [f"{words}: {band_cell(period, band, True)}" for band, words in band_words().items()]
