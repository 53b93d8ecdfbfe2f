"""Reading workbooks (XLSX): the sheets of a file, row by row, each cell as the text that stands in it.

A workbook is a packed folder of XML. Days are numbers there that only their format tells from others, counted from 1900
or from 1904; formulas carry the value they had when the file was saved. Rows are read as a stream, and a file that
unpacks to more than is sensible is refused.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import BinaryIO
from xml.etree import ElementTree

from flask_babel import gettext as _

from app.core.errors import Invalid

BEGINS = b"PK\x03\x04"
MOST_BYTES = 200 * 1024**2
MOST_COLUMNS = 500
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Numbers of the formats that are days or times in every workbook (ECMA-376, 18.8.30); others are told by their letters.
DATED = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
NO_LETTERS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
PLACE = re.compile(r"([A-Z]{1,3})\d*")
LAST_SERIAL = 2_958_465  # The last day of the year 9999.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, ElementTree.ParseError, EOFError),
    *(KeyError, IndexError, ValueError, RuntimeError),
)
LEAP_OF_1900 = 60  # The serial of a 29 February 1900 that never was; days before it are one less.


@dataclass(frozen=True)
class Sheet:
    """One sheet of an open workbook."""

    book: Book
    title: str
    part: str

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The number and the cells of each row that the file holds; may be called again."""
        number = 0
        for row in self.book.elements(self.part, "row"):
            try:
                number = int(row.get("r") or number + 1)
                cells = self._cells(row)
            except DAMAGED as error:
                raise self.book.unreadable() from error
            yield number, cells

    def _cells(self, row: ElementTree.Element) -> list[str]:
        cells: list[str] = []
        for cell in row.iter(f"{MAIN}c"):
            found = PLACE.match(cell.get("r", ""))
            place = column(found[1]) if found else len(cells)
            if place >= MOST_COLUMNS:
                raise Invalid(_("A sheet has more than %(n)s columns.", n=MOST_COLUMNS))
            cells.extend([""] * (place - len(cells) + 1))
            cells[place] = self.book.value(cell)
        return cells


class Book:
    """An open workbook. Raises Invalid in words for what is none, is damaged, or is too large."""

    def __init__(self, stream: BinaryIO, name: str):
        self.name = name
        try:
            stream.seek(0)
            self._zip = zipfile.ZipFile(stream)
            self._read_parts()
        except (
            zipfile.BadZipFile,
            ElementTree.ParseError,
            KeyError,
            ValueError,
            NotImplementedError,
        ) as error:
            raise self.unreadable() from error

    def unreadable(self) -> Invalid:
        return Invalid(_("%(name)s is an Excel workbook that cannot be read.", name=self.name))

    def _read_parts(self) -> None:
        names = set(self._zip.namelist())
        if "xl/workbook.xml" not in names:
            raise Invalid(_("%(name)s is no Excel workbook, and no table of text either.", name=self.name))
        if sum(one.file_size for one in self._zip.infolist()) > MOST_BYTES:
            raise Invalid(
                _("%(name)s unpacks to more than %(n)s MB.", name=self.name, n=MOST_BYTES // 1024**2)
            )
        book = self._tree("xl/workbook.xml")
        settings = book.find(f"{MAIN}workbookPr")
        is_1904 = settings is not None and settings.get("date1904") in ("1", "true")
        self.begins = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
        self.words = self._shared("xl/sharedStrings.xml") if "xl/sharedStrings.xml" in names else []
        self.dated = self._dated() if "xl/styles.xml" in names else []
        targets = {one.get("Id"): one.get("Target", "") for one in self._tree("xl/_rels/workbook.xml.rels")}
        self.sheets = [
            Sheet(
                self,
                one.get("name", ""),
                posixpath.normpath(posixpath.join("/xl", targets[one.get(RELATED)]))[1:],
            )
            for one in book.iter(f"{MAIN}sheet")
            if one.get("state", "visible") == "visible"
        ]
        self.sheets = [sheet for sheet in self.sheets if sheet.part in names]
        if not self.sheets:
            raise Invalid(_("%(name)s has no sheet to read.", name=self.name))

    def _open(self, part: str):
        """A part for reading; no part of a workbook declares entities, so one that does is not read."""
        with self._zip.open(part) as begin:
            if b"<!DOCTYPE" in begin.read(2048):
                raise ValueError(part)
        return self._zip.open(part)

    def _tree(self, part: str) -> ElementTree.Element:
        with self._open(part) as file:
            return ElementTree.parse(file).getroot()  # noqa: S314 see _open; expat bounds what is left.

    def elements(self, part: str, name: str) -> Iterator[ElementTree.Element]:
        """The elements of that name, each forgotten once the next is asked for."""
        try:
            with self._open(part) as file:
                parents: list[ElementTree.Element] = []
                for event, element in ElementTree.iterparse(file, ("start", "end")):  # noqa: S314 as above.
                    if event == "start":
                        parents.append(element)
                        continue
                    parents.pop()
                    if element.tag == MAIN + name:
                        yield element
                        parents[-1].clear()
        except DAMAGED as error:
            raise self.unreadable() from error

    def _shared(self, part: str) -> list[str]:
        return [text_of(one) for one in self.elements(part, "si")]

    def _dated(self) -> list[bool]:
        """Whether the cells of each style hold a day or a time."""
        styles = self._tree("xl/styles.xml")
        codes = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{MAIN}numFmt")}
        kept = styles.find(f"{MAIN}cellXfs")
        numbers = [one.get("numFmtId", "0") for one in kept] if kept is not None else []
        return [int(number) in DATED or is_dated(codes.get(number, "")) for number in numbers]

    def value(self, cell: ElementTree.Element) -> str:
        """What stands in a cell. An error, such as #N/A, stands there as its word."""
        kind, style = cell.get("t", "n"), int(cell.get("s") or 0)
        if kind == "inlineStr":
            return text_of(cell)
        given = cell.findtext(f"{MAIN}v") or ""
        if kind == "s" and given:
            return self.words[int(given)]
        if kind == "b" and given:
            return "true" if given == "1" else "false"
        if kind != "n" or not given:
            return given
        number = float(given)
        if style < len(self.dated) and self.dated[style] and 0 <= number <= LAST_SERIAL:
            return self.moment(number)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

    def moment(self, serial: float) -> str:
        """The day of a serial number, with the hour where it has one."""
        if self.begins.year == 1899 and serial < LEAP_OF_1900:
            serial += 1
        days, seconds = divmod(round(serial * 86_400), 86_400)
        day = self.begins + timedelta(days=days)
        hours, rest = divmod(seconds, 3600)
        return f"{day}T{hours:02}:{rest // 60:02}:{rest % 60:02}" if seconds else day.isoformat()


def text_of(element: ElementTree.Element) -> str:
    """The words of a text with all its runs; how they are pronounced is left out."""
    spoken = {id(part) for hint in element.iter(f"{MAIN}rPh") for part in hint.iter(f"{MAIN}t")}
    return "".join(part.text or "" for part in element.iter(f"{MAIN}t") if id(part) not in spoken)


def column(letters: str) -> int:
    """The place of a column from 0: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def is_dated(code: str) -> bool:
    """Whether a format of one's own shows a day or a time."""
    return bool(set(NO_LETTERS.sub("", code.split(";")[0]).casefold()) & set("ymdhs"))
