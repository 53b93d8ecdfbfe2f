"""People entered and changed by hand: nothing here makes anybody askable who said no, left or was erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.contacts import people
from app.contacts.models import ContactRole, ContactStatus, NotAskable
from app.contacts.people import Entry, PersonGiven
from app.core.errors import Invalid, Refused
from tests import make

TODAY = date(2026, 3, 4)
DAY = timedelta(days=1)
GIVEN = PersonGiven("Ada", "King", "Ada@Customer.example", ContactRole.CHAMPION, TODAY, language="en")


@pytest.fixture
def entry(now):
    return Entry(now, TODAY, suppressed=lambda key: "bounced" if key == "dead@customer.example" else None)


def given_of(contact, **other) -> PersonGiven:
    """What the form would send back unchanged, but for `other`."""
    names = ("first_name", "last_name", "title", "email", "role", "language", "time_zone")
    return replace(PersonGiven(**{name: getattr(contact, name) for name in names}, role_from=TODAY), **other)


def test_a_person_is_kept_with_a_dated_role(session, entry):
    contact = people.add(session, make.account(), GIVEN, entry)
    assert contact.is_askable
    assert contact.email_key == "ada@customer.example"
    assert [(row.role, row.from_on) for row in contact.roles] == [(ContactRole.CHAMPION, TODAY)]


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("", NotAskable.INVALID_EMAIL),
        ("info@customer.example", NotAskable.ROLE_MAILBOX),
        ("ada@own.example", NotAskable.OWN_DOMAIN),
    ],
)
def test_addresses_at_which_nobody_is_asked_are_known_here_as_in_imports(session, entry, email, reason):
    make.staff(email="me@own.example")
    contact = people.add(session, make.account(), replace(GIVEN, email=email), entry)
    assert (contact.not_askable, contact.is_askable) == (reason, False)


def test_an_address_that_said_no_elsewhere_is_closed_here_too(session, entry, now):
    make.contact(email="ada@customer.example").unsubscribe(now=now)
    session.flush()
    contact = people.add(session, make.account(), GIVEN, entry)
    assert (contact.status, contact.is_askable) == (ContactStatus.UNSUBSCRIBED, False)


def test_an_address_that_bounced_is_closed_until_it_is_another(session, entry):
    account = make.account()
    contact = people.add(session, account, replace(GIVEN, email="dead@customer.example"), entry)
    assert contact.status is ContactStatus.BOUNCED
    people.change(session, contact, given_of(contact, first_name="Adah"), entry)
    assert contact.status is ContactStatus.BOUNCED
    people.change(session, contact, given_of(contact, email="ada@customer.example"), entry)
    assert (contact.status, contact.bounced_at) == (ContactStatus.ACTIVE, None)


@pytest.mark.parametrize("said_no", ["unsubscribed", "left"])
def test_no_change_undoes_a_no(session, entry, now, said_no):
    contact = make.contact()
    contact.unsubscribe(now=now) if said_no == "unsubscribed" else contact.leave(on=TODAY)
    people.change(
        session, contact, given_of(contact, email="new@customer.example", role=ContactRole.CHAMPION), entry
    )
    assert contact.status == said_no
    assert not contact.is_askable


def test_somebody_erased_takes_no_entry(session, entry):
    contact = make.contact(status=ContactStatus.ERASED)
    for attempt in (
        lambda: people.change(session, contact, GIVEN, entry),
        lambda: people.depart(contact, on=TODAY, today=TODAY),
        lambda: people.come_back(contact),
    ):
        with pytest.raises(Refused):
            attempt()


def test_a_new_role_is_dated_and_the_former_stays(session, entry):
    contact = make.contact(role=ContactRole.USER)
    given = given_of(contact, role=ContactRole.DECISION_MAKER, role_from=TODAY - 10 * DAY)
    assert people.change(session, contact, given, entry) == {
        "changed": "role",
        "role": "user → decision_maker",
    }
    assert [row.role for row in contact.roles] == [ContactRole.USER, ContactRole.DECISION_MAKER]
    assert contact.roles[-1].from_on == TODAY - 10 * DAY
    people.change(session, contact, given_of(contact, title="CFO"), entry)
    assert len(contact.roles) == 2


def test_two_roles_of_one_day_leave_the_last(session):
    contact = make.contact(role=ContactRole.USER)
    contact.take_role(ContactRole.CHAMPION, on=TODAY)
    contact.take_role(ContactRole.ADMIN, on=TODAY)
    session.flush()
    assert [row.role for row in contact.roles] == [ContactRole.USER, ContactRole.ADMIN]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"first_name": "", "last_name": "", "email": ""}, "last_name"),
        ({"email": "not an address"}, "email"),
        ({"email": "TAKEN@customer.example"}, "email"),
        ({"role_from": TODAY + DAY}, "role_from"),
    ],
)
def test_what_cannot_stand_is_refused_at_its_field(session, entry, wrong, field):
    account = make.account()
    make.contact(account=account, email="taken@customer.example")
    with pytest.raises(Invalid) as refusal:
        people.add(session, account, replace(GIVEN, **wrong), entry)
    assert list(refusal.value.errors) == [field]


def test_a_role_cannot_begin_before_the_present_one(session, entry):
    contact = make.contact()
    given = given_of(contact, role=ContactRole.ADMIN, role_from=date(2020, 1, 1))
    with pytest.raises(Invalid) as refusal:
        people.change(session, contact, given, entry)
    assert list(refusal.value.errors) == ["role_from"]


def test_leaving_and_coming_back_keep_what_was_before(session, now):
    contact, closed = make.contact(), make.contact()
    closed.unsubscribe(now=now)
    for person in (contact, closed):
        people.depart(person, on=TODAY - DAY, today=TODAY)
        assert (person.status, person.left_on) == (ContactStatus.LEFT, TODAY - DAY)
        people.come_back(person)
    assert contact.is_askable
    assert closed.status is ContactStatus.UNSUBSCRIBED
    with pytest.raises(Refused):
        people.come_back(contact)
    with pytest.raises(Invalid):
        people.depart(contact, on=TODAY + DAY, today=TODAY)


def test_a_rule_may_be_overruled_but_not_a_missing_address(session):
    shared = make.contact(not_askable=NotAskable.ROLE_MAILBOX)
    assert people.overrule(shared) is NotAskable.ROLE_MAILBOX
    assert shared.is_askable
    for reason in (None, NotAskable.INVALID_EMAIL):
        with pytest.raises(Refused):
            people.overrule(make.contact(not_askable=reason))
