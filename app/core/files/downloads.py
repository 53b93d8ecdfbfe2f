"""Tables that leave as files: CSV or a workbook (XLSX). Which of the two is decided here, by the end of the address.

A view gives its table and knows neither. Rows are written as they come, so memory stays flat however many there are; a
workbook, whose parts can only be put together at the end, waits for that on the disk. No text is ever a formula.
Workbooks keep sixteen digits of a number, as spreadsheets do; CSV keeps all.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import wraps
from itertools import chain, islice
from math import isfinite
from typing import TypeVar

from flask import Blueprint, Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

FORMULA = frozenset("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
ROWS_AT_ONCE = 500
BYTES_AT_ONCE = 1 << 16
MOST_ROWS = 1_048_576  # Of a sheet; what is more stands on the next one.
MOST_LETTERS = 32_767  # Of a cell.
NARROWEST, WIDEST = 8, 60
Row = Sequence[object]
View = TypeVar("View", bound=Callable)


@dataclass(frozen=True)
class Table:
    """What a file is called, the names of its columns, and its rows. Texts stand as they are: what they may not be in
    a spreadsheet is the concern of whoever writes the file. `legend`: what the columns mean, on a last sheet."""

    name: str
    head: Row
    rows: Iterable[Row]
    legend: Table | None = None


def download(blueprint: Blueprint, path: str) -> Callable[[View], View]:
    """Offer the table that a view gives at `path` with each ending; `form` in the address of the endpoint chooses."""

    def declare(view: View) -> View:
        @wraps(view)
        def answer(form: str, **given) -> Response:
            return as_file(view(**given), form)

        for form in FORMS:
            blueprint.add_url_rule(f"{path}.{form}", view.__name__, answer, defaults={"form": form})
        return answer

    return declare


def as_file(table: Table, form: str) -> Response:
    write, kind = FORMS[form]
    for legend in LEGENDS:
        table = replace(table, legend=legend(table))
    response = Response(write(table), mimetype=kind)
    response.headers["Content-Disposition"] = f"attachment; filename=justask-{table.name}.{form}"
    return response


LEGENDS: list[
    Callable[[Table], Table]
] = []  # At most one; what says what columns mean stands to the right of here.


def explained_by(legend: Callable[[Table], Table]) -> None:
    """Let each workbook end with a sheet on what its columns mean; a table without rows for those it knows nothing of."""
    LEGENDS[:] = [legend]


def in_one_reading(engine: Engine, rows: Callable[[Session], Iterable[Row]]) -> Iterator[Row]:
    """The rows from one reading transaction of its own that outlives the request's."""
    with Session(engine) as session:
        yield from rows(session)


# CSV


def csv_pieces(table: Table) -> Iterator[str]:
    yield csv_lines([table.head])
    rows = iter(table.rows)
    while part := list(islice(rows, ROWS_AT_ONCE)):
        yield csv_lines(part)


def csv_lines(rows: Iterable[Row]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(
        [inert(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return buffer.getvalue()


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula; an apostrophe in front is how they write text."""
    return "'" + text if text[:1] in FORMULA else text


# Workbooks


def workbook_pieces(table: Table) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        book = Workbook(file, {"constant_memory": True})
        try:
            Sheets(book, table.head).write(table.rows)
            if table.legend and table.legend.rows:
                Sheets(book, table.legend.head, table.legend.name).write(table.legend.rows)
        finally:
            book.close()
        file.seek(0)
        while piece := file.read(BYTES_AT_ONCE):
            yield piece


class Whole(float):
    """A number that the workbook holds with all its digits, as files of text do; otherwise it would get sixteen."""

    def __format__(self, form: str) -> str:
        return float.__repr__(self)


class Sheets:
    """The rows of one table, on as many sheets as they need. A text that looks like a formula is marked as text, so
    that it does not become one when somebody edits the cell."""

    def __init__(self, book: Workbook, head: Row, name: str | None = None):
        self.book, self.head, self.name = book, head, name
        self.bold, self.day, self.text = (
            book.add_format(given)
            for given in ({"bold": True}, {"num_format": "yyyy-mm-dd"}, {"quote_prefix": True})
        )

    def write(self, rows: Iterable[Row]) -> None:
        rows = iter(rows)
        first = next(rows, None)
        sheet = self.begin(first or ())
        while first is not None:
            first = self.fill(sheet, chain([first], rows))
            sheet = sheet if first is None else self.begin(first)

    def begin(self, first: Row) -> Worksheet:
        """A further sheet with its head, as broad as the first row needs."""
        sheet = self.book.add_worksheet(self.name)
        for column, name in enumerate(self.head):
            longest = max(len(str(name)), len(str(first[column])) if first else 0)
            sheet.set_column(column, column, min(WIDEST, max(NARROWEST, longest + 2)))
            sheet.write_string(0, column, str(name), self.bold)
        sheet.freeze_panes(1, 0)
        return sheet

    def fill(self, sheet: Worksheet, rows: Iterator[Row]) -> Row | None:
        """Write rows until the sheet is full; the first row that has no place on it, None when all have."""
        for number, row in enumerate(rows, 1):
            if number == MOST_ROWS:
                return row
            for column, cell in enumerate(row):
                self.put(sheet, number, column, cell)
        return None

    def put(self, sheet: Worksheet, row: int, column: int, cell: object) -> None:
        if isinstance(cell, str):
            if cell:
                text = cell[:MOST_LETTERS]
                sheet.write_string(row, column, text, self.text if text[:1] in FORMULA else None)
        elif isinstance(cell, int | float | Decimal):
            if isfinite(cell):
                sheet.write_number(row, column, Whole(cell) if isinstance(cell, float) else cell)
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, self.day)
        elif cell is not None:
            raise TypeError(f"a cell cannot hold {type(cell).__name__}")


FORMS = {
    "csv": (csv_pieces, "text/csv"),
    "xlsx": (workbook_pieces, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
