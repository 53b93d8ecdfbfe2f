"""Writings that share a transaction: all of them happen, nobody's fault is another's, and a wait has an end."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.contacts.models import Account
from app.core import clock
from app.core.database import transactions
from app.core.database.transactions import GateBusy
from app.core.database.writing import at_hand
from app.core.web.bodies import Bodies
from app.extensions import db
from app.health.models import ScoreDue
from app.public.together import Together

SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
WAIT = 20


@pytest.fixture
def engine(app):
    db.session.remove()
    return db.engine


def add(name):
    """Work that adds an account; "" is refused by the database."""

    def work(connection):
        moment = clock.now()
        values = {"name": name or None, "segment": {}, "started_on": moment.date()}
        connection.execute(sa.insert(Account).values(**values, created_at=moment, updated_at=moment))
        return name

    return work


def an_orphan(connection):
    """Work that the database refuses only when it is committed."""
    connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    connection.execute(sa.insert(ScoreDue).values(account_id=999, since=clock.now()))


def names() -> list[str]:
    return sorted(db.session.scalars(sa.select(Account.name)))


@contextmanager
def counted_commits(engine):
    commits = []
    note = commits.append
    event.listen(engine, "commit", note)
    yield commits
    event.remove(engine, "commit", note)


def until(condition) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.001)


def written(engine, works, seconds=WAIT) -> list[Future]:
    """What became of `works` that came while another writer kept the gate shut."""
    together = Together(engine, seconds)
    with ThreadPoolExecutor(len(works)) as threads, transactions.writer(engine).connect() as other:
        other.begin()
        waiting = [threads.submit(together.write, work) for work in works]
        until(lambda: len(together.row) == len(works))
    assert not together.row
    return waiting


@SQLITE
def test_whoever_waits_shares_one_transaction(engine):
    with counted_commits(engine) as commits:
        waiting = written(engine, [add(f"Account {number}") for number in range(6)])
    assert [future.result() for future in waiting] == [f"Account {number}" for number in range(6)] == names()
    assert len(commits) == 1


@SQLITE
def test_one_that_fails_takes_nobody_along(engine):
    waiting = written(engine, [add("One"), add(""), add("Two")])
    assert isinstance(waiting[1].exception(), IntegrityError)
    assert [waiting[0].result(), waiting[2].result()] == ["One", "Two"] == names()


@SQLITE
def test_a_commit_that_fails_loses_only_what_made_it_fail(engine):
    waiting = written(engine, [add("One"), an_orphan, add("Two")])
    assert isinstance(waiting[1].exception(), IntegrityError)
    assert [waiting[0].result(), waiting[2].result()] == ["One", "Two"] == names()


@SQLITE
def test_a_wait_has_an_end_and_leaves_nothing_behind(engine):
    together = Together(engine, seconds=0.05)
    with transactions.writer(engine).connect() as other, ThreadPoolExecutor(3) as threads:
        other.begin()
        waiting = [threads.submit(together.write, add(f"Account {number}")) for number in range(3)]
        assert [type(future.exception(WAIT)) for future in waiting] == [GateBusy] * 3
    assert not together.row
    together.write(add("Later"))
    assert names() == ["Later"]


def test_one_alone_is_written_and_its_error_is_its_own(engine):
    together = Together(engine, WAIT)
    assert together.write(add("One")) == "One"
    with pytest.raises(IntegrityError):
        together.write(add(""))
    assert names() == ["One"]


@SQLITE
def test_the_connection_at_hand_serves_again_unless_something_failed_on_it(engine):
    together = Together(engine, WAIT)
    before = engine.pool.checkedout()
    together.write(add("One"))
    kept = together.at_hand.idle
    together.write(add("Two"))
    assert together.at_hand.idle is kept
    with pytest.raises(IntegrityError):
        together.write(an_orphan)
    assert (together.at_hand.idle, engine.pool.checkedout()) == (None, before)
    assert level(engine) == 2
    together.write(add("Three"))
    engine.dispose()
    assert together.at_hand.idle is None
    assert names() == ["One", "Three", "Two"]


@SQLITE
def test_what_a_statement_would_take_back_lies_in_memory(engine):
    def where_it_lies(connection):
        add("One")(connection)
        return connection.exec_driver_sql("PRAGMA temp_store").scalar_one()

    in_memory = 2
    assert Together(engine, WAIT).write(where_it_lies) == in_memory


def level(engine) -> int:
    """What a commit on a connection of the pool means: 2 is on the disk."""
    with engine.connect() as connection:
        return connection.exec_driver_sql("PRAGMA synchronous").scalar_one()


@SQLITE
def test_the_next_may_write_while_the_disk_is_waited_for(engine, monkeypatch):
    def another_writes(_log):
        monkeypatch.undo()
        with transactions.writer(engine).connect() as other:
            add("Next")(other)
            assert not first.done()
            other.commit()

    together = Together(engine, WAIT)
    monkeypatch.setattr(at_hand, "write_through", another_writes)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(together.write, add("First"))
    assert (first.result(), names()) == ("First", ["First", "Next"])


@SQLITE
def test_what_does_not_reach_the_disk_is_not_said_to_be_done(engine, monkeypatch):
    def is_broken(_log):
        raise OSError("the disk is gone")

    monkeypatch.setattr(at_hand, "write_through", is_broken)
    waiting = written(engine, [add("One"), add("Two")])
    assert [type(future.exception()) for future in waiting] == [DBAPIError] * 2
    assert level(engine) == 2


@SQLITE
def test_who_waits_to_write_lets_other_requests_begin(engine):
    def application(environ, _begin):
        return together.write(add("Answer")) if environ["REQUEST_METHOD"] == "POST" else "a page"

    together, behind = Together(engine, WAIT), Bodies(application, turns=1, limit=1)
    with ThreadPoolExecutor(2) as threads, transactions.writer(engine).connect() as other:
        other.begin()
        answers = [threads.submit(behind.at_work, {"REQUEST_METHOD": "POST"}, None) for _ in range(2)]
        until(lambda: len(together.row) == 2)
        assert behind.at_work({"REQUEST_METHOD": "GET"}, None) == "a page"
    assert [future.result() for future in answers] == ["Answer"] * 2
    assert behind.turns.qsize() == 1


@SQLITE
def test_those_who_come_while_somebody_writes_share_the_next_transaction(engine):
    together, may_go_on = Together(engine, WAIT), threading.Event()

    def slow(connection):
        assert may_go_on.wait(WAIT)
        return add("First")(connection)

    with counted_commits(engine) as commits, ThreadPoolExecutor(4) as threads:
        first = threads.submit(together.write, slow)
        until(lambda: together.is_led and not together.row)
        others = [threads.submit(together.write, add(name)) for name in ("One", "Two", "Three")]
        until(lambda: len(together.row) == 3)
        may_go_on.set()
    assert [future.result() for future in (first, *others)] == ["First", "One", "Two", "Three"]
    assert (len(commits), together.is_led, names()) == (2, False, ["First", "One", "Three", "Two"])


class Noted(threading.Event):
    """An event that says whether anybody has waited for it."""

    def __init__(self):
        super().__init__()
        self.is_waited_for = threading.Event()

    def wait(self, timeout=None):
        self.is_waited_for.set()
        return super().wait(timeout)


@SQLITE
def test_who_is_about_to_compute_gives_way_to_who_writes(engine, monkeypatch):
    monkeypatch.setattr("app.public.together.WAY_SECONDS", WAIT)
    together = Together(engine, WAIT)
    together.is_free = Noted()
    together.is_free.set()
    together.give_way()
    assert not together.is_free.is_waited_for.is_set()

    def slow(_connection):
        computing.append(threads.submit(together.give_way))
        assert together.is_free.is_waited_for.wait(WAIT)
        assert not computing[0].done()

    computing = []
    with ThreadPoolExecutor(1) as threads:
        together.write(slow)
    with pytest.raises(IntegrityError):
        together.write(add(""))
    assert together.is_free.is_set()
    together.is_free.clear()
    monkeypatch.setattr("app.public.together.WAY_SECONDS", 0)
    together.give_way()
