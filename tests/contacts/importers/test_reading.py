"""Files of contacts and accounts become rows, and every refusal names its line, column and reason."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.importers.layout import Kind, lay_out
from app.contacts.importers.presets import PRESETS
from app.contacts.importers.reading import Reading, read_accounts, read_contacts
from app.contacts.importers.rows import AccountRow, ContactRow, Issue, address
from app.contacts.models import ContactRole, ContactStatus, NotAskable, Stage
from app.core import text
from app.core.errors import Invalid

SAMPLES = Path(__file__).parents[2] / "data" / "crm_samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))


def sample(
    name: str, read=read_contacts, **options
) -> tuple[Reading, list[ContactRow | AccountRow], list[Issue], dict]:
    full = next(n for n in EXPECTED if n.startswith(name))
    reading = read(io.BytesIO((SAMPLES / full).read_bytes()), name=full, **options)
    found = list(reading)
    return (
        reading,
        [r for r in found if not isinstance(r, Issue)],
        [r for r in found if isinstance(r, Issue)],
        EXPECTED[full],
    )


def contacts(csv: str, **options) -> list[ContactRow | Issue]:
    return list(read_contacts(io.BytesIO(csv.encode()), name="people.csv", **options))


def contact(csv: str, **options) -> ContactRow:
    (row,) = contacts(csv, **options)
    assert isinstance(row, ContactRow), row
    return row


def account(csv: str, **options) -> AccountRow:
    (row,) = read_accounts(io.BytesIO(csv.encode()), name="accounts.csv", **options)
    assert isinstance(row, AccountRow), row
    return row


def test_salesforce_report():
    reading, rows, rejected, expected = sample("01")
    assert reading.layout.preset is PRESETS["salesforce"]
    assert (len(rows), len(rejected)) == (expected["contacts"], 0)
    assert len({row.account_external_id for row in rows}) == expected["accounts_by_id"]
    assert sum(row.has_opted_out for row in rows) == expected["opted_out"]
    assert reading.table.footer_lines == expected["footer_lines"]
    assert {row.role for row in rows} == {None}
    assert {row.account_owner for row in rows} == {"Ines Vogel", "Marc Duval", "Dana Whitfield", "Yui Mori"}
    assert rows[0].first_name == "Jürgen"
    assert any("no role column" in note for note in reading.notes)


def test_hubspot_contacts():
    reading, rows, rejected, expected = sample("04")
    assert reading.layout.preset is PRESETS["hubspot"]
    assert (len(rows), len(rejected)) == (expected["contacts"], expected["rejected"])
    assert sum(row.has_opted_out for row in rows) == expected["unsubscribed"]
    assert sum(not row.account_external_id for row in rows) == expected["without_account"]
    askable = [
        row for row in rows if row.account_external_id and not row.has_opted_out and not row.not_askable
    ]
    assert len(askable) == expected["askable_with_account"]
    by_key = {row.email_key: row for row in rows}
    assert by_key["lena.schoen@northwind.example"].role is ContactRole.USER
    assert by_key["j.weiss@northwind.example"].role is ContactRole.DECISION_MAKER
    assert by_key["j.weiss@northwind.example"].external_id == "51000000000"
    assert by_key["pete.marsh@megacorp.example"].account_external_id == "9100000004"
    assert by_key["pete.marsh@megacorp.example"].account_name == "Mega Corporation"
    assert by_key["webform@visitor.example"].not_askable == (NotAskable.LIFECYCLE,)
    assert rejected[0].line == 29
    assert "Neither a name nor an e-mail" in rejected[0].reason


def test_hubspot_companies():
    reading, rows, rejected, expected = sample("05", read_accounts)
    assert reading.layout.preset is PRESETS["hubspot"]
    assert (len(rows), rejected) == (expected["accounts"], [])
    by_name = {row.name: row for row in rows}
    mega = by_name["Mega Corporation"]
    assert (mega.arr, mega.currency, mega.tier) == (Decimal("1250000.00"), "USD", 1)
    assert (mega.renewal_on, mega.domains) == (date(2024, 8, 15), ("megacorp.example",))
    assert mega.segment == {"Industry": "LOGISTICS", "Country/Region": "NA", "Lifecycle Stage": "customer"}
    assert by_name["MegaCorp"].domains == mega.domains
    assert by_name["MegaCorp"].arr is None
    assert any("Annual Revenue" in note for note in reading.notes)


def test_messy_list():
    reading, rows, rejected, _ = sample("09")
    assert reading.layout.preset is PRESETS["generic"]
    assert [issue.line for issue in rejected] == [14, 18]
    assert "11 cells instead of 10" in rejected[0].reason
    addresses = {row.email_key for row in rows if row.email_key}
    assert len(addresses) == 9
    assert "nils+nps@fjordlys.example" not in addresses
    reasons = Counter(reason for row in rows for reason in row.not_askable)
    assert reasons == {NotAskable.INVALID_EMAIL: 2, NotAskable.ROLE_MAILBOX: 1}
    formula = next(row for row in rows if row.email_key == "x@blueheron.example")
    assert formula.first_name == '=HYPERLINK("http://evil.example")'
    assert next(row for row in rows if row.line == 19).first_name == "Lucía María"


GENERIC = "external id,EMAIL,First Name,Last Name,Title,Role,Account External ID,Account Name,Language,Time Zone,Status,Left On\n"


def test_every_generic_contact_header():
    row = contact(
        GENERIC + "c1,Kim@acme.example,Kim,Lee,CTO,Power User,a1,Acme,German,europe/berlin,Left,2026-01-31\n"
    )
    assert (row.external_id, row.email, row.email_key) == ("c1", "Kim@acme.example", "kim@acme.example")
    assert (row.first_name, row.last_name, row.title, row.role) == (
        "Kim",
        "Lee",
        "CTO",
        ContactRole.POWER_USER,
    )
    assert (row.account_external_id, row.account_name) == ("a1", "Acme")
    assert (row.language, row.time_zone) == ("de", "Europe/Berlin")
    assert (row.status, row.left_on) == (ContactStatus.LEFT, date(2026, 1, 31))


def test_a_german_list_kept_by_hand_and_one_of_answers_are_read_for_their_people():
    row = contact(
        "sep=;\nKunde;Kundennr.;Ansprechpartner;E-Mail;Rolle\n"
        "Northwind Paper GmbH;00042;Weiß, Jürgen;j.weiss@northwind.example;Entscheider\n"
    )
    assert (row.first_name, row.last_name, row.role) == ("Jürgen", "Weiß", ContactRole.DECISION_MAKER)
    assert (row.account_external_id, row.account_name) == ("00042", "Northwind Paper GmbH")
    row = contact("Account,Contact email,Contact\nAcme,kim@acme.example,Kim van Lee\n")
    assert (row.email, row.first_name, row.last_name) == ("kim@acme.example", "Kim van", "Lee")


def test_every_generic_account_header_and_unknown_columns_as_segment():
    row = account(
        "Name,External ID,Domains,Tier,Stage,ARR,Currency,Owner Email,Renewal On,Plan,Region\n"
        "Acme,a1,acme.example;acme.example.com,1,onboarding,96k,eur,dana@company.example,2026-12-31,Gold,\n"
    )
    assert (row.external_id, row.name, row.tier, row.stage) == ("a1", "Acme", 1, Stage.ONBOARDING)
    assert row.domains == ("acme.example", "acme.example.com")
    assert (row.arr, row.currency, row.owner) == (Decimal(96000), "EUR", "dana@company.example")
    assert (row.renewal_on, row.segment) == (date(2026, 12, 31), {"Plan": "Gold"})


def test_a_bad_value_is_left_out_and_named():
    row = account("Name,Tier,ARR,Renewal On\nAcme,Gold,-5,1/2/2026\n")
    assert (row.tier, row.arr, row.renewal_on) == (None, None, None)
    assert [(i.line, i.column, i.value) for i in row.issues] == [
        (2, "ARR", "-5"),
        (2, "Tier", "Gold"),
        (2, "Renewal On", "1/2/2026"),
    ]


def test_unclear_days_follow_the_rest_of_their_column():
    rows = list(read_accounts(io.BytesIO(b"Name,Renewal On\nA,1/2/2026\nB,15/7/2026\n"), name=""))
    assert [row.renewal_on for row in rows] == [date(2026, 2, 1), date(2026, 7, 15)]


@pytest.mark.parametrize(
    ("cell", "role"),
    [
        ("Champion;Decision Maker", ContactRole.DECISION_MAKER),
        ("End User;Champion", ContactRole.CHAMPION),
        ("power-user", ContactRole.POWER_USER),
        ("ADMIN", ContactRole.ADMIN),
        ("Influencer;User", ContactRole.USER),
        ("Influencer", None),
        ("", None),
    ],
)
def test_the_weightiest_role_counts(cell, role):
    row = contact(f"Email,Role,Name of pet\na@acme.example,{cell},Rex\n")
    assert row.role is role
    assert bool(row.issues) == (cell == "Influencer")


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("info@acme.example", NotAskable.ROLE_MAILBOX),
        ("Sales@acme.example", NotAskable.ROLE_MAILBOX),
        ("kim@company.example", NotAskable.OWN_DOMAIN),
        ("not an address", NotAskable.INVALID_EMAIL),
        ("", NotAskable.INVALID_EMAIL),
    ],
)
def test_why_a_person_is_not_asked(email, reason):
    row = contact(f"Email,First Name\n{email},Kim\n", own_domains=frozenset({"company.example"}))
    assert row.not_askable == (reason,)


@pytest.mark.parametrize(
    ("stage", "is_customer"),
    [
        ("customer", True),
        ("Customer - Direct", True),
        ("", None),
        ("lead", False),
        ("Customer Prospect", False),
    ],
)
def test_only_customers_are_asked(stage, is_customer):
    row = contact(f"Email,Lifecycle Stage\na@acme.example,{stage}\n")
    assert row.is_customer is is_customer
    assert row.not_askable == ((NotAskable.LIFECYCLE,) if is_customer is False else ())


@pytest.mark.parametrize("cell", ["true", "1", "Yes", "unsure"])
def test_an_opt_out_that_cannot_be_read_counts_as_one(cell):
    row = contact(f"Email,Unsubscribed\na@acme.example,{cell}\n")
    assert row.has_opted_out
    assert bool(row.issues) == (cell == "unsure")


@pytest.mark.parametrize(
    "cell",
    ["anke@acme.example", " ANKE@acme.example ", "Anke M <anke@acme.example>", "mailto:anke@acme.example"],
)
def test_addresses_as_people_write_them(cell):
    assert contact(f"Email,First Name\n{cell},Anke\n").email_key == "anke@acme.example"


@given(
    st.text(st.sampled_from("aBé.+-_'%\"@ ,\u0130"), min_size=1, max_size=12),
    st.sampled_from(
        [
            "acme.example",
            "ACME.example",
            "münchen.example",
            "xn--mnchen-3ya.example",
            "a..b",
            "-x.example",
            "x",
        ]
    ),
)
def test_the_quick_way_to_check_an_address_agrees_with_the_slow_one(local, domain):
    found = f"{local}@{domain}"

    def outcome(check):
        try:
            return check(found)
        except text.UnreadableText:
            return None

    assert outcome(address) == outcome(lambda a: (text.email(a), text.email_key(a)))


def test_hubspot_names_the_primary_of_several_companies():
    head = "Record ID,Email,Associated Company,Associated Company IDs,Associated Company IDs (Primary)\n"
    row = contact(head + "1,a@acme.example,Acme;Acme Labs,10;20,20\n")
    assert (row.account_external_id, row.account_name) == ("20", "Acme Labs")
    row = contact(head + "1,a@acme.example,Acme;Acme Labs,10;20,\n")
    assert (row.account_external_id, row.account_name) == ("10", "Acme")
    assert "Several accounts" in row.issues[0].reason


def test_columns_are_mapped_by_hand():
    row = contact(
        "Mail;Nachname;Firma\na@acme.example;Weiß;Acme\n",
        mapping={"mail": "email", "Nachname": "Last Name", "Firma": "account_name"},
    )
    assert (row.email, row.last_name, row.account_name) == ("a@acme.example", "Weiß", "Acme")
    row = contact("Email,Role\na@acme.example,CFO\n", mapping={"Role": "title"})
    assert (row.title, row.role) == ("CFO", None)
    row = contact("Email,Role\na@acme.example,CFO\n", mapping={"Role": "ignore"})
    assert (row.role, row.issues) == (None, ())


@pytest.mark.parametrize(
    ("csv", "options", "words"),
    [
        ("Fruit,Colour\napple,red\n", {}, "e-mail address or a name"),
        ("Email\na@acme.example\n", {"preset": "lotus"}, "no preset lotus"),
        ("Email\na@acme.example\n", {"mapping": {"Mail": "email"}}, "no column Mail"),
        ("Email\na@acme.example\n", {"mapping": {"Email": "mailbox"}}, "no field mailbox"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_in_words(csv, options, words):
    with pytest.raises(Invalid, match=words):
        contacts(csv, **options)


def test_accounts_need_a_name_or_an_id():
    with pytest.raises(Invalid, match="name or the id of an account"):
        list(read_accounts(io.BytesIO(b"Email,Role\na@acme.example,User\n")))
    (row,) = read_accounts(io.BytesIO(b"Name,Tier\n,1\n"))
    assert isinstance(row, Issue)
    assert row.is_rejected


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("kind", Kind)
def test_every_preset_lays_out_all_its_own_headers(preset, kind):
    """The best header of each field is found under its field, so that no two fields claim one header."""
    best = {name: headers[0] for name, headers in kind.headers_of(preset).items()}
    layout = lay_out(kind, list(best.values()), preset=preset.name)
    assert {name: layout.header(name) for name in layout.columns} == best


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20), min_size=3, max_size=3
    )
)
def test_no_row_brings_the_reader_down(found):
    raw = "Email,First Name,Status\n" + ",".join('"' + cell.replace('"', '""') + '"' for cell in found)
    for row in contacts(raw):
        assert isinstance(row, ContactRow | Issue)
