"""Short writings of one process that share a transaction.

On SQLite one writes at a time. Whoever wants to write meanwhile leaves the work in a row; the first of them to pass the
gate does all of it in one transaction, and waits once for the disk, when the next are at the gate already. Nobody's work
is done before its caller waits for it, and nobody is told that it is done before it is on the disk. Where writers do not
wait for one another (PostgreSQL), each has a transaction of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import transactions
from app.core.database.transactions import PATIENCE, GateBusy
from app.core.database.writing.at_hand import Writing

AT_MOST = 16
Work = Callable[[Connection], Any]


class Wish:
    """Work that somebody waits for, and what came of it."""

    def __init__(self, work: Work):
        self.work = work
        self.is_taken = False
        self.is_done = threading.Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self, error: BaseException | None = None) -> None:
        self.error = error
        self.is_done.set()

    def answer(self) -> Any:
        self.is_done.wait()
        if self.error is not None:
            raise self.error
        return self.result


class Together:
    """Writes what several threads want written; `seconds` is how long somebody waits for the turn before GateBusy.

    `work` gets a connection whose transaction is open and must neither commit nor roll back. It may be called twice:
    when the work of somebody else fails, all of it is taken back and each is done in a transaction of its own. It runs
    in any of the waiting threads.
    """

    def __init__(self, engine: Engine, seconds: float):
        self.engine = transactions.writer(engine).execution_options(**{PATIENCE: seconds})
        self.seconds = seconds
        self.shares = engine.dialect.name == "sqlite"
        self.at_hand = Writing(engine, seconds)
        self.turn = threading.Lock()
        self.row: deque[Wish] = deque()

    def write(self, work: Work) -> Any:
        """What `work` returned, after its commit; what it raised, after its rollback."""
        deadline = time.monotonic() + self.seconds
        if not self.shares:
            return self._alone(work, deadline)
        wish = Wish(work)
        self.row.append(wish)
        if not self.turn.acquire(timeout=self.seconds):
            return self._give_up(wish)
        try:
            written = [] if wish.is_taken else self._do_all(wish, deadline)
        finally:
            self.turn.release()
        if written:
            self._keep(written)
        return wish.answer()

    def _give_up(self, wish: Wish) -> Any:
        try:
            self.row.remove(wish)
        except ValueError:  # Somebody has just taken it up, so it is being written.
            return wish.answer()
        raise GateBusy

    def _do_all(self, own: Wish, deadline: float) -> list[Wish]:
        """Write the work of all who wait by then, in the order in which they came: those that are to be kept now."""
        taken = []
        try:
            with self._transaction(deadline) as connection:
                taken = self._taken(own)
                for wish in taken:
                    wish.result = wish.work(connection)
                connection.commit()
        except Exception as error:
            self._fail(taken or self._leaving(own), error, deadline)
            return []
        except BaseException:
            self._fail(taken, GateBusy(), deadline)
            raise
        return taken

    def _keep(self, written: list[Wish]) -> None:
        """Tell everybody that it is done, once it is on the disk."""
        failed: BaseException = GateBusy()
        try:
            self.at_hand.keep()
            failed = None
        except SQLAlchemyError as error:
            failed = error
        finally:
            for wish in written:
                wish.settle(failed)

    def _transaction(self, deadline: float) -> AbstractContextManager[Connection]:
        """On the connection at hand for somebody who hardly waited for the turn, so that all of the time is left."""
        if deadline - time.monotonic() < self.seconds * 0.9:
            return self._pooled(deadline)
        return self.at_hand.transaction()

    @contextmanager
    def _pooled(self, deadline: float) -> Iterator[Connection]:
        """A writing transaction of its own that passes the gate before the deadline."""
        with self.engine.connect() as connection:
            if (remaining := max(0.0, deadline - time.monotonic())) < self.seconds * 0.9:
                connection.execution_options(**{PATIENCE: remaining})
            connection.begin()
            yield connection

    def _taken(self, own: Wish) -> list[Wish]:
        """Those whose turn it is, `own` among them; they are out of the row."""
        taken = [self.row.popleft() for _ in range(min(len(self.row), AT_MOST))]
        for wish in taken:
            wish.is_taken = True
        return taken if own.is_taken else taken + self._leaving(own)

    def _leaving(self, own: Wish) -> list[Wish]:
        self.row.remove(own)
        own.is_taken = True
        return [own]

    def _fail(self, wishes: list[Wish], error: Exception, deadline: float) -> None:
        """One alone is told; of several it is not known whose fault it was, so each is tried again by itself."""
        if len(wishes) == 1 or isinstance(error, GateBusy):
            for wish in wishes:
                wish.settle(error)
        else:
            self._do_each(wishes, deadline)

    def _do_each(self, wishes: list[Wish], deadline: float) -> None:
        for wish in wishes:
            try:
                wish.result = self._alone(wish.work, deadline)
                wish.settle()
            except Exception as error:
                wish.settle(error)

    def _alone(self, work: Work, deadline: float) -> Any:
        """`work` in a transaction of its own."""
        with self._pooled(deadline) as connection:
            result = work(connection)
            connection.commit()
        return result
