"""Mails about somebody's own account: they leave by the outbox, under the rules of rehearsal."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app import jobs
from app.core import clock
from app.core.installation import installation
from app.core.outbox_rows import Letter, OutboxRow, OutboxState
from app.delivery.mail.mailer import mailbox
from tests import make
from tests.delivery.sink import Sink

NEW = "a wholly different sentence 7"


@pytest.fixture
def sink():
    sink = Sink().start()
    yield sink
    sink.stop()


@pytest.fixture
def settings(request, settings, sink):
    if request.node.get_closest_marker("settings_with"):
        return settings
    return settings.__class__(**{**settings.__dict__, "MAIL_URL": f"smtp://127.0.0.1:{sink.port}"})


def work(app, session):
    session.commit()
    jobs.run_once(app, jobs.job_named("send_mail"), now=clock.now())
    session.expire_all()


def change(send, client):
    fields = {"present": make.PASSWORD, "new": NEW, "again": NEW}
    return send(client, "/settings/password", **fields)


def test_whoever_changes_a_password_is_told_by_mail_also_in_rehearsal(app, session, sink, sign_in, send):
    client = sign_in("csm", password=make.PASSWORD, email="csm@vendor.example", name="Ann Lee")
    assert change(send, client).status_code == 303
    assert not sink.taken
    work(app, session)
    (taken,) = sink.taken
    assert taken.to == "csm@vendor.example"
    assert taken.message["Subject"] == "Your password was changed"
    for kind in ("plain", "html"):
        body = taken.message.get_body((kind,)).get_content()
        assert "tell an administrator at once" in body
        assert NEW not in body
    assert session.scalars(sa.select(Letter)).all() == []


def test_a_refused_change_sends_nothing(app, session, sink, sign_in, send):
    client = sign_in("csm", password=make.PASSWORD)
    send(client, "/settings/password", present="wrong", new=NEW, again=NEW)
    work(app, session)
    assert session.scalars(sa.select(OutboxRow)).all() == []


def test_a_new_colleague_is_invited_without_the_password(app, session, sink, sign_in, send):
    client = sign_in("admin", name="Bo Chief")
    shown = send(
        client,
        "/settings/staff",
        via="/settings/staff/new",
        email="new@vendor.example",
        role="csm",
        name="New",
    )
    assert shown.status_code == 200
    work(app, session)
    (taken,) = sink.taken
    text = taken.message.get_body(("plain",)).get_content()
    assert taken.to == "new@vendor.example"
    assert "Bo Chief has given you an account" in text
    assert app.extensions["settings"].BASE_URL in text


def test_nobody_of_the_demo_gets_real_mail(app, session, sink, sign_in, send):
    assert change(send, sign_in("csm", password=make.PASSWORD, is_demo=True)).status_code == 303
    work(app, session)
    assert not sink.taken
    row = session.scalars(sa.select(OutboxRow)).one()
    assert (row.state, row.reason) == (OutboxState.HELD, "rehearsal")


@pytest.mark.settings_with(MAIL_URL="mailbox:")
def test_without_a_mail_server_the_notice_lies_in_the_mailbox(app, session, sign_in, send):
    installation(session).company = "Own Ltd"
    person = sign_in("csm", password=make.PASSWORD)
    assert change(send, person).status_code == 303
    work(app, session)
    (line,) = mailbox(app.extensions["settings"]).lines()
    assert (line.subject, person.person.email in line.to) == ("Your password was changed", True)
