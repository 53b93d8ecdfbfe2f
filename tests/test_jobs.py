"""The timetable and its engine."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import jobs
from app.auth import sessions
from app.auth.models import StaffSession
from app.core.processes import timetable as frame
from app.core.processes import workers
from app.core.processes.workers import JobFailure
from app.jobs import Job
from tests import make
from tests.conftest import NOW


@pytest.fixture
def timetable(monkeypatch):
    """A timetable of the test's own, and a fresh sign to stop."""
    monkeypatch.setattr(frame, "TIMETABLE", [])
    monkeypatch.setattr(frame, "stopping", threading.Event())
    return frame.TIMETABLE


def test_every_puts_a_job_on_the_timetable_under_its_name(timetable):
    @jobs.every(seconds=7)
    def water_plants(now):
        """Water the plants."""
        return 0

    assert timetable == [Job("water_plants", 7, water_plants, "Water the plants.")]
    assert frame.job_named("water_plants").seconds == 7


def test_a_job_that_raises_is_recorded_and_raised(app, session):
    def broken(now):
        raise ValueError("no water")

    with pytest.raises(ValueError, match="no water"):
        jobs.run_once(app, Job("broken", 1, broken, ""), now=NOW)
    row = session.get(JobFailure, ("broken", "*"))
    assert (row.tries, row.error) == (1, "ValueError: no water")


def test_an_item_pauses_longer_each_time_and_is_parked_after_five_tries(session):
    for tries in range(1, 5):
        row = workers.failed(session, "send", "7", OSError("down"), now=NOW)
        assert row.next_try_at == NOW + timedelta(minutes=2 ** (tries - 1))
        assert row.parked_at is None
    session.flush()
    assert workers.waiting_items(session, "send", now=NOW + timedelta(minutes=7)) == {"7"}
    assert workers.waiting_items(session, "send", now=NOW + timedelta(minutes=8)) == set()
    row = workers.failed(session, "send", "7", OSError("down"), now=NOW)
    assert (row.parked_at, row.next_try_at) == (NOW, None)
    assert workers.waiting_items(session, "send", now=NOW + timedelta(days=900)) == {"7"}
    workers.succeeded(session, "send", "7")
    assert workers.waiting_items(session, "send", now=NOW) == set()


def test_the_engine_runs_every_job_leaves_a_beat_and_lets_a_job_finish(app, session, timetable):
    entered, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    @jobs.every(seconds=3600)
    def slow(now):
        entered.set()
        may_end.wait(10)
        ended.set()
        return 1

    engine = threading.Thread(target=jobs.work, args=(app,))
    engine.start()
    assert entered.wait(10)
    frame.stopping.set()
    may_end.set()
    engine.join(10)
    assert ended.is_set()
    assert not engine.is_alive()


def test_the_engine_ends_when_its_parent_is_gone(app, timetable):
    engine = threading.Thread(target=jobs.work, args=(app,), kwargs={"parent": -1})
    engine.start()
    engine.join(10)
    assert not engine.is_alive()


def test_a_job_that_comes_through_again_is_no_failure_any_more(app, session):
    def broken(now):
        raise ValueError("no water")

    with pytest.raises(ValueError, match="no water"):
        jobs.run_once(app, Job("plants", 1, broken, ""), now=NOW)
    assert jobs.run_once(app, Job("plants", 1, lambda now: 3, ""), now=NOW) == 3
    session.expire_all()
    assert session.get(JobFailure, ("plants", "*")) is None


def test_a_poisoned_item_is_tried_five_times_then_given_up_while_others_go_on(app, session, monkeypatch):
    def ask():
        return make.invitation(sent_at=NOW - timedelta(days=30), closes_at=NOW - timedelta(days=9)).id

    poisoned, expired = ask(), jobs.journey.invitation_expired
    session.commit()

    def stumble(session, invitation, *, now):
        if invitation.id == poisoned:
            raise ValueError("poison")
        expired(session, invitation, now=now)

    monkeypatch.setattr(jobs.journey, "invitation_expired", stumble)
    done, now = [], NOW
    for _ in range(8):
        ask()
        session.commit()
        done.append(jobs.run_once(app, jobs.job_named("expire"), now=now))
        now += timedelta(minutes=20)
    session.expire_all()
    assert done == [1] * 8
    row = session.get_one(JobFailure, ("expire", str(poisoned)))
    assert (row.tries, row.next_try_at, row.error) == (5, None, "ValueError: poison")
    assert row.parked_at
    session.commit()
    monkeypatch.undo()
    assert jobs.run_once(app, jobs.job_named("expire"), now=now) == 0
    workers.retry(session, "expire", str(poisoned), now=now)
    session.commit()
    assert jobs.run_once(app, jobs.job_named("expire"), now=now) == 1


def test_old_sign_ins_are_forgotten_by_the_timetable(app, session, now):
    person = make.staff()
    sessions.begin(session, person, now=now - timedelta(days=200))
    kept = sessions.begin(session, person, now=now).id
    session.commit()
    assert jobs.run_once(app, jobs.job_named("forget_sessions"), now=now) == 1
    assert session.scalars(sa.select(StaffSession.id)).all() == [kept]
