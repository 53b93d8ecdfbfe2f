"""Putting alerts aside and settling them, and writing playbooks, over the API."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.followups.models import ActivityKind
from app.followups.playbooks.models import Playbook
from app.health.alerting.models import Alert, Severity
from tests import make

DAY = timedelta(days=1)
STEPS = [
    {"days": 1, "channel": "call", "title": "Call and listen", "text": "Hello {first_name}"},
    {"days": 5, "channel": "mail", "title": "Write what was done"},
]
UNHAPPY = {
    "name": "Unhappy",
    "kind": "reactive",
    "lifts": "relationship",
    "task_kind": "detractor",
    "tiers": [2, 1],
    "steps": STEPS,
}


def test_an_alert_is_put_aside_comes_back_and_is_settled(session, api, program):
    now = clock.now()
    alert = Alert(
        account_id=make.account().id,
        rule="ticket_late",
        slot="one",
        severity=next(iter(Severity)),
        evidence={"severity": 1},
        began_on=now.date(),
        raised_at=now,
    )
    session.add(alert)
    session.commit()
    address, tomorrow = f"/alerts/{alert.id}", (now + 2 * DAY).date()
    assert program("read").post(f"{address}/settlement").status_code == 403
    refused = api.post(f"{address}/snooze", {"until": str((now - DAY).date())})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["until"])
    assert api.post(f"{address}/snooze", {"until": str(tomorrow)}).json["state"] == "snoozed"
    assert api.get("/alerts?state=snoozed").json["items"][0]["snoozed_until"] == str(tomorrow)
    woken = api.post(f"{address}/wake").json
    assert (woken["state"], woken["snoozed_until"]) == ("open", None)
    settled = api.post(f"{address}/settlement").json
    assert settled["state"] == "past"
    assert settled["settled_at"]
    assert api.get(address).json == settled
    assert {api.post(f"{address}/{act}").status_code for act in ("wake", "settlement")} == {409}
    assert api.post("/alerts/999999/wake").status_code == 404


def test_playbooks_are_written_and_changed(session, api, program):
    assert program("read").post("/playbooks", UNHAPPY).status_code == 403
    made = api.post("/playbooks", UNHAPPY)
    assert made.status_code == 201
    play = made.json
    assert (play["tiers"], play["active"], [step["days"] for step in play["steps"]]) == ([1, 2], True, [1, 5])
    address, (call, mail) = f"/playbooks/{play['id']}", play["steps"]
    assert api.get(address).json == play
    later = {"id": mail["id"], "days": 7, "channel": "meeting", "title": "Meet"}
    new = {"days": 0, "channel": "note", "title": "Read first"}
    changed = api.patch(address, {"name": "Very unhappy", "steps": [new, later]}).json
    assert [(step["title"], step["id"] == mail["id"]) for step in changed["steps"]] == [
        ("Read first", False),
        ("Meet", True),
    ]
    assert (changed["name"], changed["task_kind"]) == ("Very unhappy", "detractor")
    stored = session.get_one(Playbook, int(play["id"]), populate_existing=True)
    assert [step.title for step in stored.steps if step.retired_at] == ["Call and listen"]
    assert stored.current[1].channel is ActivityKind.MEETING
    assert api.patch(address, {"active": False}).json["active"] is False
    for body, field in (
        ({"steps": []}, "steps"),
        ({"steps": [new | {"text": "Hello {nobody}"}]}, "steps"),
        ({"steps": [later, later]}, "steps"),
        ({"steps": [new | {"id": call["id"]}]}, "steps"),
        ({"steps": [new] * 21}, "steps"),
        ({"task_kind": None}, "task_kind"),
        ({"kind": "proactive"}, "task_kind"),
        ({"tiers": [4]}, "tiers"),
    ):
        refused = api.patch(address, body)
        assert (refused.status_code, next(iter(refused.json["errors"])).split(".")[0]) == (422, field), body
    proactive = api.patch(address, {"kind": "proactive", "task_kind": None}).json
    assert (proactive["kind"], proactive["task_kind"]) == ("proactive", None)
    assert api.get("/playbooks/999999").status_code == 404
