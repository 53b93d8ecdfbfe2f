"""Commands about readings by an engine that has become another (a door)."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from app.core import clock
from app.core.database import transactions
from app.extensions import db
from app.sentiment.again import rereading
from app.sentiment.models import Rereading

BY = "justask"


@click.group()
def readings() -> None:
    """Read comments again after the engine has become another."""


@readings.command("list")
@with_appcontext
def list_command() -> None:
    """How many comments each engine and version has read."""
    fresh = rereading.good_enough()
    for engine, version, number in rereading.versions(db.session):
        is_old = (engine, version) not in fresh
        click.echo(f"{number:>8}  {engine} {version}{'  (older)' if is_old else ''}")


@readings.command("preview")
@click.option(
    "--sample", type=click.IntRange(0), default=rereading.SAMPLE, help="So many; 0 for all of them."
)
@with_appcontext
def preview(sample: int) -> None:
    """What reading again would change, from label to label; nothing is changed."""
    tell(carry_out(is_trial=True, sample=sample))


@readings.command("again")
@with_appcontext
def again() -> None:
    """Read again what an older engine has read; corrections stay. Stopped, it goes on where it was."""
    tell(carry_out(is_trial=False))


def carry_out(*, is_trial: bool, sample: int = 0) -> Rereading:
    """A run from beginning to end, or the rest of one that was cut off; each batch is committed."""
    transactions.write(db.session)
    run = rereading.running(db.session)
    if run is None or run.is_trial is not is_trial:
        run = rereading.begin(db.session, is_trial=is_trial, sample=sample, by=BY, now=clock.now())
    db.session.commit()
    with click.progressbar(length=run.total, label="Reading", file=sys.stderr) as bar:
        while run.is_running:
            for done in rereading.step(db.session, run, now=clock.now()):
                db.session.commit()
                bar.update(done)
            db.session.commit()
    return run


def tell(run: Rereading) -> None:
    click.echo(f"{run.done} read, {run.changed} with another label")
    for move, number in sorted(run.moves.items(), key=lambda pair: (-pair[1], pair[0])):
        was, now = move.split(">")
        if was != now:
            click.echo(f"{number:>8}  {was} -> {now}")
