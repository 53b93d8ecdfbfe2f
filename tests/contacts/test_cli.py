"""`justask accounts import` and `justask contacts import`: what they write, print and refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.cli import justask
from app.contacts.models import Account, Contact
from app.core.audit import AuditEvent
from app.core.installation import installation
from app.delivery.models import Suppression
from app.extensions import db
from tests import make

SAMPLES = Path(__file__).parents[1] / "data" / "crm_samples"
SALESFORCE = str(SAMPLES / "01_salesforce_contacts_report.csv")
HUBSPOT = str(SAMPLES / "04_hubspot_contacts_export.csv")
COMPANIES = str(SAMPLES / "05_hubspot_companies_export.csv")


@pytest.fixture
def run(app):
    """`run("contacts", "import", ...)` gives the result of the command."""
    db.session.commit()

    def command(*arguments: str):
        result = app.test_cli_runner().invoke(justask, list(arguments), catch_exceptions=False)
        db.session.rollback()
        return result

    return command


def how_many(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_real_exports_load_and_the_report_is_json(run):
    found = json.loads(run("contacts", "import", SALESFORCE, "--json").stdout)
    assert (found["encoding"], found["preset"], found["footer_lines"]) == ("cp1252", "salesforce", 3)
    assert (found["created"], found["askable"], found["not_askable"]) == (26, 25, {"unsubscribed": 1})
    found = json.loads(run("accounts", "import", COMPANIES, "--json").stdout)
    assert (found["rows"], found["created"] + found["updated"]) == (10, 10)
    found = json.loads(run("contacts", "import", HUBSPOT, "--json").stdout)
    assert (found["rows"], found["rejected"]) == (28, 1)
    trail = db.session.scalars(
        sa.select(AuditEvent).where(AuditEvent.action.like("%.import")).order_by(AuditEvent.id)
    )
    assert [event.action for event in trail] == ["contacts.import", "accounts.import", "contacts.import"]


def test_a_dry_run_writes_nothing(run):
    result = run("contacts", "import", HUBSPOT, "--dry-run")
    assert result.exit_code == 0
    assert "28 rows would be: 27 created" in result.stdout
    assert "25 people can be asked" in result.stdout
    assert "1 unsubscribed" in result.stdout
    assert "refused line 29, Email: Neither a name" in result.stdout
    assert how_many(Contact) == how_many(Account) == how_many(AuditEvent) == 0


def test_issues_are_written_to_a_file_that_a_spreadsheet_may_open(run, tmp_path):
    source = tmp_path / "people.csv"
    source.write_text(
        'Email,First Name,Role\nkim@acme.example,Kim,"=cmd|1"\n,,\nno,,"+1"\n,Lee,-2\n', "utf-8"
    )
    target = tmp_path / "issues.csv"
    run("contacts", "import", str(source), "--report", str(target))
    rows = list(csv.DictReader(target.read_text("utf-8").splitlines()))
    assert [row["value"] for row in rows if row["column"] == "Role"] == ["'=cmd|1", "'+1", "'-2"]
    assert {row["line"] for row in rows} == {"2", "4", "5"}


def test_columns_are_mapped_by_hand(run, tmp_path):
    source = tmp_path / "kunden.csv"
    source.write_text("Firma;A=B;Mail\nAcme;CTO;kim@acme.example\n", "utf-8")
    run(
        "contacts",
        "import",
        str(source),
        "--map",
        "Firma=account_name",
        "--map",
        "Mail=Email",
        "--map",
        "A=B=title",
    )
    kim = db.session.scalars(sa.select(Contact)).one()
    assert (kim.email, kim.title, kim.account.name) == ("kim@acme.example", "CTO", "Acme")


@pytest.mark.parametrize(
    ("text", "arguments", "code", "words"),
    [
        ("Fruit,Colour\napple,red\n", (), 1, "e-mail address or a name"),
        ("", (), 1, "empty"),
        ("Email\na@acme.example\n", ("--map", "Mail=email"), 1, "no column Mail"),
        ("Email\na@acme.example\n", ("--map", "Email"), 2, "COLUMN=FIELD"),
        ("Email\na@acme.example\n", ("--preset", "lotus"), 2, "lotus"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_reason(run, tmp_path, text, arguments, code, words):
    source = tmp_path / "people.csv"
    source.write_text(text, "utf-8")
    result = run("contacts", "import", str(source), *arguments)
    assert result.exit_code == code
    assert words in result.stderr
    assert how_many(Contact) == 0


def test_our_own_people_and_suppressed_addresses_are_not_asked(run, session, tmp_path, now):
    make.staff(email="dana@company.example")
    make.staff(email="contractor@gmail.com")
    installation(session).own_domains = ["group.example"]
    session.add(Suppression(email_key="pat@acme.example", reason="unsubscribed", at=now))
    session.commit()
    source = tmp_path / "people.csv"
    addresses = ["kim@company.example", "lee@group.example", "pat@acme.example", "sam@gmail.com"]
    source.write_text("Email,Account Name\n" + "".join(f"{address},Acme\n" for address in addresses), "utf-8")
    found = json.loads(run("contacts", "import", str(source), "--json").stdout)
    assert (found["not_askable"], found["askable"]) == ({"own_domain": 2, "unsubscribed": 1}, 1)
