"""Transactional programs: asked once for each occasion, at its day, late rather than never, and with a reason if not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.contacts import signals
from app.contacts.models import Contact, Stage
from app.core.audit import SYSTEM
from app.core.clock import day_of
from app.core.installation import installation
from app.delivery import waves
from app.delivery.models import Invitation, InvitationState, Occasion, Wave
from app.delivery.programs import occasions
from app.surveys.models import Program, ProgramKind
from app.surveys.plans import schedules
from tests import make
from tests.make import NOW

DAY = timedelta(days=1)
TODAY = NOW.date()  # A Wednesday.


@pytest.fixture(autouse=True)
def live(session):
    installation(session).live_at = NOW - 30 * DAY


def program(since: date = TODAY - 10 * DAY, **given) -> Program:
    schedule = schedules.checked(given, ProgramKind.TRANSACTIONAL, today=since, former=None)
    return make.program(name="After", kind=ProgramKind.TRANSACTIONAL, schedule=schedule)


def met(session, now: datetime = NOW) -> int:
    count = 0
    for number in occasions.meet(session, now=now):
        session.commit()
        count += number
    return count


def asks(session) -> dict[int, tuple[str, date | None]]:
    rows = session.scalars(sa.select(Invitation))
    return {
        row.contact_id: (row.state.value, row.due_at and day_of(row.due_at, installation(session).zone))
        for row in rows
    }


def signal(
    account, *, contact: Contact | None = None, at: datetime = NOW, type: str = "ticket_closed", id="T-1"
):
    told = {"external_id": id, "account": str(account.id), "type": type, "at": at}
    return signals.receive(make.db.session, told | {"contact": str(contact.id) if contact else None}, now=NOW)


def test_the_stage_and_thirty_days_ask_on_the_day_two_working_days_ahead(session):
    account = make.account()
    person = make.contact(account=account)
    account.enter(Stage.ONBOARDING, on=TODAY - 25 * DAY)
    program(kind="stage", stage="onboarding")
    assert met(session) == 0
    assert met(session, NOW + 2 * DAY) == 1  # On Friday for Tuesday: the 30 days end on Monday.
    assert asks(session) == {person.id: ("planned", date(2026, 3, 10))}
    assert met(session, NOW + 3 * DAY) == 0


def test_before_a_renewal_everybody_in_the_audience_is_asked_once_for_that_renewal(session):
    account = make.account(renewal_on=TODAY + 120 * DAY)
    people = [make.contact(account=account) for _ in range(2)]
    make.contact(account=make.account(renewal_on=TODAY + 200 * DAY))
    program(kind="renewal")
    assert met(session) == 2
    assert met(session, NOW + DAY) == 0
    assert asks(session).keys() == {person.id for person in people}
    account.renewal_on = TODAY + 125 * DAY
    session.flush()
    assert met(session, NOW + 5 * DAY) == 2  # Another renewal is another occasion; the ledger decides.
    assert session.scalar(sa.select(sa.func.count(Occasion.id))) == 4
    assert len(asks(session)) == 2


def test_a_machine_that_was_off_asks_late_but_not_for_what_is_long_past(session):
    account = make.account(started_on=TODAY - 40 * DAY)
    make.contact(account=account)
    old = make.account(started_on=TODAY - 80 * DAY)
    make.contact(account=old)
    program(since=TODAY - 60 * DAY, kind="start")
    assert met(session) == 1
    assert [row.account_id for row in session.scalars(sa.select(Invitation))] == [account.id]


def test_what_came_before_the_program_is_not_made_up_for(session):
    make.contact(account=make.account(started_on=TODAY - 31 * DAY))
    program(since=TODAY, kind="start")
    assert met(session) == 0


def test_a_person_is_asked_a_while_after_becoming_known(session):
    new = make.contact(created_at=NOW - 28 * DAY)
    make.contact(created_at=NOW - 5 * DAY)
    program(kind="joined")
    assert met(session) == 1
    assert asks(session).keys() == {new.id}


def test_a_signal_asks_its_person_at_once_and_without_a_person_the_audience_of_the_account(session):
    account = make.account()
    one, other = (make.contact(account=account) for _ in range(2))
    program(kind="signal", type="ticket_closed")
    signal(account, contact=one)
    signal(account, type="other", id="T-2")
    assert met(session) == 1
    assert asks(session) == {one.id: ("planned", TODAY)}
    signal(account, id="T-3")
    assert met(session) == 2
    assert asks(session).keys() == {one.id, other.id}


def test_the_same_signal_told_twice_is_one(session):
    account = make.account()
    first, is_new = signal(account)
    again, is_new_again = signal(account)
    assert (first.id, is_new, is_new_again) == (again.id, True, False)


def test_somebody_who_rests_waits_in_the_wave_with_the_reason_and_is_asked_when_free(session):
    person = make.contact()
    make.invitation(
        contact=person,
        wave=make.wave(),
        sent_at=NOW - 80 * DAY,
        closes_at=NOW - 59 * DAY,
        state="silent",
        silent_at=NOW - 59 * DAY,
    )
    program(kind="signal", type="ticket_closed")
    signal(person.account, contact=person)
    assert met(session) == 1
    row = session.scalars(sa.select(Invitation).filter_by(state=InvitationState.SUPPRESSED)).one()
    assert (row.suppressed_reason, row.free_at) == ("quarantine", NOW + 10 * DAY)
    assert sum(waves.ask_deferred(session, now=NOW + 10 * DAY)) == 1
    session.refresh(row)
    assert row.state == InvitationState.PLANNED


def test_a_held_wave_keeps_occasions_for_later(session):
    first, second = make.contact(), make.contact()
    program(kind="signal", type="ticket_closed")
    signal(first.account, contact=first)
    met(session)
    wave = session.scalars(sa.select(Wave)).one()
    waves.pause(session, wave, actor=SYSTEM, now=NOW)
    signal(second.account, contact=second, id="T-2")
    assert met(session) == 0
    waves.resume(session, wave, actor=SYSTEM, now=NOW + DAY)
    assert met(session, NOW + DAY) == 1


def test_two_people_of_one_mailbox_are_asked_once(session):
    one, other = (make.contact(email="kim@customer.example") for _ in range(2))
    program(kind="signal", type="ticket_closed")
    for number, person in enumerate((one, other)):
        signal(person.account, contact=person, id=f"T-{number}")
    assert met(session) == 2
    assert [state for state, _day in asks(session).values()].count("planned") == 1


def test_the_month_ahead_counts_people_by_day(session):
    account = make.account(renewal_on=TODAY + 130 * DAY)
    make.contact(account=account)
    make.contact(account=account)
    found = program(kind="renewal")
    assert occasions.ahead(session, found, schedules.of(found), today=TODAY) == {TODAY + 10 * DAY: 2}
    assert occasions.met_since(session, found, NOW - DAY) == 0


def test_an_account_is_not_asked_through_everybody_on_one_day(session):
    account = make.account(renewal_on=TODAY + 120 * DAY)
    people = [make.contact(account=account) for _ in range(3)]
    found = program(kind="renewal")
    found.quarantine = {"account_per_day": 2}
    assert met(session) == 3
    assert sorted(state for state, _day in asks(session).values()) == ["planned", "planned", "suppressed"]
    last = session.scalars(sa.select(Invitation).filter_by(contact_id=people[2].id)).one()
    assert last.suppressed_reason == "account_day"
    assert last.free_at is not None
    assert last.deferred_until > last.free_at


def test_people_of_far_zones_are_asked_on_the_day_of_their_own_clock(session):
    account = make.account(renewal_on=TODAY + 122 * DAY)
    for zone in ("Asia/Tokyo", "America/Los_Angeles", None):
        make.contact(account=account, time_zone=zone)
    program(kind="renewal")
    assert met(session) == 3
    moments = sorted(session.scalars(sa.select(Invitation.due_at)))
    assert [moment.isoformat() for moment in moments] == [
        "2026-03-09T23:00:00+00:00",
        "2026-03-10T08:00:00+00:00",
        "2026-03-10T15:00:00+00:00",
    ]
