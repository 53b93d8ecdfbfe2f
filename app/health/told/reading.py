"""Reading files of Adoption and of events: which columns they have, and each line as values or as what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from enum import StrEnum
from math import isfinite
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.contacts.importers import cells
from app.contacts.importers.cells import Unreadable
from app.contacts.importers.rows import Issue
from app.contacts.signals import LONGEST_TYPE
from app.core.errors import Invalid
from app.core.files.tables import Row, Table, fold, open_table
from app.health.formula import anchored

LONGEST_VALUE = 500
LARGEST = 1e15


class FileKind(StrEnum):
    ADOPTION = "adoption"
    EVENTS = "events"


NAMES: Mapping[FileKind, Mapping[str, tuple[str, ...]]] = {
    FileKind.ADOPTION: {
        "account": ("Account External ID", "Account ID", "Account"),
        "score": ("Score", "Adoption", "Adoption Score"),
        "metric": ("Metric", "Usage"),
        "at_0": ("At 0",),
        "at_100": ("At 100",),
        "as_of": ("As Of", "Date", "Day"),
        "source": ("Source",),
    },
    FileKind.EVENTS: {
        "external_id": ("External ID", "ID", "Event ID"),
        "account": ("Account External ID", "Account ID", "Account"),
        "contact": ("Contact", "Contact External ID", "Email"),
        "type": ("Type", "Event"),
        "at": ("At", "Date", "Time"),
        "value": ("Value",),
    },
}
NEEDED = {FileKind.ADOPTION: ("account", "as_of"), FileKind.EVENTS: ("external_id", "account", "type", "at")}


@dataclass(frozen=True)
class Line:
    """One line: what it says by field, or why nothing can be made of it."""

    number: int
    told: dict[str, Any] = field(default_factory=dict)
    issue: Issue | None = None


@dataclass(frozen=True)
class Facts:
    """A file that is open, with the places of its columns."""

    kind: FileKind
    table: Table
    places: Mapping[str, int]
    zone: ZoneInfo

    def lines(self) -> Iterator[Line]:
        """Every line of the file."""
        for row in self.table.rows():
            yield self._line(row)

    def header(self, name: str) -> str:
        return self.table.headers[self.places[name]] if name in self.places else NAMES[self.kind][name][0]

    def cell(self, row: Row, name: str) -> str:
        return row.cells[self.places[name]].strip() if name in self.places else ""

    def _line(self, row: Row) -> Line:
        if row.problem:
            return Line(row.line, issue=Issue(row.line, "", "", row.problem, True))
        told: dict[str, Any] = {}
        for name in self.places:
            cell = self.cell(row, name)
            try:
                if cell:
                    told[name] = READ[name](cell, self.zone)
                elif name in NEEDED[self.kind]:
                    raise Unreadable(_("This is needed."))
            except Unreadable as problem:
                return self.refused(row.line, name, str(problem), cell)
        return self._adoption(row, told) if self.kind is FileKind.ADOPTION else Line(row.line, told)

    def _adoption(self, row: Row, told: dict[str, Any]) -> Line:
        """The score that is told, or that of the metric between its anchors."""
        if ("score" in told) == ("metric" in told):
            return self.refused(row.line, "score", _("Give a score, or a metric with At 0 and At 100."))
        if "metric" in told:
            missing = next((name for name in ("at_0", "at_100") if name not in told), None)
            if missing:
                return self.refused(row.line, missing, _("This is needed with a metric."))
            if told["at_0"] == told["at_100"]:
                return self.refused(row.line, "at_100", _("The anchors must differ."))
            told["score"] = anchored(told["metric"], told["at_0"], told["at_100"])
        if not 0 <= told["score"] <= 100:
            return self.refused(
                row.line, "score", _("A score lies between 0 and 100."), self.cell(row, "score")
            )
        return Line(row.line, told)

    def refused(self, line: int, name: str, reason: str, value: str = "") -> Line:
        return Line(line, issue=Issue(line, self.header(name), value[:200], reason, True))


def open_facts(stream: BinaryIO, kind: FileKind, *, name: str, zone: ZoneInfo) -> Facts:
    """A file with its columns found; Invalid where it is no table, or lacks a column that is needed."""
    names = {field: [fold(header) for header in headers] for field, headers in NAMES[kind].items()}
    table = open_table(stream, name=name, known={header for known in names.values() for header in known})
    headers = [fold(header) for header in table.headers]
    found = {
        field: next(headers.index(header) for header in known if header in headers)
        for field, known in names.items()
        if any(header in headers for header in known)
    }
    missing = [NAMES[kind][field][0] for field in NEEDED[kind] if field not in found]
    if kind is FileKind.ADOPTION and not found.keys() & {"score", "metric"}:
        missing.append(NAMES[kind]["score"][0])
    if missing:
        raise Invalid(_("The file lacks a column: %(names)s.", names=", ".join(missing)))
    return Facts(kind, table, found, zone)


def _number(cell: str, _zone: ZoneInfo) -> float:
    """A number with a point; a percent sign after it is passed over, a comma is one where no point stands."""
    plain = cell.removesuffix("%").strip().replace("−", "-")
    if "," in plain and "." not in plain and plain.count(",") == 1:
        plain = plain.replace(",", ".")
    try:
        value = float(plain)
    except ValueError:
        raise Unreadable(_("Not a number.")) from None
    if not isfinite(value) or abs(value) > LARGEST or not plain.isascii() or "_" in plain:
        raise Unreadable(_("Not a number."))
    return value


def _value(cell: str, zone: ZoneInfo) -> float | str:
    """A number where it is one, else the words."""
    try:
        return _number(cell, zone)
    except Unreadable:
        return cells.words(cell, LONGEST_VALUE)


def _moment(cell: str, zone: ZoneInfo) -> datetime:
    """A moment; one without a zone is in that of the installation, and a day alone is its beginning."""
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        found = datetime.combine(cells.day(cell), time.min)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise Unreadable(_("There is no such day.")) from None


READ = {
    "external_id": lambda cell, zone: cells.identifier(cell),
    "account": lambda cell, zone: cells.identifier(cell),
    "contact": lambda cell, zone: cells.words(cell, 320),
    "type": lambda cell, zone: cells.words(cell, LONGEST_TYPE),
    "source": lambda cell, zone: cells.words(cell, 64),
    "score": _number,
    "metric": _number,
    "at_0": _number,
    "at_100": _number,
    "value": _value,
    "as_of": lambda cell, zone: cells.day(cell),
    "at": _moment,
}
