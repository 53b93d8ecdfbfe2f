"""The `justask` command: help everywhere, refusals as one sentence, exit codes."""

from __future__ import annotations

import json

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app.auth.models import ApiKey, Staff
from app.cli import justask
from app.core import tokens


@pytest.fixture
def run(app, session, monkeypatch):
    """`run("staff", "add", ...)` runs a command against the test's application."""
    session.commit()
    group = justask
    monkeypatch.setattr(group, "create_app", lambda: app)

    def command(*words: str, given: str | None = None):
        return CliRunner().invoke(group, list(words), input=given, catch_exceptions=False)

    return command


def commands(group: click.Group, path=()):
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_every_command_and_option_has_help():
    for path, command in commands(justask):
        assert command.help, path
        for option in command.params:
            assert not isinstance(option, click.Option) or option.help or option.hidden or command.hidden, (
                path,
                option.name,
            )


def test_staff_add_prints_a_password_and_refuses_a_second_time(run, session):
    added = run("staff", "add", "Ines@Company.example", "--role", "csm", "--name", "Ines Vogel")
    assert added.exit_code == 0, added.stderr
    assert len(added.stdout.strip()) >= 12
    person = session.scalars(sa.select(Staff)).one()
    assert (person.email, person.name, person.role) == ("ines@company.example", "Ines Vogel", "csm")
    again = run("staff", "add", "ines@company.example", "--role", "csm")
    assert again.exit_code == 1
    assert again.stderr == "ines@company.example is a member of staff already.\n"
    assert run("staff", "add", "nobody", "--role", "csm").exit_code == 1
    assert run("staff", "add", "x@company.example").exit_code == 2


def test_staff_add_tells_programs_in_json(run):
    added = json.loads(run("staff", "add", "ines@company.example", "--role", "csm", "--json").stdout)
    assert len(added.pop("password")) >= 12
    assert added == {"email": "ines@company.example", "role": "csm"}
    words = ("staff", "add", "a@company.example", "--role", "csm", "--json", "--password-stdin")
    assert "password" not in json.loads(run(*words, given="a long enough password\n").stdout)


def test_only_our_own_options_are_offered(run):
    assert "--debug" not in run("--help").stdout
    assert run("--app", "other:app", "jobs", "list").exit_code == 2


@pytest.mark.parametrize("schema", ["9999", "", "+1"])
def test_a_schema_that_does_not_exist_is_refused_in_a_sentence(run, schema):
    gone = run("db", "downgrade", schema)
    assert gone.exit_code == 1
    assert gone.stderr.startswith(f"There is no schema {schema!r}; this version's is 00")


def test_staff_disable_ends_the_account(run, session):
    run(
        "staff",
        "add",
        "a@company.example",
        "--role",
        "csm",
        "--password-stdin",
        given="a long enough password\n",
    )
    assert run("staff", "disable", "a@company.example").exit_code == 0
    assert session.scalars(sa.select(Staff.active)).one() is False
    assert run("staff", "disable", "b@company.example").exit_code == 1


def test_keys_add_prints_the_key_alone_and_stores_its_digest(run, session):
    added = run("keys", "add", "crm", "--scope", "write")
    secret = added.stdout.strip()
    row = session.scalars(sa.select(ApiKey)).one()
    assert row.digest == tokens.digest(secret)
    assert secret not in {row.name, row.prefix}
    assert run("keys", "revoke", "crm").exit_code == 0
    assert run("keys", "revoke", "crm").exit_code == 1


def test_jobs_run_wants_exactly_one_choice(run):
    assert run("jobs", "run").exit_code == 2
    assert run("jobs", "run", "no_such_job").exit_code == 2
    assert run("jobs", "list", "--json").exit_code == 0
