"""A connection for short writing transactions that stays out of the pool, and waits for the disk behind the gate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from app.core.database.prepared import executed
from app.core.database.transactions import PATIENCE, leave, writer

# An answer changes some 35 pages of the file and looks at twice as many: 1 MB has room for those of a few answers. What a
# single statement would take back if it failed lies in memory too: in a file of its own it was a quarter of all writing.
PRAGMAS = ("synchronous=NORMAL", "cache_size=-1000", "temp_store=MEMORY")
write_through = getattr(os, "fdatasync", os.fsync)  # As SQLite has it; macOS knows the second only.


class Writing:
    """Where an application keeps a connection at hand for short writing transactions, one after the other.

    Taking its connection from the pool and giving it back are a tenth of what such a transaction costs. Whoever uses this
    sees to it that only one does at a time. A connection on which something failed is given up. `seconds` is how long a
    transaction waits for the gate.

    SQLite's commit here leaves to the system when it writes to the disk, so that the gate is open again meanwhile:
    nothing counts as done before `keep`. Should the power fail until then, the transaction is gone, as a whole.
    """

    def __init__(self, engine: Engine, seconds: float):
        self.engine = writer(engine).execution_options(**{PATIENCE: seconds})
        self.idle: Connection | None = None
        event.listen(engine, "engine_disposed", lambda _engine: self._close())

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a writing transaction, which the caller commits."""
        connection, self.idle = self.idle or self._connected(), None
        try:
            connection.begin()
            yield connection
        except BaseException:
            self._give_up(connection)
            raise
        leave(connection.connection._connection_record)
        self.idle = connection

    def keep(self) -> None:
        """Return when all that was committed here is on the disk, in the log, which nobody else has locked by now."""
        try:
            log = os.open(f"{self.engine.url.database}-wal", os.O_RDONLY | os.O_CLOEXEC)
            try:
                write_through(log)
            finally:
                os.close(log)
        except OSError as error:
            raise DBAPIError("the log cannot be written to the disk", None, error) from error

    def _connected(self) -> Connection:
        connection = self.engine.connect()
        for pragma in PRAGMAS:
            executed(connection, f"PRAGMA {pragma}")
        return connection

    def _close(self) -> None:
        connection, self.idle = self.idle, None
        if connection is not None:
            self._give_up(connection)

    @staticmethod
    def _give_up(connection: Connection) -> None:
        """Not into the pool, where commits mean more than here.

        It is rolled back first: an error that somebody still looks at keeps its cursor, and a cursor its transaction.
        """
        if not connection.invalidated:
            connection.connection.dbapi_connection.rollback()
        connection.invalidate()
        connection.close()
