"""The last look before a mail is queued: windows that have shut, and people who may not be asked any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.delivery import waves
from app.delivery.models import Invitation, InvitationState, Purpose, Reminder, WaveState
from tests import make
from tests.make import NOW

PLANNED, QUEUED, SUPPRESSED = InvitationState.PLANNED, InvitationState.QUEUED, InvitationState.SUPPRESSED


def planned(session, office, *people, **given):
    """A wave that sends in its windows, due on the Wednesday morning of the tests."""
    return office.wave(list(people) or [make.contact()], ignores_window=False, **given)


def row_of(session, person) -> Invitation:
    session.expire_all()
    return session.scalars(
        sa.select(Invitation).filter_by(contact_id=person.id).order_by(Invitation.id.desc())
    ).first()


@pytest.mark.parametrize(("off", "due"), [({"hours": 6}, (5, 8)), ({"days": 6}, (10, 10))])
def test_a_machine_that_was_off_sends_a_late_wave_once_in_the_next_window(off, due, office, session, sink):
    """Due on Wednesday at ten. Six hours later the window has shut; six days later it is Tuesday at ten."""
    person = make.contact()
    planned(session, office, person)
    office.later(**off)
    office.queue()
    row = row_of(session, person)
    if row.state is PLANNED:
        assert row.due_at == datetime(2026, 3, due[0], due[1], tzinfo=UTC)
        office.send()
        assert not sink.counts
        office.now = row.due_at
        office.queue()
    office.send()
    office.queue()
    office.send()
    assert (office.now.day, set(sink.counts.values())) == (due[0], {1})


def test_each_waits_for_the_window_of_the_own_clock(office, session):
    here = make.contact()
    tokyo = make.contact(account=make.account(time_zone="Asia/Tokyo"))
    planned(session, office, here, tokyo)
    office.queue()
    assert (row_of(session, here).state, row_of(session, tokyo).state) == (QUEUED, PLANNED)
    assert row_of(session, tokyo).due_at == datetime(2026, 3, 4, 23, tzinfo=UTC)


def test_what_happened_since_the_launch_counts(office, session):
    asked, declined, free = (make.contact() for _ in range(3))
    wave = planned(session, office, asked, declined, free)
    make.invitation(
        contact=asked, wave=make.wave(), sent_at=NOW - timedelta(days=80), state="answered", answered_at=NOW
    )
    make.invitation(
        contact=declined,
        wave=make.wave(),
        sent_at=NOW - timedelta(days=20),
        state="declined",
        declined_at=NOW,
    )
    session.commit()
    office.queue()
    rows = {person.id: row_of(session, person) for person in (free,)}
    assert rows[free.id].state is QUEUED
    of_wave = {
        row.contact_id: row for row in session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id))
    }
    soon, late = of_wave[asked.id], of_wave[declined.id]
    assert (soon.state, soon.suppressed_reason, soon.asked_as) == (SUPPRESSED, "quarantine", None)
    assert (soon.free_at, soon.deferred_until) == (NOW + timedelta(days=10), NOW + timedelta(days=21))
    assert (late.suppressed_reason, late.deferred_until) == ("quarantine_after_decline", None)
    office.send()
    assert session.get(type(wave), wave.id).state is WaveState.FINISHED


def test_what_is_queued_when_the_window_shuts_goes_on_when_it_opens(office, session, sink):
    person = make.contact()
    planned(session, office, person)
    office.queue()
    office.later(hours=2)
    office.send()
    assert (row_of(session, person).state, dict(sink.counts)) == (QUEUED, {})
    office.now = datetime(2026, 3, 5, 8, 0, 1, tzinfo=UTC)
    office.send()
    assert set(sink.counts.values()) == {1}


OPEN_TO_ALL = {"any_days": 0, "same_survey_days": 0}


def mailed_an_hour_ago(session, person, how: str) -> None:
    """Another ask reached the person since: its mail, its reminder, or a mail to somebody of the same mailbox."""
    whom = make.contact(email=person.email) if how == "mailbox" else person
    sent_at = NOW - (timedelta(days=7) if how == "reminder" else timedelta(hours=1))
    ask = make.invitation(contact=whom, wave=make.wave(), sent_at=sent_at, state="answered", answered_at=NOW)
    if how == "reminder":
        session.add(Reminder(invitation_id=ask.id, number=1, queued_at=NOW, sent_at=NOW - timedelta(hours=1)))
    session.commit()


@pytest.mark.parametrize("how", ["mail", "reminder", "mailbox"])
def test_the_floor_is_looked_at_again_when_the_mail_is_handed_over(how, office, session, sink):
    person, other = make.contact(), make.contact()
    wave = planned(session, office, person, other, program=make.program(quarantine=OPEN_TO_ALL))
    office.queue()
    mailed_an_hour_ago(session, person, how)
    office.send()
    row = session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id, contact_id=person.id)).one()
    assert (row.state, row.suppressed_reason, row.asked_as) == (SUPPRESSED, "floor", None)
    assert row.free_at == NOW + timedelta(hours=23)
    assert row.deferred_until is not None
    assert row.deferred_until.date() == (NOW + timedelta(days=21)).date()
    assert list(sink.counts) == [other.email]
    office.now = row.free_at + timedelta(hours=1)
    for _ in waves.ask_deferred(session, now=office.now):
        session.commit()
    office.queue()
    office.send()
    assert dict(sink.counts) == {person.email: 1, other.email: 1}


def test_what_the_floor_held_back_is_judged_by_every_gate_again(office, session, sink):
    person = make.contact()
    planned(session, office, person)
    office.queue()
    mailed_an_hour_ago(session, person, "mail")
    office.send()
    office.later(days=1)
    for _ in waves.ask_deferred(session, now=office.now):
        session.commit()
    row = row_of(session, person)
    reasons = {
        r.suppressed_reason for r in session.scalars(sa.select(Invitation).filter_by(state=SUPPRESSED))
    }
    assert (reasons, row.deferred_until, dict(sink.counts)) == ({"quarantine"}, None, {})


def asked_today(session, account, people: int, *, state: str = "sent", **given) -> None:
    """So many others of the account were written to this morning."""
    wave = make.wave()
    for _ in range(people):
        sent_at = NOW - timedelta(hours=2) if state != "sending" else None
        make.invitation(
            contact=make.contact(account=account), wave=wave, sent_at=sent_at, state=state, **given
        )
    session.commit()


@pytest.mark.parametrize(
    ("caps", "state", "reason"),
    [
        ({"account_per_day": 3}, "sent", "account_day"),
        ({"account_per_day": 3}, "sending", "account_day"),
        ({"account_per_day": 0, "account_most": 3, "account_days": 10}, "silent", "account_period"),
    ],
)
def test_the_caps_of_an_account_are_looked_at_again_when_a_mail_is_handed_over(
    caps, state, reason, office, session, sink
):
    account = make.account()
    people = [make.contact(account=account) for _ in range(2)]
    other = make.contact()
    wave = planned(session, office, *people, other, program=make.program(quarantine=OPEN_TO_ALL | caps))
    office.queue()
    asked_today(session, account, 2, state=state, **({"silent_at": NOW} if state == "silent" else {}))
    asked_today(session, account, 5, is_rehearsal=True)
    office.send()
    last = session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id, contact_id=people[1].id)).one()
    assert set(sink.counts) == {people[0].email, other.email}
    assert (last.state, last.suppressed_reason, last.asked_as) == (SUPPRESSED, reason, None)
    tomorrow = datetime(2026, 3, 5, tzinfo=UTC)
    assert last.free_at == (tomorrow if reason == "account_day" else NOW + timedelta(days=10, hours=-2))
    assert last.deferred_until is not None


def test_who_is_asked_by_hand_is_not_held_up_by_the_caps_of_the_account(office, session, sink):
    account = make.account()
    person = make.contact(account=account)
    program = make.program(quarantine=OPEN_TO_ALL | {"account_per_day": 1})
    planned(session, office, person, program=program)
    session.execute(sa.update(Invitation).values(purpose=Purpose.SINGLE))
    office.queue()
    asked_today(session, account, 2)
    office.send()
    assert dict(sink.counts) == {person.email: 1}


def test_a_wave_gives_an_account_no_more_than_its_caps_however_fast_it_is_handed_over(office, session, sink):
    """Planned for two days, and both have passed while the machine was off."""
    account, program = make.account(), make.program(quarantine={"account_per_day": 30})
    planned(session, office, *[make.contact(account=account) for _ in range(40)], program=program)
    office.queue()
    office.send()
    left_out = session.scalars(sa.select(Invitation.suppressed_reason).filter_by(state=SUPPRESSED)).all()
    assert (len(sink.counts), left_out) == (30, ["account_day"] * 10)
