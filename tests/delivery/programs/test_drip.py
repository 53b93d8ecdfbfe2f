"""Drips from the first day on: written down in time, one wave a month, even, and held up when somebody holds them up."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import Contact, ContactStatus
from app.core.audit import SYSTEM
from app.core.clock import day_of
from app.core.installation import installation
from app.delivery import waves
from app.delivery.models import Invitation, InvitationState, PlannedDay, Wave, WaveState
from app.delivery.programs import drip
from app.surveys.models import ProgramKind
from app.surveys.plans import schedules
from tests import make
from tests.make import NOW

DAY = timedelta(days=1)  # NOW is a Wednesday.


@pytest.fixture
def live(session):
    installation(session).live_at = NOW - 30 * DAY


@pytest.fixture
def program(session, live):
    schedule = schedules.checked(
        {"kind": "drip"}, ProgramKind.RELATIONSHIP, today=NOW.date() - DAY, former=None
    )
    return make.program(name="Relationship", schedule=schedule)


def people(number: int, **given) -> list[Contact]:
    accounts = [make.account() for _ in range((number + 3) // 4)]
    return [make.contact(account=accounts[n // 4], created_at=NOW - 90 * DAY, **given) for n in range(number)]


def run(session, days: int, start: datetime = NOW) -> None:
    """The job of each day, and what is due is sent."""
    for n in range(days):
        now = start + n * DAY
        for _ in drip.plan_due(session, now=now):
            session.commit()
        due = (Invitation.state == InvitationState.PLANNED, Invitation.due_at <= now)
        change = {"state": InvitationState.SENT, "sent_at": now, "closes_at": now + 21 * DAY}
        session.execute(sa.update(Invitation).where(*due).values(change))
        session.commit()


def sends(session) -> dict[date, int]:
    """How many were or will be sent, by day."""
    found: dict[date, int] = {}
    for due_at in session.scalars(sa.select(Invitation.due_at).where(Invitation.due_at.is_not(None))):
        on = day_of(due_at, installation(session).zone)
        found[on] = found.get(on, 0) + 1
    return found


def test_asks_are_written_down_two_working_days_ahead_in_the_wave_of_the_month(session, program):
    people(78 * 2)
    assert list(drip.plan_due(session, now=NOW)) == []  # Friday is no sending day.
    assert list(drip.plan_due(session, now=NOW + 2 * DAY)) == [2]
    assert list(drip.plan_due(session, now=NOW + 2 * DAY)) == []
    assert list(drip.plan_due(session, now=NOW + 3 * DAY)) == []
    assert list(drip.plan_due(session, now=NOW + 5 * DAY)) == [2]
    wave = session.scalars(sa.select(Wave)).one()
    assert (wave.name, wave.state) == ("Relationship, March 2026", WaveState.SENDING)
    assert sends(session) == {date(2026, 3, 10): 2, date(2026, 3, 11): 2}


def test_over_ninety_days_every_sending_day_is_even_and_the_list_has_a_wave_a_month(session, program):
    people(200)
    run(session, 90)
    counts = sends(session)
    assert all(abs(number - 200 / 78) < 1 for number in counts.values())
    assert all(day.weekday() in (1, 2, 3) for day in counts)
    assert len(counts) >= 38
    asked = session.scalars(sa.select(Invitation.contact_id)).all()
    assert len(asked) == len(set(asked))
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 4


def test_mail_comes_when_the_window_opens_on_the_persons_own_clock(session, program):
    people(78, time_zone="Asia/Tokyo")
    list(drip.plan_due(session, now=NOW + 2 * DAY))
    assert session.scalars(sa.select(Invitation.due_at)).one().isoformat() == "2026-03-09T23:00:00+00:00"


def test_who_may_not_be_asked_is_not_planned_and_new_people_wait(session, program):
    people(1, status=ContactStatus.BOUNCED)
    new = make.contact(created_at=NOW)
    (old,) = people(1)
    found = drip.people_of(session, program, schedules.of(program), now=NOW)
    free = {person.id: person.free_on for person in found}
    assert free == {old.id: NOW.date(), new.id: NOW.date() + 30 * DAY}


def test_somebody_in_quarantine_of_another_program_waits_for_its_end(session, program):
    (person,) = people(1)
    make.invitation(contact=person, wave=make.wave(), sent_at=NOW - 10 * DAY)
    (found,) = drip.people_of(session, program, schedules.of(program), now=NOW)
    assert found.free_on == NOW.date() + 81 * DAY


def test_a_paused_wave_gets_nobody_until_it_goes_on(session, program):
    people(78 * 3)
    run(session, 3)
    wave = session.scalars(sa.select(Wave)).one()
    waves.pause(session, wave, actor=SYSTEM, now=NOW)
    assert list(drip.plan_due(session, now=NOW + 5 * DAY)) == [0]
    assert session.scalar(sa.select(sa.func.count(Invitation.id))) == 3
    waves.resume(session, wave, actor=SYSTEM, now=NOW + 5 * DAY)
    assert list(drip.plan_due(session, now=NOW + 5 * DAY)) == [3]


def test_a_finished_wave_of_the_month_is_opened_again(session, program):
    people(78)
    run(session, 3)
    wave = session.scalars(sa.select(Wave)).one()
    wave.state, wave.finished_at = WaveState.FINISHED, NOW
    assert list(drip.plan_due(session, now=NOW + 5 * DAY)) == [1]
    session.refresh(wave)
    assert wave.state == WaveState.SENDING


def test_in_a_rehearsal_nobody_is_asked_every_day(session, program):
    installation(session).live_at = None
    people(39)
    run(session, 60)
    asked = session.scalars(sa.select(Invitation.contact_id)).all()
    assert len(asked) == len(set(asked)) > 5
    assert all(session.scalars(sa.select(Wave.is_rehearsal)))


def test_the_days_ahead_are_what_is_written_down_and_what_would_be(session, program):
    people(78 * 2)
    list(drip.plan_due(session, now=NOW + 2 * DAY))
    seen = drip.outlook(session, program, schedules.of(program), now=NOW + 2 * DAY, days=10)
    told = [
        (ahead.day.isoformat()[5:], ahead.people, ahead.is_fixed) for ahead in seen.days if ahead.is_sending
    ]
    assert told == [
        ("03-10", 2, True),
        ("03-11", 2, False),
        ("03-12", 2, False),
        ("03-17", 2, False),
        ("03-18", 2, False),
        ("03-19", 2, False),
    ]
    assert (len(seen.days), seen.people, seen.average) == (10, 156, 2)


def test_a_program_without_schedule_asks_nobody_by_itself(session, live):
    make.program()
    people(10)
    run(session, 10)
    assert session.scalars(sa.select(PlannedDay)).all() == []


def test_a_drip_asks_no_more_people_of_an_account_than_its_cap_and_goes_on_with_others(session, program):
    program.quarantine = {"account_most": 1, "account_days": 90}
    big, small = make.account(), make.account()
    for account in [big] * 60 + [small] * 2:
        make.contact(account=account, created_at=NOW - 90 * DAY)
    other = make.invitation(contact=make.contact(account=small), wave=make.wave(), sent_at=NOW - 60 * DAY)
    run(session, 80)
    asks = session.execute(
        sa.select(Invitation.account_id, Invitation.sent_at).where(Invitation.id != other.id)
    ).all()
    of = {account.id: [at for number, at in asks if number == account.id] for account in (big, small)}
    assert (len(of[big.id]), len(of[small.id])) == (1, 1)
    assert of[small.id][0] > NOW + 30 * DAY
