"""The commands that keep the data: backup, restore, release, and db move (a door)."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.engine import make_url

from app.auth.cli import actor
from app.core import audit, clock
from app.core.database import transactions
from app.core.installation import installation
from app.core.outbox import OutboxRow
from app.core.outbox_rows import WAITING
from app.delivery import waves
from app.delivery.models import Wave
from app.delivery.sending.postman import Postman
from app.extensions import db
from app.setup.keeping import backups, checking, moving
from app.setup.keeping.contents import rows_of

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
HELD = "It is held: nothing is sent before justask release. Release it once the one it was copied from has stopped."


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--keep", type=click.IntRange(1), help="Of the folder PATH, keep only so many of the newest backups."
)
@AS_JSON
@with_appcontext
def backup(path: Path, keep: int | None, as_json: bool) -> None:
    """Write a backup to the file PATH, or into the folder PATH under the name of the moment; nothing need be stopped.

    It holds the database and the key that links are signed with. Not in it: justask.env, which holds passwords, and the
    mails of the mailbox page.
    """
    if keep and not path.is_dir():
        raise click.UsageError("--keep goes with a folder.")
    now = clock.now()
    target, facts = backups.make(path, now=now)
    gone = backups.thin_out(path, keep) if keep else []
    transactions.write(db.session)
    installation(db.session).backed_up_at = now
    audit.note(db.session, actor(), "backup.made", now=now, file=target.name)
    db.session.commit()
    if as_json:
        told = {"file": str(target), "bytes": target.stat().st_size, "deleted": [str(one) for one in gone]}
        click.echo(json.dumps(told | {name: facts[name] for name in ("made_at", "kind", "schema", "tables")}))
        return
    size = target.stat().st_size / 1024**2
    click.echo(f"{target}: {rows_of(facts['tables'])} rows of {len(facts['tables'])} tables, {size:.1f} MB.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@AS_JSON
@with_appcontext
def restore(path: Path, as_json: bool) -> None:
    """Put the backup PATH into this installation, which must have no data yet; counts and checksums are compared.

    The copy sends nothing until `justask release`.
    """
    facts = backups.restore(path, now=clock.now())
    rows = rows_of(facts["tables"])
    if as_json:
        click.echo(
            json.dumps({"rows": rows, "made_at": facts["made_at"], "held": True, "tables": facts["tables"]})
        )
    else:
        click.echo(
            f"Restored: {rows} rows of {len(facts['tables'])} tables, as they were at {facts['made_at']}. {HELD}"
        )
    if not facts["is_key_ours"]:
        words = (
            "Links in mails that were sent are signed with another key than JUSTASK_SECRET_KEY: set that one, or add it"
            " to JUSTASK_SECRET_KEYS_OLD."
        )
        click.echo(words, err=True)


@click.command()
@click.option("--waves-go-on", is_flag=True, help="Pause no waves: the original sent nothing since.")
@AS_JSON
@with_appcontext
def release(waves_go_on: bool, as_json: bool) -> None:
    """Let a restored or moved copy send. The installation that it was taken from must not send any more.

    Waves that were under way are paused: the original may have sent more of them than the copy knows. A manager looks
    and resumes them on their pages.
    """
    now = clock.now()
    transactions.write(db.session)
    row = installation(db.session)
    was_held, row.held_at = row.held_at is not None, None
    paused = [] if waves_go_on or not was_held else pause_waves(now)
    mails = (OutboxRow.kind.in_(Postman.kinds), OutboxRow.state.in_(WAITING))
    count = db.session.scalar(sa.select(sa.func.count()).select_from(OutboxRow).where(*mails))
    if was_held:
        audit.note(db.session, actor(), "installation.released", now=now, mails=count, paused=len(paused))
    db.session.commit()
    if as_json:
        click.echo(json.dumps({"released": was_held, "mails_waiting": count, "waves_paused": paused}))
    elif not was_held:
        click.echo("It was not held; nothing to do.")
    else:
        click.echo(f"Released; {count} mails wait for their turn.")
        for name in paused:
            click.echo(f"Paused, for a manager to look at and resume: {name}")


def pause_waves(now: datetime) -> list[str]:
    """Pause what was under way; the names of the waves."""
    running = sa.select(Wave).where(Wave.state.in_(waves.RUNNING)).order_by(Wave.id)
    found = db.session.scalars(running).all()
    for wave in found:
        waves.pause(db.session, wave, actor=actor(), now=now)
    db.session.flush()
    return [wave.name for wave in found]


MOVE_TO = "JUSTASK_MOVE_TO"


@click.command()
@click.option(
    "--to",
    "url",
    required=True,
    envvar=MOVE_TO,
    help="postgresql+psycopg://USER:PASSWORD@HOST/DATABASE, an empty one; - reads it from standard input, which no"
    f" list of processes shows. Not given: the environment variable {MOVE_TO}.",
)
@AS_JSON
@with_appcontext
def move(url: str, as_json: bool) -> None:
    """Copy everything from SQLite into an empty PostgreSQL database, counted and compared; the old one stays as it is.

    Nobody can write meanwhile. The copy sends nothing until `justask release`.
    """
    url = sys.stdin.readline().strip() if url == "-" else url
    copied = moving.move(url, now=clock.now())
    rows, shown = rows_of(copied), make_url(url).render_as_string(hide_password=True)
    if as_json:
        click.echo(json.dumps({"rows": rows, "to": shown, "held": True, "tables": copied}))
        return
    click.echo(
        f"Moved {rows} rows of {len(copied)} tables to {shown}; counts and checksums are equal, counters set. {HELD}\n"
        f"Now: stop JustAsk here if it runs, set JUSTASK_DATABASE_URL and JUSTASK_SECRET_KEY ({where_key_stands()}),"
        " start it, look at it, release it."
    )


def where_key_stands() -> str:
    """Links that were sent are signed with it, so the copy needs the same."""
    path = current_app.extensions["settings"].instance / "secret_key"
    return f"it stands in {path}" if path.exists() else "the same as here"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def check(as_json: bool) -> None:
    """Check the database: its integrity and schema, the sums behind trends, the ledger of asks; 1 when one is wrong.

    Nothing is changed. People may go on working meanwhile.
    """
    db.session.rollback()
    transactions.read(db.session)
    found = list(checking.checks(db.session))
    is_well = all(one.ok for one in found)
    if as_json:
        click.echo(json.dumps({"ok": is_well, "checks": [one.told() for one in found]}, ensure_ascii=False))
    else:
        click.echo("\n".join(f"{'ok' if one.ok else 'WRONG':8}{one.name:12}{one.words}" for one in found))
    if not is_well:
        click.echo("Something is wrong; see the lines marked WRONG.", err=True)
        sys.exit(1)
