"""Waves: launching once whatever happens, undo without a trace, pause and cancel, deferral; counts that add up."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from app.auth.models import Staff
from app.contacts.models import Contact, ContactStatus
from app.core import tokens
from app.core.audit import Actor, AuditEvent
from app.core.database import transactions
from app.core.errors import Refused
from app.core.installation import installation
from app.core.outbox_rows import OutboxRow, OutboxState
from app.delivery import cadence, progress, waves
from app.delivery.asking import bulk
from app.delivery.models import Invitation, InvitationChange, InvitationState, Purpose, Visit, Wave, WaveState
from app.extensions import db
from app.surveys import templates
from app.surveys.models import Program, ProgramStatus, Survey
from tests import make
from tests.make import NOW

ANA = Actor("staff", None, "Ana")
MINUTE = timedelta(minutes=1)


def days(count: float) -> timedelta:
    return timedelta(days=count)


@pytest.fixture
def live(session):
    installation(session).live_at = NOW - days(30)


@pytest.fixture
def program(session, live):
    return make.program(name="Relationship")


def launched(session, program, now=NOW, **given) -> Wave:
    given = {"actor": ANA, "launch_key": waves.next_key(session, program)} | given
    return waves.launch(session, program, now=now, **given)


def states(session, wave) -> dict[int, str]:
    return {
        row.contact_id: row.state.value
        for row in session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id))
    }


def the_invitation(session, wave) -> Invitation:
    return session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id)).one()


def sent(session, wave, at=NOW) -> None:
    """As the sender leaves it."""
    change = {"state": InvitationState.SENT, "sent_at": at, "closes_at": at + days(21)}
    planned = (Invitation.wave_id == wave.id, Invitation.state == InvitationState.PLANNED)
    session.execute(sa.update(Invitation).where(*planned).values(change))
    wave.state = WaveState.FINISHED
    session.flush()
    session.expire_all()


def test_a_launch_plans_everybody_who_may_be_asked_and_says_why_of_the_others(session, program):
    asked, bounced = make.contact(language="de-AT"), make.contact(status=ContactStatus.BOUNCED)
    wave = launched(session, program)
    assert (wave.state, wave.undo_until) == (WaveState.WAITING, NOW + 10 * MINUTE)
    rows = {row.contact_id: row for row in session.scalars(sa.select(Invitation))}
    plan, out = rows[asked.id], rows[bounced.id]
    assert (plan.state, plan.asked_as, plan.due_at) == (
        InvitationState.PLANNED,
        asked.email_key,
        wave.undo_until,
    )
    assert (out.state, out.suppressed_reason, out.asked_as) == (InvitationState.SUPPRESSED, "bounced", None)
    assert (plan.is_rehearsal, plan.purpose, plan.reminders_left) == (False, Purpose.PROGRAM, 2)
    assert progress.wave_counts(session, wave.id) | {
        "total": 2,
        "planned": 1,
        "suppressed": 1,
    } == progress.wave_counts(session, wave.id)


def test_everybody_is_asked_in_the_nearest_language_the_survey_has(session, live):
    installation(session).language = "de"
    templates.ensure(session, now=NOW)
    program = make.program(survey=session.scalars(sa.select(Survey).filter_by(key="nps")).one())
    people = {language: make.contact(language=language) for language in ("en", "de-AT", "sv", None)}
    wave = launched(session, program)
    found = {
        row.contact_id: row.language
        for row in session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id))
    }
    assert [found[people[spoken].id] for spoken in people] == ["en", "de", "de", "de"]


def test_every_link_has_128_random_bits_of_its_own(session, program):
    for _ in range(30):
        make.contact()
    launched(session, program)
    nonces = session.scalars(sa.select(Invitation.nonce)).all()
    signer = tokens.Signer(["a key"])
    assert len(set(nonces)) == 30
    assert {len(nonce) for nonce in nonces} == {tokens.NONCE_LENGTH}
    assert all(signer.nonce(signer.token(nonce)) == nonce for nonce in nonces)
    assert len(set("".join(nonces))) > 40


def test_a_hundred_thousand_links_follow_no_pattern(session):
    """As each database makes them for a large wave: six standard deviations from even at most, at every place."""
    bulk.give_nonces(session)
    numbers = sa.select(sa.literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < 100_000))
    nonce = bulk.nonce(sa.literal(b"s" * bulk.SEED_BYTES), numbers.c.n)
    made = session.scalars(sa.select(nonce).select_from(numbers)).all()
    assert len(set(made)) == 100_000
    even = 100_000 / 64
    for place in range(tokens.NONCE_LENGTH - 1):
        counts = Counter(nonce[place] for nonce in made)
        assert len(counts) == 64
        assert all(abs(count - even) < 6 * even**0.5 for count in counts.values()), place
    assert len({nonce[:8] for nonce in made}) >= 99_999
    alike = sum(one == other for pair in pairwise(made) for one, other in zip(*pair, strict=True))
    assert alike / (99_999 * tokens.NONCE_LENGTH) < 0.03


def test_a_second_press_finds_the_first_wave(session, program):
    make.contact()
    key = waves.next_key(session, program)
    first = launched(session, program, launch_key=key)
    again = launched(session, program, launch_key=key, now=NOW + MINUTE)
    assert again.id == first.id
    assert waves.next_key(session, program) != key


def test_two_presses_at_once_make_one_wave(app, session, program):
    """Two tabs, two managers: both pages were made before either pressed."""
    make.contact()
    number, key = program.id, waves.next_key(session, program)
    session.commit()
    session.remove()
    assert len(set(pressed_at_once(app, 4, number, lambda _: key))) == 1
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 1
    assert session.scalar(sa.select(sa.func.count(Invitation.id))) == 1


def test_two_waves_at_once_ask_nobody_twice(app, session, program):
    for _ in range(20):
        make.contact()
    number = program.id
    session.commit()
    session.remove()
    found = pressed_at_once(app, 3, number, lambda place: f"key {place}")
    assert len(set(found)) == 3
    planned = sa.select(sa.func.count(Invitation.id)).where(Invitation.state == InvitationState.PLANNED)
    assert session.scalar(planned) == 20
    assert session.scalar(sa.select(sa.func.count(Invitation.id))) == 60


def pressed_at_once(app, count, program_id, key_of) -> list[int]:
    """Launch from `count` threads at the same moment; the ids of the waves they got."""
    found, start = [], threading.Barrier(count)

    def press(place):
        with app.app_context():
            transactions.write(db.session)
            start.wait()
            program = db.session.get(Program, program_id)
            wave = waves.launch(db.session, program, actor=ANA, now=NOW, launch_key=key_of(place))
            db.session.commit()
            found.append(wave.id)

    threads = [threading.Thread(target=press, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == count
    return found


def test_a_program_that_is_not_active_launches_nothing(session, program):
    program.status = ProgramStatus.PAUSED
    with pytest.raises(Refused, match="not active"):
        launched(session, program)


def test_one_mailbox_gets_one_mail_per_wave(session, program):
    first = make.contact(email="kim@customer.example")
    second = make.contact(email="KIM@customer.example ")
    wave = launched(session, program)
    assert states(session, wave) == {first.id: "planned", second.id: "suppressed"}


def test_only_the_given_people_are_asked_when_they_are_named(session, program):
    chosen, other = make.contact(), make.contact()
    wave = launched(session, program, contacts=[chosen.id])
    assert states(session, wave) == {chosen.id: "planned"}
    assert other.id


def test_an_undone_wave_leaves_no_trace_in_counts_or_quarantine(session, program):
    person = make.contact()
    wave = launched(session, program)
    waves.undo(session, wave, actor=ANA, now=NOW + MINUTE)
    for table in (Wave, Invitation, InvitationChange):
        assert session.scalar(sa.select(sa.func.count()).select_from(table)) == 0
    assert not [gate for gate in cadence.why_not(session, person, program, now=NOW) if gate.is_shut]
    assert session.scalars(sa.select(AuditEvent.action)).all() == ["wave.launched", "wave.undone"]
    assert states(session, launched(session, program)) == {person.id: "planned"}


def test_a_wave_starts_when_its_undo_has_run_out_and_its_moment_has_come(session, program):
    now, later = launched(session, program), launched(session, program, launch_key="b", send_at=NOW + days(2))
    at_once = launched(session, program, launch_key="c", undo_minutes=0)
    assert [w.id for w in waves.start_due(session, now=NOW + 9 * MINUTE)] == [at_once.id]
    assert [w.id for w in waves.start_due(session, now=NOW + 10 * MINUTE)] == [now.id]
    assert [w.id for w in waves.start_due(session, now=NOW + days(2))] == [later.id]
    with pytest.raises(Refused, match="cannot be undone"):
        waves.undo(session, now, actor=ANA, now=NOW + 10 * MINUTE)


def test_a_paused_wave_does_not_start_and_goes_on_where_it_was(session, program):
    wave = launched(session, program)
    for _ in range(2):
        waves.pause(session, wave, actor=ANA, now=NOW)
    assert list(waves.start_due(session, now=NOW + days(1))) == []
    assert wave.paused_reason == "Paused by Ana."
    waves.resume(session, wave, actor=ANA, now=NOW + MINUTE)
    assert (wave.state, wave.paused_reason) == (WaveState.WAITING, None)
    waves.pause(session, wave, actor=ANA, now=NOW + MINUTE)
    for _ in range(2):
        waves.resume(session, wave, actor=ANA, now=NOW + days(1))
    assert wave.state == WaveState.SENDING


def test_pause_resume_and_cancel_twenty_times_keep_the_counts_whole(session, program):
    for _ in range(6):
        make.contact()
    wave = launched(session, program, undo_minutes=0)
    list(waves.start_due(session, now=NOW))
    rows = session.scalars(sa.select(Invitation).order_by(Invitation.id)).all()
    for row, state in zip(rows, ["queued", "queued", "sending", "sent", "answered", "planned"], strict=True):
        row.state = InvitationState(state)
        if state in ("sent", "answered"):
            row.sent_at, row.closes_at, row.answered_at = NOW, NOW + days(21), NOW
        if state == "queued":
            session.add(mail_of(row, OutboxState.QUEUED))
    session.flush()
    for _ in range(20):
        waves.pause(session, wave, actor=ANA, now=NOW)
        assert set(session.scalars(sa.select(OutboxRow.state))) == {OutboxState.HELD}
        waves.resume(session, wave, actor=ANA, now=NOW)
        assert set(session.scalars(sa.select(OutboxRow.state))) == {OutboxState.QUEUED}
        assert progress.wave_counts(session, wave.id)["total"] == 6
    for _ in range(2):
        waves.cancel(session, wave, actor=ANA, now=NOW)
    counts = progress.wave_counts(session, wave.id)
    assert {k: v for k, v in counts.items() if v} == {
        "total": 6,
        "queued": 1,
        "sent": 1,
        "answered": 1,
        "cancelled": 3,
    }
    assert set(session.scalars(sa.select(OutboxRow.state))) == {OutboxState.CANCELLED}
    changes = session.scalars(sa.select(InvitationChange)).all()
    assert sorted(c.from_state.value for c in changes) == ["planned", "queued", "queued"]
    assert {c.state for c in changes} == {InvitationState.CANCELLED}
    for late in (waves.pause, waves.resume):
        with pytest.raises(Refused):
            late(session, wave, actor=ANA, now=NOW)


def mail_of(row: Invitation, state: OutboxState) -> OutboxRow:
    return OutboxRow(
        kind="invitation",
        ref=str(row.id),
        group=f"wave:{row.wave_id}",
        recipient="a@customer.example",
        message_id=f"{row.id}@company.example",
        state=state,
        due_at=NOW,
    )


def test_in_rehearsal_nobody_is_quarantined(session):
    program, person = make.program(), make.contact()
    wave = launched(session, program)
    assert wave.is_rehearsal
    sent(session, wave)
    assert states(session, launched(session, program, now=NOW + MINUTE)) == {person.id: "planned"}


def test_whoever_was_asked_is_left_alone_and_the_free_day_is_known(session, program):
    make.contact()
    sent(session, launched(session, program))
    row = the_invitation(session, launched(session, program, now=NOW + days(30)))
    assert (row.state, row.suppressed_reason) == (InvitationState.SUPPRESSED, "quarantine")
    assert row.free_at == NOW + days(180)


def test_quarantine_is_judged_at_the_moment_of_sending(session, program):
    make.contact()
    sent(session, launched(session, program))
    later = launched(session, program, now=NOW + days(170), send_at=NOW + days(180))
    assert the_invitation(session, later).state == InvitationState.PLANNED


def test_a_deferred_person_is_asked_on_the_first_free_day(session, program):
    other = make.program(name="Other", quarantine={"any_days": 10})
    person = make.contact()
    sent(session, launched(session, program))
    wave = launched(session, other, now=NOW + days(2))
    wave.state = WaveState.FINISHED
    row = the_invitation(session, wave)
    assert row.free_at == NOW + days(21)
    row_closes(session, person, NOW + days(5))
    assert sum(waves.ask_deferred(session, now=NOW + days(20))) == 0
    assert sum(waves.ask_deferred(session, now=NOW + days(21))) == 1
    session.expire_all()
    assert (row.state, row.asked_as, row.due_at) == (
        InvitationState.PLANNED,
        person.email_key,
        NOW + days(21),
    )
    assert wave.state == WaveState.SENDING
    begun, change = session.scalars(sa.select(InvitationChange).order_by(InvitationChange.id)).all()
    assert (begun.from_state, begun.state) == (None, InvitationState.SUPPRESSED)
    assert (change.from_state, change.state) == (InvitationState.SUPPRESSED, InvitationState.PLANNED)


def row_closes(session, person, at) -> None:
    """The first ask of the person is answered."""
    row = session.scalars(
        sa.select(Invitation).filter_by(contact_id=person.id).order_by(Invitation.id)
    ).first()
    row.state, row.answered_at, row.closed_at = InvitationState.ANSWERED, at, at
    session.flush()


def test_deferral_looks_at_every_gate_again_and_ends_with_its_days(session, program):
    other = make.program(name="Other", quarantine={"any_days": 10}, cadence={"defer_days": 7})
    short = make.program(name="Short", quarantine={"any_days": 10})
    person, gone = make.contact(), make.contact()
    sent(session, launched(session, program))
    for late in (launched(session, other, now=NOW + days(1)), launched(session, short, now=NOW + days(1))):
        late.state = WaveState.FINISHED
    row_closes(session, person, NOW + days(5))
    gone.unsubscribe(now=NOW + days(6))
    session.flush()
    assert sum(waves.ask_deferred(session, now=NOW + days(21))) == 1
    planned = session.scalars(sa.select(Invitation).filter_by(state=InvitationState.PLANNED)).one()
    assert (planned.contact_id, planned.wave.program_id) == (person.id, short.id)
    reasons = {
        r.suppressed_reason for r in session.scalars(sa.select(Invitation).filter_by(contact_id=gone.id))
    }
    assert "unsubscribed" in reasons
    assert sum(waves.ask_deferred(session, now=NOW + days(22))) == 0


def test_one_press_asks_one_person_at_once(session, program):
    person = make.contact()
    wave = waves.invite(session, program, person, actor=ANA, now=NOW)
    assert (wave.purpose, wave.undo_until, states(session, wave)) == (
        Purpose.SINGLE,
        None,
        {person.id: "planned"},
    )
    again = waves.invite(session, program, person, actor=ANA, now=NOW, launch_key=wave.launch_key)
    assert again.id == wave.id


def test_one_press_in_quarantine_is_refused_with_the_next_free_day(session, program):
    person = make.contact(first_name="Kim", last_name="Lee")
    sent(session, waves.invite(session, program, person, actor=ANA, now=NOW))
    with pytest.raises(Refused, match=r"Kim Lee cannot be asked now.*August 31, 2026"):
        waves.invite(session, program, person, actor=ANA, now=NOW + days(30))
    assert session.scalar(sa.select(sa.func.count(Wave.id))) == 1


def test_recovery_passes_quarantine_but_not_an_unsubscribe(session, program):
    person = make.contact()
    sent(session, waves.invite(session, program, person, actor=ANA, now=NOW))
    row_closes(session, person, NOW + days(1))
    recovery = waves.invite(session, program, person, actor=ANA, now=NOW + days(20), purpose=Purpose.RECOVERY)
    assert states(session, recovery) == {person.id: "planned"}
    waves.undo(session, recovery, actor=ANA, now=NOW + days(20))
    person.unsubscribe(now=NOW + days(20))
    session.flush()
    with pytest.raises(Refused, match="Does not want"):
        waves.invite(session, program, person, actor=ANA, now=NOW + days(20), purpose=Purpose.RECOVERY)


def test_counts_are_disjoint_and_sum_to_the_total_whatever_the_states(session):
    wave = make.wave()
    for state in InvitationState:
        make.invitation(
            wave=wave,
            state=state,
            sent_at=NOW,
            suppressed_reason="floor",
            answered_at=NOW,
            silent_at=NOW,
        )
    counts = progress.wave_counts(session, wave.id)
    assert counts.pop("total") == len(InvitationState) == sum(counts.values())
    assert (counts["queued"], "sending" in counts) == (2, False)


def test_rates_are_of_those_who_were_reached(session):
    counts = {"sent": 0, "answered": 6, "declined": 1, "silent": 3, "bounced": 2}
    found = progress.rates(counts)
    assert (found["response"], found["silence"], round(found["bounce"], 3)) == (0.6, 0.3, 0.167)
    assert not found["provisional"]
    assert progress.rates(dict.fromkeys(counts, 0))["response"] is None
    assert progress.rates(counts | {"sent": 1})["provisional"]


@pytest.mark.parametrize("shown", [{}, {"state": "sent"}, {"search": "ada"}])
def test_a_page_of_people_is_found_without_sorting_the_whole_wave(session, shown):
    page = progress.some_people(make.wave(), progress.Filter(**shown), after=7, limit=51)
    if session.get_bind().dialect.name == "sqlite":
        found = page.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        plan = session.execute(sa.text(f"EXPLAIN QUERY PLAN {found}")).all()
        assert not [row.detail for row in plan if "ORDER BY" in row.detail]


def test_the_people_of_a_wave_are_shown_by_state_reason_name_and_page(session, program):
    people = [make.contact(first_name=name) for name in ("Ada", "Bea", "Cyd")]
    people[1].status = ContactStatus.BOUNCED
    wave = launched(session, program)

    def shown(**given) -> list[str]:
        lines = progress.people(session, wave, progress.Filter(**given))
        return [line.invitation.contact.first_name for line in lines]

    assert shown() == ["Ada", "Bea", "Cyd"]
    assert shown(state="suppressed") == shown(reason="bounced") == ["Bea"]
    assert shown(search="bea contact") == ["Bea"]
    assert shown(search="%") == []
    first = progress.people(session, wave, progress.Filter(), limit=2)
    rest = progress.people(session, wave, progress.Filter(), after=first[-1].invitation.contact_id)
    assert [line.invitation.contact.first_name for line in rest] == ["Cyd"]
    row = first[0].invitation
    row.state = InvitationState.QUEUED
    session.add(mail_of(row, OutboxState.HELD))
    session.flush()
    assert shown(state="held") == shown(state="queued") == ["Ada"]
    assert progress.reasons(session, wave.id) == {"bounced": 1}
    assert progress.held_back(session, wave.id) == {"": 1}


def test_machine_visits_of_a_wave_are_counted(session):
    wave = make.wave()
    row = make.invitation(wave=wave)
    session.add_all(
        Visit(invitation_id=row.id, at=NOW, page="answer", is_machine=machine) for machine in (True, False)
    )
    session.flush()
    assert progress.machine_visits(session, wave.id) == 1


def test_who_launched_is_kept_and_outlives_the_person(session, program):
    person = make.staff(name="Ana")
    wave = launched(session, program, actor=Actor("staff", person.id, "Ana"))
    session.commit()
    session.execute(sa.delete(Staff).where(Staff.id == person.id))
    session.commit()
    assert (wave.launched_by_id, wave.launched_by) == (None, "Ana")
    assert session.scalar(sa.select(sa.func.count(Contact.id))) == 0


def test_a_launch_plans_each_person_for_the_window_of_the_own_clock(session, program):
    account = make.account(time_zone="Asia/Tokyo")
    people = {
        "own": make.contact(account=account, time_zone="America/New_York"),
        "account": make.contact(account=account),
        "ours": make.contact(),
    }
    wave = launched(session, program, now=NOW - days(3), undo_minutes=0)
    due = {row.contact_id: row.due_at for row in session.scalars(sa.select(Invitation))}
    assert {name: due[person.id].isoformat() for name, person in people.items()} == {
        "own": "2026-03-03T13:00:00+00:00",
        "account": "2026-03-02T23:00:00+00:00",
        "ours": "2026-03-03T08:00:00+00:00",
    }
    found = progress.days_of(session, [wave.id])[wave.id]
    assert (found.first_at.day, found.last_at.hour, found.deferred) == (2, 13, 0)
    assert not wave.ignores_window


def test_a_launch_outside_the_window_asks_at_once_when_told_so(session, program):
    make.contact(time_zone="Asia/Tokyo")
    wave = launched(session, program, now=NOW - days(3), undo_minutes=0, ignores_window=True)
    assert the_invitation(session, wave).due_at == NOW - days(3)


def test_quarantine_is_judged_at_the_moment_the_window_opens(session, program):
    """Free again on Wednesday at ten: too late for Tuesday's window, in time for that of the next week."""
    make.contact()
    sent(session, launched(session, program, now=NOW - days(180)), at=NOW - days(180))
    wave = launched(session, program, now=NOW + days(-4), undo_minutes=0)
    row = the_invitation(session, wave)
    assert (row.state, row.suppressed_reason) == (InvitationState.SUPPRESSED, "quarantine_same_survey")
    tuesday = launched(session, program, launch_key="b", now=NOW + days(1.5), undo_minutes=0)
    assert the_invitation(session, tuesday).due_at == NOW + days(5) + timedelta(hours=22)


