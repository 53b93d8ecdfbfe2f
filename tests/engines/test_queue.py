"""The queue of the distributed engine: requests in the caller's transaction, lost passes, the library's own tables."""

from __future__ import annotations

import threading
import time

import pytest
import sqlalchemy as sa

from app.core.database import migrating
from app.core.processes import queue, timetable
from app.core.processes.engines import queue_tables
from app.core.processes.workers import JobFailure
from app.extensions import db
from tests.engines.working import PATIENCE, working

pytestmark = pytest.mark.parametrize(("database_kind", "engine"), [("postgresql", "procrastinate")])


def waiting() -> list:
    rows = sa.text("SELECT task_name, queueing_lock, queue_name, args FROM procrastinate_jobs ORDER BY id")
    return [tuple(row) for row in db.session.execute(rows)]


def test_a_request_appears_with_the_callers_transaction_and_once_for_a_key(installed):
    queue.enqueue(db.session, "send_mail", "send_mail")
    db.session.rollback()
    assert waiting() == []
    queue.enqueue(db.session, "send_mail", "send_mail")
    queue.enqueue(db.session, "send_mail", "send_mail")
    db.session.add(JobFailure(job="mine", item="1", tries=1, error="kept"))
    db.session.commit()
    assert waiting() == [("send_mail", "send_mail", "mail", {})]
    assert db.session.get(JobFailure, ("mine", "1"))


def test_a_request_that_adds_nothing_leaves_the_callers_rows_alone(installed):
    queue.enqueue(db.session, "expire", "expire", account_id=7)
    db.session.commit()
    db.session.add(JobFailure(job="mine", item="1", tries=1, error="kept"))
    queue.enqueue(db.session, "expire", "expire", account_id=8)
    db.session.commit()
    assert waiting() == [("expire", "expire", "work", {"account_id": 7})]
    assert db.session.get(JobFailure, ("mine", "1"))


def test_a_request_runs_soon_with_what_narrows_it(installed, table):
    got, done = [], threading.Event()

    @timetable.every(seconds=86400)
    def narrow(now, account_id=None):
        got.append(account_id)
        if 7 in got:
            done.set()
        return 1

    with working(installed):
        began = time.monotonic()
        while not got and time.monotonic() - began < PATIENCE:
            time.sleep(0.01)
        queue.enqueue(db.session, "narrow", "narrow:7", account_id=7)
        db.session.commit()
        assert done.wait(PATIENCE)
    assert got == [None, 7]


def test_the_pass_of_a_worker_that_died_is_taken_over(installed, table):
    done = threading.Event()

    @timetable.every(seconds=86400)
    def lost(now, account_id=None):
        if account_id:
            done.set()
        return 1

    queue.enqueue(db.session, "lost", "lost:7", account_id=7)
    db.session.execute(
        sa.text(
            "WITH gone AS (INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id)"
            " UPDATE procrastinate_jobs SET status = 'doing', worker_id = gone.id FROM gone"
        )
    )
    db.session.commit()
    with working(installed):
        assert done.wait(PATIENCE)


def test_the_queues_tables_are_made_once_and_kept_at_the_librarys_version(installed):
    db.session.commit()
    assert queue_tables.ensure(db.engine, 1) is False
    wanted = queue_tables.installed_version()
    db.session.execute(sa.text("COMMENT ON TABLE procrastinate_jobs IS 'procrastinate 3.4.0'"))
    db.session.commit()
    assert queue_tables.ensure(db.engine, 1) is True
    with db.engine.connect() as connection:
        assert queue_tables.present_version(connection) == wanted


def test_steps_of_the_queues_schema_are_those_since(installed):
    assert len(queue_tables.scripts(None, (3, 10, 0))) == 1
    assert queue_tables.scripts((3, 4, 0), (3, 10, 0)) == []
    assert len(queue_tables.scripts((3, 3, 0), (3, 10, 0))) == 2


def test_migrations_leave_the_queues_tables_alone(installed):
    db.session.commit()
    migrating.check()
