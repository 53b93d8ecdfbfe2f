"""Signals over the API: told once by their own id, about accounts and people by any of their names."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.health import snapshots
from app.health.jobs import raise_alerts
from tests import make

NEW = {"external_id": "ticket-1", "type": "ticket_closed"}


@pytest.fixture
def moment() -> str:
    return (clock.now() - timedelta(hours=1)).isoformat()


def test_a_signal_is_kept_once_and_listed(session, api, moment):
    account = make.account(external_id="A-1")
    person = make.contact(account=account, email="kim@customer.example")
    given = NEW | {"account": "A-1", "contact": "Kim@Customer.example", "at": moment, "value": 4.5}
    made = api.post("/signals", given)
    assert made.status_code == 201
    assert (made.json["account_id"], made.json["contact_id"]) == (str(account.id), str(person.id))
    assert made.json["value"] == 4.5
    again = api.post("/signals", given)
    assert (again.status_code, again.json) == (200, made.json)
    assert api.all("/signals?type=ticket_closed") == [made.json]
    assert api.all("/signals?type=other") == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"account": "nobody"}, "account"),
        ({"contact": "nobody@customer.example"}, "contact"),
        ({"contact": "no address@"}, "contact"),
        ({"at": "2100-01-01T00:00:00Z"}, "at"),
        ({"at": "yesterday"}, "at"),
        ({"value": {"deep": 1}}, "value"),
        ({"value": True}, "value"),
        ({"type": ""}, "type"),
        ({"type": None}, "type"),
        ({"external_id": "x" * 200}, "external_id"),
        ({"more": 1}, "more"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(session, api, moment, wrong, field):
    given = NEW | {"account": str(make.account().id), "at": moment}
    refused = api.post("/signals", given | wrong)
    assert refused.status_code == 422
    assert field in refused.json["errors"]


def test_the_person_must_belong_to_the_account(session, api, moment):
    person = make.contact()
    given = NEW | {"account": str(make.account().id), "contact": str(person.id), "at": moment}
    assert api.post("/signals", given).status_code == 422


def test_what_is_told_raises_an_alert_that_programs_can_read(session, api, moment):
    account = make.account(external_id="A-1")
    now = clock.now()
    snapshots.refresh(session, [account.id], today=now.date(), zone=ZoneInfo("UTC"), now=now)
    session.commit()
    raise_alerts(now)
    assert api.all("/alerts") == []
    told = NEW | {"account": "A-1", "type": "ticket_past_sla", "at": moment, "value": 1}
    assert api.post("/signals", told).status_code == 201
    raise_alerts(now)
    (alert,) = api.all("/alerts?state=open&kind=risk&severity=high&rule=ticket_late")
    assert (alert["account_id"], alert["state"], alert["words"]) == (
        str(account.id),
        "open",
        "A ticket of severity 1 is past its SLA.",
    )
    for filter in ("state=past", "state=snoozed", "kind=opportunity", "rule=drop", "account_id=99"):
        assert api.all(f"/alerts?{filter}") == []
    assert api.get("/alerts?state=other").status_code == 422
