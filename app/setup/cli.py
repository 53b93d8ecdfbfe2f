"""The `justask live` command, and what a new installation begins with (a door)."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click
from flask import current_app
from flask.cli import with_appcontext

import config
from app.auth.cli import actor, tell_first_step
from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.extensions import db
from app.setup import going_live, removal
from app.setup.removal import Remains

WORDS = {
    "rehearsal_waves": ("rehearsal wave", "rehearsal waves"),
    "rehearsal_answers": ("answer to a rehearsal", "answers to rehearsals"),
    "rehearsal_tasks": ("follow-up of a rehearsal", "follow-ups of rehearsals"),
    "demo_accounts": ("demo account", "demo accounts"),
    "demo_contacts": ("demo contact", "demo contacts"),
    "demo_programs": ("demo program", "demo programs"),
    "demo_waves": ("demo wave", "demo waves"),
    "demo_answers": ("demo answer", "demo answers"),
    "demo_staff": ("demo sign-in", "demo sign-ins"),
}
"""What one of it is called, and several."""


@click.command()
@click.option(
    "--i-know", is_flag=True, help="Go live in spite of what stands in the way; for tests and intranets."
)
@click.option("--remove-demo", is_flag=True, help="Remove the demo company with it.")
@click.option("--yes", is_flag=True, help="Do not ask for the confirmation to be typed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def live(i_know: bool, remove_demo: bool, yes: bool, as_json: bool) -> None:
    """Leave rehearsal: mail reaches customers, answers count. Deletes what was only for trying out."""
    settings = current_app.extensions["settings"]
    now = clock.now()
    if not i_know:
        row = installation(db.session)
        going_live.refuse_while_blocked(db.session, settings, row, now=now, remove_demo=remove_demo)
    typed = going_live.PHRASE if i_know or yes else typed_phrase(remove_demo=remove_demo)
    transactions.write(db.session)
    gone = going_live.go_live(
        db.session,
        settings,
        actor=actor(),
        now=now,
        confirm=typed,
        remove_demo=remove_demo,
        in_spite=i_know,
    )
    db.session.commit()
    going_live.empty_mailbox(settings)
    if as_json:
        click.echo(json.dumps({"live_at": now.isoformat(), "removed": asdict(gone)}))
        return
    click.echo(in_words(gone))
    tell_first_step()


def typed_phrase(*, remove_demo: bool) -> str:
    """What somebody typed after reading what is deleted; on stderr, so that --json stays clean."""
    found = removal.remains(db.session)
    doomed = {
        name: count for name, count in asdict(found).items() if remove_demo or not name.startswith("demo_")
    }
    click.echo(f"Going live deletes {listed(doomed)}. Customers get real mail from then on.", err=True)
    click.echo(f'Type "{going_live.PHRASE}" to confirm: ', err=True, nl=False)
    return sys.stdin.readline()


def in_words(gone: Remains) -> str:
    return f"This installation is live. Removed: {listed(asdict(gone))}."


def listed(found: dict[str, int]) -> str:
    counts = [f"{count} {WORDS[name][count > 1]}" for name, count in found.items() if count]
    return ", ".join(counts) or "nothing"


def begin_installation(*, no_demo: bool) -> None:
    """What the operator decided for a new installation: its zone, and whether it begins live."""
    settings = current_app.extensions["settings"]
    transactions.write(db.session)
    row = installation(db.session)
    if row.time_zone == "UTC" != settings.TIME_ZONE and "zone_chosen" not in row.setup:
        row.time_zone = settings.TIME_ZONE
    if no_demo and settings.LIVE:
        going_live.begin_live(db.session, now=clock.now())
    db.session.commit()


def remove_demo_company(settings: config.Settings) -> Remains:
    """Remove the demo and keep the rest, rehearsals of your own among it."""
    transactions.write(db.session)
    gone = going_live.remove_demo(db.session, actor=actor(), now=clock.now())
    db.session.commit()
    going_live.empty_mailbox(settings)
    return gone
