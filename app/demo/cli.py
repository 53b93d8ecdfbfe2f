"""Commands about the demo company, and what `justask serve` says about signing in to it."""

from __future__ import annotations

import dataclasses
import json

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_security import verify_password

import config
from app.core import clock
from app.core.database import transactions
from app.demo import load as loading
from app.demo import team
from app.demo.load import Loaded
from app.extensions import db
from app.setup.cli import listed, remove_demo_company


@click.group("demo")
def demo() -> None:
    """The demo company for a first look."""


@demo.command("load")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def load_command(as_json: bool) -> None:
    """Add the demo company; refused when there are accounts already."""
    loaded = load()
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(loaded)))
        return
    click.echo(in_words(loaded))
    tell_sign_ins()


@demo.command("remove")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def remove_command(as_json: bool) -> None:
    """Remove the demo company, its waves and sign-ins; data of your own stays."""
    gone = remove_demo_company(settings())
    click.echo(
        json.dumps(dataclasses.asdict(gone)) if as_json else f"Removed: {listed(dataclasses.asdict(gone))}."
    )


def load_into_empty() -> None:
    """Add the demo company to a database in which nobody has put anything yet."""
    transactions.write(db.session)
    if loading.may_begin_with_demo(db.session):
        click.echo(in_words(load()))


def load() -> Loaded:
    """Load, commit, and put the mails of the open wave into the mailbox."""
    transactions.write(db.session)
    loaded = loading.load(db.session, settings(), now=clock.now())
    db.session.commit()
    loading.send_todays_wave(db.session, settings(), now=clock.now())
    return loaded


def in_words(loaded: Loaded) -> str:
    return (
        f"The demo company is in: {loaded.accounts} accounts, {loaded.contacts} contacts, {loaded.waves} waves, "
        f"{loaded.answers} answers, {loaded.tasks} follow-ups."
    )


def tell_sign_ins() -> None:
    """Print how to sign in, as long as there is somebody of the demo company to sign in as."""
    people = team.sign_ins(db.session)
    if not people:
        return
    width = max(len(person.email) for person in people)
    click.echo("\nSign in as one of these people of the demo company:\n")
    for person in people:
        click.echo(f"  {person.email:{width}}  {person.role:8} {person.name}")
    secret = team.password(settings())
    if verify_password(secret, people[-1].password):
        click.echo(f"\n  The password of each is {secret}\n")
    else:
        click.echo("\n  Their password was printed when the demo was loaded.\n")


def settings() -> config.Settings:
    return current_app.extensions["settings"]
