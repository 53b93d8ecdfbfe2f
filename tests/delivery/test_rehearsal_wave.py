"""A wave launched in rehearsal with a real mail server set: it reaches nobody off the allow-list, whatever the mail."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import jobs
from app.contacts.models import NotAskable
from app.core.audit import SYSTEM
from app.core.errors import Refused
from app.core.installation import installation
from app.core.outbox_rows import OutboxRow, OutboxState
from app.delivery import cadence, letters, waves
from app.delivery.asking.gates import Reason
from app.delivery.mail.mailer import mailbox
from app.delivery.models import Invitation, InvitationState
from app.delivery.sending import posting
from tests import make
from tests.conftest import NOW

ALLOW = ("boss@vendor.example", "friends.example")
LISTED = {"boss@vendor.example", "ann@friends.example"}
OTHERS = {
    "stranger@customer.example",
    "x@sub.friends.example",
    "boss@vendor.example.com",
    "csm@vendor.example",
}


@pytest.fixture
def settings(settings, sink):
    """Settings with a real server and an allow-list of one address and one domain."""
    more = {"MAIL_URL": f"smtp://127.0.0.1:{sink.port}", "MAIL_ALLOW": ALLOW}
    return settings.__class__(**{**settings.__dict__, **more})


@pytest.fixture
def run(app, session):
    """`run("send_mail", now)`: a pass of a job, as the worker makes it."""

    def job(name, now=NOW):
        session.commit()
        done = jobs.run_once(app, jobs.job_named(name), now=now)
        session.expire_all()
        return done

    return job


@pytest.fixture
def wave(session, run):
    """A wave launched to everybody, of whom one is a colleague too, and sent by the jobs."""
    make.staff(email="csm@vendor.example")
    make.staff(email="demo@vendor.example", is_demo=True)
    account = make.account()
    for address in sorted(LISTED | OTHERS):
        make.contact(email=address, account=account)
    wave = waves.launch(session, make.program(), actor=SYSTEM, now=NOW, launch_key="k", undo_minutes=0)
    for name in ("start_waves", "queue_mail", "send_mail"):
        run(name)
    return wave


def test_a_wave_reaches_nobody_off_the_list_and_everybody_else_is_held(wave, sink, session, app):
    assert set(sink.counts) == LISTED
    assert set(sink.counts.values()) == {1}
    held = session.execute(sa.select(OutboxRow.recipient, OutboxRow.state, OutboxRow.reason)).all()
    held = {row.recipient: (row.state, row.reason) for row in held if row.recipient not in LISTED}
    assert held == dict.fromkeys(OTHERS, (OutboxState.HELD, "rehearsal"))
    kept = " ".join(line.to for line in mailbox(app.extensions["settings"]).lines())
    assert all(address in kept for address in OTHERS)
    assert not any(command.startswith("RCPT") and command[5:] not in LISTED for command in sink.commands)


def test_a_rehearsal_asks_colleagues_whom_nothing_else_asks(session, sink, run):
    boss = make.contact(email="boss@vendor.example", not_askable=NotAskable.OWN_DOMAIN)
    make.contact(email="info@vendor.example", account=boss.account, not_askable=NotAskable.ROLE_MAILBOX)
    program = make.program()
    waves.launch(session, program, actor=SYSTEM, now=NOW, launch_key="k", undo_minutes=0)
    for name in ("start_waves", "queue_mail", "send_mail"):
        run(name)
    assert dict(sink.counts) == {"boss@vendor.example": 1}
    assert not [
        gate.reason for gate in cadence.why_not(session, boss, make.program(), now=NOW) if gate.is_shut
    ]
    installation(session).live_at = NOW
    ask = cadence.ask_of(session, program, at=NOW)
    found = cadence.left_out(session, cadence.people_of(program), ask)
    assert found == {Reason.OWN_DOMAIN: 1, Reason.ROLE_MAILBOX: 1}
    with pytest.raises(Refused):
        waves.invite(session, program, boss, actor=SYSTEM, now=NOW)


def test_the_reason_is_seen_on_the_page_of_the_wave(wave, sign_in):
    page = sign_in("manager").get(f"/waves/{wave.id}?state=held").text
    reason = "rehearsal: the mail lies in the mailbox page"
    assert f"{len(OTHERS)} mails are held back:" in page
    assert page.count(reason) == 1 + len(OTHERS)
    everybody = len(LISTED | OTHERS)
    left = f"All that may leave has left: {len(LISTED)} of {everybody}. The other {len(OTHERS)} are held back"
    assert left in page


def test_a_launch_in_rehearsal_waits_a_minute_for_an_undo_and_a_live_one_as_long_as_the_program_says(session):
    make.contact()
    program = make.program()
    rehearsed = waves.launch(session, program, actor=SYSTEM, now=NOW, launch_key="a")
    installation(session).live_at = NOW
    live = waves.launch(session, program, actor=SYSTEM, now=NOW, launch_key="b")
    assert [wave.undo_until - NOW for wave in (rehearsed, live)] == [
        timedelta(minutes=1),
        timedelta(minutes=10),
    ]


def test_reminders_stay_with_the_list_also_when_it_has_become_shorter(wave, sink, session, run, app):
    later = NOW + timedelta(days=5)
    run("remind", later)
    run("send_mail", later)
    assert dict(sink.counts) == dict.fromkeys(LISTED, 2)
    app.extensions["mailer"].allowed = frozenset(["boss@vendor.example"])
    session.execute(sa.update(Invitation).values(remind_at=later + timedelta(days=4)))
    run("remind", later + timedelta(days=4))
    run("send_mail", later + timedelta(days=4))
    assert dict(sink.counts) == {"boss@vendor.example": 3, "ann@friends.example": 2}
    held = sa.select(OutboxRow.reason).where(
        OutboxRow.kind == posting.REMINDER, OutboxRow.state == OutboxState.HELD
    )
    assert session.scalars(held).all() == ["rehearsal"]


def test_a_reminder_is_not_sent_to_those_whose_first_mail_is_held(wave, session, run):
    assert run("remind", NOW + timedelta(days=30)) == 0
    states = session.scalars(sa.select(Invitation.state)).all()
    assert states.count(InvitationState.QUEUED) == len(OTHERS)


@pytest.mark.parametrize("kind", [posting.STAFF, posting.TRIAL])
def test_what_is_for_colleagues_reaches_colleagues_and_nobody_else(wave, sink, session, run, app, kind):
    words = letters.trial("Vendor", "en", server="x")
    for address in ("csm@vendor.example", "demo@vendor.example", "stranger@customer.example"):
        posting.post(session, app.extensions["settings"], words, kind=kind, recipient=address, now=NOW)
    run("send_mail")
    assert sink.counts["csm@vendor.example"] == 1
    assert set(sink.counts) == LISTED | {"csm@vendor.example"}
    rows = session.execute(sa.select(OutboxRow.recipient, OutboxRow.reason).where(OutboxRow.kind == kind))
    assert {recipient for recipient, reason in rows if reason == "rehearsal"} == {
        "demo@vendor.example",
        "stranger@customer.example",
    }


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("Vendor Care <ask@vendor.example>", "Vendor Care"),
        ("ask@vendor.example", "Vendor"),
        ("JustAsk <surveys@justask.example>", "Vendor"),
    ],
)
def test_a_name_of_the_sender_that_is_set_stands_before_the_company(session, settings, given, name):
    installation(session).company = "Vendor"
    desk = posting.Desk(session, dataclasses.replace(settings, MAIL_FROM=given), NOW)
    assert desk.sender.name == name
