"""Reading and writing transactions and the gate."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.core.database import transactions
from app.core.database.prepared import Prepared
from app.core.database.transactions import GateBusy, WriteGate
from app.core.database.writing import gate
from app.core.installation import Installation
from app.extensions import db
from tests import make

SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

COMPANY = Prepared(sa.select(Installation.company))


@SQLITE
def test_a_reading_transaction_cannot_write(app):
    transactions.read(db.session)
    with pytest.raises(OperationalError, match="readonly"):
        db.session.execute(sa.update(Installation).values(company="X"))


@SQLITE
def test_reading_after_writing_and_back_on_one_connection(app, session):
    session.execute(sa.update(Installation).values(company="First"))
    session.commit()
    transactions.read(session)
    assert session.scalar(sa.select(Installation.company)) == "First"
    transactions.write(session)
    session.execute(sa.update(Installation).values(company="Second"))
    session.commit()
    assert session.scalar(sa.select(Installation.company)) == "Second"


@SQLITE
def test_writers_of_many_threads_lose_no_update(app):
    db.session.remove()

    def add_one():
        for _ in range(20):
            with transactions.writer(engine).connect() as connection:
                text = connection.scalar(sa.select(Installation.product)) or "0"
                connection.execute(sa.update(Installation).values(product=str(int(text) + 1)))
                connection.commit()

    engine = db.engine
    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.scalar(sa.select(Installation.product)) == "80"


def test_the_gate_gives_up_at_its_deadline(tmp_path):
    one = WriteGate(tmp_path / "gate", seconds=0.05)
    held = one.acquire()
    with pytest.raises(GateBusy):
        one.acquire()
    one.release(held)
    one.release(one.acquire())


def test_two_gates_on_one_file_exclude_each_other(tmp_path):
    first, second = (WriteGate(tmp_path / "gate", seconds=0.05) for _ in range(2))
    held = first.acquire()
    with pytest.raises(GateBusy):
        second.acquire()
    first.release(held)
    second.release(second.acquire())


def test_whoever_waits_at_the_gate_is_woken_by_the_bell(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "LOOK_AGAIN_SECONDS", 20)
    first, second = (WriteGate(tmp_path / "gate", seconds=40) for _ in range(2))
    second.bell = first.bell  # As in processes that are forked.
    for _ in range(2):
        held = first.acquire()
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(second.acquire)
            assert wait([waiting], 0.05).not_done
            first.release(held)
            second.release(waiting.result(10))


def test_the_gate_is_free_after_a_commit_and_after_an_error(app, session):
    session.execute(sa.update(Installation).values(company="A"))
    session.commit()
    with pytest.raises(RuntimeError), transactions.writer(db.engine).connect() as connection:
        connection.execute(sa.update(Installation).values(company="B"))
        raise RuntimeError
    session.execute(sa.update(Installation).values(company="C"))
    session.commit()
    assert session.scalar(sa.select(Installation.company)) == "C"


def test_all_statements_of_a_session_share_one_transaction(app, session):
    connections = {id(session.connection().connection.dbapi_connection)}
    person = make.staff(role="csm")
    connections.add(id(session.connection().connection.dbapi_connection))
    assert session.execute(sa.select(sa.func.count()).select_from(person.__table__)).scalar() == 1
    assert len(connections) == 1


@SQLITE
def test_a_web_process_holds_an_eighth_of_the_pages_in_memory(app):
    db.session.remove()
    db.engine.dispose()
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -2000
    db.engine.dispose()
    transactions.keep_few_pages(db.engine)
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -256


def test_room_for_much_writing_is_given_back(app):
    is_sqlite = db.engine.dialect.name == "sqlite"

    def room() -> str:
        return str(
            db.session.execute(sa.text("PRAGMA cache_size" if is_sqlite else "SHOW work_mem")).scalar()
        )

    db.session.rollback()
    usual = room()
    for _part in range(2):
        transactions.take_room(db.session)
        transactions.take_room(db.session)
        assert room() == ("-16000" if is_sqlite else "32MB")
        db.session.commit()
        assert room() == usual
        db.session.rollback()


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_only_transactions_of_look_ups_keep_their_plans(app):
    db.session.rollback()

    def planning(connection) -> tuple[str, str]:
        settings = "current_setting('plan_cache_mode'), current_setting('enable_seqscan')"
        return tuple(connection.execute(sa.text(f"SELECT {settings}")).one())

    assert planning(transactions.looking_up(db.session)) == ("force_generic_plan", "off")
    db.session.rollback()
    assert planning(db.session.connection()) == ("auto", "on")
    db.session.commit()
    for _ in range(2):
        assert planning(transactions.looking_up(db.session)) == ("force_generic_plan", "off")
        db.session.commit()
    assert planning(db.session.connection()) == ("auto", "on")
    db.session.rollback()
    assert planning(transactions.looking_up(db.session)) == ("force_generic_plan", "off")


def company_of(connection) -> str:
    return COMPANY.row(connection).company


def test_a_look_takes_the_connection_of_the_look_before_and_sees_what_was_committed_since(app, session):
    looking = transactions.Looking(db.engine)
    look = [(looking.find(company_of), looking.idle[0]) for _ in range(2)]
    assert look[0] == look[1]
    session.get_one(Installation, 1).company = "Renamed"
    session.commit()
    assert (looking.find(company_of), looking.idle) == ("Renamed", [look[0][1]])


def test_a_look_after_a_rest_finds_out_that_its_connection_is_dead(app):
    looking = transactions.Looking(db.engine)
    looking.find(company_of)
    dead = looking.idle[0]
    dead.connection.dbapi_connection.close()
    dead.rests_since -= transactions.REST_SECONDS
    looking.find(company_of)
    assert dead not in looking.idle


def test_a_look_that_fails_for_want_of_a_connection_does_not_keep_it(app):
    looking = transactions.Looking(db.engine)

    def lose(lookout) -> None:
        lookout.invalidate()
        raise OSError

    with pytest.raises(OSError):
        looking.find(lose)
    assert looking.idle == []


def test_only_a_few_connections_rest_and_the_pool_has_the_others(app):
    looking = transactions.Looking(db.engine)

    def look(_lookout, others: int) -> None:
        if others:
            looking.find(look, others - 1)

    before = db.engine.pool.checkedout()
    looking.find(look, transactions.AT_HAND + 1)
    assert len(looking.idle) == db.engine.pool.checkedout() - before == transactions.AT_HAND


def test_connections_for_looks_end_with_those_of_the_pool(app):
    looking = transactions.Looking(db.engine)
    looking.find(company_of)
    lookout = looking.idle[0]
    db.engine.dispose()
    assert (looking.idle, lookout.is_alive) == ([], False)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_look_leaves_no_transaction_open(app):
    db.session.rollback()
    transactions.Looking(db.engine).find(company_of)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
    with db.engine.connect() as connection:
        assert connection.exec_driver_sql(waiting).scalar() == 0
