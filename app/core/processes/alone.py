"""One worker at a time for a job, over all processes and machines of an installation.

Two workers started by mistake would otherwise walk the same rows side by side. On PostgreSQL the turn is an advisory lock
on a connection of its own, on SQLite `flock` on a file beside the database; both are let go by the system itself when
whoever holds them dies.
"""

from __future__ import annotations

import fcntl
import os
import time
import zlib
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Engine

from app.core.database.transactions import GateBusy

FAMILY = 7_305_117
LOOK_SECONDS = 0.1


class Turns:
    """The turns of the jobs of the installation behind `engine`."""

    def __init__(self, engine: Engine):
        self.engine = engine

    def take(self, stack: ExitStack, name: str, *, patience: float = 0.0) -> bool:
        """Whether the turn could be had within `patience` seconds; it ends with `stack`.

        GateBusy where nobody can write beside the database.
        """
        until = time.monotonic() + patience
        take = self._flock if self.engine.dialect.name == "sqlite" else self._advise
        while not take(stack, name):
            if time.monotonic() >= until:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _flock(self, stack: ExitStack, name: str) -> bool:
        database = Path(str(self.engine.url.database))
        folder = database.with_name(database.name + ".jobs")
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder / name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:  # A disk that is full or read-only, or another's folder.
            raise GateBusy from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        stack.callback(os.close, descriptor)
        return True

    def _advise(self, stack: ExitStack, name: str) -> bool:
        key = (FAMILY, zlib.crc32(name.encode()) - 2**31)
        connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(*key))):
            connection.close()
            return False
        stack.callback(_let_go, connection, key)
        return True


def _let_go(connection: sa.Connection, key: tuple[int, int]) -> None:
    """A connection that broke meanwhile has let go by itself."""
    try:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(*key)))
    except sa.exc.DBAPIError:
        connection.invalidate()
    finally:
        connection.close()
