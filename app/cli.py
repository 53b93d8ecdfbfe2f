"""The `justask` command: serve, worker, db, and the commands of each package."""

from __future__ import annotations

import sys

import click
from flask.cli import FlaskGroup, with_appcontext
from flask_migrate import downgrade, upgrade

import config
from app import create_app
from app.core.errors import DomainError

COMMANDS: tuple[click.Command, ...] = ()


@click.group(
    cls=FlaskGroup, create_app=lambda: create_app(), add_default_commands=False, add_version_option=False
)
def justask() -> None:
    """Ask customers, hear their silence, and follow up."""


@justask.group()
def db() -> None:
    """Create and change the database."""


@db.command("upgrade")
@with_appcontext
def db_upgrade() -> None:
    """Bring the database to this version's schema."""
    upgrade()


@db.command("downgrade")
@click.argument("revision")
@with_appcontext
def db_downgrade(revision: str) -> None:
    """Go back to an earlier schema REVISION."""
    downgrade(revision=revision)


def main() -> None:
    """Run the command line: exit 1 with a reason on stderr when refused, 2 on wrong usage."""
    try:
        justask(standalone_mode=True)
    except (DomainError, config.SettingsError) as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
