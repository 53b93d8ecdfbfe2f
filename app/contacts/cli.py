"""Commands about accounts and contacts (a door)."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

import click
from flask import current_app
from flask.cli import with_appcontext

from app import journey
from app.api.protocol import idempotency
from app.contacts import traces
from app.contacts.importers.layout import Kind
from app.contacts.importers.presets import AUTO, NAMES
from app.contacts.importers.reading import Reading
from app.contacts.importers.report import MOST_ISSUES_KEPT, Report, write_issues
from app.contacts.importing.files import read_file
from app.contacts.importing.routes import bring_rows
from app.core import audit, clock
from app.core.audit import Actor
from app.core.database import transactions
from app.core.errors import Refused
from app.delivery.mail.mailer import mailbox
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
    """Create and update people, and accounts only they name, from FILE.

    Nobody who said no becomes askable, and a no that FILE only repeats undoes nothing that its person wished since.
    """
    bring_in(Kind.CONTACTS, file, **options)


@click.group()
def history() -> None:
    """Bring in what people were asked before, with their answers and their silence."""


@history.command("import")
@import_options
def history_import(file: BinaryIO, **options) -> None:
    """Take past asks from FILE, each with its answer, its silence or its bounce.

    They count from the days on which they happened. No mail leaves and no task opens for what lies in the past.
    """
    bring_in(Kind.HISTORY, file, **options)


@accounts.command("merge")
@click.argument("one", metavar="FROM")
@click.argument("other", metavar="INTO")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def accounts_merge(one: str, other: str, yes: bool, as_json: bool) -> None:
    """Make the account FROM part of INTO: its people, asks, answers and tasks. Each is an id or a name."""
    names = [traces.account_named(db.session, name).name for name in (one, other)]
    if not yes:
        asked = f"{names[0]} becomes part of {names[1]} and is gone. This cannot be undone. Go on?"
        click.confirm(asked, abort=True, err=True)
    transactions.write(db.session)
    former, found = (traces.account_named(db.session, name) for name in (one, other))
    ids = {"merged": former.id, "into": found.id}
    journey.accounts_merged(db.session, former, found, now=clock.now(), actor=at_terminal())
    db.session.commit()
    click.echo(json.dumps(ids) if as_json else f"{names[0]} is part of {names[1]} now.")


@click.group()
def person() -> None:
    """What one person may ask of us: to see what we hold, and to be forgotten."""


@person.command("export")
@click.argument("email")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, which is what is printed anyway.")
@with_appcontext
def person_export(email: str, as_json: bool) -> None:
    """Print everything that is held about EMAIL, as JSON."""
    people = traces.people_of(db.session, email)
    box = mailbox(current_app.extensions["settings"])
    told = {
        "email": email,
        "people": [journey.person_told(db.session, contact) for contact in people],
        "kept_mails": [box.data(name).decode("utf-8", "replace") for name in box.names_to(email)],
    }
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


@person.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask for the address to be typed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def person_erase(email: str, yes: bool, as_json: bool) -> None:
    """Forget EMAIL: identity and words go for good, numbers stay, and nobody asks them again."""
    accounts_of = [contact.account.name for contact in traces.people_of(db.session, email) if contact.account]
    if is_terminal() and not yes:
        click.echo(f"This forgets {email} at {', '.join(accounts_of) or 'no account'}, for good.", err=True)
        typed = click.prompt("Type the address to confirm", default="", show_default=False, err=True)
        if typed.strip().casefold() != email.strip().casefold():
            raise Refused("Nothing was changed: that is not the address.")
    transactions.write(db.session)
    people = traces.people_of(db.session, email)
    addresses = {email.strip(), *(contact.email for contact in people if contact.email)}
    names = {contact.name for contact in people}
    words = idempotency.words_of([journey.person_told(db.session, contact) for contact in people])
    for contact in people:
        journey.person_erased(db.session, contact, now=clock.now(), actor=at_terminal())
    idempotency.forget_about(db.session, addresses | words, [contact.id for contact in people])
    db.session.commit()
    box = mailbox(current_app.extensions["settings"])
    kept = sum(box.forget(address) for address in addresses) + sum(map(box.forget_naming, names))
    counts = {"contacts": [contact.id for contact in people], "mails_in_mailbox": kept}
    click.echo(json.dumps(counts) if as_json else in_words(len(people), kept))


def is_terminal() -> bool:
    """Whether somebody can be asked; a script that erases has made up its mind."""
    return sys.stdin.isatty()


def in_words(people: int, kept: int) -> str:
    return (
        f"Forgotten: {people} contacts, {kept} mails of the mailbox page. What they scored is still counted."
    )


def at_terminal() -> Actor:
    return Actor("command", None, getpass.getuser())


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
    for touched in bring_rows(db.session, reading, report, now=now):
        if not report.is_dry_run:
            journey.rows_imported(db.session, touched, now=now)
            db.session.commit()
    if not report.is_dry_run:
        note(reading, report)
        db.session.commit()


def note(reading: Reading, report: Report) -> None:
    counts = {name: getattr(report, name) for name in ("rows", "created", "updated", "skipped", "rejected")}
    audit.note(
        db.session, at_terminal(), f"{reading.kind}.import", now=clock.now(), file=report.file, **counts
    )


def told(found: dict) -> Iterator[str]:
    """The report for a person at a terminal."""
    is_plan = found["dry_run"]
    parted = f"separated by {found['delimiter']!r}, " if found["delimiter"] else ""
    place = f"{parted}header in line {found['header_line']}"
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
