"""Webhooks: a real server that takes, refuses, is slow or is gone; what it is told, how it is signed, and when it is given up."""

from __future__ import annotations

import json
import socket
from datetime import timedelta

import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from app import jobs, journey
from app.api.tasks import TaskSchema
from app.api.telling import describe
from app.core import audit, clock
from app.core.installation import installation
from app.core.outbox_rows import DeliveryAttempt, OutboxRow, OutboxState
from app.followups.models import Outcome, Task, TaskKind
from app.followups.resolution import Resolution, reopen, resolve
from app.health.alerting.models import Alert, Severity
from app.integrations.calling import posting
from app.integrations.webhooks import carrier, endpoints, failing, log
from app.integrations.webhooks.endpoints import Draft
from app.integrations.webhooks.models import EventKind, OffReason, Webhook
from app.responses.models import Response
from tests import make

ALLOWED = pytest.mark.settings_with(CHAT_ALLOW=("127.0.0.1",))
one_database = pytest.mark.parametrize("database_kind", ["sqlite"])
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BY = audit.Actor("staff", 1, "Ana")


@pytest.fixture
def now():
    """The library that checks signatures looks at the real clock."""
    return clock.now()


@pytest.fixture
def told(session, settings, receiver, now):
    """A program that wants everything, from a minute ago on, and its secret."""
    found, secret = endpoints.enter(
        session, settings, Draft(f"{receiver.address}/hook", list(EventKind)), by=BY, now=now - MINUTE
    )
    session.commit()
    return found, secret


def answered(score, *, now, **said):
    ask = make.invitation(sent_at=now - DAY, closes_at=now + 20 * DAY)
    return make.answer(score, invitation=ask, now=now, **said)


def go(now) -> None:
    jobs.find_events(now)
    jobs.send_webhooks(now)


def rows(session) -> list[OutboxRow]:
    session.expire_all()
    return list(
        session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "webhook").order_by(OutboxRow.id))
    )


def stumble_over(task_id: int):
    def shown(task, *_more) -> bool:
        if task.id == task_id:
            raise KeyError("score")
        return False

    return shown


def types(receiver) -> list[str]:
    return sorted(body["type"] for _path, body in receiver.posted)


@ALLOWED
def test_each_event_is_told_once_signed_and_as_the_api_shows_it(session, receiver, told, now):
    answer = answered(2, comment="Too slow, Kim", now=now)
    person = make.contact(email="gone@customer.example")
    task = session.scalar(sa.select(Task))
    alert = Alert(account_id=task.account_id, rule="overdue", severity=Severity.HIGH, began_on=now.date())
    alert.raised_at = now
    session.add(alert)
    journey.contact_unsubscribed(session, person, now=now, actor=BY)
    session.commit()
    go(now)
    first = ["alert.opened", "contact.unsubscribed", "response.received", "task.opened"]
    assert types(receiver) == first
    sent = {body["type"]: body for _path, body in receiver.posted}
    as_shown = describe("response", [answer.response_id])[answer.response_id]
    assert sent["response.received"]["data"] == json.loads(json.dumps(as_shown))
    assert sent["response.received"]["data"]["comment"] == "Too slow, Kim"
    assert sent["response.received"]["timestamp"].endswith("Z")
    for headers, body in zip(receiver.headers, receiver.bodies, strict=True):
        assert Verifier(told[1]).verify(body, headers)
    assert len({headers["webhook-id"] for headers in receiver.headers}) == 4
    go(now + MINUTE)
    assert len(receiver.posted) == 4
    assert "Kim" not in json.dumps([[row.values, row.ref, row.recipient] for row in rows(session)])

    receiver.posted.clear()
    now += MINUTE
    response, task = session.get_one(Response, answer.response_id), session.get_one(Task, task.id)
    resolve(task, Resolution(cause="fit_mismatch", outcome=Outcome.RESOLVED, comment="ok"), now=now, by=BY)
    alert = session.get_one(Alert, alert.id)
    alert.settled_at = now
    response.comment, response.updated_at = "Faster now", now
    journey.person_erased(session, person, now=now, actor=BY)
    session.commit()
    go(now)
    reopen(session.get_one(Task, task.id), now=now, by=BY)
    session.commit()
    go(now)
    then = ["alert.ended", "contact.erased", "response.changed", "task.closed", "task.reopened"]
    assert types(receiver) == then
    erased = next(body["data"] for _path, body in receiver.posted if body["type"] == "contact.erased")
    assert (erased["email"], erased["status"]) == (None, "erased")
    go(now + MINUTE)
    assert types(receiver) == then


