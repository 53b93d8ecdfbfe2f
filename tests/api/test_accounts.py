"""Accounts over the API: a CRM brings them up to its state, and nothing else moves."""

from datetime import date

import sqlalchemy as sa

from app.contacts.models import Account, AccountKey, Stage
from app.health.models import ScoreDue
from tests import make

WHOLE = {
    "name": "Acme",
    "domains": ["Acme.example", "www.acme.example.org"],
    "tier": 1,
    "segment": {"size": "large", "region": "EMEA", "seats": 250},
    "stage": "renewal",
    "arr": 96000.5,
    "currency": "eur",
    "renewal_on": "2027-01-31",
}


def test_put_makes_an_account_then_changes_the_same_one(session, api):
    owner = make.staff(email="owner@company.example")
    made = api.put("/accounts/by-external-id/A-1", WHOLE | {"owner_email": "Owner@Company.example"})
    assert made.status_code == 201
    account = made.json
    assert account["external_id"] == "A-1"
    assert account["domains"] == ["acme.example", "acme.example.org"]
    assert account["segment"] == {"size": "large", "region": "EMEA", "seats": "250"}
    assert (account["stage"], account["arr"], account["currency"]) == ("renewal", 96000.5, "EUR")
    assert account["owner_email"] == owner.email
    again = api.put("/accounts/by-external-id/A-1", {"name": "Acme Inc"})
    assert again.status_code == 200
    assert again.json["id"] == account["id"]
    assert again.json | {"name": "Acme", "updated_at": account["updated_at"]} == account


def test_the_same_state_again_changes_nothing(session, program):
    admin = program("admin")
    first = admin.put("/accounts/by-external-id/A-1", WHOLE).json
    assert admin.put("/accounts/by-external-id/A-1", WHOLE).json == first
    assert [event["action"] for event in admin.all("/events")] == ["account.add"]


def test_a_new_account_needs_a_name(api):
    response = api.put("/accounts/by-external-id/A-1", {"tier": 1})
    assert response.status_code == 422
    assert "name" in response.json["errors"]


def test_any_external_id_can_be_addressed(session, api):
    for key in ["a/b", "a//b", "ä ö", "100%", "a?b", "..", "A-1.json", "x" * 120]:
        address = f"/accounts/by-external-id/{''.join(f'%{byte:02X}' for byte in key.encode())}"
        assert api.put(address, {"name": "Acme"}).status_code == 201, key
        assert api.get(address).json["external_id"] == key
        assert session.scalar(sa.select(Account.name).where(Account.external_id == key)) == "Acme"


def test_an_external_id_that_cannot_be_stored_is_refused(api):
    for key in ["%00", "%ff%fe", "x" * 121, "%20"]:
        assert api.put(f"/accounts/by-external-id/{key}", {"name": "Acme"}).status_code in {404, 422}
        assert api.get(f"/accounts/by-external-id/{key}").status_code == 404


def test_the_body_may_not_name_another_external_id(api):
    response = api.put("/accounts/by-external-id/A-1", WHOLE | {"external_id": "A-2"})
    assert response.status_code == 422
    assert api.put("/accounts/by-external-id/A-1", WHOLE | {"external_id": "A-1"}).status_code == 201


def test_an_account_from_a_file_is_found_by_the_id_of_its_system(session, api):
    account = make.account(external_id="hubspot-7")
    session.add(AccountKey(account_id=account.id, system="salesforce", key="0015g00000AbCdEAAV"))
    found = api.put("/accounts/by-external-id/0015g00000AbCdEAAV", {"tier": 3})
    assert found.json["id"] == str(account.id)
    assert found.json["external_id"] == "hubspot-7"


def test_patch_changes_what_is_given_and_null_takes_away(session, api):
    id = api.put("/accounts/by-external-id/A-1", WHOLE).json["id"]
    given = {
        "tier": None,
        "arr": None,
        "renewal_on": None,
        "domains": [],
        "segment": {"size": None, "new": "x"},
    }
    account = api.patch(f"/accounts/{id}", given).json
    assert (account["tier"], account["arr"], account["renewal_on"], account["domains"]) == (
        None,
        None,
        None,
        [],
    )
    assert account["segment"] == {"region": "EMEA", "seats": "250", "new": "x"}
    assert account["name"] == "Acme"
    assert api.get(f"/accounts/{id}").json == account


