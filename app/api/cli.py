"""`justask export`: every list of the API as a file, in full and as a stream (a door).

A row holds what the API says of it, under the same names: as it stands for JSON lines, one column for each name for
CSV. So there is one place that says what an answer or a task is, whoever reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any

import click
import marshmallow as ma
import sqlalchemy as sa
from flask.cli import with_appcontext

from app.api import RESOURCES
from app.api.accounts import HealthShortSchema
from app.api.protocol import paging
from app.api.protocol.fields import Day, Id
from app.api.protocol.frame import Listing
from app.contacts.models import Account, Contact
from app.core.database import transactions
from app.core.files.downloads import csv_lines
from app.core.installation import installation
from app.extensions import db
from app.health.models import Snapshot
from app.health.snapshots import NAMES
from app.reports.sums.verifying import of_one_state

ROWS_AT_ONCE = 1000
FORMATS = ("csv", "jsonl")
NAMED = {"account_id": ("account", Account), "contact_id": ("contact", Contact)}
"""Beside an id CSV has the name that belongs to it, because a spreadsheet cannot look it up."""


class DayOfHealthSchema(HealthShortSchema):
    """The four scores of an account as they were stored on a day."""

    account_id = Id(required=True)
    as_of = Day(required=True)

    class Meta:
        fields = ("account_id", "as_of", *NAMES, "version")


def in_short(rows: list[Snapshot]) -> list[dict]:
    return [
        {name: {"score": getattr(row, name), "colour": getattr(row, f"{name}_colour")} for name in NAMES}
        | {"account_id": row.account_id, "as_of": row.on, "version": row.version}
        for row in rows
    ]


HEALTH = Listing(
    "/health", lambda _asked: sa.select(Snapshot), DayOfHealthSchema, Snapshot.computed_at, None, in_short
)
KINDS = {
    listing.path.strip("/"): listing
    for listing in (HEALTH, *(one for resource in RESOURCES for one in resource.listings))
}


@click.command()
@click.argument("kind", metavar="KIND", type=click.Choice(sorted(KINDS)))
@click.option(
    "--since",
    metavar="D",
    help="Only what was changed on that day or later, or since a moment with its zone.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="csv",
    show_default=True,
    help="CSV for spreadsheets, or one JSON object a line.",
)
@click.option("--output", type=click.File("w", "utf-8", lazy=True), default="-", help="Write to a file.")
@with_appcontext
def export(kind: str, since: str | None, form: str, output) -> None:
    """Write everything of one KIND, with the names that the API gives it.

    A wrong KIND names all that there are. `health` has the scores of each account and day. Texts that a spreadsheet
    would take for formulas get an apostrophe.
    """
    db.session.rollback()
    transactions.read(db.session)
    of_one_state(db.session)
    listing, begin = KINDS[kind], moment(since) if since else None
    pieces = csv_pieces if form == "csv" else json_lines
    for piece in pieces(listing, begin):
        output.write(piece)


def moment(given: str) -> datetime:
    """A day, which begins where the installation is at home, or a moment with its zone."""
    try:
        if len(given) == 10:
            return datetime.combine(date.fromisoformat(given), time.min, installation(db.session).zone)
        found = datetime.fromisoformat(given)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise click.BadParameter(
            "Write a day like 2026-01-31, or a moment like 2026-01-31T12:00:00Z.", param_hint="--since"
        )
    return found


def pages(listing: Listing, since: datetime | None) -> Iterator[list[dict[str, Any]]]:
    """All items, in the order of their ids, some at a time."""
    asked: dict[str, Any] = {"limit": ROWS_AT_ONCE} | ({"since": since} if since else {})
    show = listing.item(many=True)
    while True:
        found = paging.page(db.session, listing.view(asked), asked, stamp=listing.stamp, of=listing.of)
        rows = listing.told(found["items"]) if listing.told else found["items"]
        yield show.dump(rows)
        if found["next"] is None:
            return
        asked["cursor"] = paging.Cursor().deserialize(found["next"])


def json_lines(listing: Listing, since: datetime | None) -> Iterator[str]:
    for items in pages(listing, since):
        yield "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)


def csv_pieces(listing: Listing, since: datetime | None) -> Iterator[str]:
    columns = list(columns_of(listing.item()))
    named = [(name, *NAMED[name]) for name in NAMED if (name,) in columns]
    yield csv_lines([["_".join(path) for path in columns] + [title for _id, title, _model in named]])
    for items in pages(listing, since):
        names = [names_of(model, [item[id] for item in items]) for id, _title, model in named]
        beside = [
            [found.get(item[id], "") for found, (id, *_rest) in zip(names, named, strict=True)]
            for item in items
        ]
        cells = [[cell(item, path) for path in columns] for item in items]
        yield csv_lines([row + more for row, more in zip(cells, beside, strict=True)])


def columns_of(schema: ma.Schema, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path to each value of an item; things inside it are spread over columns of their own."""
    for name, field in schema.fields.items():
        if isinstance(field, ma.fields.Nested) and not field.many:
            yield from columns_of(field.schema, (*path, name))
        else:
            yield (*path, name)


def cell(item: dict[str, Any], path: Sequence[str]) -> Any:
    """One value for a spreadsheet: flags are 1 and 0, words in a list stand beside each other, anything else is JSON."""
    value: Any = item
    for name in path:
        value = None if value is None else value.get(name)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "; ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def names_of(model: type[Account | Contact], ids: list[str | None]) -> dict[str, str]:
    """The names of some accounts or people, by their ids as the API writes them."""
    wanted = {int(id) for id in ids if id}
    found = db.session.scalars(sa.select(model).where(model.id.in_(wanted)))
    return {str(one.id): one.name for one in found}
