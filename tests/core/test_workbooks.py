"""Workbooks as tables: days of both systems, formulas, errors, several sheets; what is none is refused in words."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from xlsxwriter import Workbook

from app.core.errors import Invalid
from app.core.files.tables import Table, open_table
from app.core.files.workbooks import Book, is_dated

KNOWN = {"email", "sent", "score"}


def written(fill, **options) -> io.BytesIO:
    """A workbook that `fill` has filled."""
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True, **options})
    fill(book)
    book.close()
    return stream


def table(stream: io.BytesIO) -> Table:
    return open_table(stream, name="past.xlsx", known=KNOWN)


@pytest.mark.parametrize("is_1904", [False, True])
def test_cells_are_read_as_what_they_show(is_1904):
    def fill(book):
        sheet, day, own = (
            book.add_worksheet("Asks"),
            book.add_format({"num_format": 14}),
            book.add_format({"num_format": 'dd.mm.yyyy "at" hh:mm'}),
        )
        sheet.write_row(1, 0, ["Email", "Sent", "Score", "Share", "Note", "Sum", "Flag"])
        sheet.merge_range(0, 0, 0, 3, "Everybody we asked", book.add_format())
        sheet.write_row(2, 0, ["kim@acme.example"])
        sheet.write_datetime(2, 1, date(2024, 1, 15), day)
        sheet.write_number(2, 2, 9)
        sheet.write_number(2, 3, 0.25, book.add_format({"num_format": "0%"}))
        sheet.write_rich_string(2, 4, "quite ", book.add_format({"bold": True}), "slow")
        sheet.write_formula(2, 5, "=1+1", None, 2)
        sheet.write_boolean(2, 6, True)
        sheet.write_string(4, 0, "lee@acme.example")
        sheet.write_datetime(4, 1, datetime(2024, 7, 15, 10, 30), own)  # noqa: DTZ001 as sheets have them.
        sheet.write_formula(4, 2, "=NA()", None, "#N/A")
        sheet.write_number(4, 4, 123456789012)

    found = table(written(fill, date_1904=is_1904))
    rows = list(found.rows())
    assert (found.header_line, found.encoding.name, found.delimiter) == (2, "xlsx", "")
    assert found.headers == ["Email", "Sent", "Score", "Share", "Note", "Sum", "Flag"]
    assert [row.line for row in rows] == [3, 5]
    assert rows[0].cells == ["kim@acme.example", "2024-01-15", "9", "0.25", "quite slow", "2", "true"]
    assert rows[1].cells == ["lee@acme.example", "2024-07-15T10:30:00", "#N/A", "", "123456789012", "", ""]
    assert list(found.rows()) == rows


def test_the_sheet_with_the_known_headers_is_read_and_the_others_are_named():
    def fill(book):
        book.add_worksheet("Read me").write(0, 0, "Nothing here")
        book.add_worksheet("Data").write_row(0, 0, ["Email", "Score"])
        book.add_worksheet("Hidden").hide()

    found = table(written(fill))
    assert found.headers == ["Email", "Score"]
    assert found.notes == ["The sheet Data was read; these were not: Read me."]


def packed(**parts: str) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        for name, words in parts.items():
            book.writestr(name.replace("__", "/"), words)
    return stream


def test_what_is_no_workbook_is_refused_in_words():
    def fill(book):
        book.add_worksheet().write(0, 0, "Email")

    whole = written(fill).getvalue()
    entities = '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'
    for stream, words in (
        (io.BytesIO(whole[: len(whole) // 2]), "cannot be read"),
        (packed(word__document="x"), "no Excel workbook"),
        (packed(**{"xl/workbook.xml": entities}), "cannot be read"),
        (packed(**{"xl/workbook.xml": "<workbook"}), "cannot be read"),
        (written(lambda book: book.add_worksheet()), "empty"),
        (written(lambda book: book.add_worksheet().write(0, 600, "far")), "more than 500 columns"),
    ):
        with pytest.raises(Invalid, match=words):
            table(stream)


def test_a_file_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("app.core.files.workbooks.MOST_BYTES", 1000)
    with pytest.raises(Invalid, match="unpacks to more"):
        Book(written(lambda book: book.add_worksheet().write(0, 0, "Email")), "bomb.xlsx")


def test_formats_of_days_are_told_by_their_letters():
    assert all(map(is_dated, ["yyyy-mm-dd", "[h]:mm", "d. mmm", "[$-407]dd/mm;@"]))
    assert not any(map(is_dated, ["0.00", '#,##0 "days"', "General"[:0], "[Red]0", "0_d"]))
