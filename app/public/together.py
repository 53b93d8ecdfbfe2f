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
from app.core.web.bodies import step_aside

AT_MOST = 16
WAY_SECONDS = 0.02
Work = Callable[[Connection], Any]


class Wish:
    """Work that somebody waits for, and what came of it; or the word that it is for them to lead."""

    def __init__(self, work: Work):
        self.work = work
        self.leads = False
        self.result: Any = None
        self.error: BaseException | None = None
        # Opened by whoever calls them: only one waits for it, for which an event is too much.
        self.silence = threading.Lock()
        self.silence.acquire()

    def is_called(self, seconds: float = -1) -> bool:
        """Wait to be called, for that time at most."""
        return self.silence.acquire(timeout=seconds)

    def lead(self) -> None:
        self.leads = True
        self._call()

    def settle(self, error: BaseException | None = None) -> None:
        self.error = error
        self._call()

    def _call(self) -> None:
        if self.silence.locked():
            self.silence.release()

    def answer(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


class Together:
    """Writes what several threads want written; `seconds` is how long somebody waits for the turn before GateBusy.

    `work` gets a connection whose transaction is open and must neither commit nor roll back. It may be called twice:
    when the work of somebody else fails, all of it is taken back and each is done in a transaction of its own. It runs
    in any of the waiting threads.

    The first in the row leads: it passes the gate and writes what all in the row want by then. Everybody else sleeps
    until that is on the disk, or until it is for them to lead. Requests that wait here let others begin, so that while
    one group is on its way to the disk the next one grows.
    """

    def __init__(self, engine: Engine, seconds: float):
        self.engine = transactions.writer(engine).execution_options(**{PATIENCE: seconds})
        self.seconds = seconds
        self.shares = engine.dialect.name == "sqlite"
        self.at_hand = Writing(engine, seconds)
        self.order = threading.Lock()
        self.row: deque[Wish] = deque()
        self.is_led = False
        self.is_free = threading.Event()
        self.is_free.set()

    def give_way(self) -> None:
        """For who is about to compute: wait while one of this process writes, for 20 ms at most.

        Each statement of a writer lets Python go, and who takes it keeps it for longer than the statement needs, while all
        processes wait for the gate.
        """
        if not self.is_free.is_set():
            self.is_free.wait(WAY_SECONDS)

    def write(self, work: Work) -> Any:
        """What `work` returned, after its commit; what it raised, after its rollback."""
        deadline = time.monotonic() + self.seconds
        if not self.shares:
            return self._alone(work, deadline)
        step_aside()
        wish = self._queued(Wish(work))
        if not wish.is_called(self.seconds):
            self._give_up(wish)
        if wish.leads:
            self._lead(wish, deadline)
        return wish.answer()

    def _queued(self, wish: Wish) -> Wish:
        with self.order:
            self.row.append(wish)
            if not self.is_led:
                self.is_led = True
                wish.lead()
        return wish

    def _give_up(self, wish: Wish) -> None:
        """GateBusy, unless somebody has just taken it up, or it is for this one to lead."""
        with self.order:
            if wish in self.row and not wish.leads:
                self.row.remove(wish)
                raise GateBusy
        wish.is_called()

    def _lead(self, own: Wish, deadline: float) -> None:
        try:
            written = self._do_all(own, deadline)
        finally:
            self._hand_over()
        if written:
            self._keep(written)

    def _hand_over(self) -> None:
        """Whoever has waited longest leads now; nobody, where nobody waits."""
        with self.order:
            self.is_led = bool(self.row)
            if self.is_led:
                self.row[0].lead()

    def _do_all(self, own: Wish, deadline: float) -> list[Wish]:
        """Write the work of all who wait by then, in the order in which they came: those that are to be kept now."""
        taken = []
        try:
            with self._transaction(deadline) as connection:
                self.is_free.clear()
                taken = self._taken()
                for wish in taken:
                    wish.result = wish.work(connection)
                connection.commit()
        except Exception as error:
            self._fail(taken or self._leaving(own), error, deadline)
            return []
        except BaseException:
            self._fail(taken or self._leaving(own), GateBusy(), deadline)
            raise
        finally:
            self.is_free.set()
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

    def _taken(self) -> list[Wish]:
        """Those whose turn it is, whoever leads before all others; they are out of the row."""
        with self.order:
            return [self.row.popleft() for _ in range(min(len(self.row), AT_MOST))]

    def _leaving(self, own: Wish) -> list[Wish]:
        with self.order:
            self.row.remove(own)
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
