"""A version of the database that every commit changes, whichever process or program makes it.

It is read before a page is made. What the page then reads is of this version or a later one, and no look of a later version
finds it.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from itertools import count
from threading import Lock
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import Engine, event

from app.core.database.prepared import Prepared
from app.core.database.transactions import Looking

SNAPSHOT = Prepared(
    sa.select(
        sa.cast(sa.func.pg_current_snapshot(), sa.Text).label("snapshot"),
        sa.cast(sa.func.pg_postmaster_start_time(), sa.Text).label("started"),
    ),
    into=tuple,
)


class Versions(Protocol):
    def present(self) -> Hashable:
        """The version of this moment: another one than any before it, as soon as anything was committed in between."""


def versions_of(engine: Engine, looking: Looking) -> Versions:
    return FileVersions(engine) if engine.dialect.name == "sqlite" else ServerVersions(looking)


class FileVersions:
    """SQLite's count of what others committed, as one connection sees it that never writes.

    Counts of two connections cannot be compared, so each connection has a number, and another file at this place gets a
    connection of its own.
    """

    def __init__(self, engine: Engine):
        self.engine = engine
        self.path = str(engine.url.database)
        self.numbers = count()
        self.lock = Lock()
        self.connection = self.opened = None
        event.listen(engine, "engine_disposed", lambda _engine: self._close())

    def present(self) -> Hashable:
        with self.lock:
            found = os.stat(self.path)
            file = (found.st_dev, found.st_ino)
            if self.opened is None or self.opened[1:] != file:
                self._open(file)
            (version,) = self.connection.execute("PRAGMA data_version").fetchone()
            return version, self.opened

    def _open(self, file: tuple[int, int]) -> None:
        self._close()
        self.connection = self.engine.raw_connection()
        self.connection.detach()
        self.connection.execute("PRAGMA query_only=ON").close()
        self.opened = (next(self.numbers), *file)

    def _close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = self.opened = None


class ServerVersions:
    """What a transaction of PostgreSQL that begins now would see: it names those that are not over.

    Whoever changes a row has a number in it, from the first change on. The numbers go back only when a server is set
    back to an earlier state, for which it has to be started again.
    """

    def __init__(self, looking: Looking):
        self.looking = looking

    def present(self) -> Hashable:
        return self.looking.find(SNAPSHOT.row)
