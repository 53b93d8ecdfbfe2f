"""A file of contacts, accounts or past asks, from its bytes to rows: encoding, header, layout, then each row or its issue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO
from zoneinfo import ZoneInfo

from app.contacts.importers import cells
from app.contacts.importers.layout import Kind, Layout, known_headers, lay_out
from app.contacts.importers.past import PastAsk, past_ask_from
from app.contacts.importers.presets import AUTO
from app.contacts.importers.rows import AccountRow, ContactRow, Issue, account_from, contact_from
from app.core.files.tables import Row, Table, open_table

DATED = ("left_on", "opted_out_on", "started_on", "renewal_on", "sent", "answered")
ROWS_TO_TELL_DAYS_BY = 5000
AnyRow = ContactRow | AccountRow | PastAsk


@dataclass
class Reading:
    """An open file: the table, how its columns are laid out, and its rows one by one, any number of times."""

    kind: Kind
    table: Table
    layout: Layout
    build: Callable[[Row], AnyRow | Issue]

    def __iter__(self) -> Iterator[AnyRow | Issue]:
        return map(self.build, self.table.rows())

    @property
    def notes(self) -> list[str]:
        return [*self.table.notes, *self.layout.notes()]


def read_contacts(
    stream: BinaryIO,
    *,
    name: str = "",
    preset: str = AUTO,
    mapping: Mapping[str, str] | None = None,
    own_domains: frozenset[str] = frozenset(),
) -> Reading:
    """The people in a seekable binary file; Invalid in words when the file cannot be read as a list of people."""
    table, layout = _open(Kind.CONTACTS, stream, name, preset, mapping or {})
    return Reading(
        Kind.CONTACTS, table, layout, partial(contact_from, layout=layout, own_domains=own_domains)
    )


def read_accounts(
    stream: BinaryIO, *, name: str = "", preset: str = AUTO, mapping: Mapping[str, str] | None = None
) -> Reading:
    """The accounts in a seekable binary file; Invalid in words when it cannot be read as a list of accounts."""
    table, layout = _open(Kind.ACCOUNTS, stream, name, preset, mapping or {})
    return Reading(Kind.ACCOUNTS, table, layout, partial(account_from, layout=layout))


def read_history(
    stream: BinaryIO,
    *,
    name: str = "",
    preset: str = AUTO,
    mapping: Mapping[str, str] | None = None,
    own_domains: frozenset[str] = frozenset(),
    zone: ZoneInfo,
) -> Reading:
    """The past asks in a seekable binary file; Invalid in words when it cannot be read as a list of them."""
    table, layout = _open(Kind.HISTORY, stream, name, preset, mapping or {})
    build = partial(past_ask_from, layout=layout, own_domains=own_domains, zone=zone)
    return Reading(Kind.HISTORY, table, layout, build)


def _open(
    kind: Kind, stream: BinaryIO, name: str, preset: str, mapping: Mapping[str, str]
) -> tuple[Table, Layout]:
    table = open_table(stream, name=name, known=known_headers(kind, mapping))
    layout = lay_out(kind, table.headers, preset=preset, mapping=mapping)
    dated = [field for field in DATED if field in layout.columns]
    if dated:
        sample = list(islice(table.rows(), ROWS_TO_TELL_DAYS_BY))
        for field in dated:
            layout.day_first[field] = cells.day_order([layout.cell(row.cells, field) for row in sample])
    return table, layout