def test_an_account_is_not_asked_through_everybody_at_once(session, live):
    capped = make.program(quarantine={"account_per_day": 2})
    account = make.account()
    people = [make.contact(account=account) for _ in range(5)]
    other = make.contact()
    wave = launched(session, capped, undo_minutes=0)
    rows = {row.contact_id: row for row in session.scalars(sa.select(Invitation))}
    assert [rows[p.id].state.value for p in [*people, other]] == ["planned"] * 2 + ["suppressed"] * 3 + [
        "planned"
    ]
    assert {rows[p.id].suppressed_reason for p in people[2:]} == {"account_day"}
    assert [rows[p.id].free_at.day for p in people[2:]] == [5, 5, 6]
    assert {rows[p.id].deferred_until for p in people[2:]} == {NOW + days(21)}
    asked = []
    for day in range(1, 9):
        sent(session, wave, at=NOW + days(day - 1))
        asked.append(sum(waves.ask_deferred(session, now=NOW + days(day))))
        session.expire_all()
    assert asked == [2, 1, 0, 0, 0, 0, 0, 0]
    assert rows[people[4].id].due_at.isoformat() == "2026-03-10T08:00:00+00:00"


def test_an_account_is_asked_so_often_within_some_weeks_whichever_program_asks(session, live):
    rule = {"account_most": 2, "account_days": 30, "any_days": 0}
    first, second = (make.program(quarantine=rule) for _ in range(2))
    account = make.account()
    people = [make.contact(account=account) for _ in range(3)]
    sent(session, launched(session, first, contacts=[person.id for person in people], undo_minutes=0))
    wave = launched(session, second, contacts=[people[2].id], now=NOW + days(7), undo_minutes=0)
    row = the_invitation(session, wave)
    assert (row.suppressed_reason, row.free_at, row.deferred_until) == (
        "account_period",
        NOW + days(30),
        None,
    )
    assert waves.invite(session, second, people[2], actor=ANA, now=NOW + days(7))


def test_somebody_who_wishes_it_is_asked_less_often(session, live):
    program = make.program(quarantine={"any_days": 10, "same_survey_days": 10})
    make.contact(rest_days=365)
    sent(session, launched(session, program))
    row = the_invitation(session, launched(session, program, now=NOW + days(100)))
    assert (row.suppressed_reason, row.free_at) == ("less_often", NOW + days(365))


def test_whoever_is_free_too_late_for_the_wave_is_dropped(session, program):
    other = make.program(name="Other", quarantine={"any_days": 10})
    make.contact()
    sent(session, launched(session, program))
    early = the_invitation(session, launched(session, other, now=NOW + days(2)))
    late = launched(session, program, now=NOW + days(2))
    assert early.deferred_until == NOW + days(23) + 10 * MINUTE
    assert the_invitation(session, late).deferred_until is None
    make.program(name="Paused").status = ProgramStatus.PAUSED
    other.status = ProgramStatus.PAUSED
    session.flush()
    assert sum(waves.ask_deferred(session, now=NOW + days(30))) == 0
    session.expire_all()
    assert (early.state, early.suppressed_reason, early.deferred_until) == (
        InvitationState.SUPPRESSED,
        "quarantine",
        None,
    )