@ALLOWED
def test_a_try_that_fails_is_repeated_under_its_id_for_three_days(session, receiver, told, now):
    receiver.codes = [503, 302, 404, 200]
    answered(9, now=now)
    session.execute(sa.delete(Task))
    session.commit()
    for pause in (0, 1, 5, 15):
        now += pause * MINUTE + timedelta(seconds=2)
        go(now)
        go(now)
    assert [path for path, _body in receiver.posted] == ["/hook"] * 4
    assert len({headers["webhook-id"] for headers in receiver.headers}) == 1
    assert receiver.headers[0]["webhook-timestamp"] < receiver.headers[3]["webhook-timestamp"]
    row = rows(session)[0]
    assert row.state is OutboxState.SENT
    tries = [(one.code, one.reply) for one in log.tries_of(session, [row])[row.id]]
    assert tries[:2] == [(503, "The webhook answered 503."), (302, "The webhook answered 302.")]
    assert tries[3] == (200, None)
    found = session.get(Webhook, told[0].id)
    assert (found.failures, found.failing_since, found.fault) == (0, None, None)
    assert carrier.retry(1, "").patience == 3 * DAY
    assert log.forget_old(session, now=now + 29 * DAY) == 0
    assert log.forget_old(session, now=clock.now() + 31 * DAY) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(DeliveryAttempt)) == 0


