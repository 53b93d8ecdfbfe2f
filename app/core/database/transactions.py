"""Reading and writing transactions, and the write gate of SQLite.

A reading transaction is a plain BEGIN with `query_only` on: it never waits and cannot write. A writing transaction
first takes the gate (a lock in the process and `flock` on a file beside the database), then BEGIN IMMEDIATE, so
writers of all processes queue instead of starving one another. The gate is released when the connection goes back
to the pool, because SQLAlchemy's commit event fires before COMMIT; the one kept at hand for answers (`writing/at_hand`)
stays out of the pool and says itself when it is through. Whoever locks the file without the gate, a backup
for instance, is waited for within the same time. PostgreSQL needs none of this: there `lock_timeout` ends a wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from flask import current_app
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, Engine, Executable, event
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.orm import Session, scoped_session

from app.core.database import finding
from app.core.database.prepared import executed
from app.core.database.reading import watched
from app.core.database.writing.gate import GateBusy, WriteGate

Found = TypeVar("Found")
WRITING = "justask_writing"
PATIENCE = "justask_patience"
KEPT = "justask_kept"
LOOKING_UP = "justask_looking_up"
LOOKING = "looking"
ASIDE_SECONDS = 0.25
REST_SECONDS = 1.0
AT_HAND = 4


# An answer changes some 35 pages of the file, most of them those that the answer before it changed. Copying the log into
# the file every 8,000 pages (32 MB), not every 1,000, writes each of them once for 200 answers instead of for 30.
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=8000")
FEW_PAGES = "PRAGMA cache_size=-256"
MANY_PAGES = "PRAGMA cache_size=-16000"
ROOM_TO_SORT = "SET LOCAL work_mem TO '32MB'"


# PostgreSQL plans a look-up by ids anew each time, which takes longer than the look-up. Transactions of such look-ups
# plan for the indexes, and once for a while, in which the tables may grow.
PLANNING_SECONDS = 60.0
PLANNING = {
    True: "DISCARD PLANS; SET plan_cache_mode TO force_generic_plan; SET enable_seqscan TO off",
    False: "SET plan_cache_mode TO DEFAULT; SET enable_seqscan TO DEFAULT",
}


class TwoKindSession(FlaskSession):
    """The session of the product: reads until told that it writes.

    A session opens one connection for each engine object it is given, so the writing engine must be one object for
    the whole session: a second one would be a second transaction, and on SQLite a wait for ourselves at the gate.
    """

    def get_bind(self, *args, **kwargs):
        bind = super().get_bind(*args, **kwargs)
        if self.info.get(WRITING) and isinstance(bind, Engine):
            if ("writer", bind) not in self.info:
                self.info["writer", bind] = writer(bind)
            return self.info.get(KEPT) or self.info["writer", bind]
        return bind


def write(session: scoped_session | Session) -> None:
    """From its next transaction on, `session` writes; an open reading transaction is given up."""
    session = real(session)
    if session.in_transaction() and not session.info.get(WRITING):
        session.rollback()
    session.info[WRITING] = True


def read(session: scoped_session | Session) -> None:
    """From its next transaction on, `session` only reads; an open transaction is given up."""
    session = real(session)
    if session.in_transaction():
        session.rollback()
    session.info[WRITING] = False


def is_writing(session: scoped_session | Session) -> bool:
    """Whether the session was told that it writes."""
    return bool(real(session).info.get(WRITING))


@contextmanager
def keeping(session: scoped_session | Session) -> Iterator[None]:
    """Have many short transactions of a writing session go over one connection, which the pool lends only once.

    The session is in none when it begins. On SQLite each comes from the pool, because the gate opens when a connection
    goes back to it.
    """
    session = real(session)
    if session.get_bind().dialect.name == "sqlite":
        yield
        return
    with writer(session.get_bind()).connect() as connection:
        session.info[KEPT] = connection
        try:
            yield
        finally:
            session.rollback()
            del session.info[KEPT]


def real(session: scoped_session | Session) -> Session:
    """The session of this context behind Flask-SQLAlchemy's proxy."""
    return session() if isinstance(session, scoped_session) else session