def test_a_change_of_stage_stays_dated(session, api):
    account = make.account(stage=Stage.ONBOARDING)
    api.patch(f"/accounts/{account.id}", {"stage": "steady"})
    session.refresh(account)
    assert [row.stage for row in account.stages] == ["onboarding", "steady"]
    assert account.stages[0].from_on == date(2024, 1, 1)


def test_a_change_marks_the_score_and_no_change_does_not(session, api):
    account = make.account(tier=2)
    api.patch(f"/accounts/{account.id}", {"tier": 2})
    assert session.get(ScoreDue, account.id) is None
    api.patch(f"/accounts/{account.id}", {"tier": 1})
    session.expire_all()
    assert session.get(ScoreDue, account.id) is not None


IMPOSSIBLE = [
    ("name", ""),
    ("name", None),
    ("name", 5),
    ("name", "x" * 201),
    ("tier", 4),
    ("tier", "1"),
    ("tier", True),
    ("tier", 1.5),
    ("stage", "gone"),
    ("arr", -1),
    ("arr", "9"),
    ("arr", 10**12),
    ("arr", 1e300),
    ("currency", "EURO"),
    ("currency", "€€€"),
    ("owner_email", "nobody@company.example"),
    ("owner_email", "not an address"),
    ("renewal_on", "31.01.2027"),
    ("renewal_on", "2027-02-30"),
    ("renewal_on", "0001-01-01"),
    ("domains", "acme.example"),
    ("domains", ["not a domain"]),
    ("domains", ["gmail.com"]),
    ("domains", [None]),
    ("segment", []),
    ("segment", {"a": ["b"]}),
    ("segment", {"a": "x" * 201}),
    ("external_id", "taken"),
    ("colour", "red"),
    ("id", "1"),
]


def test_what_cannot_be_is_named_and_nothing_is_written(session, api):
    make.account(external_id="taken")
    account = make.account(name="Acme", tier=2)
    for field, value in IMPOSSIBLE:
        response = api.patch(f"/accounts/{account.id}", {"tier": 3, field: value})
        assert response.status_code == 422, (field, value, response.text)
        assert any(name.partition(".")[0] == field for name in response.json["errors"]), response.json
    session.expire_all()
    assert (account.name, account.tier) == ("Acme", 2)


def test_filters_by_the_fields_named(session, api):
    owner = make.staff()
    api.put("/accounts/by-external-id/A-1", WHOLE | {"owner_email": owner.email})
    api.put("/accounts/by-external-id/A-2", {"name": "Beta", "tier": 3, "segment": {"size": "small"}})
    queries = (
        "external_id=A-1",
        "name=Acme",
        "domains=ACME.example",
        "tier=1",
        "segment[size]=large",
        "segment[size]=large&segment[region]=EMEA",
        "stage=renewal",
        "currency=EUR",
        f"owner_email={owner.email.upper()}",
        "renewal_on=2027-01-31",
        "renewal_from=2027-01-01&renewal_to=2027-02-01",
    )
    for query in queries:
        assert [item["external_id"] for item in api.all(f"/accounts?{query}")] == ["A-1"], query
    assert [item["external_id"] for item in api.all("/accounts?owner_email=")] == ["A-2"]
    assert api.all("/accounts?segment[size]=large&segment[region]=APAC") == []


def test_what_is_not_there_is_404(api):
    for path in (
        "/accounts/1",
        "/accounts/99999999999999999999",
        "/accounts/by-external-id/x",
        "/accounts/x",
    ):
        response = api.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {api.secret}"})
        assert response.status_code == 404
        assert response.content_type == "application/problem+json"
    assert api.patch("/accounts/1", {}).status_code == 404
