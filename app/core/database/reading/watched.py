"""What was read from the database while something was made of it, so that it can be proved later that it still says so.

Whoever makes a page out of rows is watched: each statement, its values and what it found. As long as the same statements
find the same, making the page again would give the same page, whoever committed whatever in between. What is watched are
the two ways to the driver that everything goes: prepared statements, and SQLAlchemy's own.
"""

from __future__ import annotations

import marshal
import time
from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from hashlib import blake2b
from sys import intern
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.cursor import _DEFAULT_FETCH, FullyBufferedCursorFetchStrategy

WATCHED: ContextVar[Reads | None] = ContextVar("reads", default=None)
EACH_WRITTEN_OUT = 2
"""The version of marshal's form in which it makes no difference whether two equal values are one object."""


class Read(NamedTuple):
    """A statement in the driver's words, its values, a digest of what it found, and the seconds that took."""

    sql: str
    parameters: Any
    found: bytes
    seconds: float

    @property
    def size(self) -> int:
        """About what it takes of memory, in bytes. The words count as if no other page had them."""
        return len(self.sql) + len(repr(self.parameters)) + len(self.found)


class Reads:
    """All that was read since it began. `until` is when something in it is to be read again even if it is the same."""

    def __init__(self) -> None:
        self.taken: list[Read] = []
        self.until: datetime | None = None
        self.is_whole = True

    def note(self, sql: str, parameters: Any, rows: Sequence[Any], seconds: float) -> None:
        self.taken.append(Read(intern(sql), parameters, digest(rows), seconds))

    def lasts(self, until: datetime) -> None:
        self.until = until if self.until is None else min(self.until, until)

    def proof(self) -> Proof | None:
        """By what it can be proved to be so still, the cheapest first; None where something was read that nobody watched."""
        if not self.is_whole:
            return None
        return Proof(tuple(sorted(self.taken, key=lambda read: read.seconds)), self.until)


class Proof(NamedTuple):
    """What has to be found again, and the moment from which on that proves nothing."""

    reads: tuple[Read, ...]
    until: datetime | None

    @property
    def size(self) -> int:
        return sum(read.size for read in self.reads)


def begin() -> None:
    """Watch what is read in this context from now on."""
    WATCHED.set(Reads())


def end() -> Reads | None:
    """What was read since `begin`, which is watched no longer; None where nothing was watched."""
    found = WATCHED.get()
    WATCHED.set(None)
    return found


def mark() -> int:
    """A place in what has been read so far."""
    found = WATCHED.get()
    return len(found.taken) if found is not None else 0


def instead_of_those_since(place: int, until: datetime) -> None:
    """What was read since `place` serves until a moment, whatever is committed: it need not be found again before."""
    found = WATCHED.get()
    if found is not None:
        del found.taken[place:]
        found.lasts(until)


def digest(rows: Sequence[Any]) -> bytes:
    """Of rows as the driver gives them: the same for the same values of the same types only."""
    try:
        text = marshal.dumps(rows, EACH_WRITTEN_OUT)
    except ValueError:
        text = repr(rows).encode("utf-8", "backslashreplace")
    return blake2b(text, digest_size=16).digest()


def install(engine: Engine) -> None:
    """Watch SQLAlchemy's own statements on this engine, while something is watched."""
    event.listen(engine, "before_cursor_execute", _before)
    event.listen(engine, "after_cursor_execute", _after)


def _before(connection: Connection, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
    if WATCHED.get() is not None and context is not None:
        context.began_at = time.perf_counter()


def _after(connection: Connection, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
    """Take the rows, and hand them on as they are."""
    reads = WATCHED.get()
    if reads is None or cursor.description is None:
        return
    if many or context is None or not is_plain(context):
        reads.is_whole = False
        return
    rows = cursor.fetchall()
    reads.note(sql, parameters, rows, time.perf_counter() - context.began_at)
    context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, initial_buffer=rows)


def is_plain(context: Any) -> bool:
    """Whether it is a SELECT whose rows SQLAlchemy takes from the cursor."""
    return (
        context.compiled is not None
        and not context.is_crud
        and not context.is_text
        and context.cursor_fetch_strategy is _DEFAULT_FETCH
    )