class Lookout:
    """A connection for single SELECTs of prepared statements; each is done with when its rows are there."""

    __slots__ = ("connection", "dialect", "rests_since")

    def __init__(self, engine: Engine):
        self.dialect = engine.dialect
        self.connection = engine.raw_connection()
        self.dialect.set_isolation_level(self.connection.dbapi_connection, "AUTOCOMMIT")

    @staticmethod
    def in_transaction() -> bool:
        return False

    @property
    def is_alive(self) -> bool:
        return self.connection.dbapi_connection is not None

    def invalidate(self, error: Exception | None = None) -> None:
        """The connection is dead, or not needed any more."""
        self.connection.invalidate(error)

    def is_fit(self) -> bool:
        """Whether it can be used again: one that rested for a while is asked, because it may be dead since."""
        if time.monotonic() - self.rests_since < REST_SECONDS:
            return True
        try:
            return self.dialect.do_ping(self.connection.dbapi_connection)
        except self.dialect.loaded_dbapi.Error as error:
            self.invalidate(error)
            return False


class Looking:
    """Where an application keeps its lookouts at hand, the one used last on top.

    They stay out of the pool, because taking a connection from there and giving it back takes half as long again as
    the look itself. A few rest here; more would keep from the pool what it may lend to those who write.
    """

    def __init__(self, engine: Engine):
        self.engine = engine
        self.idle: list[Lookout] = []
        event.listen(engine, "engine_disposed", lambda _engine: self._close())

    def find(self, look_up: Callable[..., Found], *what: Any) -> Found:
        """What `look_up(connection, *what)` finds."""
        lookout = self._take()
        try:
            return look_up(lookout, *what)
        finally:
            if lookout.is_alive:
                self._rest(lookout)

    def _rest(self, lookout: Lookout) -> None:
        if len(self.idle) >= AT_HAND:
            lookout.invalidate()
        else:
            lookout.rests_since = time.monotonic()
            self.idle.append(lookout)

    def _take(self) -> Lookout:
        while (lookout := self._next()) is not None:
            if lookout.is_fit():
                return lookout
        return Lookout(self.engine)

    def _next(self) -> Lookout | None:
        try:
            return self.idle.pop()
        except IndexError:
            return None

    def _close(self) -> None:
        while (lookout := self._next()) is not None:
            lookout.invalidate()


def looking() -> Looking:
    """Where the application of this context keeps its lookouts."""
    return current_app.extensions[LOOKING]


def looking_up(session: scoped_session | Session) -> Connection:
    """The connection of the session's transaction; one that begins here is for many small look-ups by ids."""
    session = real(session)
    options = {} if session.in_transaction() else {LOOKING_UP: True}
    return session.connection(execution_options=options)


def writer(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions write; the door that connects also commits."""
    return engine.execution_options(**{WRITING: True})


def aside(engine: Engine, statement: Executable, values: Mapping[str, Any] | None = None) -> bool:
    """Execute one statement outside the request's transaction, best effort; False when it was not done.

    For what may be lost: visits, when a session or key was last seen. It waits a quarter of a second for other writers
    at most, and must not be called by whoever holds the gate.
    """
    try:
        with writer(engine).execution_options(**{PATIENCE: ASIDE_SECONDS}).begin() as connection:
            connection.execute(statement, values)
    except (GateBusy, SQLAlchemyError):
        return False
    return True


def install(engine: Engine, gate_seconds: float) -> None:
    """Give an SQLite engine its pragmas, its two kinds of transaction and its gate; others their look before use."""
    watched.install(engine)
    if engine.dialect.name != "sqlite":
        event.listen(engine, "checkin", _note_rest)
        event.listen(engine, "checkout", lambda dbapi, record, proxy: _look_at_rested(engine, dbapi, record))
        event.listen(engine, "begin", _choose_planning)
        event.listen(engine, "rollback", _forget_planning)
        return
    gate = WriteGate(Path(str(engine.url.database) + ".gate"), gate_seconds)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: _begin(connection, gate))
    event.listen(engine, "checkin", _come_back)
    event.listen(engine, "invalidate", lambda dbapi, record, error: leave(record))


def _note_rest(dbapi, record) -> None:
    record.info["rests_since"] = time.monotonic()


def _look_at_rested(engine: Engine, dbapi, record) -> None:
    """A connection that rested for a while may be dead since; asking each time would double the way of short work."""
    if time.monotonic() - record.info.get("rests_since", time.monotonic()) < REST_SECONDS:
        return
    try:
        engine.dialect.do_ping(dbapi)
    except engine.dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def keep_few_pages(engine: Engine) -> None:
    """From now on, SQLite's new connections hold 256 kB of the file in memory each instead of 2 MB.

    For processes that hold several connections and read little at a time: the operating system keeps the file at hand
    for all of them. Whoever writes a lot in one transaction is a tenth slower with it.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda dbapi, record: dbapi.execute(FEW_PAGES).close())


