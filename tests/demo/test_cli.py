"""What somebody sees who starts JustAsk for the first time: a company to look at, and how to sign in to it."""

from __future__ import annotations

import dataclasses
import re

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask_security import verify_password

from app.auth.models import Staff
from app.cli import justask
from app.contacts.models import Account
from app.core.database import transactions
from app.demo import team


@pytest.fixture
def database_kind() -> str:
    """Loading takes seconds; both kinds are tried in test_load."""
    return "sqlite"


@pytest.fixture
def run(app, session, monkeypatch):
    monkeypatch.setattr(justask, "create_app", lambda: app)

    def command(*words: str):
        session.rollback()
        return CliRunner().invoke(justask, list(words), catch_exceptions=False)

    return command


def test_an_empty_database_begins_with_the_demo_and_tells_how_to_sign_in(run, app, session):
    first = run("prepare")
    assert first.exit_code == 0, first.output
    assert "40 accounts" in first.output
    secret = re.search(r"password of each is (\S+)", first.output).group(1)
    transactions.read(session)
    people = session.scalars(sa.select(Staff)).all()
    assert {person.role for person in people} == {"viewer", "csm", "manager", "admin"}
    assert all(person.email in first.output and verify_password(secret, person.password) for person in people)

    again = run("prepare")
    assert "40 accounts" not in again.output
    assert secret in again.output

    refused = run("demo", "load")
    assert refused.exit_code == 1
    assert "has accounts already" in refused.stderr

    person = people[0]
    transactions.write(session)
    session.get(Staff, person.id).active = False
    session.commit()
    assert person.email not in run("prepare").output


def test_no_demo_leaves_an_empty_database_empty_and_tells_the_first_step(run, session):
    done = run("prepare", "--no-demo")
    assert done.exit_code == 0
    assert "staff add you@company.example --role admin" in done.output
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_an_installation_with_a_colleague_does_not_begin_with_the_demo(run, session):
    assert run("staff", "add", "ines@company.example", "--role", "admin").exit_code == 0
    assert run("prepare").output.strip() == ""
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_the_password_belongs_to_this_installation_alone(app):
    settings = app.extensions["settings"]
    one = team.password(settings)
    assert re.fullmatch(r"([a-z2-7]{4}-){2}[a-z2-7]{4}", one)
    assert one == team.password(settings)
    other = dataclasses.replace(settings, SECRET_KEY="another-key-of-another-installation-0123456789")
    assert team.password(other) != one
