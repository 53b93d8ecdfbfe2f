"""Whole waves on bad days: the server down, refusing us or hanging up, several workers, odd people."""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime

import pytest
import sqlalchemy as sa

from app.core import text
from app.core.audit import Actor
from app.core.database import transactions
from app.core.installation import installation
from app.core.outbox_rows import OutboxRow
from app.core.processes.workers import JobFailure
from app.delivery import progress, sender, waves
from app.delivery.mail import headers
from app.delivery.mail.mailbox import Mailbox, MailboxLane
from app.delivery.mail.mailer import Mailer
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.server import Server
from app.delivery.models import Invitation, InvitationState, PauseCause, Wave, WaveState
from app.extensions import db
from tests import make
from tests.delivery.conftest import SIGNER
from tests.delivery.sink import RESET, SAY_250, Sink, only, refusing_port
from tests.delivery.test_sending import asks, states
from tests.delivery.test_server import certificate, tls  # noqa: F401 fixtures of tests here

ANA = Actor("staff", None, "Ana")
PASSWORD = "s3cret-pass"  # noqa: S105 of the tests' own server


def lane_to(office, server: Server) -> None:
    office.mailer.lane.close()
    office.mailer.lane = Lane(server, 4)


@pytest.fixture
def second_sink(certificate, tls, request):  # noqa: F811
    options = {
        "sign-in": {"authenticator": only("else", "where")},
        "no tls": {"tls_context": tls, "require_starttls": True},
        "certificate": {"tls_context": tls},
    }[request.param]
    sink = Sink().start(**options)
    sink.kind = request.param
    yield sink
    sink.stop()


@pytest.mark.parametrize("second_sink", ["sign-in", "no tls", "certificate"], indirect=True)
def test_a_server_that_goes_on_refusing_us_pauses_the_wave_with_its_reason(
    office, second_sink, session, caplog
):
    caplog.set_level(logging.DEBUG)
    given = {
        "sign-in": {"user": "ask", "password": PASSWORD},
        "no tls": {"starttls": False},
        "certificate": {"starttls": True},
    }[second_sink.kind]
    lane_to(office, Server("127.0.0.1", second_sink.port, timeout=5, **given))
    wave = office.wave(6)
    office.queue()
    for tried in range(1, 4):
        assert wave.state is WaveState.SENDING
        office.send()
        assert wave.paused_reason
        office.later(minutes=tried)
    assert (wave.state, wave.pause_cause) == (WaveState.PAUSED, PauseCause.WAY)
    said = {"sign-in": "sign-in of ask", "no tls": "STARTTLS", "certificate": "not trusted"}
    assert said[second_sink.kind] in wave.paused_reason
    assert states(session, wave) == {InvitationState.QUEUED: 6}
    assert set(session.scalars(sa.select(OutboxRow.tries))) == {0}
    assert session.scalar(sa.select(JobFailure)) is not None
    for told in (caplog.text, wave.paused_reason, str(session.execute(sa.select(JobFailure.error)).all())):
        assert PASSWORD not in told


def test_a_wave_that_was_resumed_pauses_again_only_when_it_is_refused_again(office, sink, session):
    wave = office.wave(3)
    office.queue()
    rule = sink.on("mail", "550 5.7.1 not from you")
    for _ in range(3):
        office.send()
    assert wave.state is WaveState.PAUSED
    waves.resume(session, wave, actor=ANA, now=office.now)
    sender.note_way(session, office.mailer, now=office.now)
    session.commit()
    assert wave.state is WaveState.SENDING
    office.send()
    assert wave.state is WaveState.PAUSED
    rule.times = 0
    waves.resume(session, wave, actor=ANA, now=office.now)
    session.commit()
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 3}
    assert wave.state is WaveState.FINISHED


def test_a_server_that_is_busy_at_the_door_makes_the_wave_wait_and_says_so(office, sink, session):
    wave = office.wave(12)
    office.queue()
    rule = sink.on("connect", "421 4.3.2 too busy")
    for _ in range(6):
        office.send()
        office.later(seconds=20)
    assert wave.state is WaveState.SENDING
    assert "too busy" in wave.paused_reason
    assert session.scalar(sa.select(JobFailure)).error == wave.paused_reason
    rule.times = 0
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 12}
    assert set(sink.counts.values()) == {1}
    assert (wave.paused_reason, session.scalar(sa.select(JobFailure))) == (None, None)


