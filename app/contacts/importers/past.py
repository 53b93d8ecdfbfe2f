"""One row of a list of past asks: who was asked when, and the answer, the silence or the bounce that followed. Pure.

Unlike a row about a person, one that cannot be read whole is refused: half an answer would be counted as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.contacts.importers import cells as read
from app.contacts.importers.cells import Unreadable
from app.contacts.importers.layout import Layout
from app.contacts.importers.rows import ContactRow, Issue, contact_from
from app.core import clock, text
from app.core.files.tables import Row

T = TypeVar("T")
SCALES: Mapping[str, tuple[int, int]] = {
    "score": (0, 10),
    "value_overall": (0, 10),
    "value_goal": (0, 4),
    "value_ease": (1, 7),
}
WHOLE = re.compile(r"([+-]?\d{1,3})(?:[.,]0+)?")
LONGEST_NAME = 160
LONGEST_COMMENT = 5000
NO_NAME = "Past survey"
NOON = time(12)


@dataclass(frozen=True, slots=True)
class PastAsk:
    """An ask as a file tells. `said` has the scales of `SCALES` that were answered; without an answer it is empty."""

    line: int
    person: ContactRow
    survey: str
    sent_at: datetime
    is_delivered: bool
    answered_at: datetime | None
    said: Mapping[str, int]
    comment: str
    issues: tuple[Issue, ...] = ()

    @property
    def account_name(self) -> str:
        return self.person.account_name

    def by(self, now: datetime, zone: ZoneInfo) -> PastAsk | Issue:
        """The row as of `now`: nothing in it is later, or the row is refused. A day alone stands for its noon."""
        for name in ("sent_at", "answered_at"):
            moment = getattr(self, name)
            if moment and clock.day_of(moment, zone) > clock.day_of(now, zone):
                day, words = str(clock.day_of(moment, zone)), _("That day is still to come.")
                return Issue(self.line, name.removesuffix("_at"), day, words, is_rejected=True)
        answered_at = self.answered_at and min(self.answered_at, now)
        return replace(self, sent_at=min(self.sent_at, now), answered_at=answered_at)


class Refusal(Exception):
    """Why a row is not taken: the field whose cell is at fault, and the words."""

    def __init__(self, name: str, reason: str):
        super().__init__(reason)
        self.name = name


def past_ask_from(
    row: Row, layout: Layout, own_domains: frozenset[str], *, zone: ZoneInfo
) -> PastAsk | Issue:
    """The ask of a row, or the issue for which the row is refused. `zone`: that of days and hours without one."""
    person = contact_from(row, layout, own_domains)
    if isinstance(person, Issue):
        return person
    try:
        return _Cells(row, layout, zone).ask(person)
    except Refusal as refusal:
        column = layout.header_of(refusal.name, row.cells)
        value = layout.cell(row.cells, refusal.name)[:200]
        return Issue(row.line, column, value, str(refusal), is_rejected=True)


class _Cells:
    """The cells of one row by field."""

    def __init__(self, row: Row, layout: Layout, zone: ZoneInfo):
        self.row, self.layout, self.zone = row, layout, zone
        days = [layout.day_first.get(name) for name in ("sent", "answered")]
        self.day_first = next((order for order in days if order is not None), None)

    def ask(self, person: ContactRow) -> PastAsk:
        if not person.email_key:
            raise Refusal("email", _("Without a whole e-mail address nobody can tell who was asked."))
        sent_at = self.take("sent", self.moment, None)
        if sent_at is None:
            raise Refusal("sent", _("Without the day of the ask nothing can be counted."))
        is_delivered = self.take("delivered", read.flag, True)
        said = {name: found for name in SCALES if (found := self.scale(name)) is not None}
        comment = self.take("comment", words_of_people, "")
        answered_at, issues = self.answer(sent_at, bool(said or comment))
        if answered_at and not is_delivered:
            raise Refusal("delivered", _("It did not arrive, and yet it was answered."))
        survey = self.take("survey", lambda cell: read.words(cell, LONGEST_NAME), "") or NO_NAME
        issues = (*person.issues, *issues)
        return PastAsk(
            self.row.line, person, survey, sent_at, is_delivered, answered_at, said, comment, issues
        )

    def answer(self, sent_at: datetime, has_answer: bool) -> tuple[datetime | None, list[Issue]]:
        """When it was answered; None for a silence. An answer without its day is taken for one of the day of the ask."""
        cell = self.layout.cell(self.row.cells, "answered")
        is_flag = cell.casefold() in read.YES | read.NO
        answered_at = None if not cell or is_flag else self.take("answered", self.moment, None)
        if not has_answer:
            if answered_at or (is_flag and read.flag(cell)):
                raise Refusal("answered", _("It was answered, but neither a score nor a word is given."))
            return None, []
        if is_flag and cell and not read.flag(cell):
            raise Refusal("answered", _("It was not answered, and yet there is an answer."))
        if answered_at is None:
            words = _("The day of the answer is not given; that of the ask was taken.")
            return sent_at, [Issue(self.row.line, self.layout.header("answered"), "", words)]
        if answered_at < sent_at:
            if clock.day_of(answered_at, self.zone) < clock.day_of(sent_at, self.zone):
                raise Refusal("answered", _("It was answered before it was asked."))
            answered_at = sent_at
        return answered_at, []

    def take(self, name: str, reader: Callable[[str], T], missing: T) -> T:
        cell = self.layout.cell(self.row.cells, name)
        if not cell:
            return missing
        try:
            return reader(cell)
        except Unreadable as problem:
            raise Refusal(name, str(problem)) from None

    def moment(self, cell: str) -> datetime:
        """The moment in a cell; a day alone is its noon."""
        found = exact(cell, self.zone)
        day = None if found else read.day(cell, day_first=self.day_first)
        return found or datetime.combine(day, NOON, self.zone).astimezone(UTC)

    def scale(self, name: str) -> int | None:
        """A whole number of the scale of that name; `7,0` is 7."""
        return self.take(name, lambda cell: on_scale(cell, *SCALES[name]), None)


def exact(cell: str, zone: ZoneInfo) -> datetime | None:
    """A moment with its hour, in the zone it names or in `zone`; None for anything else."""
    if ":" not in cell:
        return None
    try:
        found = datetime.fromisoformat(cell)
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def on_scale(cell: str, least: int, most: int) -> int:
    found = WHOLE.fullmatch(cell.strip())
    if not found or not least <= int(found[1]) <= most:
        raise Unreadable(_("Not a whole number from %(least)s to %(most)s.", least=least, most=most))
    return int(found[1])


def words_of_people(cell: str) -> str:
    """A comment as it was written, lines and all; the apostrophe that spreadsheets put before `=` is taken off."""
    try:
        found = text.clean(cell, limit=LONGEST_COMMENT).strip()
    except text.UnreadableText as problem:
        raise Unreadable(str(problem)) from None
    return found[1:] if read.ESCAPED.match(found) else found