def take_room(session: scoped_session | Session) -> None:
    """Give this session more memory of the database for what it writes now, tens of thousands of rows at a time.

    SQLite holds 16 MB of the file until the connection is given back: the keys of some indexes are random, and each page
    of them that finds no room is written to the disk and read again for the next row. PostgreSQL sorts in memory until
    the transaction ends.
    """
    connection = real(session).connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(ROOM_TO_SORT)
        return
    info = connection.connection._connection_record.info
    if "pages" not in info:
        info["pages"] = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
        connection.exec_driver_sql(MANY_PAGES)


def _choose_planning(connection: Connection) -> None:
    """The planner of a connection stays set as its last transaction wanted it."""
    info, now = connection.connection._connection_record.info, time.monotonic()
    is_looking_up = connection.get_execution_options().get(LOOKING_UP, False)
    is_old = is_looking_up and now - info.get("planned_at", now) > PLANNING_SECONDS
    if is_old or info.get("looks_up", False) is not is_looking_up:
        connection.exec_driver_sql(PLANNING[is_looking_up])
        info.update(looks_up=is_looking_up, planned_at=now)


def _forget_planning(connection: Connection) -> None:
    """What was set in a transaction that is rolled back is as it was before."""
    if not connection.invalidated:
        connection.connection._connection_record.info["looks_up"] = None


def _prepare(dbapi, record) -> None:
    dbapi.isolation_level = None
    cursor = dbapi.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    dbapi.create_function("lower", 1, _lower, deterministic=True)
    dbapi.create_function("folded", 1, finding.on_sqlite, deterministic=True)


def _lower(text: object) -> object:
    """SQLite's own function knows the letters A to Z only, so searches would miss what PostgreSQL finds."""
    return text.lower() if isinstance(text, str) else text


def _begin(connection: Connection, gate: WriteGate) -> None:
    record = connection.connection._connection_record
    is_writing = connection.get_execution_options().get(WRITING, False)
    patience = gate.seconds
    if not is_writing:
        leave(record)
    elif "gate" not in record.info:
        seconds = connection.get_execution_options().get(PATIENCE, gate.seconds)
        until = time.monotonic() + seconds
        record.info["gate"] = partial(gate.release, gate.acquire(seconds))
        patience = left(until, seconds)
    if record.info.get("patience") != patience:
        executed(connection, f"PRAGMA busy_timeout={int(patience * 1000)}")
        record.info["patience"] = patience
    if record.info.get("query_only") is not (not is_writing):
        executed(connection, f"PRAGMA query_only={'OFF' if is_writing else 'ON'}")
        record.info["query_only"] = not is_writing
    executed(connection, "BEGIN IMMEDIATE" if is_writing else "BEGIN")


def left(until: float, seconds: float) -> float:
    """How long the database may still be waited for when whoever locks it did not come through the gate, in seconds.

    All of `seconds` while little of it is gone, so that the pragma is not set anew for every transaction.
    """
    remaining = max(0.0, until - time.monotonic())
    return seconds if remaining > seconds * 0.9 else remaining


def _come_back(dbapi, record) -> None:
    """A COMMIT that failed leaves the transaction open, and SQLAlchemy takes it for ended: it must not meet the next user."""
    if dbapi is not None and dbapi.in_transaction:
        dbapi.rollback()
    if dbapi is not None and (pages := record.info.pop("pages", None)):
        dbapi.execute(f"PRAGMA cache_size={pages}").close()
    leave(record)


def leave(record) -> None:
    """Open the gate for others, if this connection has passed it."""
    if record and (leave := record.info.pop("gate", None)):
        leave()
