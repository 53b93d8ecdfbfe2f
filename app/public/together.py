"""Short writings of one process that share a transaction.

On SQLite each commit waits for the disk while the gate keeps everybody else out. Whoever wants to write meanwhile leaves
the work in a row; the first of them to pass the gate does all of it in one transaction, so the disk is waited for once.
Nobody's work is done before its caller waits for it, and nobody is told that it is done before the commit. Where writers
do not wait for one another (PostgreSQL), each has a transaction of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine

from app.core.database import transactions
from app.core.database.transactions import PATIENCE, GateBusy

AT_MOST = 16
Work = Callable[[Connection], Any]


class Wish:
    """Work that somebody waits for, and what came of it."""

    def __init__(self, work: Work):
        self.work = work
        self.is_done = False
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self, result: Any = None, error: BaseException | None = None) -> None:
        self.result, self.error, self.is_done = result, error, True

    def answer(self) -> Any:
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
            if not wish.is_done:
                self._do_all(wish, deadline)
        finally:
            self.turn.release()
        return wish.answer()

    def _give_up(self, wish: Wish) -> Any:
        try:
            self.row.remove(wish)
        except ValueError:  # Somebody has just taken it up, so it is being written.
            with self.turn:
                return wish.answer()
        raise GateBusy

    def _do_all(self, own: Wish, deadline: float) -> None:
        """Write the work of all who wait by then, in the order in which they came."""
        taken = []
        try:
            with self.engine.connect() as connection:
                self._begin(connection, deadline)
                taken = self._taken(own)
                results = [wish.work(connection) for wish in taken]
                connection.commit()
        except Exception as error:
            self._fail(taken or self._leaving(own), error, deadline)
        except BaseException:
            self._fail(taken, GateBusy(), deadline)
            raise
        else:
            for wish, result in zip(taken, results, strict=True):
                wish.settle(result)

    def _begin(self, connection: Connection, deadline: float) -> None:
        """Pass the gate before the deadline; somebody who hardly waited for the turn takes the connection as it is."""
        if (remaining := max(0.0, deadline - time.monotonic())) < self.seconds * 0.9:
            connection.execution_options(**{PATIENCE: remaining})
        connection.begin()

    def _taken(self, own: Wish) -> list[Wish]:
        """Those whose turn it is, `own` among them; they are out of the row."""
        taken = [self.row.popleft() for _ in range(min(len(self.row), AT_MOST))]
        return taken if own in taken else taken + self._leaving(own)

    def _leaving(self, own: Wish) -> list[Wish]:
        self.row.remove(own)
        return [own]

    def _fail(self, wishes: list[Wish], error: Exception, deadline: float) -> None:
        """One alone is told; of several it is not known whose fault it was, so each is tried again by itself."""
        if len(wishes) == 1 or isinstance(error, GateBusy):
            for wish in wishes:
                wish.settle(error=error)
        else:
            self._do_each(wishes, deadline)

    def _do_each(self, wishes: list[Wish], deadline: float) -> None:
        for wish in wishes:
            try:
                wish.settle(self._alone(wish.work, deadline))
            except Exception as error:
                wish.settle(error=error)

    def _alone(self, work: Work, deadline: float) -> Any:
        """`work` in a transaction of its own."""
        with self.engine.connect() as connection:
            self._begin(connection, deadline)
            result = work(connection)
            connection.commit()
        return result
