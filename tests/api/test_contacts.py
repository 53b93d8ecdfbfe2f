"""Contacts over the API: like a file, it never makes anybody askable again who is not to be asked."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import Contact, ContactRole, ContactStatus, NotAskable
from app.contacts.wishes import THEMSELVES, Wishes
from app.core import clock
from app.core.audit import Actor
from app.core.database import transactions
from app.core.installation import installation
from app.delivery.models import Suppression
from app.health.models import ScoreDue
from tests import make

KIM = {
    "email": "Kim@Customer.example",
    "first_name": "Kim",
    "last_name": "Lee",
    "title": "Head of Data",
    "role": "champion",
    "language": "pt_br",
    "time_zone": "europe/berlin",
    "country": "DE",
}


@pytest.fixture
def account(session):
    return make.account(external_id="A-1")


def put(api, account, key="C-1", **given):
    return api.put(f"/contacts/by-external-id/{key}", KIM | {"account_id": str(account.id)} | given)


def test_put_makes_a_contact_then_changes_the_same_one(api, account):
    made = put(api, account)
    assert made.status_code == 201
    contact = made.json
    assert (contact["external_id"], contact["account_external_id"]) == ("C-1", "A-1")
    assert (contact["email"], contact["language"], contact["time_zone"]) == (
        "Kim@customer.example",
        "pt-BR",
        "Europe/Berlin",
    )
    assert (contact["status"], contact["not_askable"]) == ("active", None)
    again = api.put("/contacts/by-external-id/C-1", {"title": "CTO"})
    assert again.status_code == 200
    assert again.json | {"title": "Head of Data", "updated_at": contact["updated_at"]} == contact
    assert (
        api.get("/contacts/by-external-id/C-1").json
        == again.json
        == api.get(f"/contacts/{contact['id']}").json
    )


def test_the_account_may_be_given_by_its_own_key(api, account):
    response = api.put("/contacts/by-external-id/C-1", KIM | {"account_external_id": "A-1"})
    assert response.json["account_id"] == str(account.id)
    for wrong in ({"account_external_id": "A-9"}, {"account_external_id": "A-1", "account_id": "999"}):
        response = api.put("/contacts/by-external-id/C-2", KIM | wrong)
        assert response.status_code == 422
        assert "account_external_id" in response.json["errors"]


def test_a_known_person_without_an_id_is_the_same_person(session, api, account):
    known = make.contact(account=account, email="kim@customer.example")
    response = put(api, account)
    assert response.status_code == 200
    assert response.json["id"] == str(known.id)
    assert response.json["external_id"] == "C-1"
    assert put(api, account, key="C-2").status_code == 422


IMPOSSIBLE = [
    {"account_id": None},
    {"account_id": "999"},
    {"account_id": 999},
    {"email": "nobody"},
    {"email": None, "first_name": "", "last_name": ""},
    {"role": "boss"},
    {"language": "klingon"},
    {"time_zone": "Mars/Olympus"},
    {"status": "erased"},
    {"status": "gone"},
    {"left_on": "2999-01-01"},
    {"left_on": "2100-01-01", "status": "left"},
    {"left_on": "2025-01-01", "status": "active"},
    {"unsubscribed_at": None},
]


def test_what_cannot_be_is_refused_and_nothing_is_written(session, api, account):
    for given in IMPOSSIBLE:
        response = put(api, account, **given)
        assert response.status_code == 422, (given, response.text)
        assert response.json["errors"]
    assert session.scalar(sa.select(sa.func.count(Contact.id))) == 0


def test_a_change_of_role_stays_dated_and_marks_the_score(session, api, account):
    contact = make.contact(account=account, role=ContactRole.USER)
    api.patch(f"/contacts/{contact.id}", {"role": "champion"})
    session.expire_all()
    assert [row.role for row in contact.roles] == ["user", "champion"]
    assert session.get(ScoreDue, account.id) is not None


def test_a_person_who_moves_marks_both_accounts(session, api, account):
    contact, other = make.contact(account=account), make.account()
    response = api.patch(f"/contacts/{contact.id}", {"account_id": str(other.id)})
    assert response.json["account_id"] == str(other.id)
    assert session.get(ScoreDue, account.id)
    assert session.get(ScoreDue, other.id)


def test_nobody_moves_to_where_the_address_is_taken(session, api, account):
    here = make.contact(account=account, email="kim@customer.example")
    there = make.contact(email="kim@customer.example")
    response = api.patch(f"/contacts/{here.id}", {"account_id": str(there.account_id)})
    assert response.status_code == 422
    assert "email" in response.json["errors"]


def no_of(contact: Contact, status: str) -> None:
    now = clock.now() - timedelta(days=30)
    if status == "unsubscribed":
        contact.unsubscribe(now=now)
    elif status == "left":
        contact.leave(on=now.date())
    elif status == "bounced":
        contact.bounce(now=now)
    else:
        contact.status, contact.erased_at = ContactStatus.ERASED, now


@pytest.mark.parametrize("status", ["unsubscribed", "left", "bounced", "erased"])
def test_nobody_becomes_active_by_asking_for_it(session, api, account, status):
    contact = make.contact(account=account, external_id="C-1")
    no_of(contact, status)
    assert api.patch(f"/contacts/{contact.id}", {"status": "active"}).status_code == 409
    put(api, account, email=contact.email, status="active")
    session.expire_all()
    assert contact.status == status


@pytest.mark.parametrize("status", ["unsubscribed", "left"])
def test_a_no_outlives_another_address_and_another_account(session, api, account, status):
    contact = make.contact(account=account, external_id="C-1")
    no_of(contact, status)
    other = make.account()
    response = api.put(
        "/contacts/by-external-id/C-1",
        {
            "email": "new@customer.example",
            "account_id": str(other.id),
            "status": "active",
            "last_name": "New",
        },
    )
    assert response.status_code == 200
    assert (response.json["status"], response.json["last_name"]) == (status, "New")


def test_another_address_ends_a_bounce_unless_it_bounced_as_well(session, api, account):
    contact = make.contact(account=account)
    no_of(contact, "bounced")
    session.add(Suppression(email_key="dead@customer.example", reason="hard_bounce", at=clock.now()))
    assert (
        api.patch(f"/contacts/{contact.id}", {"email": "dead@customer.example"}).json["status"] == "bounced"
    )
    found = api.patch(f"/contacts/{contact.id}", {"email": "alive@customer.example"}).json
    assert (found["status"], found["bounced_at"]) == ("active", None)


def test_a_new_person_with_an_address_that_said_no_is_not_askable(session, api, account):
    other = make.contact(email="kim@customer.example")
    no_of(other, "unsubscribed")
    made = put(api, account, status="active")
    assert made.status_code == 201
    assert made.json["status"] == "unsubscribed"


def test_unsubscribing_one_row_unsubscribes_the_mailbox(session, api, account):
    here = make.contact(account=account, email="kim@customer.example")
    there = make.contact(email="kim@customer.example")
    assert api.patch(f"/contacts/{here.id}", {"status": "unsubscribed"}).json["status"] == "unsubscribed"
    session.expire_all()
    assert there.status == ContactStatus.UNSUBSCRIBED
    assert session.get(Suppression, "kim@customer.example")


def test_somebody_who_left_has_the_day(session, api, account):
    contact = make.contact(account=account)
    gone = api.patch(f"/contacts/{contact.id}", {"left_on": "2026-02-01"}).json
    assert (gone["status"], gone["left_on"]) == ("left", "2026-02-01")
    back = api.patch(f"/contacts/{contact.id}", {"left_on": None})
    assert (back.status_code, list(back.json["errors"])) == (409, ["left_on"])
    assert put(api, account, email=contact.email, left_on=None).json["left_on"] == "2026-02-01"
    other = make.contact(account=account)
    today = clock.day_of(clock.now(), installation(session).zone)
    assert api.patch(f"/contacts/{other.id}", {"status": "left"}).json["left_on"] == today.isoformat()


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        ("info@customer.example", NotAskable.ROLE_MAILBOX),
        ("kim@ours.example", NotAskable.OWN_DOMAIN),
        (None, NotAskable.INVALID_EMAIL),
        ("kim@customer.example", None),
    ],
)
def test_who_is_not_to_be_asked_by_address_is_known_at_once(session, api, account, email, reason):
    installation(session).own_domains = ["ours.example"]
    assert put(api, account, email=email).json["not_askable"] == reason


def test_a_person_without_account_becomes_askable_with_one(session, api, account):
    contact = make.contact()
    contact.account, contact.not_askable = None, NotAskable.NO_ACCOUNT
    assert api.patch(f"/contacts/{contact.id}", {"account_id": str(account.id)}).json["not_askable"] is None
    assert api.patch(f"/contacts/{contact.id}", {"account_id": None}).json["not_askable"] == "no_account"


def test_names_and_addresses_stay_out_of_the_audit_trail(program, account):
    admin = program("admin")
    put(admin, account)
    admin.put(
        "/contacts/by-external-id/C-1", {"first_name": "Kimberly", "email": "kimberly@customer.example"}
    )
    trail = str(admin.all("/events"))
    assert "contact.change" in trail
    assert "Kimberly" not in trail
    assert "kimberly" not in trail


def test_filters_by_the_fields_named(session, api, account):
    contact = put(api, account).json
    make.contact(email="other@customer.example", role=ContactRole.USER)
    queries = (
        "external_id=C-1",
        "email=KIM@CUSTOMER.EXAMPLE",
        "first_name=Kim&last_name=Lee",
        "role=champion",
        "role=champion&role=admin",
        f"account_id={account.id}",
        "account_external_id=A-1",
        "language=pt-BR",
        "time_zone=Europe/Berlin",
        "status=active&last_name=Lee",
    )
    for query in queries:
        assert [item["id"] for item in api.all(f"/contacts?{query}")] == [contact["id"]], query
    assert api.all("/contacts?left_on=2020-01-01") == []
    assert api.get("/contacts?account_id=x").status_code == 422


def test_repeating_a_no_does_not_undo_what_the_person_wished_since(api, account, session):
    def told(status: str) -> str:
        return put(api, account, status=status).json["status"]

    assert told("unsubscribed") == "unsubscribed"
    transactions.write(session)
    kim = session.scalars(sa.select(Contact)).one()
    at = clock.now() + timedelta(seconds=1)
    journey.wishes_told(session, kim, Wishes(), now=at, actor=Actor(THEMSELVES, None, "the person asked"))
    session.commit()
    assert told("unsubscribed") == "active"
    assert told("active") == "active"
    assert api.patch(f"/contacts/{kim.id}", {"status": "unsubscribed"}).json["status"] == "unsubscribed"
    assert told("active") == "unsubscribed"