def test_after_half_an_hour_without_a_server_nothing_is_lost_and_nothing_floods(office, sink, session):
    office.mailer.lane.close()
    office.mailer.lane = lane = Lane(Server("127.0.0.1", refusing_port(), timeout=5), 4, rate=40)
    wave = office.wave(60)
    office.queue()
    for _ in range(15):
        office.send()
        office.later(minutes=2)
    assert states(session, wave) == {InvitationState.QUEUED: 60}
    assert wave.state is WaveState.SENDING
    lane.server = Server("127.0.0.1", sink.port, timeout=5)
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 60}
    assert set(sink.counts.values()) == {1}
    arrived = [taken.at for taken in sink.taken]
    assert max(arrived) - min(arrived) >= 59 / 40 * 0.8


@pytest.mark.parametrize("hang_up", [*SAY_250, RESET])
def test_what_happens_after_the_last_word_sends_nothing_twice(office, sink, session, hang_up):
    wave = office.wave(8)
    office.queue()
    sink.on("body", hang_up)
    office.send()
    for _ in range(8):  # A lane that breaks again and again rests, and tries one mail at a time.
        office.later(hours=1)
        office.send()
    assert max(sink.counts.values(), default=0) <= 1
    known = InvitationState.SENT if hang_up in SAY_250 else InvitationState.IN_DOUBT
    assert states(session, wave) == {known: 8}


def test_four_workers_at_once_send_nothing_twice(app, office, sink, session, tmp_path):
    wave = office.wave(80)
    office.queue()
    number, now, faults = wave.id, office.now, []
    session.remove()

    def work(place):
        with app.app_context():
            transactions.write(db.session)
            lane = Lane(Server("127.0.0.1", sink.port, timeout=20), 2)
            shelf = MailboxLane(Mailbox(tmp_path / f"mailbox{place}"))
            try:
                sender.send_due(db.session, Mailer(lane, shelf, SIGNER, "surveys@justask.example"), now=now)
            except Exception as error:
                faults.append(error)

    together(work, 4)
    assert faults == []
    assert Counter(sink.counts.values()) == {1: 80}
    found = session.scalars(sa.select(Invitation.state).where(Invitation.wave_id == number))
    assert Counter(found) == {InvitationState.SENT: 80}


