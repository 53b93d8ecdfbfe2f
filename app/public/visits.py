"""Counting looks at links, beside the requests that they come from: best effort, and never in their way.

A look is put into a queue in memory; a thread of each web process writes what has come in every two seconds, in a
transaction of its own. What is queued when a process ends is lost, and so is what a full disk refuses.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Engine, bindparam
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import transactions
from app.core.database.prepared import Prepared
from app.core.database.transactions import GateBusy
from app.delivery.models import Invitation, Visit
from app.public.machines import MOST_SCORES, SCORE

log = logging.getLogger(__name__)
PAUSE_SECONDS = 2.0
MOST_WAITING = 20_000


class Look(NamedTuple):
    """One look at a page of an invitation; `page` is answer, score-0 to score-10, unsubscribe, or trap."""

    invitation_id: int
    at: datetime
    page: str
    is_machine: bool


class Visits:
    """The looks of one process on their way to the table; `flush` must be called unless `in_background` holds."""

    def __init__(self, engine: Engine, in_background: Callable[[], bool] = lambda: True):
        self.engine = engine
        self.in_background = in_background
        self.waiting: deque[Look] = deque(maxlen=MOST_WAITING)
        self.process = 0
        self.lock = threading.Lock()

    def note(self, look: Look) -> None:
        """Take the look in; it is written within moments."""
        self.waiting.append(look)
        if self.process != os.getpid() and self.in_background():
            self._begin()

    def flush(self) -> int:
        """Write what is waiting; the number of looks."""
        looks = []
        while self.waiting:
            looks.append(self.waiting.popleft())
        if not looks:
            return 0
        with transactions.writer(self.engine).connect() as connection:
            connection.begin()
            INSERT.run_many(connection, [look._asdict() for look in judged(looks)])
            connection.commit()
        return len(looks)

    def seen(self, invitation_id: int, since: datetime) -> set[str]:
        """The pages of an ask that this process has shown since then and not written down yet."""
        waiting = list(self.waiting)
        return {look.page for look in waiting if look.invitation_id == invitation_id and look.at >= since}

    def _begin(self) -> None:
        """Start the thread, once in each process: the web server forks after the application was made."""
        with self.lock:
            if self.process != os.getpid():
                self.process = os.getpid()
                threading.Thread(target=self._keep_writing, name="visits", daemon=True).start()

    def _keep_writing(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(PAUSE_SECONDS)
            try:
                self.flush()
            except (SQLAlchemyError, GateBusy) as error:
                log.warning("visits were not counted: %s", type(error).__name__)


def judged(looks: list[Look]) -> list[Look]:
    """The same looks; who opens three scores of one mail within moments is a machine all along."""
    scores = defaultdict(set)
    for look in looks:
        if look.page.startswith(SCORE):
            scores[look.invitation_id].add(look.page)
    hasty = {invitation_id for invitation_id, pages in scores.items() if len(pages) > MOST_SCORES}
    return [look._replace(is_machine=True) if look.invitation_id in hasty else look for look in looks]


INSERT = Prepared(
    sa.insert(Visit).from_select(
        ["invitation_id", "at", "page", "is_machine"],
        sa.select(
            Invitation.id,
            bindparam("at", type_=Visit.at.type),
            bindparam("page", type_=Visit.page.type),
            bindparam("is_machine", type_=Visit.is_machine.type),
        ).where(Invitation.id == bindparam("invitation_id")),
    )
)
