"""The two engines of the timetable: the same jobs, once each however many workers there are, and shared mail."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from app import jobs, passes
from app.core import clock
from app.core.errors import Refused
from app.core.processes import queue, timetable, workers
from app.core.processes.alone import Turns
from app.core.processes.timetable import MAIL
from app.core.processes.workers import JobFailure, WorkerBeat
from app.extensions import db
from tests.conftest import NOW
from tests.engines.working import PATIENCE, working

KINDS = [("sqlite", "embedded"), ("postgresql", "embedded"), ("postgresql", "procrastinate")]
both = pytest.mark.parametrize(("database_kind", "engine"), KINDS)


@both
def test_every_job_runs_and_a_job_under_way_finishes(installed, table):
    entered, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    @timetable.every(seconds=3600)
    def slow(now):
        entered.set()
        may_end.wait(PATIENCE)
        ended.set()
        return 1

    with working(installed):
        assert entered.wait(PATIENCE)
        timetable.stopping.set()
        may_end.set()
    assert ended.is_set()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(WorkerBeat)) == 1


@both
def test_three_workers_never_do_a_job_side_by_side_but_share_mail(installed, table):
    lock, under_way, most, passes = threading.Lock(), Counter(), Counter(), Counter()
    enough, together = threading.Event(), threading.Barrier(2)

    def note(name, change):
        with lock:
            under_way[name] += change
            most[name] = max(most[name], under_way[name])
            passes[name] += change > 0
            if passes["alone"] >= 3 and passes["shared"] >= 2:
                enough.set()

    @timetable.every(seconds=1)
    def alone(now):
        note("alone", 1)
        enough.wait(0.3)
        note("alone", -1)
        return 1

    @timetable.every(seconds=1, queue=MAIL, is_shared=True)
    def shared(now):
        note("shared", 1)
        together.wait(PATIENCE)
        note("shared", -1)
        return 1

    with working(installed, 3):
        assert enough.wait(PATIENCE)
        timetable.stopping.set()
        together.abort()
    assert most["alone"] == 1
    assert most["shared"] >= 2


@both
def test_a_poisoned_job_is_tried_five_times_and_parked_while_others_go_on(installed, table, monkeypatch):
    ran, enough = Counter(), threading.Event()

    @timetable.every(seconds=1)
    def poisoned(now):
        ran["poisoned"] += 1
        raise ValueError("poison")

    @timetable.every(seconds=1)
    def sound(now):
        ran["sound"] += 1
        if ran["sound"] >= 3:
            enough.set()
        return 1

    with working(installed):
        assert enough.wait(PATIENCE)
    assert ran["poisoned"] == 1
    timetable.stopping.clear()
    moments = iter(clock.now() + timedelta(minutes=20) * n for n in range(1, 9))
    monkeypatch.setattr(passes, "clock", SimpleNamespace(now=lambda: next(moments)))
    for _ in range(8):
        passes.tick(installed, timetable.job_named("poisoned"))
    assert ran["poisoned"] == 5
    db.session.rollback()
    assert db.session.get_one(JobFailure, ("poisoned", passes.WHOLE)).parked_at


@both
def test_a_pause_after_an_error_is_kept_by_workers_and_not_by_hand(installed, table):
    ran = []

    @timetable.every(seconds=1)
    def broken(now):
        ran.append(now)
        raise ValueError("no water")

    job = timetable.job_named("broken")
    passes.tick(installed, job)
    passes.tick(installed, job)
    assert len(ran) == 1
    with pytest.raises(ValueError, match="no water"):
        passes.run_once(installed, job, now=NOW)
    assert len(ran) == 2


@both
def test_a_database_that_is_away_or_busy_is_no_fault_of_the_job(installed, table):
    @timetable.every(seconds=1)
    def unlucky(now):
        raise sa.exc.OperationalError("SELECT 1", {}, Exception("the server is starting up"))

    passes.tick(installed, timetable.job_named("unlucky"))
    db.session.rollback()
    assert workers.waiting_items(db.session, "unlucky", now=NOW) == set()


@both
def test_a_pass_by_hand_is_refused_while_a_worker_does_the_job(installed, table, monkeypatch):
    monkeypatch.setattr(passes, "BY_HAND_SECONDS", 0.0)

    @timetable.every(seconds=1)
    def busy(now):
        return 1

    job = timetable.job_named("busy")
    db.session.commit()
    with ExitStack() as stack:
        assert Turns(db.engine).take(stack, "busy")
        with pytest.raises(Refused, match="busy at this moment"):
            passes.run_once(installed, job, now=NOW)
        passes.tick(installed, job)
    assert passes.run_once(installed, job, now=NOW) == 1


@pytest.mark.parametrize(("database_kind", "engine"), [("sqlite", "embedded")])
def test_on_one_machine_nothing_is_asked_for(app):
    queue.enqueue(db.session, "send_mail", "send_mail")
    db.session.commit()


def test_the_timetables_jobs_stand_in_their_queues():
    found = {job.name: (job.queue, job.is_shared) for job in jobs.TIMETABLE}
    assert found["send_mail"] == ("mail", True)
    assert found["expire"] == ("work", False)
    assert found["forget_sessions"] == ("housekeeping", False)
