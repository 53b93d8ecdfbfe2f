"""Mails that providers post, and the pages on which what came in is seen and dealt with."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook, hmac_data

from app.core.audit import AuditEvent
from app.delivery.inbound.models import InboundMail, Standing
from app.followups.models import Task
from tests import make
from tests.delivery.inbound import samples

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four b").decode()
TOKEN = "a-bearer-token-of-some-length"


@pytest.fixture(autouse=True)
def without_the_token_of_forms(app):
    app.config["WTF_CSRF_ENABLED"] = False


def signed(raw: bytes, *, secret: str = SECRET, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(UTC)
    headers = {"webhook-id": "m1", "webhook-timestamp": str(int(at.timestamp()))}
    return headers | {"webhook-signature": Webhook(secret).sign("m1", at, raw.decode())}


def by_hand(raw: bytes) -> dict[str, str]:
    """The same signature over octets that are no UTF-8, which the library's own function cannot take."""
    at = str(int(datetime.now(UTC).timestamp()))
    mac = hmac_data(base64.b64decode(SECRET[6:]), f"m1.{at}.".encode() + raw)
    return {
        "webhook-id": "m1",
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(mac).decode(),
    }


@pytest.mark.settings_with(INBOUND_SECRET=(SECRET, TOKEN))
def test_a_signed_mail_is_taken_once(client, session, post):
    mail = post.sent()
    raw = samples.letter("Hello", about=mail.message_id)
    for expected in (True, False):
        answer = client.post("/hooks/inbound", data=raw, headers=signed(raw), content_type="message/rfc822")
        assert (answer.status_code, answer.json) == (200, {"kept": True, "new": expected})
    latin = samples.letter("Hi", about=mail.message_id) + "Grüße".encode("latin-1")
    assert client.post("/hooks/inbound", data=latin, headers=by_hand(latin)).json["new"]
    other = samples.letter("By token", about=mail.message_id)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.post("/hooks/inbound", data=other, headers=headers).json["new"]
    assert len(session.scalars(sa.select(Task)).one().mails) == 3


@pytest.mark.settings_with(INBOUND_SECRET=(SECRET, TOKEN))
def test_whoever_does_not_know_the_secret_leaves_nothing(client, session, post):
    raw = samples.letter("Hello")
    latin = raw + b"\xff"
    old, other = datetime(2020, 1, 1, tzinfo=UTC), "whsec_" + base64.b64encode(b"x" * 24).decode()
    wrong = [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer "},
        signed(raw, secret=other),
        signed(raw, at=old),
        signed(raw + b"more"),
        signed(raw) | {"webhook-signature": "nonsense"},
        signed(raw) | {"webhook-signature": "v1,%%%"},
        signed(raw) | {"webhook-timestamp": "soon"},
    ]
    assert {client.post("/hooks/inbound", data=raw, headers=headers).status_code for headers in wrong} == {
        401
    }
    for headers in (
        {},
        signed(raw),
        by_hand(latin) | {"webhook-timestamp": "1"},
        by_hand(latin) | {"webhook-timestamp": "9" * 4400},
    ):
        assert client.post("/hooks/inbound", data=latin, headers=headers).status_code == 401
    assert (
        client.post("/hooks/inbound", data=b"", headers={"Authorization": f"Bearer {TOKEN}"}).status_code
        == 400
    )
    assert session.scalars(sa.select(InboundMail)).all() == []


@pytest.mark.settings_with(INBOUND_SECRET=(TOKEN,))
def test_a_mail_beyond_all_measure_is_refused(client, post, monkeypatch):
    monkeypatch.setattr("app.delivery.inbound.routes.MOST_POSTED", 1000)
    answer = client.post("/hooks/inbound", data=b"x" * 1001, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 413


def test_without_a_secret_nobody_may_post(client, post):
    assert client.post("/hooks/inbound", data=samples.letter("Hello")).status_code == 404


def test_a_stranger_s_mail_is_given_to_a_person(session, sign_in, post):
    admin = sign_in("admin")
    mail = post.sent()
    post.take(samples.letter("Where is my <b>answer</b>?", about="", sender="private@home.example"))
    assert "1 mail that came in belongs to nobody known" in admin.get("/queue").text
    page = admin.get("/settings/inbound").text
    assert "Where is my &lt;b&gt;answer&lt;/b&gt;?" in page
    wrong = admin.post("/settings/inbound/1/person", data={"email": "nobody@customer.example"})
    assert wrong.status_code == 400
    assert 'value="nobody@customer.example"' in wrong.text
    assert admin.post("/settings/inbound/1/person", data={"email": mail.person}).status_code == 303
    row = session.get(InboundMail, 1)
    assert (row.standing, row.contact_id, row.invitation_id) == (
        Standing.TAKEN,
        mail.ask.contact_id,
        mail.ask.id,
    )
    task = session.scalars(sa.select(Task)).one()
    for path in (f"/tasks/{task.id}", f"/contacts/{row.contact_id}", f"/accounts/{row.account_id}"):
        assert "Where is my" in admin.get(path).text
    assert admin.post("/settings/inbound/1/dismissal").status_code == 409


def test_a_mail_set_aside_is_tried_again_or_let_go(session, sign_in, post):
    admin = sign_in("admin")
    post.take(b"no colon in it")
    assert "Set aside" in admin.get("/settings/inbound").text
    assert admin.post("/settings/inbound/1/retry").status_code == 303
    assert session.get(InboundMail, 1).standing is Standing.SET_ASIDE
    assert admin.post("/settings/inbound/1/dismissal").status_code == 303
    row = session.get(InboundMail, 1)
    session.refresh(row)
    assert (row.standing, row.sealed) == (Standing.DISMISSED, None)
    actions = session.scalars(sa.select(AuditEvent.action).where(AuditEvent.subject == "mail:1")).all()
    assert "inbound.dismiss" in actions


def test_the_queue_begins_with_whom_we_owe_an_answer(session, sign_in, post):
    csm = sign_in("csm")
    mail = post.sent(contact=make.contact(account=make.account(name="Quiet Ltd", owner=csm.person)))
    urgent = make.contact(account=make.account(name="Loud Inc"))
    make.task(contact=urgent, owner=csm.person, priority=90)
    post.take(samples.letter("Please call me.\n\n> A question", about=mail.message_id))
    page = csm.get("/queue?owner=all").text
    assert page.index("Quiet Ltd") < page.index("Loud Inc")
    assert "Loud Inc" not in csm.get("/queue?owner=all&due=waiting").text
    task = session.scalars(sa.select(Task).where(Task.replied_at.is_not(None))).one()
    page = csm.get(f"/tasks/{task.id}").text
    assert "No answer needed" in page
    assert "What they quoted" in page
    assert csm.post(f"/tasks/{task.id}/reply/settled").status_code == 303
    session.refresh(task)
    assert task.replied_at is None
    assert csm.post(f"/tasks/{task.id}/reply/settled").status_code == 409


def test_the_page_says_how_incoming_mail_is_set_up(sign_in, post):
    page = sign_in("admin").get("/settings/inbound").text
    assert "JUSTASK_INBOUND_URL" in page
