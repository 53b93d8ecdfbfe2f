"""Reading tables from the files people export: encoding, separator or sheet, header line, blank and footer lines.

A file is read as a stream and every row keeps the number of its line, so that a reason can name it. What is done to a
file that is not plain UTF-8 with commas stands in `notes`; nothing is guessed silently. A row that cannot be read
arrives with its `problem` in words, and the rows around it are not lost.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.files.encodings import BROKEN, Encoding, recognise
from app.core.files.workbooks import BEGINS, Book, Sheet

DELIMITERS = (",", ";", "\t", "|")
HEADER_WITHIN = 40
SNIFFED_LINES = 60
DECLARED = re.compile(r"sep=(.)\s*$", re.IGNORECASE)
FOOTER_WORDS = re.compile(
    r"(grand )?totals?\b|confidential information\b|copyright \(c\)|generated (by|on)\b", re.IGNORECASE
)


class Row(NamedTuple):
    """One row as it stands: as many cells as the table has headers, what stood beyond them, and from which line."""

    line: int
    cells: list[str]
    beyond: list[str]
    problem: str | None = None


class Table:
    """A table in an open file. `blank_lines` and `footer_lines` are complete once the rows were read to the end."""

    def __init__(self, stream: BinaryIO, encoding: Encoding, name: str = ""):
        self.name = name
        self.encoding = encoding
        self.notes = list(encoding.notes)
        self.delimiter = ","
        self.header_line = 0
        self.headers: list[str] = []
        self.blank_lines = 0
        self.footer_lines = 0
        self._stream = stream
        self._too_long: set[int] = set()

    def rows(self) -> Iterator[Row]:
        """Every data row below the header, from the start of the file; may be called again."""
        self.blank_lines = self.footer_lines = 0
        tail: list[Row] = []
        for line, cells in self._records(len(self.headers)):
            if line <= self.header_line:
                continue
            if cells is not None and not any(map(str.strip, cells)):
                self.blank_lines += 1
                continue
            if cells is not None and looks_like_footer(cells, len(self.headers)):
                tail.append(self._row(line, cells))
                continue
            yield from tail
            tail.clear()
            yield self._row(line, cells)
        self.footer_lines = len(tail)

    def _row(self, line: int, cells: list[str] | None) -> Row:
        width = len(self.headers)
        if cells is None:
            problem = _("A cell of this line is far too long to be read.")
            if line not in self._too_long:
                problem = _("A quotation mark is opened on this line and never closed.")
            return Row(line, [""] * width, [], problem)
        if len(cells) < width:
            cells.extend([""] * (width - len(cells)))
        if self.encoding.is_broken and BROKEN.search("\n".join(cells)):
            return Row(line, cells[:width], [], _("This line holds characters that cannot be read."))
        return Row(line, cells[:width], cells[width:])

    def _records(self, width: int = 0) -> Iterator[tuple[int, list[str] | None]]:
        """First line and cells of each record; None for a line that cannot be read.

        That is one with a cell beyond what `csv` takes (131,072 characters), or one whose quotation mark swallowed the
        lines after it. The latter shows itself by a quotation mark that ends in the middle of a cell, or by a record
        over several lines with the wrong number of cells. The swallowed lines are given back and read again, so that
        one wrong character costs one line.
        """
        lines = _Lines(self._text())
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        line = 1
        while True:
            lines.taken.clear()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = self._leniently(lines.taken, line)
            if cells is None or (width and len(lines.taken) > 1 and _is_torn(cells, width)):
                lines.give_back_all_but_first()
                cells = None
            yield line, cells
            line += len(lines.taken)

    def _leniently(self, taken: list[str], line: int) -> list[str] | None:
        """The cells of a single line with stray quotation marks inside; None when it still cannot be read."""
        if len(taken) > 1 or taken[0].count('"') % 2:
            return None
        try:
            return next(csv.reader(taken, delimiter=self.delimiter), None)
        except csv.Error:
            self._too_long.add(line)
            return None

    def _text(self) -> Iterator[str]:
        """The lines of the file with their endings, of whatever kind."""
        self._stream.seek(self.encoding.skip)
        text = io.TextIOWrapper(self._stream, self.encoding.codec, errors=self.encoding.errors, newline="")
        try:
            for line in text:  # noqa: UP028 - `yield from` would close the file together with this generator.
                yield line
        finally:
            text.detach()

    def find_header(self, known: Collection[str]) -> None:
        """Settle separator and header line: the line with most `known` headers (folded), else the first line."""
        first = next(self._text(), "")
        declared = DECLARED.match(first)
        self.delimiter = (
            declared[1] if declared else sniff_delimiter(list(islice(self._text(), SNIFFED_LINES)), known)
        )
        self.settle_header(known, above=1 if declared else 0)

    def settle_header(self, known: Collection[str], *, above: int = 0) -> None:
        """Take the line with most `known` headers, below the lines `above` that say something else."""
        found = [
            (line, cells)
            for line, cells in islice(self._records(), HEADER_WITHIN)
            if cells and any(map(str.strip, cells)) and line > above
        ]
        if not found:
            raise Invalid(_("The file %(name)s is empty.", name=self.name))
        self.header_line, cells = max(found, key=lambda f: (count_known(f[1], known), -f[0]))
        self.headers = [" ".join(cell.split()) for cell in cells]


class SheetTable(Table):
    """The table on a sheet of a workbook; its lines are the rows of the sheet."""

    def __init__(self, sheet: Sheet, name: str = ""):
        super().__init__(io.BytesIO(), Encoding("xlsx", "utf-8"), name)
        self.delimiter, self.sheet = "", sheet

    def _records(self, width: int = 0) -> Iterator[tuple[int, list[str] | None]]:
        return self.sheet.rows()


def open_workbook(stream: BinaryIO, name: str, known: Collection[str]) -> SheetTable:
    """The table on the sheet that shows most `known` headers, the first where none does."""
    sheets = Book(stream, name).sheets
    heads = [[cells for _line, cells in islice(sheet.rows(), HEADER_WITHIN)] for sheet in sheets]
    known_in = [max((count_known(cells, known) for cells in head), default=0) for head in heads]
    filled = [number if any(map(any, head)) else -1 for number, head in zip(known_in, heads, strict=True)]
    best = max(range(len(sheets)), key=lambda place: (filled[place], -place))
    table = SheetTable(sheets[best], name)
    table.settle_header(known)
    others = [sheet.title for sheet in sheets if sheet is not sheets[best]]
    if others:
        words = _(
            "The sheet %(sheet)s was read; these were not: %(others)s.",
            sheet=sheets[best].title,
            others=", ".join(others),
        )
        table.notes.append(words)
    return table


class _Lines:
    """Physical lines for the reader, which can be given back when they turn out to be swallowed."""

    def __init__(self, lines: Iterable[str]):
        self.lines = iter(lines)
        self.again: list[str] = []
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.again.pop() if self.again else next(self.lines)
        self.taken.append(line)
        return line

    def give_back_all_but_first(self) -> None:
        self.again.extend(reversed(self.taken[1:]))
        del self.taken[1:]


def open_table(stream: BinaryIO, *, name: str = "", known: Collection[str] = ()) -> Table:
    """The table in a seekable binary `stream`. `known` are folded headers that tell the header line from titles.

    Invalid with words when the file is neither a table of text nor a workbook.
    """
    stream.seek(0)
    if stream.read(len(BEGINS)) == BEGINS:
        return open_workbook(stream, name, known)
    table = Table(stream, recognise(stream, name), name)
    table.find_header(known)
    return table


def fold(header: str) -> str:
    """A header as it is compared: letters and digits only, without case, so `E-mail` equals `Email`."""
    return "".join(c for c in unicodedata.normalize("NFKC", header).casefold() if c.isalnum())


def count_known(cells: list[str], known: Collection[str]) -> int:
    return sum(fold(cell) in known for cell in cells)


def sniff_delimiter(lines: list[str], known: Collection[str] = ()) -> str:
    """The separator that shows most known headers in one line, else the one by which most lines have as many cells.

    A comma when nothing speaks for any. One known header alone proves nothing: every separator shows it in a list
    with a single column.
    """

    def evidence(delimiter: str) -> tuple[int, int]:
        rows = [cells for cells in _lenient(lines, delimiter) if any(cells)]
        headers = max((count_known(cells, known) for cells in rows[:HEADER_WITHIN]), default=0)
        widths = Counter(map(len, rows))
        return max(headers, 1), max(((width - 1) * count for width, count in widths.items()), default=0)

    return max(DELIMITERS, key=evidence)


def _lenient(lines: list[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error:
        return [line.split(delimiter) for line in lines]


def looks_like_footer(cells: list[str], width: int) -> bool:
    """True for a line below the table: far fewer cells than headers, or a lone word such as a grand total.

    Only at the end of a file does such a line count as footer; elsewhere it is a row to be refused.
    """
    if len(cells) >= width and any(cells[1:]):
        return False
    filled = [cell for cell in cells if cell.strip()]
    if width < 2 or any("@" in cell and " " not in cell.strip() for cell in filled):
        return False
    if len(cells) < width:
        return len(filled) <= max(1, width // 4)
    return len(filled) == 1 and bool(cells[0].strip()) and bool(FOOTER_WORDS.match(cells[0].strip()))


def _is_torn(cells: list[str], width: int) -> bool:
    return len(cells) < width or any(cell.strip() for cell in cells[width:])