def together(work, count) -> None:
    threads = [threading.Thread(target=work, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


SPELLINGS = [
    "jürgen@bücher.example",
    "JÜRGEN@xn--bcher-kva.example",
    " ju\u0308rgen@bu\u0308cher.example ",
    "Jürgen@BÜCHER.example\u00a0",
    "jürgen@XN--BCHER-KVA.Example",
    "\ufeffJu\u0308rgen@Bücher\uff0eexample",
]


def test_one_person_under_many_spellings_gets_one_mail(office, sink, session):
    """As the doors store them: each account of the vendor knows the person under another spelling."""
    for spelling in [*SPELLINGS, "jürgen+x@bücher.example"]:
        make.contact(email=text.email(spelling), email_key=text.email_key(spelling), account=make.account())
    program = make.program(cadence={"undo_minutes": 0})
    wave = waves.launch(session, program, actor=ANA, now=office.now, launch_key="a")
    session.commit()
    counts = progress.wave_counts(session, wave.id)
    assert (counts["planned"], counts["suppressed"]) == (2, len(SPELLINGS) - 1)
    for wave_id in session.scalars(sa.select(Wave.id)):
        session.get_one(Wave, wave_id).ignores_window = True
    list(waves.start_due(session, now=office.now))
    session.commit()
    office.later(days=1)
    office.queue()
    office.send()
    # A plus tag may be another mailbox.
    assert sorted(sink.counts.items()) == [
        ("jürgen+x@xn--bcher-kva.example", 1),
        ("jürgen@xn--bcher-kva.example", 1),
    ]


def test_a_domain_beyond_ascii_is_shown_as_people_write_it_and_sent_in_punycode(
    office, sink, session, sign_in
):
    person = make.contact(email=text.email("ann@XN--BCHER-KVA.example"))
    wave = office.wave([person])
    office.queue()
    office.send()
    assert "RCPT ann@xn--bcher-kva.example" in sink.commands
    page = sign_in("manager").get(f"/contacts/{person.id}").text
    assert "ann@bücher.example" in page
    assert "xn--" not in page
    assert states(session, wave) == {InvitationState.SENT: 1}


OURS = "surveys@justask.example"
HOSTILE = [
    "Eve\r\nBcc: spy@customer.example",
    "Eve\x1b\nSubject: other",
    'Müller, "Kim" <kim@elsewhere.example>',
    "=?utf-8?q?=0ABcc:_spy@customer.example?=",
    "محمد",
    "🙂" * 80,
    "None",
]


def test_no_name_brings_a_header_or_a_recipient_and_every_mail_of_the_wave_is_sound(office, sink, session):
    people = []
    for name in HOSTILE:
        account = make.account(name=name + " Ltd", owner=make.staff(name=name))
        people.append(make.contact(first_name=name, account=account))
    installation(session).company = HOSTILE[0]
    subject = {"subject": "{first_name} of {account}, {sender}\r\nBcc: spy@customer.example"}
    wave = office.wave(people, program=make.program(is_from_owner=True, mail={"en": subject}))
    office.queue()
    office.send()
    assert states(session, wave) == {InvitationState.SENT: len(people)}
    addressed = {ask.contact.email: ask.contact for ask in asks(session, wave)}
    assert sink.counts == dict.fromkeys(addressed, 1)
    for taken in sink.taken:
        is_sound(taken, addressed[taken.to].email)
        name, address = parseaddr(message_from_bytes(taken.data)["From"].replace("\r\n", ""))
        said = str(make_header(decode_header(name)))
        owner = addressed[taken.to].account.owner.name
        assert (said, address) == (f"{headers.one_line(owner)} (Eve Bcc: spy@customer.example)", OURS)
    assert len({taken.message["Message-ID"] for taken in sink.taken}) == len(people)


def is_sound(taken, address: str) -> None:
    """What the checker of a mail service would look at."""
    message, lines = taken.message, taken.data.split(b"\r\n")
    names = [name.lower() for name in message]
    assert "bcc" not in names
    assert {name for name, count in Counter(names).items() if count > 1} <= {"received"}
    assert [to.addr_spec for to in message["To"].addresses] == [address]
    assert max(map(len, lines)) <= 998
    assert b"\n" not in taken.data.replace(b"\r\n", b"")
    assert parsedate_to_datetime(message["Date"]).tzinfo is not None
    assert message["List-Unsubscribe"].startswith("<http")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    words = message.get_body(("plain",)).get_content()
    assert not re.search(r"\{\{|\}\}|%\(|<built-in|object at 0x", words)


def test_a_mail_too_big_for_the_server_is_refused_before_it_is_sent(office, session):
    small = Sink(extensions=["SIZE 2000"]).start(data_size_limit=None)
    try:
        lane_to(office, Server("127.0.0.1", small.port, timeout=5))
        wave = office.wave(1)
        office.queue()
        office.send()
        (ask,) = asks(session, wave)
        assert ask.state is InvitationState.REFUSED
        reason = session.scalar(sa.select(OutboxRow.reason))
        assert "the server takes at most 2000" in reason
        assert not [command for command in small.commands if command.startswith(("MAIL", "RCPT"))]
    finally:
        small.stop()


def test_who_bounced_is_not_reminded(office, sink, session):
    wave = office.wave(2)
    office.queue()
    office.send()
    gone = asks(session, wave)[0]
    gone.state, gone.closed_at = InvitationState.BOUNCED, office.now
    session.commit()
    office.later(days=4)
    office.remind()
    office.send()
    assert sink.counts[gone.contact.email] == 1
    assert office.now - make.NOW > timedelta(days=3)
