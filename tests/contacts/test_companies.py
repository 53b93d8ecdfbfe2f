"""Accounts entered and changed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.contacts import companies
from app.contacts.companies import AccountGiven
from app.contacts.models import Account, AccountDomain, Stage
from app.core.errors import Invalid
from tests import make

TODAY = date(2026, 3, 4)
GIVEN = AccountGiven("Café Ünïted", Stage.ONBOARDING, date(2025, 1, 1), tier=1, arr=Decimal(120_000))


def test_an_account_is_kept_with_its_domains_and_its_stage_dated(session):
    given = replace(GIVEN, domains="https://www.United.example/about, bücher.example united.example")
    account = companies.add(session, given, today=TODAY)
    session.expire_all()
    kept = session.get(Account, account.id)
    assert [row.domain for row in kept.domains] == ["united.example", "xn--bcher-kva.example"]
    assert [(row.stage, row.from_on) for row in kept.stages] == [(Stage.ONBOARDING, TODAY)]
    assert (kept.name, kept.tier, kept.arr) == ("Café Ünïted", 1, Decimal(120_000))


def test_a_change_says_what_was_and_what_is(session):
    account = make.account(name="Old Ltd", tier=2)
    same = replace(GIVEN, name="Old Ltd", stage=Stage.STEADY, started_on=account.started_on, tier=3, arr=None)
    assert companies.change(session, account, same, today=TODAY) == {"tier": "2 → 3"}
    assert companies.change(session, account, same, today=TODAY) == {}
    changed = companies.change(session, account, replace(same, stage=Stage.RENEWAL), today=TODAY)
    assert changed == {"stage": "steady → renewal"}
    assert [(row.stage, row.from_on) for row in account.stages] == [
        (Stage.STEADY, account.started_on),
        (Stage.RENEWAL, TODAY),
    ]


def test_two_changes_of_stage_on_one_day_leave_the_last(session):
    account = make.account()
    account.enter(Stage.LOST, on=TODAY)
    account.enter(Stage.RENEWAL, on=TODAY)
    session.flush()
    assert [row.stage for row in account.stages] == [Stage.STEADY, Stage.RENEWAL]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "Taken Ltd"}, "name"),
        ({"arr": Decimal(-1)}, "arr"),
        ({"arr": Decimal(10**12)}, "arr"),
        ({"domains": "not a domain!"}, "domains"),
        ({"domains": "united.example, gmail.com"}, "domains"),
        ({"external_id": "0015"}, "external_id"),
    ],
)
def test_what_cannot_stand_is_refused_at_its_field(session, wrong, field):
    make.account(name="Taken Ltd", external_id="0015")
    with pytest.raises(Invalid) as refusal:
        companies.add(session, replace(GIVEN, **wrong), today=TODAY)
    assert list(refusal.value.errors) == [field]


def test_an_account_keeps_its_own_id_and_name(session):
    account = make.account(name="Mine", external_id="0015")
    given = replace(GIVEN, name="Mine", external_id="0015")
    companies.change(session, account, given, today=TODAY)
    assert account.external_id == "0015"


def test_accounts_may_share_a_name_where_an_id_tells_them_apart(session):
    make.account(name="Acme")
    twin = companies.add(session, replace(GIVEN, name="Acme", external_id="A-2"), today=TODAY)
    assert twin.name == "Acme"


def test_a_free_mail_domain_from_a_file_does_not_stand_against_other_changes(session):
    account = make.account()
    account.domains.append(AccountDomain(domain="gmail.com"))
    given = AccountGiven(account.name, account.stage, account.started_on, tier=1, domains="gmail.com")
    assert companies.change(session, account, given, today=TODAY) == {"tier": "2 → 1"}
