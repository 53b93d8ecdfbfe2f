"""Commands about staff and keys (a door)."""

from __future__ import annotations

import getpass
import json
import sys

import click
from flask.cli import with_appcontext

from app.auth import people
from app.auth.models import RoleName, Scope
from app.core import audit, clock
from app.core.audit import Actor
from app.core.database import transactions
from app.core.errors import NotFound
from app.extensions import db
from app.reports.sums import placing

ROLES = click.Choice([r.value for r in RoleName])
SCOPES = click.Choice([s.value for s in Scope])


def actor() -> Actor:
    """The person at the terminal."""
    return Actor("command", None, getpass.getuser())


def tell_first_step() -> None:
    """Print how somebody comes to administer the installation, as long as nobody can."""
    if not people.has_admin(db.session):
        click.echo(
            "\nNobody can administer this installation yet. This makes an administrator and prints a password:"
        )
        click.echo("\n  .venv/bin/justask staff add you@company.example --role admin\n")


@click.group()
def staff() -> None:
    """Add and disable members of staff."""


@staff.command("add")
@click.argument("email")
@click.option("--role", type=ROLES, required=True, help="What the person may do.")
@click.option("--name", default="", help="The person's name.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input instead of making one."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_appcontext
def staff_add(email: str, role: str, name: str, password_stdin: bool, as_json: bool) -> None:
    """Add EMAIL as a member of staff; without --password-stdin a password is made and printed."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else people.new_password()
    transactions.write(db.session)
    person = people.add_staff(db.session, email, role=RoleName(role), name=name, password=password)
    audit.note(db.session, actor(), "staff.add", subject=f"staff:{person.id}", now=clock.now(), role=role)
    db.session.commit()
    if as_json:
        made = {} if password_stdin else {"password": password}
        click.echo(json.dumps({"email": person.email, "role": role, **made}))
    elif not password_stdin:
        click.echo(password)


@staff.command("disable")
@click.argument("email")
@with_appcontext
def staff_disable(email: str) -> None:
    """Disable EMAIL and end every session of theirs."""
    transactions.write(db.session)
    person = people.find_staff(db.session, email)
    if person is None:
        raise NotFound(f"Nobody here has the address {email}.")
    people.disable_staff(db.session, person, now=clock.now())
    placing.owners_changed(db.session, now=clock.now(), person_id=person.id)
    audit.note(db.session, actor(), "staff.disable", subject=f"staff:{person.id}", now=clock.now())
    db.session.commit()


@click.group()
def keys() -> None:
    """Make and revoke the keys of other programs."""


@keys.command("add")
@click.argument("name")
@click.option("--scope", type=SCOPES, required=True, help="What the key may do.")
@click.option("--days", type=click.IntRange(1), help="Days after which it expires.")
@with_appcontext
def keys_add(name: str, scope: str, days: int | None) -> None:
    """Make a key called NAME and print it, once."""
    transactions.write(db.session)
    row, secret = people.add_key(
        db.session, name, scope=Scope(scope), by=actor().name, now=clock.now(), days=days
    )
    audit.note(db.session, actor(), "key.add", subject=f"key:{row.id}", now=clock.now(), scope=scope)
    db.session.commit()
    click.echo(secret)


@keys.command("revoke")
@click.argument("name")
@with_appcontext
def keys_revoke(name: str) -> None:
    """Revoke every key called NAME, at once."""
    transactions.write(db.session)
    count = people.revoke_keys(db.session, name, now=clock.now())
    audit.note(db.session, actor(), "key.revoke", now=clock.now(), name=name, count=count)
    db.session.commit()
