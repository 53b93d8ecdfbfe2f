"""What the drills run on: SQLite, and PostgreSQL with either engine; and what all of them do there.

A drill gets a ground and makes a new installation on it. PostgreSQL is a server of the drill's own that keeps what it
has confirmed, unlike that of the tests.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.contacts.models import Contact
from app.core.database import transactions
from app.core.processes.workers import WorkerBeat
from app.delivery.models import Invitation, InvitationState, Wave, WaveState
from app.extensions import db
from bench import installations, slow_relay
from bench.databases import postgresql
from bench.soak import Worker

PATIENCE = 600.0
PASSED_OVER = "maximum number of running instances reached"
WENT_OUT = (InvitationState.SENT, InvitationState.ANSWERED)


@dataclass(frozen=True)
class Ground:
    """A database, and who runs the timetable on it."""

    name: str
    is_postgresql: bool
    engine: str

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database, the empty word for SQLite."""
        with ExitStack() as stack:
            yield stack.enter_context(postgresql("")) if self.is_postgresql else ""

    @contextmanager
    def installed(self, url: str, **settings) -> Iterator[Flask]:
        """A live installation on `url`, inside an application context whose session writes.

        What its workers said is shown when something was not as it must be.
        """
        with installations.fresh(url, ENGINE=self.engine, GATE_SECONDS=int(PATIENCE), **settings) as app:
            try:
                yield app
            except AssertionError:
                log = Worker(app).log
                lines = log.read_text().splitlines() if log.exists() else []
                print("\n".join(one for one in lines[-300:] if PASSED_OVER not in one))
                raise


SQLITE = Ground("sqlite", False, "embedded")
POSTGRESQL = Ground("postgresql", True, "embedded")
PROCRASTINATE = Ground("procrastinate", True, "procrastinate")
EVERYWHERE = (SQLITE, POSTGRESQL, PROCRASTINATE)
ON_POSTGRESQL = (POSTGRESQL, PROCRASTINATE)


@contextmanager
def relayed(ground: Ground, seconds: float, **settings) -> Iterator[tuple[Flask, slow_relay.SlowRelay]]:
    """An installation whose mail goes to a relay that takes so many seconds for each."""
    with ground.database() as url, slow_relay.running(seconds) as relay:
        mail = f"smtp://127.0.0.1:{relay.port}"
        with ground.installed(url, MAIL_URL=mail, **settings) as app:
            yield app, relay


@contextmanager
def workers(app: Flask, count: int) -> Iterator[list[Worker]]:
    """So many started workers, which are gone afterwards however it ends."""
    found = [Worker(app) for _ in range(count)]
    try:
        for worker in found:
            worker.start()
        yield found
    finally:
        for worker in found:
            worker.kill()


def wait_for(
    happened: Callable[[], bool], what: str, *, seconds: float = PATIENCE, pause: float = 0.05
) -> None:
    """AssertionError when it did not happen in time."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(f"it took too long until {what}")
        time.sleep(pause)


def look(read: Callable[[], Any]) -> Any:
    """What the database says at this moment. Who only looks holds up no writer."""
    transactions.read(db.session)
    try:
        return read()
    finally:
        transactions.write(db.session)


def is_finished(wave: int) -> bool:
    return look(lambda: db.session.scalar(sa.select(Wave.state).where(Wave.id == wave))) is WaveState.FINISHED


def started_workers() -> int:
    """How many workers have ever given a sign of life."""
    return look(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(WorkerBeat)))


def judge(got: Counter[str], wave: int, *, most_in_doubt: int) -> dict[str, int]:
    """Compare what people got with what the ledger says of them; AssertionError where a promise was broken."""
    asks = sa.select(Contact.email, Invitation.state).join(Contact).where(Invitation.wave_id == wave)
    stand = look(lambda: {row.email: row.state for row in db.session.execute(asks)})
    in_doubt = [person for person, state in stand.items() if state is InvitationState.IN_DOUBT]
    got = Counter({person: count for person, count in got.items() if person in stand})
    broken = {
        "twice": [person for person, count in got.items() if count > 1],
        "missing": [person for person in stand if not got[person] and person not in in_doubt],
        "unsaid": [person for person in got if stand[person] not in (*WENT_OUT, InvitationState.IN_DOUBT)],
    }
    if any(broken.values()) or len(in_doubt) > most_in_doubt:
        first = {what: (len(people), people[:5]) for what, people in broken.items() if people}
        raise AssertionError(f"{first} in doubt {len(in_doubt)}, at most {most_in_doubt}")
    return {
        "people": len(stand),
        "got one": len(got),
        "twice": 0,
        "silently missing": 0,
        "in doubt": len(in_doubt),
        "in doubt at most": most_in_doubt,
    }
