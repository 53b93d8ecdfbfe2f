"""Webhooks over the API: for keys of administrators, a secret that is seen once, and messages that say what the API says."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Verifier

from app import jobs
from app.api.protocol.idempotency import KeptAnswer
from app.core import clock
from tests import make

EVENTS = ["response.received", "task.opened"]


@pytest.mark.settings_with(CHAT_ALLOW=("127.0.0.1",))
def test_a_program_enters_a_webhook_and_is_told_what_the_api_shows(session, program, receiver):
    api, now = program("admin"), clock.now()
    wanted = {"url": f"{receiver.address}/hook", "events": EVENTS}
    assert program("write").post("/webhooks", wanted).status_code == 403
    assert program("write").get("/webhooks").status_code == 403
    refused = api.post("/webhooks", wanted | {"url": "http://169.254.169.254/"})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["url"])
    assert api.post("/webhooks", wanted | {"events": []}).status_code == 422
    once = {"Idempotency-Key": "k1"}
    made = api.post("/webhooks", wanted, headers=once)
    assert made.status_code == 201
    path, secret = f"/webhooks/{made.json['id']}", made.json["secret"]
    assert api.post("/webhooks", wanted, headers=once).status_code == 410
    assert secret not in "".join(session.scalars(sa.select(KeptAnswer.body)))
    shown = api.get(path).json
    assert api.all("/webhooks") == [shown]
    assert (shown["events"], shown["active"], "secret" in shown) == (EVENTS, True, False)

    ask = make.invitation(sent_at=now, closes_at=now + (make.CLOSING))
    make.answer(3, invitation=ask, comment="Too slow", now=clock.now())
    session.commit()
    jobs.find_events(clock.now())
    jobs.send_webhooks(clock.now())
    told = {body["type"]: body["data"] for _path, body in receiver.posted}
    for event, resource in zip(EVENTS, ("responses", "tasks"), strict=True):
        assert told[event] == api.get(f"/{resource}/{told[event]['id']}").json
    assert Verifier(secret).verify(receiver.bodies[0], receiver.headers[0])
    sent = api.all(f"/webhook_deliveries?webhook_id={made.json['id']}&state=sent")
    assert sorted(one["event"] for one in sent) == EVENTS
    assert [one["code"] for one in sent[0]["tries"]] == [200]

    again = api.post(f"/webhook_deliveries/{sent[0]['id']}/repetition")
    assert (again.status_code, again.json["state"]) == (200, "queued")
    assert api.post(f"{path}/secret").json["secret"] != secret
    assert api.patch(path, {"active": False, "description": "CRM"}).json["off_reason"] == "hand"
    assert api.post(f"{path}/test").status_code == 409
    assert api.all("/webhooks?active=true") == []
    assert api.patch(path, {"active": True, "events": ["alert.opened"]}).json["events"] == ["alert.opened"]
    assert api.post(f"{path}/test").status_code == 200
    assert api.delete(path).json["id"] == made.json["id"]
    assert api.get(path).status_code == 404
