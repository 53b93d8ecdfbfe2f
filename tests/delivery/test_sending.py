"""From a planned ask to the mail in the person's hands, through the outbox, with every fault on the way."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import AskKind, ContactStatus
from app.core import outbox_rows
from app.core.audit import SYSTEM
from app.core.errors import Refused
from app.core.installation import installation
from app.core.outbox import DeliveryAttempt, Letter, OutboxRow, OutboxState, Step
from app.core.processes.workers import JobFailure
from app.delivery import invitations, letters, sender
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.invitations import Move
from app.delivery.mail.mailbox import MailboxLane
from app.delivery.mail.verp import ReturnPaths
from app.delivery.models import (
    Invitation,
    InvitationChange,
    InvitationState,
    Reminder,
    Suppression,
    WaveState,
)
from app.delivery.sending import posting, postman
from app.surveys.models import ProgramKind
from tests import make
from tests.delivery.conftest import SIGNER
from tests.delivery.sink import DROP, KEEP_THEN_DROP, SAY_250_THEN_DROP


def states(session, wave):
    session.expire_all()
    return Counter(session.scalars(sa.select(Invitation.state).where(Invitation.wave_id == wave.id)))


def asks(session, wave):
    session.expire_all()
    return list(
        session.scalars(sa.select(Invitation).where(Invitation.wave_id == wave.id).order_by(Invitation.id))
    )


def row_of(session, invitation, kind=posting.INVITATION):
    session.expire_all()
    return session.scalar(
        sa.select(OutboxRow).where(OutboxRow.kind == kind, OutboxRow.ref.like(f"{invitation.id}%"))
    )


def test_everybody_of_a_wave_gets_one_mail_and_then_the_wave_is_finished(office, sink, session):
    wave = office.wave(30)
    office.queue()
    assert states(session, wave) == {InvitationState.QUEUED: 30}
    assert wave.state is WaveState.SENDING
    assert office.send() == 30
    assert states(session, wave) == {InvitationState.SENT: 30}
    assert set(sink.counts.values()) == {1}
    assert len(sink.taken) == 30
    assert wave.state is WaveState.FINISHED
    office.queue()
    assert office.send() == 0
    assert len(sink.taken) == 30


def test_a_sent_ask_knows_when_it_closes_and_when_to_remind(office, session):
    wave = office.wave(1)
    office.queue()
    office.send()
    (ask,) = asks(session, wave)
    assert ask.closes_at == ask.sent_at + timedelta(days=21)
    assert ask.reminders_left == 2
    assert ask.remind_at >= ask.sent_at + timedelta(days=3)
    changes = session.scalars(sa.select(InvitationChange.state).order_by(InvitationChange.id))
    assert list(changes) == [InvitationState.QUEUED, InvitationState.SENDING, InvitationState.SENT]
    (attempt,) = session.scalars(sa.select(DeliveryAttempt))
    assert (attempt.number, attempt.outcome, attempt.code) == (1, OutboxState.SENT, 250)


def test_the_mail_carries_the_persons_own_link_and_the_database_does_not(office, sink, session):
    wave = office.wave([make.contact(first_name="Žofie", last_name="O'Neil")])
    office.queue()
    office.send()
    (ask,) = asks(session, wave)
    token = SIGNER.token(ask.nonce)
    message = sink.taken[0].message
    assert message["To"].addresses[0].display_name == "Žofie O'Neil"
    assert message["List-Unsubscribe"] == f"<{office.settings.BASE_URL}/u/{token}>"
    html = message.get_body(("html",)).get_content()
    assert html.count(f"/a/{token}?score=") == 11
    for table in (OutboxRow.__table__, Letter.__table__, Invitation.__table__):
        assert token not in str(session.execute(sa.select(table)).all())


def test_the_owner_of_each_account_may_be_the_sender_from_our_own_address(office, sink, session):
    ann, gone = make.staff(name="Ann Owner"), make.staff(name="Gone", active=False)
    people = [make.contact(account=make.account(owner=owner)) for owner in (ann, gone, None)]
    own = {"en": {"subject": "{first_name}, {sender} asks you at {account}"}}
    office.wave(people, program=make.program(is_from_owner=True, mail=own))
    office.queue()
    office.send()
    mails = {taken.to: taken.message for taken in sink.taken}
    first, second, third = (mails[person.email] for person in people)
    assert first["From"].addresses[0].display_name == "Ann Owner (Vendor)"
    assert first["Reply-To"] == ann.email
    assert first["Subject"] == f"Kim, Ann Owner asks you at {people[0].account.name}"
    assert "Ann Owner" in first.get_body(("plain",)).get_content()
    for other in (second, third):
        assert (other["From"].addresses[0].display_name, other["Reply-To"]) == ("Vendor", None)
        assert "Vendor asks you" in other["Subject"]
    assert len({mail["From"].addresses[0].addr_spec for mail in mails.values()}) == 1


def test_letters_of_many_senders_do_not_fill_the_memory(office, sink, session, monkeypatch):
    monkeypatch.setattr(postman, "MOST_LETTERS", 3)
    people = [make.contact(account=make.account(owner=make.staff())) for _ in range(24)]
    office.wave(people, program=make.program(is_from_owner=True))
    office.queue()
    held = []

    class Watched(sender.Postman):
        @property
        def room(self):
            return min(super().room, 4)

        def offer(self, rows, now):
            held.append(len(self.letters))
            super().offer(rows, now)

    while sender.carry(session, Watched(office.mailer), now=office.now):
        session.commit()
    assert set(sink.counts.values()) == {1}
    assert len(sink.counts) == 24
    assert max(held) <= 3 + 4


def test_a_wave_is_frozen_when_it_is_queued(office, sink, session):
    wave = office.wave(1)
    office.queue()
    installation(session).company = "Another name"
    session.commit()
    office.send()
    assert "Vendor" in sink.taken[0].message["Subject"]
    assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 1
    assert states(session, wave) == {InvitationState.SENT: 1}


def test_every_language_gets_its_own_letter(office, session):
    office.wave([make.contact(language="en") for _ in range(3)])
    wave = make.wave(state=WaveState.SENDING)
    for language in ("en", "ar", "ar"):
        make.invitation(wave=wave, state=InvitationState.PLANNED, sent_at=None, language=language)
    session.commit()
    office.queue()
    assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 2


@pytest.mark.parametrize(
    "stop",
    [
        "unsubscribed",
        "left",
        "erased",
        "bounced",
        "not askable",
        "suppressed",
        "answered",
        "cancelled",
        "gone live",
    ],
)
def test_who_may_not_be_written_to_any_more_gets_no_mail(office, sink, session, stop, now):
    wave = office.wave(2)
    office.queue()
    ask = asks(session, wave)[0]
    if stop in ("unsubscribed", "erased", "bounced"):
        ask.contact.status = ContactStatus(stop)
    elif stop == "left":
        ask.contact.leave(on=now.date())
    elif stop == "not askable":
        ask.contact.not_askable = "role_mailbox"
    elif stop == "suppressed":
        session.add(Suppression(email_key=ask.contact.email_key, reason="complaint", at=now))
    elif stop == "answered":
        ask.state, ask.answered_at = InvitationState.ANSWERED, now
    elif stop == "cancelled":
        ask.state = InvitationState.CANCELLED
    else:
        ask.is_rehearsal = True
    session.commit()
    office.send()
    assert len(sink.taken) == 1
    row = row_of(session, ask)
    assert row.state is OutboxState.CANCELLED
    assert row.reason
    assert asks(session, wave)[0].state is not InvitationState.SENT
    assert wave.state is WaveState.FINISHED


def test_a_person_who_unsubscribes_after_the_server_said_354_gets_no_mail(office, sink, session):
    wave = office.wave(4)
    office.queue()
    victim = asks(session, wave)[2]

    class Interrupted(sender.Postman):
        looks = 0

        def look(self, connection, ready, now):
            self.looks += 1
            if self.looks == 2:
                session.get(Invitation, victim.id).contact.status = ContactStatus.UNSUBSCRIBED
                session.flush()
            return super().look(connection, ready, now)

    sender.carry(session, Interrupted(office.mailer), now=office.now)
    session.commit()
    assert victim.contact.email not in sink.counts
    assert len(sink.taken) == 3
    assert states(session, wave) == {InvitationState.SENT: 3, InvitationState.CANCELLED: 1}


@pytest.mark.parametrize("told", [{"confirm": "yes"}, {"often": "once", "kinds": ["general", "events"]}])
def test_a_wish_told_while_the_mail_is_handed_over_stops_it(app, office, sink, session, told):
    wave = office.wave(4)
    victim = asks(session, wave)[2]
    make.invitation(contact=victim.contact, sent_at=office.now - timedelta(days=10))
    office.queue()
    token = make.token(office.settings, victim)
    address = victim.contact.email

    class Interrupted(sender.Postman):
        """Waits for the server; meanwhile somebody opens their link in a browser and presses a button."""

        answers = []

        def collect(self, patience):
            if not self.answers:
                self.answers.append(app.test_client().post(f"/u/{token}", data=told).status_code)
            return super().collect(patience)

    sender.carry(session, Interrupted(office.mailer), now=office.now)
    session.commit()
    assert Interrupted.answers == [200]
    assert address not in sink.counts
    assert len(sink.taken) == 3


@pytest.mark.parametrize("wish", ["kind", "rest", "other kind", "rested"])
def test_wishes_are_read_again_at_the_moment_of_sending(office, sink, session, wish):
    """Also when the wave was launched in the same moment, and did not see them."""
    wave = office.wave(2, program=make.program(kind=ProgramKind.TRANSACTIONAL))
    person = asks(session, wave)[0].contact
    make.invitation(contact=person, sent_at=office.now - timedelta(days=200))
    office.queue()
    if wish.endswith("kind"):
        person.unwanted_kind = AskKind.EVENTS if wish == "kind" else AskKind.GENERAL
    else:
        person.rest_days = 365 if wish == "rest" else 182
    session.commit()
    office.send()
    is_stopped = wish in ("kind", "rest")
    assert sink.counts[person.email] == (0 if is_stopped else 1)
    expected = {"kind": "unwanted_kind", "rest": "less_often"}.get(wish)
    ask = asks(session, wave)[0]
    assert row_of(session, ask).reason == (expected or row_of(session, ask).reason)
    if wish == "rested":
        assert (ask.remind_at, ask.reminders_left) == (None, 0)


def test_a_reminder_that_waits_is_not_sent_to_somebody_who_wants_less_mail(office, sink, session):
    wave = office.wave(1)
    office.queue()
    office.send()
    (ask,) = asks(session, wave)
    office.now = ask.remind_at
    office.remind()
    ask.contact.rest_days = 182
    session.commit()
    office.send()
    assert len(sink.taken) == 1
    assert row_of(session, ask, posting.REMINDER).reason == "less_often"


def test_a_bad_address_is_suppressed_and_the_next_person_still_served(office, sink, session):
    wave = office.wave(5)
    office.queue()
    bad = asks(session, wave)[1]
    sink.on("rcpt", "550 5.1.1 no such user", to=bad.contact.email)
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 4, InvitationState.BOUNCED: 1}
    assert bad.contact.status is ContactStatus.BOUNCED
    assert session.get(Suppression, bad.contact.email_key).reason == "bounced"
    (notice,) = office.notices
    assert (notice.invitation_id, notice.state) == (bad.id, InvitationState.BOUNCED)
    assert "550 5.1.1" in notice.reason


@pytest.mark.parametrize("reply", ["552 5.2.2 mailbox full", "550 5.7.1 not wanted", "550 some reason"])
def test_a_refusal_that_is_not_about_the_address_suppresses_nobody(office, sink, session, reply):
    wave = office.wave(1)
    office.queue()
    sink.on("rcpt", reply)
    office.send()
    (ask,) = asks(session, wave)
    assert ask.state is InvitationState.REFUSED
    assert ask.contact.status is ContactStatus.ACTIVE
    assert session.scalar(sa.select(sa.func.count()).select_from(Suppression)) == 0
    assert reply[:3] in row_of(session, ask).reason


def test_a_greylisted_person_is_tried_after_1_5_15_30_60_minutes_then_every_two_hours_for_48_hours(
    office, sink, session
):
    wave = office.wave(1)
    office.queue()
    sink.on("rcpt", "450 4.2.0 greylisted")
    (ask,) = asks(session, wave)
    waits, began = [], office.now
    while True:
        office.send()
        row = row_of(session, ask)
        if row.state is not OutboxState.RETRY:
            break
        assert states(session, wave) == {InvitationState.QUEUED: 1}
        assert wave.state is WaveState.SENDING
        waits.append(round((row.due_at - office.now).total_seconds() / 60))
        office.now = row.due_at
    assert waits[:7] == [1, 5, 15, 30, 60, 120, 120]
    assert timedelta(hours=45) < office.now - began <= timedelta(hours=48)
    assert states(session, wave) == {InvitationState.REFUSED: 1}
    assert "Given up after 48 hours" in row.reason
    assert row.tries == len(waits) + 1


def test_a_greylisted_person_gets_the_mail_once_in_the_end(office, sink, session):
    wave = office.wave(3)
    office.queue()
    for ask in asks(session, wave):
        sink.on("rcpt", "450 4.2.0 greylisted", to=ask.contact.email, times=1)
    office.send()
    office.later(seconds=30)
    assert office.send() == 0
    office.later(seconds=40)
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 3}
    assert set(sink.counts.values()) == {1}


@pytest.mark.parametrize(("verb", "copies"), [(DROP, 0), (KEEP_THEN_DROP, 1)])
def test_a_mail_in_doubt_is_not_sent_again_by_itself_and_once_more_by_a_person(
    office, sink, session, verb, copies
):
    wave = office.wave(3)
    office.queue()
    doubtful = asks(session, wave)[1]
    sink.on("body", verb, to=doubtful.contact.email, times=1)
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 2, InvitationState.IN_DOUBT: 1}
    assert wave.state is WaveState.FINISHED
    office.later(days=2)
    office.send()
    assert sink.counts[doubtful.contact.email] == copies
    sender.send_again(session, session.get(Invitation, doubtful.id), now=office.now)
    session.commit()
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 3}
    assert sink.counts[doubtful.contact.email] == copies + 1
    ids = {taken.message["Message-ID"] for taken in sink.taken if taken.to == doubtful.contact.email}
    assert len(ids) == 1


def test_only_what_is_in_doubt_or_refused_can_be_sent_again(office, session):
    wave = office.wave(1)
    office.queue()
    office.send()
    with pytest.raises(Refused):
        sender.send_again(session, asks(session, wave)[0], now=office.now)


def test_a_connection_dropped_after_250_costs_nothing(office, sink, session):
    wave = office.wave(9)
    office.queue()
    sink.on("body", SAY_250_THEN_DROP)
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 9}
    assert set(sink.counts.values()) == {1}


def test_a_busy_server_bounces_nobody(office, sink, session):
    wave = office.wave(20)
    office.queue()
    for ask in asks(session, wave):
        sink.on("rcpt", "421 4.7.0 busy", to=ask.contact.email, times=1)
    office.send()
    office.later(minutes=2)
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 20}
    assert set(sink.counts.values()) == {1}


def test_a_server_that_refuses_us_marks_nobody_and_says_why_on_the_wave(office, sink, session):
    wave = office.wave(12)
    office.queue()
    rule = sink.on("mail", "550 5.1.8 we do not know you")
    office.send()
    assert states(session, wave) == {InvitationState.QUEUED: 12}
    assert "we do not know you" in wave.paused_reason
    failure = session.scalar(sa.select(JobFailure))
    assert (failure.job, failure.item) == ("send_due", f"127.0.0.1:{sink.port}")
    assert {row.tries for row in session.scalars(sa.select(OutboxRow))} == {0}
    rule.times = 0
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 12}
    assert wave.paused_reason is None
    assert session.scalar(sa.select(JobFailure)) is None


def test_a_paused_wave_waits_and_goes_on(office, sink, session):
    wave = office.wave(4)
    office.queue()
    wave.state = WaveState.PAUSED
    session.commit()
    office.send()
    assert not sink.taken
    assert {row.state for row in session.scalars(sa.select(OutboxRow))} == {OutboxState.HELD}
    wave.state = WaveState.SENDING
    outbox_rows.let_go(session, posting.group_of(wave.id), "paused", now=office.now)
    session.commit()
    office.send()
    assert len(sink.taken) == 4


def test_a_cancelled_wave_sends_nothing_more(office, sink, session):
    wave = office.wave(4)
    office.queue()
    assert outbox_rows.cancel(session, posting.group_of(wave.id), "cancelled", now=office.now) == 4
    session.commit()
    office.send()
    assert not sink.taken


def test_a_stopped_sender_leaves_the_rest_for_the_next(office, sink, session):
    wave = office.wave(40)
    office.queue()
    office.send(should_stop=lambda: len(sink.taken) >= 10)
    counted = states(session, wave)
    assert 10 <= counted[InvitationState.SENT] < 40
    assert set(counted) == {InvitationState.SENT, InvitationState.QUEUED}
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 40}
    assert set(sink.counts.values()) == {1}


def test_a_claim_that_ran_out_is_free_again_and_a_body_that_ran_out_is_in_doubt(office, sink, session):
    wave = office.wave(3)
    office.queue()
    rows = list(session.scalars(sa.select(OutboxRow).order_by(OutboxRow.id)))
    for row, state in zip(rows, (OutboxState.CLAIMED, OutboxState.SENDING), strict=False):
        row.state, row.claim, row.lease_until = state, "dead", office.now + timedelta(seconds=60)
    session.commit()
    office.send()
    assert len(sink.taken) == 1
    office.later(seconds=61)
    office.send()
    assert len(sink.taken) == 2
    assert states(session, wave) == {InvitationState.SENT: 2, InvitationState.IN_DOUBT: 1}
    assert [notice.state for notice in office.notices] == [InvitationState.IN_DOUBT]


def test_an_in_doubt_ask_counts_for_quarantine(office, sink, session):
    wave = office.wave(1)
    office.queue()
    sink.on("body", DROP)
    office.send()
    (ask,) = asks(session, wave)
    assert ask.state is InvitationState.IN_DOUBT
    assert ask.sent_at is not None
    assert ask.closes_at == ask.sent_at + timedelta(days=21)


def test_a_listener_that_fails_does_not_undo_what_was_recorded(office, sink, session):
    wave = office.wave(3)
    office.queue()
    sink.on("rcpt", "550 5.1.1 no", to=asks(session, wave)[0].contact.email)

    def listener(notice):
        raise RuntimeError("no")

    sender.send_due(session, office.mailer, now=office.now, on_outcome=listener)
    assert states(session, wave) == {InvitationState.SENT: 2, InvitationState.BOUNCED: 1}
    assert session.scalar(sa.select(JobFailure.job)) == "outbox"


def test_an_address_nobody_can_write_to_is_refused_and_the_rest_goes(office, sink, session):
    broken = make.contact()
    broken.email = "not an address"
    wave = office.wave([broken, make.contact()])
    office.queue()
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 1, InvitationState.REFUSED: 1}


def test_an_idn_address_is_reached_under_its_punycode(office, sink, session):
    office.wave([make.contact(email="ann@bücher.example")])
    office.queue()
    office.send()
    assert list(sink.counts) == ["ann@xn--bcher-kva.example"]


class TestRehearsal:
    """Before an installation goes live only the list gets real mail."""

    @pytest.fixture(autouse=True)
    def rehearsing(self, office, session):
        installation(session).live_at = None
        installation(session).allowed_recipients = ["boss@vendor.example", "friends.example"]
        session.commit()

    def test_strangers_are_held_with_that_reason_and_their_mail_lies_in_the_mailbox(
        self, office, sink, session
    ):
        people = [
            "boss@vendor.example",
            "Ann@Friends.example",
            "x@sub.friends.example",
            "stranger@customer.example",
        ]
        wave = office.wave([make.contact(email=email) for email in people], is_rehearsal=True)
        office.queue()
        office.send()
        assert sorted(sink.counts) == ["Ann@Friends.example", "boss@vendor.example"]
        assert states(session, wave) == {InvitationState.SENT: 2, InvitationState.QUEUED: 2}
        held = session.scalars(sa.select(OutboxRow).where(OutboxRow.state == OutboxState.HELD))
        assert {row.reason for row in held} == {"rehearsal"}
        shown = {line.to for line in office.mailer.shelf.mailbox.lines()}
        assert len(shown) == 2
        assert any("stranger@customer.example" in to for to in shown)
        assert wave.state is WaveState.SENDING

    def test_colleagues_get_what_is_meant_for_colleagues(self, office, sink, session):
        make.staff(email="csm@vendor.example")
        wording = letters.trial("Vendor", "en", server="127.0.0.1", confirm_url="https://a.example/secret")
        for recipient in ("csm@vendor.example", "stranger@customer.example"):
            options = {"kind": posting.TRIAL, "recipient": recipient, "now": office.now}
            posting.post(session, office.settings, wording, **options)
        session.commit()
        office.send()
        assert list(sink.counts) == ["csm@vendor.example"]

    def test_without_a_server_everything_goes_to_the_mailbox(self, office, sink, session):
        office.mailer.lane = office.mailer.shelf
        wave = office.wave(3, is_rehearsal=True)
        office.queue()
        sender.send_due(session, office.mailer, now=office.now)
        assert states(session, wave) == {InvitationState.SENT: 3}
        assert len(office.mailer.shelf.mailbox.names()) == 3
        assert not sink.taken

    @pytest.mark.parametrize("has_server", [True, False])
    def test_who_is_erased_while_a_mail_is_handed_over_leaves_none_in_the_mailbox(
        self, office, session, tmp_path, has_server
    ):
        person = make.contact(email="Kim.Lee@customer.example")

        class Slow(MailboxLane):
            """A mailbox that is written to a moment after the person was erased."""

            def release(self, keys):
                if not (keys := list(keys)):
                    return
                journey.person_erased(session, person, now=office.now, actor=SYSTEM)
                session.commit()
                assert self.mailbox.forget("Kim.Lee@customer.example") == 0
                super().release(keys)
                assert len(self.mailbox.names_to("kim.lee@customer.example")) == 1

        office.mailer.shelf = Slow(office.mailer.shelf.mailbox)
        if not has_server:
            office.mailer.lane = office.mailer.shelf
        office.wave([person, make.contact(email="lee@customer.example")], is_rehearsal=True)
        office.queue()
        sender.send_due(session, office.mailer, now=office.now)
        shown = [line.to for line in office.mailer.shelf.mailbox.lines()]
        assert ["lee@customer.example" in to for to in shown] == [True]


def test_the_words_of_a_mail_to_a_colleague_are_not_kept(office, sink, session):
    wording = letters.trial("Vendor", "en", server="127.0.0.1", confirm_url="https://a.example/secret")
    posting.post(
        session, office.settings, wording, kind=posting.STAFF, recipient="csm@vendor.example", now=office.now
    )
    session.commit()
    office.send()
    assert "secret" in sink.taken[0].message.get_body(("plain",)).get_content()
    assert session.scalar(sa.select(sa.func.count()).select_from(Letter)) == 0


class TestReminders:
    @pytest.fixture
    def wave(self, office, session):
        wave = office.wave(3)
        office.queue()
        office.send()
        return wave

    def due(self, office, session, wave):
        office.now = max(ask.remind_at for ask in asks(session, wave) if ask.remind_at)

    def test_two_reminders_then_none(self, office, sink, session, wave):
        sent_at = asks(session, wave)[0].sent_at
        moments = []
        for _ in range(2):
            self.due(office, session, wave)
            moments.append(office.now)
            office.remind()
            office.send()
            office.remind()
            office.send()
        assert set(sink.counts.values()) == {3}
        assert moments[0] >= sent_at + timedelta(days=3)
        assert moments[1] >= max(sent_at + timedelta(days=7), moments[0] + timedelta(days=3))
        for ask in asks(session, wave):
            assert (ask.reminders_left, ask.remind_at) == (0, None)
        reminders = list(session.scalars(sa.select(Reminder)))
        assert Counter(reminder.number for reminder in reminders) == {1: 3, 2: 3}
        assert all(reminder.sent_at for reminder in reminders)
        assert states(session, wave) == {InvitationState.SENT: 3}

    def test_an_answer_a_moment_before_stops_the_reminder(self, office, sink, session, wave):
        self.due(office, session, wave)
        office.remind()
        make.response(9, invitation=asks(session, wave)[1])
        session.commit()
        office.send()
        assert sorted(sink.counts.values()) == [1, 2, 2]

    def test_who_answered_is_not_reminded(self, office, sink, session, wave):
        for ask in asks(session, wave):
            make.response(9, invitation=ask)
        session.commit()
        office.later(days=8)
        office.remind()
        assert office.send() == 0

    def test_after_a_long_standstill_reminders_do_not_come_all_at_once(self, office, sink, session, wave):
        """Due on a Monday, the machine is on again on Friday: spread over five days, and never two in three days."""
        office.later(days=9)
        mails = [sorted(sink.counts.values()) for _ in self.days(office, 6)]
        assert len({tuple(counts) for counts in mails}) >= 3
        assert mails[-1] == [2, 2, 2]
        assert all(
            ask.remind_at is None or ask.remind_at >= max(moments) + timedelta(days=3)
            for ask in asks(session, wave)
            if (moments := list(session.scalars(sa.select(Reminder.sent_at).filter_by(invitation_id=ask.id))))
        )

    def days(self, office, count):
        for _ in range(count):
            office.remind()
            office.send()
            office.remind()
            assert office.send() == 0
            yield
            office.later(days=1)

    def test_a_reminder_waits_for_its_window_when_the_machine_was_off_over_it(
        self, office, sink, session, wave
    ):
        self.due(office, session, wave)
        office.later(hours=10)
        office.remind()
        assert office.send() == 0
        assert {ask.remind_at for ask in asks(session, wave)} == {datetime(2026, 3, 10, 8, tzinfo=UTC)}

    def test_whoever_is_away_is_reminded_once_they_are_back(self, office, sink, session, wave):
        """Asked on a Wednesday; away until Thursday of the week after, until closing, and without a day."""
        for ask, day in zip(asks(session, wave), (date(2026, 3, 12), date(2026, 3, 25), None), strict=True):
            make.inbound_mail(ask, "I am away.", kind=Kind.AUTO_REPLY, returns_on=day)
            ask.is_auto_reply = True
        session.commit()
        back, long_away, unknown = asks(session, wave)
        for _ in self.days(office, 25):
            pass
        assert (sink.counts[unknown.contact.email], sink.counts[long_away.contact.email]) == (3, 1)
        moments = list(session.scalars(sa.select(Reminder.sent_at).filter_by(invitation_id=back.id)))
        assert min(moments).date() == date(2026, 3, 13)
        assert long_away.state is InvitationState.SENT
        assert sorted(office.expire()) == [back.id, long_away.id, unknown.id]
        assert all(ask.is_away for ask in asks(session, wave))

    def test_nobody_is_reminded_after_closing(self, office, sink, session, wave):
        office.later(days=22)
        office.remind()
        assert office.send() == 0

    def test_a_reminder_that_finds_no_such_address_bounces_the_ask(self, office, sink, session, wave):
        self.due(office, session, wave)
        victim = asks(session, wave)[0]
        sink.on("rcpt", "550 5.1.1 gone", to=victim.contact.email)
        office.remind()
        office.send()
        assert states(session, wave) == {InvitationState.SENT: 2, InvitationState.BOUNCED: 1}
        assert office.notices[0].is_reminder

    def test_a_reminder_in_doubt_leaves_the_ask_sent_and_goes_on_to_the_next(
        self, office, sink, session, wave
    ):
        self.due(office, session, wave)
        victim = asks(session, wave)[0]
        sink.on("body", DROP, to=victim.contact.email)
        office.remind()
        office.send()
        assert states(session, wave) == {InvitationState.SENT: 3}
        assert asks(session, wave)[0].reminders_left == 1

    def test_a_mail_of_a_reminder_says_until_when(self, office, sink, session, wave):
        self.due(office, session, wave)
        office.remind()
        office.send()
        body = sink.taken[-1].message.get_body(("plain",)).get_content()
        assert "March 25, 2026" in body


def test_an_unanswered_ask_becomes_silent_on_the_day_it_closes(office, sink, session):
    wave = office.wave(3)
    office.queue()
    office.send()
    make.response(3, invitation=asks(session, wave)[0])
    session.commit()
    office.later(days=20)
    assert office.expire() == []
    office.later(days=4)
    silent = [ask.id for ask in asks(session, wave)[1:]]
    assert office.expire() == silent
    assert office.expire() == []
    assert states(session, wave) == {InvitationState.ANSWERED: 1, InvitationState.SILENT: 2}
    ask = session.get(Invitation, silent[0])
    assert ask.silent_at == ask.closed_at == ask.closes_at
    change = session.scalar(
        sa.select(InvitationChange).where(InvitationChange.state == InvitationState.SILENT)
    )
    assert change.at == ask.closes_at


def test_an_ask_in_doubt_never_becomes_silent(office, sink, session):
    wave = office.wave(1)
    office.queue()
    sink.on("body", DROP)
    office.send()
    office.later(days=40)
    assert office.expire() == []
    assert states(session, wave) == {InvitationState.IN_DOUBT: 1}


def test_a_move_the_ledger_does_not_allow_any_more_does_not_happen(session, now):
    sending = [make.invitation(state=InvitationState.SENDING, sent_at=None) for _ in range(3)]
    answered = sending[1]
    answered.state, answered.answered_at = InvitationState.ANSWERED, now
    session.flush()
    values = {"closes_at": now + timedelta(days=21)}
    moves = [Move(ask.id, InvitationState.SENT, values=values) for ask in sending]
    believed = {ask.id: InvitationState.SENDING for ask in sending}
    moved = invitations.move(session, moves, now=now, stands=believed)
    session.expire_all()
    assert moved == {sending[0].id, sending[2].id}
    assert [ask.state for ask in sending] == [
        InvitationState.SENT,
        InvitationState.ANSWERED,
        InvitationState.SENT,
    ]
    noted = session.scalars(sa.select(InvitationChange.invitation_id).order_by(InvitationChange.id))
    assert set(noted) == moved


def test_a_row_of_which_others_think_it_is_lost_is_told_right_by_its_sender(office, sink, session):
    wave = office.wave(1)
    office.queue()

    class Interrupted(sender.Postman):
        def collect(self, patience):
            results = super().collect(patience)
            if any(result.step is Step.SENT for result in results):
                row = session.scalar(sa.select(OutboxRow))
                row.state, row.lease_until = OutboxState.IN_DOUBT, None
                session.commit()
            return results

    sender.carry(session, Interrupted(office.mailer), now=office.now)
    session.commit()
    assert session.scalar(sa.select(OutboxRow.state)) is OutboxState.SENT
    assert states(session, wave) == {InvitationState.SENT: 1}


def test_what_another_sender_took_over_is_counted_by_that_one(office, session):
    office.wave(1)
    office.queue()

    class Frozen(sender.Postman):
        def collect(self, patience):
            results = super().collect(patience)
            if results:
                session.scalar(sa.select(OutboxRow)).claim = "another"
                session.commit()
            return results

    assert sender.carry(session, Frozen(office.mailer), now=office.now, lease=timedelta(0)) == 0


def test_a_long_turn_keeps_its_claim(office, sink, session):
    wave = office.wave(4)
    office.queue()
    sink.on("body", seconds=1.0)
    office.send(lease=timedelta(seconds=1.5))
    assert states(session, wave) == {InvitationState.SENT: 4}
    office.send()
    assert set(sink.counts.values()) == {1}


def test_the_return_path_names_the_mail_where_there_is_a_domain_for_bounces(office, sink, session):
    office.mailer.paths = ReturnPaths(["k" * 40], "bounces.vendor.example")
    wave = office.wave(1)
    office.queue()
    office.send()
    (ask,) = asks(session, wave)
    mail = office.mailer.paths.read(sink.taken[0].sender)
    assert row_of(session, ask).message_id.partition("@")[0] == mail
    assert sink.taken[0].message["From"].addresses[0].addr_spec == "surveys@justask.example"
