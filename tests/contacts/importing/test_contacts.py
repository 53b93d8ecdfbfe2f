"""People from files: who is new, who changed, who is never asked again, and nothing twice."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.contacts.importers.reading import read_contacts
from app.contacts.importers.report import Report
from app.contacts.importing import contacts as importing
from app.contacts.importing.contacts import import_contacts
from app.contacts.importing.matching.owners import remember
from app.contacts.models import (
    Account,
    AccountDomain,
    AccountKey,
    Contact,
    ContactKey,
    ContactRole,
    ContactStatus,
    DatedRole,
    NotAskable,
)
from app.core.database import transactions
from app.extensions import db
from tests import make

SAMPLES = Path(__file__).parents[2] / "data" / "crm_samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
TODAY = date(2026, 3, 4)
HEAD = "External ID,Email,First Name,Last Name,Role,Account External ID,Account Name,Account Owner,Status\n"


@pytest.fixture
def bring(app, now):
    """`bring(csv)` imports a text or the sample whose name begins so, commits, and returns the report."""

    def run(source: str, *, dry_run: bool = False, suppressed=lambda keys: {}, **options) -> Report:
        raw, name = source.encode(), "people.csv"
        if "\n" not in source:
            name = next(n for n in EXPECTED if n.startswith(source))
            raw = (SAMPLES / name).read_bytes()
        reading = read_contacts(io.BytesIO(raw), name=name, **options)
        report = Report.of(reading, is_dry_run=dry_run)
        if dry_run:
            transactions.read(db.session)
        for _ in import_contacts(db.session, reading, report, now=now, today=TODAY, suppressed=suppressed):
            if not dry_run:
                db.session.commit()
        transactions.write(db.session)
        return report

    return run


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.created, report.updated, report.unchanged, report.skipped, report.rejected


def one(email: str) -> Contact:
    return db.session.scalars(sa.select(Contact).where(Contact.email_key == email)).one()


def how_many(model) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))


def test_salesforce_report(bring):
    expected = EXPECTED["01_salesforce_contacts_report.csv"]
    report = bring("01")
    assert counts(report) == (expected["contacts"], 0, 0, 0, 0)
    assert report.askable == expected["askable"]
    assert report.not_askable == {"unsubscribed": expected["opted_out"]}
    assert report.accounts_created == expected["accounts_by_id"] == how_many(Account)
    assert (report.footer_lines, report.blank_lines) == (expected["footer_lines"], 3)
    assert report.owners_unmatched == {"Ines Vogel": 2, "Marc Duval": 3, "Dana Whitfield": 3, "Yui Mori": 1}
    northwind = one("j.weiss@northwind.example").account
    fjordlys = one("kari.lund@fjordlys.example").account
    assert (northwind.external_id, fjordlys.external_id) == ("0015g00000AbCdE", "0015g00000AbCde")
    assert one("omar.haddad@northwind.example").status is ContactStatus.UNSUBSCRIBED
    assert one("omar.haddad@northwind.example").unsubscribed_at


def test_hubspot_contacts(bring):
    expected = EXPECTED["04_hubspot_contacts_export.csv"]
    report = bring("04")
    assert report.rows == expected["rows"]
    assert counts(report) == (expected["contacts"], 0, 0, 0, expected["rejected"])
    assert report.askable == expected["askable_with_account"]
    assert report.not_askable["unsubscribed"] == expected["unsubscribed"]
    assert report.not_askable["no_account"] == expected["without_account"]
    visitor = one("webform@visitor.example")
    assert (visitor.account_id, visitor.not_askable) == (None, NotAskable.LIFECYCLE)
    assert one("j.weiss@northwind.example").role is ContactRole.DECISION_MAKER
    assert one("pete.marsh@megacorp.example").account.name == "Mega Corporation"
    assert any(issue.line == 28 and "No account" in issue.reason for issue in report.issues)


def test_messy_list(bring):
    expected = EXPECTED["09_messy_duplicates.csv"]
    report = bring("09")
    assert report.rows == expected["data_rows"]
    assert (report.rejected, report.blank_lines) == (expected["rejected"], expected["blank_rows"])
    people = db.session.scalars(sa.select(Contact)).all()
    reachable = Counter(person.email_key for person in people if person.email_key)
    assert len(reachable) == expected["contacts_after_merge"]
    assert reachable["pete.marsh@megacorp.example"] == 2
    assert sum(not person.email_key for person in people) == expected["known_not_askable"]
    anke = one("anke.mueller@northwind.example")
    assert (anke.first_name, anke.last_name, anke.role) == ("Anke", "Müller", ContactRole.CHAMPION)
    assert anke.account.external_id == "0015g00000AbCdE"
    kept = [issue for issue in report.issues if "Müller" in issue.reason]
    assert [(issue.line, issue.column, issue.value) for issue in kept] == [
        (3, "Last Name", "mueller"),
        (4, "Last Name", "Müller-Schmidt"),
    ]


@pytest.mark.parametrize("name", ["01", "04", "09"])
def test_the_same_file_again_changes_nothing(bring, name):
    first = bring(name)
    before = (
        how_many(Contact),
        how_many(Account),
        how_many(DatedRole),
        how_many(ContactKey),
        how_many(AccountKey),
    )
    again = bring(name)
    assert counts(again) == (0, 0, first.rows - first.rejected, 0, first.rejected)
    assert (
        how_many(Contact),
        how_many(Account),
        how_many(DatedRole),
        how_many(ContactKey),
        how_many(AccountKey),
    ) == before
    assert (again.askable, again.not_askable) == (first.askable, first.not_askable)


@pytest.mark.parametrize("name", ["01", "04", "09"])
@pytest.mark.parametrize("size", [1, 3, 2000])
def test_a_dry_run_foretells_the_import_and_writes_nothing(bring, monkeypatch, name, size):
    monkeypatch.setattr(importing, "ROWS_PER_COMMIT", size)
    foretold = bring(name, dry_run=True).as_dict()
    assert how_many(Contact) == how_many(Account) == 0
    done = bring(name).as_dict()
    assert foretold.pop("dry_run")
    assert not done.pop("dry_run")
    assert foretold == done
    foretold, again = bring(name, dry_run=True).as_dict(), bring(name).as_dict()
    assert foretold | {"dry_run": False} == again


def test_two_systems_land_on_the_same_accounts_and_people(bring):
    bring("01")
    report = bring("04")
    assert report.accounts_created == 2, "only those whose names lost letters in the other file"
    assert report.created == 4, "their three people and the visitor"
    assert any("question marks" in note for note in bring("01").notes)


def test_an_import_that_died_is_finished_by_the_same_file(bring, monkeypatch, now):
    rows = HEAD + "".join(f"c{i},p{i}@acme.example,P,{i},User,a1,Acme,,\n" for i in range(10))
    monkeypatch.setattr(importing, "ROWS_PER_COMMIT", 4)
    reading = read_contacts(io.BytesIO(rows.encode()))
    steps = import_contacts(db.session, reading, Report.of(reading), now=now, today=TODAY)
    next(steps)
    db.session.commit()
    next(steps)
    db.session.rollback()
    assert how_many(Contact) == 4
    assert counts(bring(rows)) == (6, 0, 4, 0, 0)


def test_one_bad_row_costs_one_row(bring):
    rows = [f"c{i},p{i}@acme.example,P,{i},User,a1,Acme,," for i in range(3000)]
    rows[1234] = ",,,,,,,,TOTAL"
    report = bring(HEAD + "\n".join(rows))
    assert counts(report) == (2999, 0, 0, 0, 1)
    assert [issue.line for issue in report.issues if issue.is_rejected] == [1236]


def test_what_the_file_says_is_taken_and_empty_cells_say_nothing(bring):
    bring(HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,Acme,,\n")
    report = bring(HEAD + "c1,kim@acme.example,,Park,Champion,a1,,,\n")
    assert counts(report) == (0, 1, 0, 0, 0)
    kim = one("kim@acme.example")
    assert (kim.first_name, kim.last_name, kim.role) == ("Kim", "Park", ContactRole.CHAMPION)
    assert [role.role for role in kim.roles] == [ContactRole.USER, ContactRole.CHAMPION]


def test_lost_letters_never_replace_letters(bring):
    bring(HEAD + "c1,aoi@kaito.example,葵,佐藤,User,a1,Kaito,,\n")
    report = bring(HEAD + "c1,aoi@kaito.example,?,??,User,a1,Kaito,,\n")
    assert counts(report) == (0, 0, 1, 0, 0)
    assert one("aoi@kaito.example").last_name == "佐藤"


@pytest.mark.parametrize("status", [ContactStatus.UNSUBSCRIBED, ContactStatus.BOUNCED, ContactStatus.LEFT])
def test_no_import_makes_anybody_askable_again(bring, session, now, status):
    person = make.contact(email="kim@acme.example", external_id="c1", status=status, left_on=TODAY)
    person.account.external_id = "a1"
    session.commit()
    report = bring(HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,,,active\n")
    assert one("kim@acme.example").status is status
    assert report.askable == 0
    assert report.not_askable == {status.value: 1}
    assert any(issue.column == "Status" and "stays so" in issue.reason for issue in report.issues)


def test_an_erased_person_is_not_brought_back(bring, session):
    person = make.contact(external_id="c1", email=None, email_key=None, status=ContactStatus.ERASED)
    session.commit()
    report = bring(HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,Acme,,\n")
    assert counts(report) == (0, 0, 0, 1, 0)
    session.refresh(person)
    assert (person.email, person.status) == (None, ContactStatus.ERASED)


@pytest.mark.parametrize(
    ("status", "column"), [("unsubscribed", "unsubscribed_at"), ("bounced", "bounced_at")]
)
def test_a_new_membership_of_an_address_that_said_no_is_not_asked(bring, session, now, status, column):
    make.contact(email="kim@acme.example", status=ContactStatus(status), **{column: now})
    session.commit()
    report = bring(HEAD + "c9,KIM@acme.example,Kim,Lee,User,a9,Other,,\n")
    assert counts(report)[0] == 1
    assert report.not_askable == {status: 1}


@pytest.mark.parametrize(
    ("reason", "status"),
    [("hard_bounce", "bounced"), ("unsubscribed", "unsubscribed"), ("complaint", "unsubscribed")],
)
def test_a_suppressed_address_is_not_asked(bring, reason, status):
    report = bring(
        HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,Acme,,\n",
        suppressed=lambda keys: dict.fromkeys(keys, reason),
    )
    assert report.not_askable == {status: 1}


def test_an_opt_out_counts_for_every_account_of_the_person(bring, session):
    make.contact(email="kim@acme.example")
    session.commit()
    bring("Email,Unsubscribed,Account Name\nkim@acme.example,yes,Other\n")
    people = session.scalars(sa.select(Contact).where(Contact.email_key == "kim@acme.example")).all()
    assert [person.status for person in people] == [ContactStatus.UNSUBSCRIBED] * 2


def test_a_lead_who_becomes_a_customer_is_asked(bring):
    head = "Email,Lifecycle Stage,Account Name\n"
    assert bring(head + "kim@acme.example,lead,Acme\n").not_askable == {"lifecycle": 1}
    report = bring(head + "kim@acme.example,customer,Acme\n")
    assert (report.updated, report.askable) == (1, 1)
    assert bring(head + "kim@acme.example,lead,Acme\n").not_askable == {"lifecycle": 1}


def test_a_reason_that_staff_have_overruled_is_not_set_again(bring, session):
    bring("Email,Account Name\ninfo@acme.example,Acme\n")
    one("info@acme.example").not_askable = None
    session.commit()
    report = bring("Email,Account Name\ninfo@acme.example,Acme\n")
    assert (report.unchanged, report.askable) == (1, 1)


def test_a_person_without_account_is_kept_aside_until_one_is_known(bring):
    report = bring("Email,First Name\nkim@acme.example,Kim\n")
    assert counts(report) == (1, 0, 0, 0, 0)
    assert report.not_askable == {"no_account": 1}
    report = bring("Email,Account Name\nkim@acme.example,Acme\n")
    assert counts(report) == (0, 1, 0, 0, 0)
    assert report.askable == 1


def test_a_mail_domain_decides_when_exactly_one_account_has_it(bring, session):
    acme, mega, corp = (make.account(name=name) for name in ("Acme", "Mega", "MegaCorp"))
    acme.domains = [AccountDomain(domain="acme.example"), AccountDomain(domain="gmail.com")]
    mega.domains, corp.domains = (
        [AccountDomain(domain="mega.example")],
        [AccountDomain(domain="mega.example")],
    )
    session.commit()
    report = bring("Email\nkim@acme.example\nlee@mega.example\npat@gmail.com\n")
    assert one("kim@acme.example").account_id == acme.id
    assert one("lee@mega.example").account_id is None
    assert one("pat@gmail.com").account_id is None
    reasons = {issue.line: issue.reason for issue in report.issues}
    assert "was taken" in reasons[2]
    assert "several accounts" in reasons[3]
    assert "none has" in reasons[4]


def test_an_account_name_that_two_accounts_have_is_not_guessed(bring, session):
    make.account(name="Acme")
    make.account(name="Acme")
    session.commit()
    report = bring("Email,Account Name\nkim@acme.example,Acme\n")
    assert report.not_askable == {"no_account": 1}
    assert "2 accounts have this name" in report.issues[0].reason
    assert how_many(Account) == 2


def test_an_address_taken_by_another_person_of_the_account_is_skipped(bring):
    bring(HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,Acme,,\nc2,pat@acme.example,Pat,Roe,User,a1,Acme,,\n")
    report = bring(HEAD + "c2,kim@acme.example,Pat,Roe,User,a1,Acme,,\n")
    assert counts(report) == (0, 0, 0, 1, 0)
    assert "has this address already" in report.issues[0].reason


def test_an_address_given_up_in_one_row_can_be_taken_in_the_next(bring):
    bring(HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,Acme,,\nc2,pat@acme.example,Pat,Roe,User,a1,Acme,,\n")
    moved = "c1,kim2@acme.example,Kim,Lee,User,a1,Acme,,\nc2,kim@acme.example,Pat,Roe,User,a1,Acme,,\nc3,pat@acme.example,New,One,User,a1,Acme,,\n"
    report = bring(HEAD + moved)
    assert counts(report) == (1, 2, 0, 0, 0)
    assert one("kim@acme.example").external_id == "c2"
    assert one("pat@acme.example").external_id == "c3"


def test_a_person_who_moved_follows_their_id(bring):
    bring(HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,Acme,,\n")
    report = bring(HEAD + "c1,kim@other.example,Kim,Lee,User,a2,Other,,\n")
    assert counts(report) == (0, 1, 0, 0, 0)
    assert one("kim@other.example").account.name == "Other"


def test_who_left_is_out_from_the_day_they_left(bring):
    report = bring(
        "Email,Account Name,Status,Left On\nkim@acme.example,Acme,left,2026-01-31\nlee@acme.example,Acme,left,\n"
    )
    assert (one("kim@acme.example").left_on, one("lee@acme.example").left_on) == (date(2026, 1, 31), TODAY)
    assert report.not_askable == {"left": 2}


def test_owners_are_matched_by_mail_then_name_then_by_choice(bring, session):
    dana = make.staff(email="dana@company.example", name="Dana Whitfield")
    for email in ("kim1@company.example", "kim2@company.example"):
        make.staff(email=email, name="Kim Twin")
    session.commit()
    rows = [
        f"c{i},p{i}@acme{i}.example,P,{i},User,a{i},Acme {i},{owner},\n"
        for i, owner in enumerate(["DANA@company.example", "dana  whitfield", "Kim Twin", "Nobody", "Nobody"])
    ]
    report = bring(HEAD + "".join(rows))
    owners = session.execute(
        sa.select(Account.external_id, Account.owner_id).order_by(Account.external_id)
    ).all()
    assert [owner for _, owner in owners] == [dana.id, dana.id, None, None, None]
    assert report.owners_unmatched == {"Kim Twin": 1, "Nobody": 2}
    remember(session, "nobody", dana.id)
    session.commit()
    report = bring(HEAD + "".join(rows))
    assert report.owners_unmatched == {"Kim Twin": 1}
    assert session.scalar(sa.select(sa.func.count()).where(Account.owner_id == dana.id)) == 4


def test_a_contact_file_never_takes_an_account_from_its_owner(bring, session):
    dana, ines = make.staff(name="Dana Whitfield"), make.staff(name="Ines Vogel")
    make.account(external_id="a1", owner_id=dana.id)
    session.commit()
    bring(HEAD + "c1,kim@acme.example,Kim,Lee,User,a1,Acme,Ines Vogel,\n")
    assert session.scalars(sa.select(Account.owner_id)).all() == [dana.id]
    assert ines.id != dana.id


def test_both_spellings_of_a_salesforce_id_are_one_account(bring):
    head = "Contact ID,Email,Account ID,Account Name,Email Opt Out\n"
    bring(head + "0035g00000Qz001,a@northwind.example,0015g00000AbCdE,Northwind,0\n")
    report = bring(head + "0035g00000Qz002,b@northwind.example,0015g00000AbCdEAAV,Northwind,0\n")
    assert report.accounts_created == 0
    report = bring(head + "0035g00000Qz003,c@northwind.example,0015g00000AbCde,Fjordlys,0\n")
    assert report.accounts_created == 1
