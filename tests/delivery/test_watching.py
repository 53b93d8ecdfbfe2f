"""Waves that stop by themselves and wait for somebody: the first people, bounces, complaints, a server that refuses us."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.core.audit import Actor
from app.core.installation import installation
from app.core.outbox import OutboxState
from app.core.outbox_rows import OutboxRow
from app.delivery import waves
from app.delivery.models import Invitation, InvitationState, PauseCause, Suppression, WaveState
from app.delivery.watching import alarms, doubts
from app.delivery.watching.pace import pace
from tests import make
from tests.conftest import NOW

ANA = Actor("staff", None, "Ana")


def asks(session, wave):
    session.expire_all()
    query = sa.select(Invitation).where(Invitation.wave_id == wave.id).order_by(Invitation.id)
    return list(session.scalars(query))


def states(session, wave):
    return Counter(ask.state for ask in asks(session, wave))


def hold_rest(office):
    for _ in alarms.hold_rest(office.session, now=office.now):
        office.session.commit()


class TestTheFirstPeople:
    @pytest.fixture
    def program(self, office):
        account = make.account()
        for _ in range(40):
            make.contact(account=account)
        return make.program(cadence={"undo_minutes": 0})

    def launched(self, office, program, **given):
        wave = waves.launch(
            office.session, program, actor=ANA, now=office.now, launch_key=f"k{office.now}", **given
        )
        office.session.commit()
        list(waves.start_due(office.session, now=office.now))
        office.session.commit()
        return wave

    def test_twenty_five_at_random_are_asked_then_the_wave_waits_for_somebody(
        self, office, sink, session, program
    ):
        wave = self.launched(office, program)
        office.queue()
        office.send()
        hold_rest(office)
        assert states(session, wave) == {InvitationState.SENT: 25, InvitationState.PLANNED: 15}
        assert (wave.state, wave.pause_cause) == (WaveState.PAUSED, PauseCause.FIRST)
        ids = [ask.id for ask in asks(session, wave) if ask.state is InvitationState.SENT]
        assert ids != [ask.id for ask in asks(session, wave)][:25]
        office.queue()
        assert office.send() == 0
        waves.resume(session, wave, actor=ANA, now=office.now)
        session.commit()
        office.queue()
        office.send()
        hold_rest(office)
        assert states(session, wave) == {InvitationState.SENT: 40}
        assert (wave.state, set(sink.counts.values())) == (WaveState.FINISHED, {1})

    def test_a_pause_by_hand_does_not_end_the_first_part(self, office, session, program):
        wave = self.launched(office, program)
        waves.pause(session, wave, actor=ANA, now=office.now)
        waves.resume(session, wave, actor=ANA, now=office.now)
        session.commit()
        office.queue()
        assert states(session, wave)[InvitationState.QUEUED] == 25

    @pytest.mark.parametrize("how", ["small", "rehearsal", "second wave", "switched off", "by the launch"])
    def test_everybody_is_asked_at_once_where_a_first_part_makes_no_sense(
        self, office, session, program, how
    ):
        given = {}
        if how == "small":
            given["contacts"] = list(session.scalars(sa.select(make.Contact.id).limit(25)))
        elif how == "rehearsal":
            installation(session).live_at = None
        elif how == "second wave":
            make.invitation(wave=make.wave(program=program, state=WaveState.FINISHED))
        elif how == "switched off":
            program.cadence = program.cadence | {"first_people": 0}
        else:
            given["first_people"] = 0
        assert self.launched(office, program, **given).first_people is None


class TestAlarms:
    def wave(self, office, *, good, back, complaints=0):
        wave = make.wave(state=WaveState.SENDING)
        for _ in range(good):
            make.invitation(wave=wave)
        for _ in range(back):
            make.invitation(wave=wave, state=InvitationState.BOUNCED, closed_at=NOW)
        office.session.commit()
        return wave

    def last_bounce(self, session, wave):
        ask = [ask for ask in asks(session, wave) if ask.state is InvitationState.BOUNCED][-1]
        journey.mail_bounced(session, ask.id, now=NOW)
        session.commit()
        return wave.state

    @pytest.mark.parametrize(
        ("good", "back", "state"),
        [
            (46, 3, WaveState.SENDING),
            (47, 3, WaveState.PAUSED),
            (95, 5, WaveState.PAUSED),
            (96, 5, WaveState.SENDING),
        ],
    )
    def test_five_percent_of_hard_bounces_after_fifty_mails_pause_the_wave(
        self, office, session, good, back, state
    ):
        wave = self.wave(office, good=good, back=back)
        assert self.last_bounce(session, wave) is state
        if state is WaveState.PAUSED:
            assert wave.pause_cause == PauseCause.BOUNCES
            assert {ask.state for ask in alarms.whose(session, wave)} == {InvitationState.BOUNCED}
            assert len(alarms.whose(session, wave)) == back

    def test_what_somebody_has_looked_at_does_not_pause_the_wave_again(self, office, session):
        wave = self.wave(office, good=47, back=3)
        self.last_bounce(session, wave)
        waves.resume(session, wave, actor=ANA, now=NOW + timedelta(minutes=1))
        session.commit()
        assert self.last_bounce(session, wave) is WaveState.SENDING

    def test_a_wave_being_sent_stops_at_the_bounces_of_its_own_sending(self, office, sink, session):
        wave = office.wave(120)
        sink.on("rcpt", "550 5.1.1 no such user")
        office.queue()
        office.notices = Told(session)
        office.send()
        assert wave.state is WaveState.PAUSED
        found = states(session, wave)
        assert 50 <= found[InvitationState.BOUNCED] <= 64  # What the lane had taken in is told to its end.
        assert found[InvitationState.QUEUED] == 120 - found[InvitationState.BOUNCED]

    def test_two_complaints_pause_the_wave_and_are_listed(self, office, session):
        wave = self.wave(office, good=5, back=0)
        for number, state in enumerate((WaveState.SENDING, WaveState.PAUSED)):
            ask = asks(session, wave)[number]
            for _ in range(2):
                journey.mail_complained(session, ask.id, now=NOW)
            session.commit()
            assert wave.state is state
            assert session.get(Suppression, ask.contact.email_key).reason == "complaint"
        assert wave.pause_cause == PauseCause.COMPLAINTS
        assert len(alarms.whose(session, wave)) == 2

    def test_a_wave_whose_mails_have_left_still_stops_its_reminders(self, office, session):
        wave = self.wave(office, good=47, back=3)
        wave.state, wave.finished_at = WaveState.FINISHED, NOW
        session.flush()
        for ask in asks(session, wave):
            ask.reminders_left = 2
        session.commit()
        assert self.last_bounce(session, wave) is WaveState.PAUSED
        assert wave.finished_at == NOW

    def test_a_wave_with_nothing_left_to_send_is_left_alone(self, office, session):
        wave = self.wave(office, good=47, back=3)
        wave.state = WaveState.FINISHED
        session.commit()
        assert self.last_bounce(session, wave) is WaveState.FINISHED


class Told(list):
    """Tells the journey of bounces, as the job does."""

    def __init__(self, session):
        super().__init__()
        self.session = session

    def append(self, outcome):
        if outcome.state is InvitationState.BOUNCED:
            journey.mail_bounced(self.session, outcome.invitation_id, now=outcome.at)


class TestDoubts:
    @pytest.fixture
    def ask(self, office, sink, session):
        sink.on("body", "drop")
        wave = office.wave(1)
        office.queue()
        office.send()
        (ask,) = asks(session, wave)
        assert ask.state is InvitationState.IN_DOUBT
        return ask

    def test_what_counts_as_sent_is_open_since_it_left_and_reminded(self, office, sink, session, ask):
        left_at = ask.sent_at
        office.later(days=1)
        doubts.count_as_sent(session, ask, now=office.now)
        session.commit()
        assert (ask.state, ask.sent_at) == (InvitationState.SENT, left_at)
        assert ask.closes_at == left_at + timedelta(days=21)
        assert ask.remind_at >= left_at + timedelta(days=3)
        assert session.scalar(sa.select(OutboxRow.state)) is OutboxState.SENT
        assert office.send() == 0

    def test_reminders_do_not_come_at_once_however_late_somebody_decides(self, office, session, ask):
        office.later(days=5)
        doubts.count_as_sent(session, ask, now=office.now)
        assert ask.remind_at >= office.now

    def test_nothing_is_decided_twice(self, office, session, ask):
        doubts.count_as_sent(session, ask, now=office.now)
        with pytest.raises(doubts.Refused):
            doubts.count_as_sent(session, ask, now=office.now)

    def test_whoever_answered_meanwhile_is_not_in_doubt(self, office, session, ask):
        make.answer(9, invitation=ask, now=office.now)
        session.commit()
        assert doubts.number(session) == 0
        with pytest.raises(doubts.Refused):
            doubts.count_as_sent(session, session.get(Invitation, ask.id), now=office.now)

    def test_the_list_says_what_happened(self, office, session, ask):
        (listed,) = doubts.listed(session, limit=10)
        assert doubts.why(session, [listed])[ask.id] == "The connection broke."
        assert doubts.listed(session, wave_id=ask.wave_id + 1, limit=10) == []
        assert session.scalar(doubts.to_decide()) == 1


def test_the_pace_of_a_wave_tells_when_its_last_mail_leaves(office, session):
    wave = make.wave(state=WaveState.SENDING)
    for seconds in range(60):
        make.invitation(wave=wave, sent_at=NOW - timedelta(seconds=seconds))
    for _ in range(30):
        make.invitation(wave=wave, state=InvitationState.QUEUED, sent_at=None)
    session.commit()
    found = pace(session, wave, now=NOW)
    assert (found.per_minute, found.next_at) == (61, None)
    assert timedelta(seconds=25) < found.ends_at - NOW < timedelta(seconds=35)
    for ask in asks(session, wave):
        if ask.state is InvitationState.QUEUED:
            ask.state, ask.due_at = InvitationState.PLANNED, NOW + timedelta(hours=3)
    session.commit()
    found = pace(session, wave, now=NOW)
    assert found.next_at == found.ends_at == NOW + timedelta(hours=3)
