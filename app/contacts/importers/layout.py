"""Which column of a file holds which field: the preset chosen by the headers, then what the user mapped by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flask_babel import gettext as _

from app.contacts.importers.presets import AUTO, PRESETS, Preset
from app.contacts.importers.presets.base import Headers
from app.contacts.importers.presets.history import HISTORY
from app.core.errors import Invalid
from app.core.files.tables import fold

IGNORE = "ignore"
SEGMENT = "segment"


class Kind(StrEnum):
    """What a file lists."""

    CONTACTS = "contacts"
    ACCOUNTS = "accounts"
    HISTORY = "history"

    def headers_of(self, preset: Preset) -> Headers:
        if self is Kind.HISTORY:
            return HISTORY
        return preset.contacts if self is Kind.CONTACTS else preset.accounts

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field a column can be mapped to."""
        found = dict.fromkeys(name for preset in PRESETS.values() for name in self.headers_of(preset))
        return (*found, SEGMENT, IGNORE) if self is Kind.ACCOUNTS else (*found, IGNORE)


NEEDED = {Kind.CONTACTS: ("email", "first_name", "last_name", "name"), Kind.ACCOUNTS: ("name", "external_id")}
NEEDED_OF_HISTORY = ("email", "sent")


@dataclass
class Layout:
    """The columns of one file. `columns` gives, for a field, the places of its cells, the best first."""

    preset: Preset
    headers: list[str]
    columns: dict[str, tuple[int, ...]]
    segments: dict[int, str] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    day_first: dict[str, bool | None] = field(default_factory=dict)

    def cell(self, cells: list[str], name: str) -> str:
        """The first filled cell of a field, or an empty string."""
        places = self.columns.get(name)
        if places is None:
            return ""
        if len(places) == 1:
            return cells[places[0]].strip()
        return next((value for place in places if (value := cells[place].strip())), "")

    def header(self, name: str) -> str:
        """The header by which a reason names the column of a field."""
        places = self.columns.get(name)
        return self.headers[places[0]] if places else ""

    def header_of(self, name: str, cells: list[str]) -> str:
        """The header of the column whose cell was taken for a field."""
        taken = (place for place in self.columns.get(name, ()) if cells[place].strip())
        place = next(taken, None)
        return self.header(name) if place is None else self.headers[place]

    def notes(self) -> list[str]:
        """What a person should know about how the columns were read."""
        folded = {fold(header) for header in self.headers}
        found = [str(words) for header, words in self.preset.remarks.items() if fold(header) in folded]
        for name, places in self.columns.items():
            if len(places) > 1:
                names = ", ".join(self.headers[place] for place in places)
                words = _(
                    "More than one column holds %(field)s; the first filled one counts: %(names)s.",
                    field=name.replace("_", " "),
                    names=names,
                )
                found.append(words)
        if "arr" in self.columns and "currency" not in self.columns:
            found.append(_("There is no currency column: $ was read as USD, € as EUR, £ as GBP."))
        if "opened" in self.columns:
            found.append(_("Whether a mail was opened is not kept: opens say nothing of people."))
        if {"email", "role"} & self.columns.keys() == {"email"} and "sent" not in self.columns:
            found.append(
                _("There is no role column: new people get the role other, known people keep theirs.")
            )
        if self.unused:
            found.append(_("Columns that were not read: %(names)s.", names=", ".join(self.unused)))
        return found


def known_headers(kind: Kind, mapping: Mapping[str, str]) -> set[str]:
    """Folded headers by which the header line of a file of this kind is told from titles above it."""
    known = {
        fold(h) for preset in PRESETS.values() for names in kind.headers_of(preset).values() for h in names
    }
    return known | {fold(column) for column in mapping}


def lay_out(
    kind: Kind, headers: list[str], *, preset: str = AUTO, mapping: Mapping[str, str] | None = None
) -> Layout:
    """The layout of a file with these headers; Invalid in words when it cannot be a file of this kind."""
    places = _places(headers)
    by_hand = _checked_mapping(kind, places, mapping or {})
    chosen = _chosen(kind, set(places), preset)
    columns: dict[str, tuple[int, ...]] = {}
    free = {header: place for header, place in places.items() if header not in by_hand}
    for name, candidates in kind.headers_of(chosen).items():
        taken = tuple(dict.fromkeys(free[fold(h)] for h in candidates if fold(h) in free))
        if taken:
            columns[name] = taken
    for header, name in by_hand.items():
        if name not in {IGNORE, SEGMENT}:
            columns[name] = (places[header],)
    layout = Layout(chosen, headers, columns)
    _check_needed(kind, layout)
    _sort_rest(kind, layout, places, by_hand)
    return layout


def _places(headers: list[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, header in enumerate(headers):
        if fold(header):
            places.setdefault(fold(header), place)
    return places


def _checked_mapping(kind: Kind, places: Mapping[str, int], mapping: Mapping[str, str]) -> dict[str, str]:
    fields = {fold(name): name for name in kind.fields}
    found = {}
    for column, name in mapping.items():
        if fold(column) not in places:
            raise Invalid(_("The file has no column %(column)s.", column=column))
        if fold(name) not in fields:
            known = ", ".join(kind.fields)
            raise Invalid(_("There is no field %(field)s. Fields are: %(known)s.", field=name, known=known))
        found[fold(column)] = fields[fold(name)]
    return found


def _chosen(kind: Kind, headers: set[str], name: str) -> Preset:
    if name != AUTO:
        if name not in PRESETS:
            raise Invalid(
                _("There is no preset %(name)s. Presets are: %(known)s.", name=name, known=", ".join(PRESETS))
            )
        return PRESETS[name]

    def understood(preset: Preset) -> int:
        return sum(any(fold(h) in headers for h in names) for names in kind.headers_of(preset).values())

    return max((p for p in PRESETS.values() if not p.signs or p.is_signed(headers)), key=understood)


def _check_needed(kind: Kind, layout: Layout) -> None:
    if kind is Kind.HISTORY:
        _check_history(layout)
    elif not any(name in layout.columns for name in NEEDED[kind]):
        raise Invalid(_lacking(kind, layout))


def _lacking(kind: Kind, layout: Layout) -> str:
    found = ", ".join(header for header in layout.headers if header)
    if kind is Kind.CONTACTS:
        return _(
            "No column of this file holds an e-mail address or a name. Its columns are: %(found)s.",
            found=found,
        )
    return _(
        "No column of this file holds the name or the id of an account. Its columns are: %(found)s.",
        found=found,
    )


def _check_history(layout: Layout) -> None:
    missing = [HISTORY[name][0] for name in NEEDED_OF_HISTORY if name not in layout.columns]
    if missing:
        names, found = ", ".join(missing), ", ".join(header for header in layout.headers if header)
        words = _("The file lacks a column: %(names)s. Its columns are: %(found)s.", names=names, found=found)
        raise Invalid(words)


def _sort_rest(kind: Kind, layout: Layout, places: Mapping[str, int], by_hand: Mapping[str, str]) -> None:
    """Name the columns nobody reads, after taking those that become segment attributes of accounts."""
    read = {place for taken in layout.columns.values() for place in taken}
    wanted = layout.preset.segments
    for header, place in places.items():
        chosen = by_hand.get(header)
        is_segment = kind is Kind.ACCOUNTS and (wanted is None or header in {fold(s) for s in wanted})
        if chosen == SEGMENT or (is_segment and chosen is None and place not in read):
            layout.segments[place] = layout.headers[place]
        elif place not in read and chosen != IGNORE:
            layout.unused.append(layout.headers[place])
