"""Tasks over the API: the same steps, the same reasons for closing, and a second close is refused."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.outbox_rows import OutboxRow
from app.followups.models import Task, TaskKind, TaskState, Touch
from app.followups.settling.models import Settlement
from app.health.models import ScoreDue
from tests import make

CLOSING = {"cause": "product_bug", "outcome": "resolved", "comment": "Fixed in the last release."}


def test_a_task_tells_its_clocks_reason_and_what_was_done(session, api):
    owner = make.staff()
    soon = clock.now() + timedelta(days=1)
    task = make.task(owner=owner, first_touch_due_at=soon, due_at=soon)
    found = api.get(f"/tasks/{task.id}").json
    assert (found["kind"], found["state"], found["owner_email"]) == ("detractor", "new", owner.email)
    assert (found["overdue"], found["reason"], found["activities"]) == (False, "Gave a 3.", [])
    assert found["account_id"] == str(task.account_id)


@pytest.mark.parametrize(
    ("kind", "state"), [("call", "contacted"), ("meeting", "contacted"), ("note", "new")]
)
def test_the_first_word_with_the_customer_moves_the_task_on(session, api, kind, state):
    task = make.task()
    logged = api.post(f"/tasks/{task.id}/activities", {"kind": kind, "text": "Spoke.", "two_way": True})
    assert logged.status_code == 201
    assert (logged.json["kind"], logged.json["two_way"]) == (kind, kind != "note")
    found = api.get(f"/tasks/{task.id}").json
    assert found["state"] == state
    assert [a["text"] for a in found["activities"]] == ["Spoke."]
    assert found["activities"][0]["by"].startswith("program")
    assert session.scalar(sa.select(sa.func.count(Touch.id))) == (kind != "note")
    assert (session.get(ScoreDue, task.account_id) is not None) is True


IMPOSSIBLE = [
    {},
    {"kind": "call"},
    {"kind": "fax", "text": "x"},
    {"kind": "call", "text": ""},
    {"kind": "call", "text": "x" * 5001},
    {"kind": "call", "text": "x", "at": "2999-01-01T00:00:00Z"},
    {"kind": "call", "text": "x", "at": "2026-01-01T00:00:00"},
    {"kind": "call", "text": "x", "two_way": "yes"},
]


def test_an_activity_that_cannot_be_is_422(session, api):
    task = make.task()
    for given in IMPOSSIBLE:
        assert api.post(f"/tasks/{task.id}/activities", given).status_code == 422, given


def test_a_task_is_closed_with_its_reason_once(session, api):
    task = make.task()
    closed = api.post(
        f"/tasks/{task.id}/resolution", CLOSING | {"causes_more": ["other"], "customer_told": True}
    )
    assert closed.status_code == 200
    found = closed.json
    assert (found["state"], found["cause"], found["outcome"]) == ("closed", "product_bug", "resolved")
    assert (found["causes_more"], found["customer_told"]) == (["other"], True)
    assert found["comment"] == CLOSING["comment"]
    assert found["closed_at"]
    assert session.get(ScoreDue, task.account_id)
    again = api.post(f"/tasks/{task.id}/resolution", CLOSING)
    assert again.status_code == 409
    assert api.post(f"/tasks/{task.id}/activities", {"kind": "note", "text": "x"}).status_code == 409


@pytest.mark.parametrize(
    ("kind", "left_out", "field"),
    [
        (TaskKind.DETRACTOR, "cause", "cause"),
        (TaskKind.PASSIVE, "cause", "cause"),
        (TaskKind.VALUE, "cause", "cause"),
        (TaskKind.SILENT, "comment", "comment"),
        (TaskKind.PROMOTER, "comment", "comment"),
        (TaskKind.PROMOTER, "outcome", "outcome"),
    ],
)
def test_a_close_without_its_reason_is_422(session, api, kind, left_out, field):
    task = make.task(kind=kind)
    given = {name: value for name, value in CLOSING.items() if name != left_out}
    response = api.post(f"/tasks/{task.id}/resolution", given)
    assert response.status_code == 422
    assert list(response.json["errors"]) == [field]
    assert api.get(f"/tasks/{task.id}").json["state"] == "new"


@pytest.mark.parametrize("kind", [TaskKind.SILENT, TaskKind.PROMOTER])
def test_kinds_that_need_no_cause_close_without(session, api, kind):
    task = make.task(kind=kind)
    given = {"outcome": "no_contact", "comment": "Nobody answers."}
    assert api.post(f"/tasks/{task.id}/resolution", given).status_code == 200


UNRESOLVED = [
    {"causes_more": ["other", "fit_mismatch", "product_gap"]},
    {"causes_more": ["product_bug"]},
    {"causes_more": ["other", "other"]},
    {"causes_more": ["weather"]},
    {"outcome": "won"},
    {"cause": "weather"},
    {"comment": "   "},
]


def test_closing_can_ask_the_customer_whether_it_is_settled(session, api):
    ask = make.invitation(sent_at=clock.now() - timedelta(days=2))
    make.answer(2, invitation=ask, now=clock.now() - timedelta(days=1))
    told, untold = session.query(Task).filter_by(contact_id=ask.contact_id).one(), make.task()
    more = {"ask_settled": True, "words_to_customer": "The export works."}
    for task in (told, untold):
        assert api.post(f"/tasks/{task.id}/resolution", CLOSING | more).status_code == 200
    assert session.scalars(sa.select(Settlement.task_id)).all() == [told.id]
    assert session.scalars(sa.select(OutboxRow.values)).one()["words"] == "The export works."


def test_a_resolution_that_cannot_be_is_422(session, api):
    task = make.task()
    for more in UNRESOLVED:
        assert api.post(f"/tasks/{task.id}/resolution", CLOSING | more).status_code == 422, more


def test_a_task_is_handed_over_moved_on_and_put_aside(session, api):
    task, owner = make.task(), make.staff()
    until = (clock.now() + timedelta(days=5)).isoformat()
    given = {"owner_email": owner.email, "state": "waiting", "priority": 7, "snoozed_until": until}
    found = api.patch(f"/tasks/{task.id}", given).json
    assert (found["owner_email"], found["state"], found["priority"]) == (owner.email, "waiting", 7)
    assert found["snoozed_until"]
    assert (
        api.patch(f"/tasks/{task.id}", {"owner_email": None, "snoozed_until": None}).json["owner_email"]
        is None
    )


@pytest.mark.parametrize("state", ["closed", "new", "gone"])
def test_closing_takes_a_resolution_and_nothing_becomes_new_again(session, api, state):
    assert api.patch(f"/tasks/{make.task().id}", {"state": state}).status_code == 422


def test_only_a_closed_task_reopens(session, api):
    task = make.task()
    assert api.patch(f"/tasks/{task.id}", {"state": "reopened"}).status_code == 409
    api.post(f"/tasks/{task.id}/resolution", CLOSING)
    assert api.patch(f"/tasks/{task.id}", {"state": "waiting"}).status_code == 409
    assert api.patch(f"/tasks/{task.id}", {"state": "reopened"}).json["state"] == "reopened"


def test_a_snooze_ends_within_sixty_days(session, api):
    until = (clock.now() + timedelta(days=61)).isoformat()
    response = api.patch(f"/tasks/{make.task().id}", {"snoozed_until": until})
    assert response.status_code == 422
    assert list(response.json["errors"]) == ["snoozed_until"]


def test_filters_by_the_fields_named(session, api):
    owner, past = make.staff(), clock.now() - timedelta(days=1)
    late = make.task(owner=owner, kind=TaskKind.SILENT, priority=3, first_touch_due_at=past, due_at=past)
    soon = clock.now() + timedelta(days=1)
    on_time = make.task(first_touch_due_at=soon, due_at=soon, state=TaskState.WAITING, is_rehearsal=True)
    queries = (
        "kind=silent",
        f"account_id={late.account_id}",
        f"contact_id={late.contact_id}",
        f"owner_email={owner.email}",
        "state=new",
        "priority=3",
        "overdue=true",
        "rehearsal=false",
    )
    for query in queries:
        assert [item["id"] for item in api.all(f"/tasks?{query}")] == [str(late.id)], query
    for query in ("overdue=false", "owner_email=", "state=waiting", "rehearsal=true"):
        assert [item["id"] for item in api.all(f"/tasks?{query}")] == [str(on_time.id)], query
    assert api.all("/tasks?cause=other&outcome=lost&response_id=1") == []
