"""Who answered how, and who did not: promoters, passives, detractors, the silent and the not yet heard over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from app.reports.charts.axes import Axis, Unit, axis
from app.reports.charts.chart import Chart, Composition, Point, Shape
from app.reports.charts.marks import column, feet, grid, scale_of
from app.surveys.scales import Band

HEIGHT = 260
TOP = 14
FOOT = 42
BANDS = (*Band, "silent", "open")
NAMES = {
    Band.PROMOTER: lazy_gettext("Promoters"),
    Band.PASSIVE: lazy_gettext("Passives"),
    Band.DETRACTOR: lazy_gettext("Detractors"),
    "silent": lazy_gettext("Did not answer"),
    "open": lazy_gettext("May still answer"),
}


def stacked_bands(
    periods: Sequence[Composition],
    title: str,
    *,
    as_share: bool = True,
    period: str | None = None,
    note: str = "",
    empty: str = "",
) -> Chart:
    """Promoters at the foot, passives, detractors, the silent hatched, and hollow on top who may still answer; as
    shares, or as people. A period with open asks says that it is provisional."""
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
    bands, names = shown_bands(periods), names_of(periods)
    filled = [s for i, p in enumerate(periods) for s in stack(i, p, len(periods), up, as_share)]
    labelled = [Point(p.label, p.n, n=p.n) for p in periods]
    return Chart(
        "stacked",
        title,
        told_bands(periods, title),
        HEIGHT,
        _("Share of those asked") if as_share else _("People"),
        *table(periods, bands, as_share, period),
        [p.url for p in periods],
        [*grid(up), *filled, *feet(labelled, HEIGHT)] if filled else [],
        scale_of(up, unit),
        [(band, names[band]) for band in bands],
        note,
        empty or _("Nobody has been asked in this period yet."),
        data_of_bands(periods),
        [{i: p.urls[band] for i, band in enumerate(bands, 1) if p.urls.get(band)} for p in periods],
    )


def shown_bands(periods: Sequence[Composition]) -> list[str]:
    """All bands, the open asks only where there are any."""
    return [band for band in BANDS if band != "open" or any(p.open for p in periods)]


def table(
    periods: Sequence[Composition], bands: Sequence[str], as_share: bool, period: str | None
) -> tuple[list[str], list[list[str]]]:
    """The words over the columns and the rows, without a column of notes when there are none."""
    has_notes, names = any(told_note(p) for p in periods), names_of(periods)
    head = [period or _("Period"), *[names[band] for band in bands], _("n")]
    rows = [
        [p.label, *[band_cell(p, band, as_share) for band in bands], Unit.COUNT.write(p.n)] for p in periods
    ]
    if not has_notes:
        return head, rows
    return [*head, _("Note")], [[*row, told_note(p)] for row, p in zip(rows, periods, strict=True)]


def stack(index: int, period: Composition, count: int, up: Axis, as_share: bool) -> list[Shape]:
    """The pieces of one column from the foot up, a pixel of paper between them."""
    whole, below, shapes = (period.n if as_share else 1), 0, []
    for band in BANDS:
        here = getattr(period, band)
        if here:
            top, foot = up.y((below + here) / whole), up.y(below / whole)
            words = ", ".join(
                filter(
                    None,
                    [
                        f"{period.label}: {name_of(period, band)} {band_cell(period, band, as_share)}",
                        told_note(period),
                    ],
                )
            )
            box = column(index, count) | {"y": top, "height": max(1, round(foot - top - 1, 1))}
            shapes.append(Shape("rect", f"chart__fill chart__fill--{band}", box, words))
        below += here
    return shapes


def band_words() -> dict[str, str]:
    """What the bands, and those who gave no answer, are called wherever they are counted, in the order of telling."""
    return {band: str(words) for band, words in NAMES.items()}


def names_of(periods: Sequence[Composition]) -> dict[str, str]:
    """What the bands of these periods are called."""
    return band_words() | dict(periods[0].names if periods else {})


def name_of(period: Composition, band: str) -> str:
    """What one band of a period is called."""
    return dict(period.names).get(band) or str(NAMES[band])


def told_note(period: Composition) -> str:
    """What must be known before the shares of a period are leaned on."""
    return ", ".join(filter(None, [period.note, _("provisional") if period.is_provisional else ""]))


def told_period(period: Composition) -> list[str]:
    """The period band by band, its note last."""
    bands = [band for band in BANDS if band != "open" or period.open]
    cells = [f"{name_of(period, band)}: {band_cell(period, band, True)}" for band in bands]
    return cells + ([told_note(period)] if told_note(period) else [])


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
    return f"{title}. {newest.label}: {', '.join(told_period(newest))}."


def data_of_bands(periods: Sequence[Composition]) -> dict:
    return {
        "kind": "stacked",
        "points": [{"label": p.label, "lines": told_period(p), "url": p.url} for p in periods],
    }
