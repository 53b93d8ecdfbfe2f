"""Audiences: what a filter finds, on both databases, and what is refused."""

from __future__ import annotations

import pytest

from app.contacts.models import ContactRole, Stage
from app.core.errors import Invalid
from app.surveys import audience
from tests import make


@pytest.fixture
def people(app, session):
    owner = make.staff(name="Ana")
    big = make.account(tier=1, stage=Stage.RENEWAL, owner=owner, segment={"plan": "pro", "seats": 5})
    small = make.account(tier=None, segment={"plan": "team"})
    return {
        "owner": owner,
        "big": big,
        "small": small,
        "buyer": make.contact(account=big, role=ContactRole.DECISION_MAKER, language="de-AT"),
        "user": make.contact(account=big, language=None),
        "admin": make.contact(account=small, role=ContactRole.ADMIN, language="den"),
        "loose": make.contact(account=small, account_id=None),
    }


def found(session, people, **given) -> set[str]:
    ids = set(session.scalars(audience.people(audience.checked(given))))
    return {name for name in ("buyer", "user", "admin") if people[name].id in ids}


def test_the_empty_filter_names_everybody_at_an_account(session, people):
    assert found(session, people) == {"buyer", "user", "admin"}


FOUND = [
    ({"tiers": [1]}, {"buyer", "user"}),
    ({"tiers": [2, 3]}, {"admin"}),
    ({"tiers": ["1"]}, {"buyer", "user"}),
    ({"stages": ["renewal"]}, {"buyer", "user"}),
    ({"roles": ["decision_maker", "admin"]}, {"buyer", "admin"}),
    ({"owners": [None]}, {"admin"}),
    ({"languages": ["de"]}, {"buyer"}),
    ({"languages": [None]}, {"user"}),
    ({"languages": ["de", None]}, {"buyer", "user"}),
    ({"segment": {"plan": ["pro"]}}, {"buyer", "user"}),
    ({"segment": {"plan": ["pro", "team"]}}, {"buyer", "user", "admin"}),
    ({"segment": {"seats": ["5"]}}, {"buyer", "user"}),
    ({"segment": {"plan": ["pro"], "seats": ["6"]}}, set()),
    ({"segment": {"it's $.a, odd [0]": ["x"]}}, set()),
    ({"segment": {"plan": []}}, {"buyer", "user", "admin"}),
    ({"tiers": [1], "roles": ["admin"]}, set()),
]


def test_a_filter_finds_who_fits_all_of_it(session, people):
    for given, names in FOUND:
        assert found(session, people, **given) == names, given


def test_a_filter_by_owner_and_by_account(session, people):
    assert found(session, people, owners=[people["owner"].id]) == {"buyer", "user"}
    assert found(session, people, owners=[people["owner"].id, None]) == {"buyer", "user", "admin"}
    assert found(session, people, accounts=[people["small"].id]) == {"admin"}


def test_odd_attribute_names_and_values_are_compared_as_they_are(session):
    odd = {"a.b": "1", "it's": "O'Hara", "b\\c": "%", 'say "x"': "[0]", "ключ": "ß"}
    make.contact(account=make.account(segment=odd))
    for name, value in odd.items():
        assert (
            len(session.scalars(audience.people(audience.checked({"segment": {name: [value]}}))).all()) == 1
        ), name
        assert not session.scalars(audience.people(audience.checked({"segment": {name: ["other"]}}))).all()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "audience"),
        ({"tiers": [4]}, "audience.tiers"),
        ({"tiers": 1}, "audience.tiers"),
        ({"tiers": [True]}, "audience.tiers"),
        ({"stages": ["gone"]}, "audience.stages"),
        ({"roles": ["king"]}, "audience.roles"),
        ({"owners": ["x"]}, "audience.owners"),
        ({"accounts": [0]}, "audience.accounts"),
        ({"accounts": [2**70]}, "audience.accounts"),
        ({"languages": [5]}, "audience.languages"),
        ({"segment": ["plan"]}, "audience.segment"),
        ({"segment": {"": ["pro"]}}, "audience.segment"),
        ({"shoe_size": [44]}, "audience.shoe_size"),
    ],
)
def test_what_cannot_be_used_is_named_at_its_key(given, field):
    with pytest.raises(Invalid) as refused:
        audience.checked(given)
    assert list(refused.value.errors) == [field]


def test_the_picker_offers_what_accounts_and_people_have(session, people):
    assert audience.attributes(session) == {"plan": ["pro", "team"], "seats": ["5"]}
    assert audience.spoken(session) == ["de", "den", "en"]
