"""Tables as files: the same cells in CSV and workbook, no formula in either, and memory that does not grow."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from app.core.files import downloads
from app.core.files.downloads import Table, csv_pieces, inert, workbook_pieces
from app.followups.models import TaskState
from app.reports.glossary.metrics import LEGEND
from tests import make
from tests.conftest import NOW

NAMES = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
EVIL = '=HYPERLINK("https://evil.example")'


def sheets(raw: bytes) -> list[list[list]]:
    """The cells of each sheet: texts, numbers, and days by their number; an empty place is None."""
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        names = sorted(name for name in parts.namelist() if name.startswith("xl/worksheets/"))
        return [rows_of(parts.read(name)) for name in names]


def rows_of(raw: bytes) -> list[list]:
    found = []
    for row in ElementTree.fromstring(raw).iterfind(".//row", NAMES):
        cells = {}
        for cell in row.iterfind("c", NAMES):
            assert cell.find("f", NAMES) is None
            kind, column = cell.get("t"), re.match("[A-Z]+", cell.get("r"))[0]
            text = "".join(cell.itertext())
            cells[place(column)] = text if kind == "inlineStr" else float(text)
        found.append([cells.get(number) for number in range(max(cells) + 1)])
    return found


def place(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def test_a_cell_is_what_it_is_and_never_a_formula():
    row = (EVIL, 7, 860 / 29, Decimal("2.50"), date(2026, 3, 4), None, "", "12", True, "@SUM(1)")
    table = Table("things", tuple("abcdefghij"), [row])
    line = next(csv.reader(io.StringIO("".join(csv_pieces(table)).partition("\n")[2])))
    assert line == [
        "'" + EVIL,
        "7",
        "29.655172413793103",
        "2.50",
        "2026-03-04",
        "",
        "",
        "12",
        "True",
        "'@SUM(1)",
    ]
    ((head, cells),) = sheets(b"".join(workbook_pieces(table)))
    assert head == list("abcdefghij")
    assert cells[:4] == [EVIL, 7, 860 / 29, 2.5]
    assert date(1899, 12, 30) + timedelta(days=cells[4]) == row[4]
    assert cells[5:] == [None, None, "12", 1, "@SUM(1)"]
    with pytest.raises(TypeError):
        b"".join(workbook_pieces(Table("things", ("a",), [(object(),)])))


def test_what_has_no_place_on_a_sheet_stands_on_the_next(monkeypatch):
    monkeypatch.setattr(downloads, "MOST_ROWS", 3)
    for number in range(6):
        found = sheets(b"".join(workbook_pieces(Table("n", ("n",), ((n,) for n in range(number))))))
        assert [row[0] for sheet in found for row in sheet[1:]] == list(range(number))
        assert all(sheet[0] == ["n"] and len(sheet) <= 3 for sheet in found)


def peak(rows: int) -> int:
    tracemalloc.start()
    for _piece in workbook_pieces(Table("n", ("n",), ((f"{number} {'x' * 500}",) for number in range(rows)))):
        pass
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


def test_memory_does_not_grow_with_the_rows():
    assert peak(2000) - peak(200) < 200_000


def test_every_table_is_the_same_in_both_forms(app, session, sign_in):
    account = make.account(name=EVIL, arr=Decimal("1200.5"), owner=make.staff(name="@Ana"))
    for days in (40, 10):
        ask = make.invitation(contact=make.contact(account=account), sent_at=NOW - timedelta(days=days + 1))
        make.answer(
            3, now=NOW - timedelta(days=days), invitation=ask, comment="-1 for the export, it crashes."
        )
    make.task(account=account, state=TaskState.CLOSED, closed_at=NOW, outcome="resolved")
    client, seen = sign_in("admin"), 0
    days = {"from": "2025-06-01", "to": "2026-03-04", "by": "tier"}
    for rule in app.url_map.iter_rules():
        if not rule.rule.endswith(".csv") or rule.arguments - {"form"}:
            continue
        answers = [client.get(rule.rule[:-3] + form, query_string=days) for form in ("csv", "xlsx")]
        assert [answer.status_code for answer in answers] == [200, 200], rule
        assert answers[1].headers["Content-Disposition"].endswith(".xlsx")
        lines = list(csv.reader(io.StringIO(answers[0].text)))
        rows, *legend = sheets(answers[1].data)
        assert [sheet[0] for sheet in legend] in ([], [list(LEGEND)]), rule
        for line, row in zip(lines, rows, strict=True):
            assert trimmed(line) == [told(cell) for cell in row], rule
        seen += len(lines) > 1
    assert seen >= 7


def told(cell) -> str | float:
    """A cell of a workbook as it is compared: numbers, and days as they are counted there."""
    return "" if cell is None else inert(cell) if isinstance(cell, str) else cell


def trimmed(line: list[str]) -> list[str | float]:
    while line and not line[-1]:
        line.pop()
    return [read(cell) for cell in line]


def read(cell: str) -> str | float:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cell):
        return float((date.fromisoformat(cell) - date(1899, 12, 30)).days)
    return float(cell) if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell) else cell