@ALLOWED
def test_who_asks_for_patience_is_given_it_for_every_message(session, receiver, told, now):
    receiver.codes, receiver.answered_with = [503], {"Retry-After": "600"}
    answered(9, now=now)
    session.execute(sa.delete(Task))
    session.commit()
    go(now)
    session.expire_all()
    assert told[0].paused_until == rows(session)[0].due_at >= now + 10 * MINUTE
    answered(8, now=now)
    session.execute(sa.delete(Task))
    session.commit()
    go(now + 9 * MINUTE)
    assert len(receiver.posted) == 1, "what came meanwhile rests too"
    go(now + 20 * MINUTE)
    assert {row.state for row in rows(session)} == {OutboxState.SENT}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("99999999999999", 3600),
        ("Wed, 04 Mar 2026 10:02:00 GMT", 120),
        ("Wed, 04 Mar 2026 10:02:00 -0000", 120),
        ("Wed, 04 Mar 2026 09:00:00 GMT", 0),
        ("Wed, 04 Mar 2036 10:00:00 GMT", 3600),
        ("Wed, 99 Mar 99999 10:00:00 GMT", 0),
        ("-5", 0),
        ("1.5", 0),
        ("²", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_a_rest_is_asked_for_in_seconds_or_by_a_moment(value, seconds):
    assert posting.seconds(value, "Wed, 04 Mar 2026 10:00:00 GMT") == seconds


def test_a_moment_beside_no_date_says_nothing_about_how_long():
    assert posting.seconds("Wed, 04 Mar 2026 10:02:00 GMT", "") == 0


@ALLOWED
def test_a_worker_that_dies_on_the_way_sends_again_under_the_same_id(session, receiver, told, now):
    answered(9, now=now)
    session.commit()
    jobs.find_events(now)
    row = rows(session)[0]
    row.state, row.claim, row.lease_until = OutboxState.SENDING, "gone", now - MINUTE
    session.commit()
    jobs.send_webhooks(now)
    assert [headers["webhook-id"] for headers in receiver.headers].count(row.message_id) == 1
    assert [one.outcome for one in log.tries_of(session, [row])[row.id]] == ["in_doubt", "sent"]
    assert rows(session)[0].state is OutboxState.SENT


@ALLOWED
def test_an_address_that_is_gone_or_fails_for_days_is_switched_off_and_administrators_hear(
    session, settings, receiver, told, now
):
    make.staff("admin", email="boss@company.example")
    make.staff("manager")
    answered(2, now=now)
    session.commit()
    receiver.codes = [410, 410]
    go(now)
    found = session.get(Webhook, told[0].id)
    assert found.off_reason is OffReason.GONE
    mails = sa.select(OutboxRow.recipient).where(OutboxRow.kind == "staff")
    assert session.scalars(mails).all() == ["boss@company.example"]
    answered(9, now=now)
    session.commit()
    go(now + MINUTE)
    assert len(receiver.posted) == 2
    now += HOUR
    endpoints.switch_on(session, found, by=BY, now=now)
    make.answer(9, invitation=make.invitation(sent_at=now), now=now)
    found.failures, found.failing_since = failing.FEWEST_FAILURES, now - 3 * DAY + MINUTE
    session.commit()
    receiver.codes = [500] * 4
    go(now)
    session.expire_all()
    assert (found.is_on, found.fault) == (True, "The webhook answered 500.")
    waiting = [row for row in rows(session) if row.state is OutboxState.RETRY]
    go(now + MINUTE + timedelta(seconds=5))
    assert len(receiver.posted) == 2 + len(waiting), "it is let rest"
    go(now + 2 * HOUR)
    session.expire_all()
    assert found.off_reason is OffReason.FAILING
    assert not [row for row in rows(session) if row.state is OutboxState.RETRY]
    assert len(session.scalars(mails).all()) == 2
    trail = session.scalars(sa.select(audit.AuditEvent.action)).all()
    assert trail.count("webhook.off") == 2


@ALLOWED
@one_database
def test_a_secret_is_changed_without_a_gap_and_old_messages_are_refused(
    session, settings, receiver, told, now
):
    """T134."""
    found, former = told
    secret = endpoints.rotate(session, settings, found, by=BY, now=now)
    endpoints.test(session, found, now=now)
    session.commit()
    jobs.send_webhooks(now)
    headers = receiver.headers[0]
    assert json.loads(receiver.bodies[0])["type"] == "webhook.test"
    for one in (secret, former):
        assert Verifier(one).verify(receiver.bodies[0], headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(receiver.bodies[0] + b" ", headers)
    endpoints.test(session, found, now=now + DAY + MINUTE)
    session.commit()
    jobs.send_webhooks(now + DAY + MINUTE)
    assert receiver.headers[1]["webhook-signature"].count("v1,") == 1
    old = carrier.signing.headers("msg_1", [secret], b"{}", at=now - 6 * MINUTE)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(b"{}", old)
    assert secret.encode() not in found.secret_sealed


@one_database
def test_what_is_not_public_is_refused_at_connecting_whatever_it_was_when_it_was_entered(
    session, settings, receiver, now, monkeypatch
):
    """T133."""
    installation(session).live_at = now - DAY
    found, _secret = endpoints.enter(
        session, settings, Draft("https://turns.example/hook", list(EventKind)), by=BY, now=now - MINUTE
    )
    endpoints.test(session, found, now=now)
    session.commit()
    port = int(receiver.address.rpartition(":")[2])
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: inside)
    jobs.send_webhooks(now)
    assert receiver.posted == []
    assert rows(session)[0].reason == "This name leads to an address that is not on the public internet."
    for url in ("http://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/", "file:///etc/passwd"):
        with pytest.raises(endpoints.Invalid):
            endpoints.enter(session, settings, Draft(url, list(EventKind)), by=BY, now=now)
    assert posting.LONGEST_SECONDS <= 15
    assert posting.MOST_READ <= 64 * 1024


@one_database
def test_rehearsal_and_copies_tell_nobody(session, settings, now):
    """In rehearsal only an address that an operator allowed hears of it; a test goes wherever somebody sends it."""
    found, _secret = endpoints.enter(
        session, settings, Draft("https://program.example/", list(EventKind)), by=BY, now=now - MINUTE
    )
    answered(2, now=now)
    session.commit()
    jobs.find_events(now)
    assert rows(session) == []
    endpoints.test(session, found, now=now)
    installation(session).live_at, installation(session).held_at = now - HOUR, now
    session.commit()
    jobs.find_events(now)
    jobs.send_webhooks(now)
    assert [row.state for row in rows(session)] == [OutboxState.QUEUED]


@ALLOWED
@one_database
def test_what_becomes_visible_late_is_found_within_the_hour_and_told_once(session, receiver, told, now):
    for minute in range(1, 62, 20):
        jobs.find_events(now + minute * MINUTE)
    make.response(9, submitted_at=now + 2 * MINUTE)
    session.commit()
    jobs.find_events(now + 62 * MINUTE)
    assert len(rows(session)) == 0
    jobs.find_events(now + 130 * MINUTE)
    jobs.find_events(now + 200 * MINUTE)
    assert [row.values["event"] for row in rows(session)] == ["response.received"]


@ALLOWED
@one_database
def test_only_what_is_wanted_is_told_and_what_is_gone_or_odd_keeps_nothing_else(
    session, settings, receiver, told, now, monkeypatch
):
    found, _secret = told
    endpoints.change(
        session, settings, found, Draft(found.url, [EventKind.TASK_OPENED], "CRM"), by=BY, now=now
    )
    answered(2, now=now)
    gone, odd = (make.task(opened_at=now, kind=kind) for kind in (TaskKind.VALUE, TaskKind.PASSIVE))
    session.commit()
    jobs.find_events(now)
    session.delete(session.get_one(Task, gone.id))
    session.commit()
    monkeypatch.setattr(TaskSchema._declared_fields["overdue"], "serialize_func", stumble_over(odd.id))
    jobs.send_webhooks(now)
    assert types(receiver) == ["task.opened"]
    states = [OutboxState.CANCELLED, OutboxState.REFUSED, OutboxState.SENT]
    assert sorted(row.state for row in rows(session)) == states
    endpoints.switch_off(session, found, OffReason.HAND, by=BY, now=now)
    with pytest.raises(endpoints.Refused):
        log.again(session, found, rows(session)[0].id, now=now)
    endpoints.remove(session, found, by=BY, now=now)
    assert rows(session) == []
