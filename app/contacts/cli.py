"""Commands about accounts and contacts (a door)."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, TextIO

import click
from flask.cli import with_appcontext

from app import journey
from app.contacts.importers.layout import Kind
from app.contacts.importers.presets import AUTO, NAMES
from app.contacts.importers.reading import Reading
from app.contacts.importers.report import MOST_ISSUES_KEPT, Report, write_issues
from app.contacts.importing.files import import_rows, read_file
from app.core import audit, clock, transactions
from app.core.audit import Actor
from app.delivery import suppressions
from app.extensions import db

ISSUES_SHOWN = 40
EVERY_ISSUE = 10_000_000


@click.group()
def accounts() -> None:
    """Bring in accounts."""


@click.group()
def contacts() -> None:
    """Bring in the people at accounts."""


def import_options(command: Callable) -> Callable:
    """The options that every import of a file has."""
    for decorate in (
        with_appcontext,
        click.option(
            "--report", "issues", type=click.File("w", lazy=True), help="Write every issue to a CSV file."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
        click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing."),
        click.option(
            "--map",
            "mapping",
            multiple=True,
            metavar="COLUMN=FIELD",
            help="Read COLUMN as FIELD, or as `ignore`.",
        ),
        click.option(
            "--preset", type=click.Choice(NAMES), default=AUTO, show_default=True, help="Whose export it is."
        ),
        click.argument("file", type=click.File("rb")),
    ):
        command = decorate(command)
    return command


@accounts.command("import")
@import_options
def accounts_import(file: BinaryIO, **options) -> None:
    """Create and update accounts from FILE."""
    bring_in(Kind.ACCOUNTS, file, **options)


@contacts.command("import")
@import_options
def contacts_import(file: BinaryIO, **options) -> None:
    """Create and update people, and accounts only they name, from FILE."""
    bring_in(Kind.CONTACTS, file, **options)


def mapped(given: tuple[str, ...]) -> dict[str, str]:
    """`COLUMN=FIELD` options as a mapping; the column's name may hold an equals sign itself."""
    wrong = [one for one in given if "=" not in one]
    if wrong:
        raise click.UsageError(f"--map wants COLUMN=FIELD, not {wrong[0]!r}.")
    return dict(one.rsplit("=", 1) for one in given)


def bring_in(
    kind: Kind,
    file: BinaryIO,
    *,
    preset: str,
    mapping: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    issues: TextIO | None,
) -> None:
    """Run an import, committing at its safe points, and tell what happened."""
    name, by_hand = Path(file.name).name, mapped(mapping)
    reading = read_file(db.session, kind, file, name=name, preset=preset, mapping=by_hand)
    report = Report.of(reading, is_dry_run=dry_run, most_issues=EVERY_ISSUE if issues else MOST_ISSUES_KEPT)
    (transactions.read if dry_run else transactions.write)(db.session)
    run(reading, report)
    found = report.as_dict()
    if issues:
        write_issues(issues, found["issues"])
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(told(found)))


def run(reading: Reading, report: Report) -> None:
    """Bring the rows in and commit at each safe point; a dry run commits nothing."""
    now = clock.now()
    suppressed = partial(suppressions.reasons, db.session)
    for touched in import_rows(db.session, reading, report, now=now, suppressed=suppressed):
        if not report.is_dry_run:
            journey.rows_imported(db.session, touched, now=now)
            db.session.commit()
    if not report.is_dry_run:
        note(reading, report)
        db.session.commit()


def note(reading: Reading, report: Report) -> None:
    actor = Actor("command", None, getpass.getuser())
    counts = {name: getattr(report, name) for name in ("rows", "created", "updated", "skipped", "rejected")}
    audit.note(db.session, actor, f"{reading.kind}.import", now=clock.now(), file=report.file, **counts)


def told(found: dict) -> Iterator[str]:
    """The report for a person at a terminal."""
    is_plan = found["dry_run"]
    place = f"separated by {found['delimiter']!r}, header in line {found['header_line']}"
    yield f"{found['file']}: {found['encoding']}, {place}, read as {found['preset']}"
    counts = ", ".join(
        f"{found[name]} {name}" for name in ("created", "updated", "unchanged", "skipped", "rejected")
    )
    yield f"{found['rows']} rows{' would be' if is_plan else ''}: {counts}"
    yield f"left out: {found['blank_lines']} blank lines, {found['footer_lines']} footer lines"
    if found["accounts_created"]:
        yield f"{found['accounts_created']} accounts {'would be ' if is_plan else ''}created"
    if found["askable"] or found["not_askable"]:
        reasons = ", ".join(f"{n} {reason.replace('_', ' ')}" for reason, n in found["not_askable"].items())
        yield f"{found['askable']} people can be asked; not to be asked: {reasons or 'none'}"
    for owner in found["owners_unmatched"]:
        yield f"no member of staff is called {owner['owner']!r}, owner of {owner['accounts']} accounts"
    yield from (f"note: {words}" for words in found["notes"])
    for issue in found["issues"][:ISSUES_SHOWN]:
        where = f"line {issue['line']}" + (f", {issue['column']}" if issue["column"] else "")
        value = f" {issue['value']!r}" if issue["value"] else ""
        yield f"{'refused' if issue['rejected'] else 'look at'} {where}{value}: {issue['reason']}"
    more = len(found["issues"]) - ISSUES_SHOWN + found["issues_left_out"]
    if more > 0:
        yield f"... and {more} more; --report FILE.csv writes them all"
