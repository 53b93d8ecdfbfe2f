"""Where the NPS differs between segments by more than chance: the page and its file (a door)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import render_template, request

from app.auth import access
from app.core.files.downloads import Table, download
from app.core.web.keeping.pages import kept_page
from app.extensions import db
from app.reports.deltas import is_of_account
from app.reports.hotspots.cells import Key, Segments, segments
from app.reports.periods import Period
from app.reports.routes import (
    LONGEST_DIMENSION,
    OF_ACCOUNT,
    answers_url,
    blueprint,
    chosen_days,
    dimension_name,
    dimension_words,
    is_dimension,
    segment_names,
    window_to,
)
from app.reports.statistics.segments import Cell, HeatMap
from app.surveys import audience

USUAL = "tier"
TONES = ((20, "far-up"), (7, "up"), (-7, "even"), (-20, "down"))
CSV_VERDICTS = {"hot": "hot spot", "watch": "watch", "none": ""}


@dataclass(frozen=True)
class Chosen:
    """The days, and one property or two, that the address asks for."""

    period: Period
    dims: tuple[str, ...]

    @property
    def address(self) -> dict[str, str]:
        days = {"from": self.period.start.isoformat(), "to": self.period.last.isoformat()}
        return days | dict(zip(("by", "and"), self.dims, strict=False))


def chosen_map() -> Chosen:
    """The last 180 days by tier unless the address says otherwise; Invalid names the field."""
    given = [name for name in (request.args.get("by"), request.args.get("and")) if is_dimension(name)]
    return Chosen(chosen_days(lambda last: window_to(last).start), tuple(dict.fromkeys(given)) or (USUAL,))


@dataclass(frozen=True)
class Row:
    """A segment as it is shown: its words, its figures, and the list of answers behind it."""

    key: Key
    words: tuple[str, ...]
    cell: Cell
    accounts: int
    url: str

    @property
    def verdict(self) -> str:
        return "hot" if self.cell.is_hot else "watch" if self.cell.is_watched else "none"


@blueprint.get("/hot-spots")
@access.viewer
@kept_page()
def hot_spots():
    chosen = chosen_map()
    found = segments(db.session, chosen.period, chosen.dims)
    drawn = found.map()
    rows = drawn and rows_of(drawn, found, chosen)
    return render_template(
        "reports/hot_spots.html",
        chosen=chosen,
        found=found,
        map=drawn,
        rows=rows,
        grid=rows and len(chosen.dims) == 2 and grid_of(rows),
        dimensions=offered_dimensions(),
        names=[dimension_name(dim) for dim in chosen.dims],
        tone=tone,
        follows=any(map(is_of_account, chosen.dims)),
    )


def offered_dimensions() -> dict[str, str]:
    """What people can be cut by: the usual properties, and every attribute of the accounts."""
    named = {(OF_ACCOUNT + name)[:LONGEST_DIMENSION]: name for name in audience.attributes(db.session)}
    return dimension_words() | named


def rows_of(drawn: HeatMap, found: Segments, chosen: Chosen) -> list[Row]:
    """The lowest first: that is where somebody has to go."""
    called = [segment_names(dim) for dim in chosen.dims]
    rows = [row_of(key, cell, found, chosen, called) for key, cell in drawn.cells.items()]
    return sorted(rows, key=lambda row: (row.cell.shrunk, row.words))


def row_of(
    key: Key, cell: Cell, found: Segments, chosen: Chosen, called: list[Callable[[str, str], str]]
) -> Row:
    words = tuple(name(dim, part) for name, dim, part in zip(called, chosen.dims, key, strict=True))
    places = dict(zip(("by", "by2"), chosen.dims, strict=False)) | dict(
        zip(("key", "key2"), key, strict=False)
    )
    url = answers_url(chosen.period, per="person", **places)
    return Row(key, words, cell, found.accounts[key], url)


@dataclass(frozen=True)
class Grid:
    """Two properties crossed: the words of the columns, and each row's words with a cell or None in every column."""

    columns: list[str]
    rows: list[tuple[str, list[Row | None]]]


def grid_of(rows: list[Row]) -> Grid:
    placed = {row.words: row for row in rows}
    lines, columns = (sorted({row.words[place] for row in rows}) for place in (0, 1))
    return Grid(columns, [(line, [placed.get((line, column)) for column in columns]) for line in lines])


def tone(cell: Cell, mean: float) -> str:
    """How far the shown value lies from the mean, as one of five tones; the cell also says it in figures."""
    away = cell.shrunk - mean
    return next((name for least, name in TONES if away >= least), "far-down")


@download(blueprint, "/hot-spots")
@access.viewer
def hot_spots_file():
    """The map unrounded: one row for each segment, without an NPS where fewer than five answered."""
    chosen = chosen_map()
    found = segments(db.session, chosen.period, chosen.dims)
    drawn = found.map()
    head = (*chosen.dims, "n", "accounts", "nps", "shown", "p", "p_adjusted", "verdict")
    rows = rows_of(drawn, found, chosen) if drawn else []
    return Table("hot-spots", head, map(csv_row, rows))


def csv_row(row: Row) -> tuple:
    cell = row.cell
    figures = cell.counts.n, row.accounts, cell.nps, cell.shown, cell.p, cell.p_adjusted
    return (*row.words, *figures, CSV_VERDICTS[row.verdict])
