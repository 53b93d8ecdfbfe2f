"""Accounts from files: made, updated, matched by id or name, and nothing twice."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.contacts.importers.reading import read_accounts, read_contacts
from app.contacts.importers.report import Report
from app.contacts.importing import accounts as importing
from app.contacts.importing.accounts import import_accounts
from app.contacts.importing.contacts import import_contacts
from app.contacts.models import Account, AccountDomain, AccountKey, AccountStage, Stage
from app.core.database import transactions
from app.extensions import db
from tests import make

SAMPLES = Path(__file__).parents[2] / "data" / "crm_samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
COMPANIES = (SAMPLES / "05_hubspot_companies_export.csv").read_bytes()
TODAY = date(2026, 3, 4)
HEAD = "External ID,Name,Domains,Tier,Stage,ARR,Currency,Owner Email,Renewal On,Plan\n"


@pytest.fixture
def bring(app, now):
    """`bring(csv)` imports a file of accounts, commits, and returns the report."""

    def run(source: str | bytes, *, dry_run: bool = False, **options) -> Report:
        raw = source.encode() if isinstance(source, str) else source
        reading = read_accounts(io.BytesIO(raw), name="accounts.csv", **options)
        report = Report.of(reading, is_dry_run=dry_run)
        if dry_run:
            transactions.read(db.session)
        for _ in import_accounts(db.session, reading, report, now=now, today=TODAY):
            if not dry_run:
                db.session.commit()
        transactions.write(db.session)
        return report

    return run


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.skipped, report.rejected


def one(external_id: str) -> Account:
    return db.session.scalars(sa.select(Account).where(Account.external_id == external_id)).one()


def how_many(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_hubspot_companies(bring, session):
    dana = make.staff(name="Dana Whitfield")
    session.commit()
    expected = EXPECTED["05_hubspot_companies_export.csv"]
    report = bring(COMPANIES)
    assert counts(report) == (expected["accounts"], 0, 0, 0, 0)
    assert report.encoding == expected["encoding"]
    assert report.owners_unmatched == {"Ines Vogel": 2, "Marc Duval": 3, "Yui Mori": 1}
    mega = one("9100000004")
    assert (mega.name, mega.arr, mega.currency, mega.tier) == ("Mega Corporation", Decimal(1250000), "USD", 1)
    assert (mega.renewal_on, mega.owner_id, mega.stage) == (date(2024, 8, 15), dana.id, Stage.STEADY)
    assert mega.segment["Industry"] == "LOGISTICS"
    assert (
        [d.domain for d in mega.domains]
        == [d.domain for d in one("9100000005").domains]
        == ["megacorp.example"]
    )
    assert one("9100000005").arr is None


@pytest.mark.parametrize("size", [1, 3, 500])
def test_a_dry_run_foretells_the_import_and_the_same_file_again_changes_nothing(bring, monkeypatch, size):
    monkeypatch.setattr(importing, "ROWS_PER_COMMIT", size)
    raw = COMPANIES + b'"9100000004","Mega Corp.","mega2.example","","","$1.00","","Tier 3","","","",""\n'
    foretold = bring(raw, dry_run=True).as_dict()
    assert how_many(Account) == 0
    done = bring(raw).as_dict()
    assert foretold | {"dry_run": False} == done
    assert (done["created"], done["updated"]) == (10, 1)
    before = (how_many(AccountKey), how_many(AccountDomain), how_many(AccountStage))
    assert bring(raw, dry_run=True).unchanged == 11
    assert counts(bring(raw)) == (0, 0, 11, 0, 0)
    assert (how_many(AccountKey), how_many(AccountDomain), how_many(AccountStage)) == before
    kept = [issue for issue in done["issues"] if issue["line"] == 12]
    assert [(issue["column"], issue["value"]) for issue in kept] == [
        ("Company name", "Mega Corp."),
        ("Customer tier", "3"),
        ("ARR", "1.00"),
    ]


def test_what_the_file_says_is_taken_and_empty_cells_say_nothing(bring):
    bring(HEAD + "a1,Acme,acme.example,2,onboarding,96k,EUR,,2026-12-31,Gold\n")
    report = bring(HEAD + "a1,Acme Ltd,acme.example.com,,steady,,,,2027-12-31,Silver\n")
    assert counts(report) == (0, 1, 0, 0, 0)
    acme = one("a1")
    assert (acme.name, acme.tier, acme.arr, acme.currency) == ("Acme Ltd", 2, Decimal(96000), "EUR")
    assert (acme.renewal_on, acme.segment) == (date(2027, 12, 31), {"Plan": "Silver"})
    assert [stage.stage for stage in acme.stages] == [Stage.STEADY], "both files came in on one day"
    assert [domain.domain for domain in acme.domains] == ["acme.example", "acme.example.com"]


def test_an_account_entered_by_hand_gets_its_id_by_name(bring, session):
    make.account(name="Acme")
    session.commit()
    report = bring(HEAD + "a1,Acme,,1,,,,,,\n")
    assert counts(report) == (0, 1, 0, 0, 0)
    assert "taken for the same" in report.issues[0].reason
    assert one("a1").tier == 1


def test_two_accounts_of_one_name_and_two_ids_stay_two(bring):
    report = bring(HEAD + "a1,Acme,,,,,,,,\na2,Acme,,,,,,,,\n")
    assert counts(report) == (2, 0, 0, 0, 0)
    assert "kept apart" in report.issues[0].reason
    assert counts(bring(HEAD + "a2,Acme,,,,,,,,\na1,Acme,,,,,,,,\n")) == (0, 0, 2, 0, 0)


def test_an_account_without_id_is_known_by_its_name(bring):
    assert counts(bring("Name,Tier\nAcme,1\nOther,2\n")) == (2, 0, 0, 0, 0)
    assert counts(bring("Name,Tier\nAcme,3\nOther,2\n")) == (0, 1, 1, 0, 0)


def test_an_unknown_id_without_a_name_is_refused_at_its_line(bring):
    bring(HEAD + "a1,Acme,,,,,,,,\n")
    report = bring(HEAD + "a1,,,1,,,,,,\na2,,,1,,,,,,\n")
    assert counts(report) == (0, 1, 0, 0, 1)
    assert [(i.line, i.column) for i in report.issues] == [(3, "Name")]


def test_contacts_and_companies_of_one_system_meet(bring, session, now):
    people = (SAMPLES / "04_hubspot_contacts_export.csv").read_bytes()
    reading = read_contacts(io.BytesIO(people))
    for _ in import_contacts(session, reading, Report.of(reading), now=now, today=TODAY):
        session.commit()
    report = bring(COMPANIES)
    assert counts(report) == (1, 9, 0, 0, 0)
    assert one("9100000006").name == "Kaito Robotics 株式会社"


def test_an_owner_is_changed_by_a_file_of_accounts(bring, session):
    dana, ines = make.staff(name="Dana Whitfield"), make.staff(email="ines@company.example")
    make.account(external_id="a1", name="Acme", owner_id=dana.id)
    session.commit()
    bring(HEAD + "a1,Acme,,,,,,INES@company.example,,\n")
    assert one("a1").owner_id == ines.id
    report = bring(HEAD + "a1,Acme,,,,,,who@company.example,,\n")
    assert one("a1").owner_id == ines.id
    assert report.as_dict()["owners_unmatched"] == [{"owner": "who@company.example", "accounts": 1}]


def test_the_report_has_the_shape_that_programs_read(bring):
    found = bring(HEAD + "a1,Acme,,Gold,,,,,,\n,,,,,,,,,x\n\n").as_dict()
    assert (
        found["rows"]
        == sum(found[k] for k in ("created", "updated", "unchanged", "skipped", "rejected"))
        == 2
    )
    assert {"file", "encoding", "delimiter", "header_line", "blank_lines", "footer_lines", "notes"} <= set(
        found
    )
    assert found["issues"][0] == {
        "line": 2, "column": "Tier", "value": "Gold", "reason": "Not a tier. There are tiers 1, 2 and 3.", "rejected": False,
    }  # fmt: skip
    assert found["issues"][1]["rejected"]
