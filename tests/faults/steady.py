"""An ordinary half hour at a brisk pace: waves leave, people answer, colleagues look at their pages.

Nothing is killed here. No request may fail, everybody gets one mail, every answer that was thanked for is stored once,
and what the processes hold may not grow: after a fifth of the time, when everything has been used once, memory (PSS) by
a tenth at most, connections to the database by a few, and descriptors by what a few more of SQLite's take, each with
its log and index, since the pools fill up only when several requests meet. Run: `make soak ARGS=steady`.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.delivery.models import Wave, WaveState
from app.extensions import db
from bench import installations, servers
from bench.soak import Worker
from tests import make
from tests.faults import machines
from tests.faults.grounds import Ground, look, relayed, wait_for, workers

SECONDS_PER_MAIL = 0.01
PAGES = ("/queue", "/accounts", "/contacts", "/waves", "/reports", "/programs", "/settings/you")
LOOKS_A_SECOND = 2.0
SAMPLES = 100
SETTLED = 0.2
MOST_GROWTH = 1.1
MORE_CONNECTIONS = 4
MORE_DESCRIPTORS = 3 * MORE_CONNECTIONS


class Colleague(threading.Thread):
    """Looks at one page after another, a few every second, until told to stop."""

    def __init__(self, host: servers.Server, cookie: str):
        super().__init__(daemon=True)
        self.host, self.cookie = host, cookie
        self.seen: Counter[tuple[str, int | str]] = Counter()
        self.is_over = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.is_over.wait(1 / LOOKS_A_SECOND):
            page = PAGES[number % len(PAGES)]
            self.seen[page, self.status_of(page)] += 1
            number += 1

    def status_of(self, page: str) -> int | str:
        connection = http.client.HTTPConnection("127.0.0.1", self.host.port, timeout=30)
        try:
            connection.request("GET", page, headers={"Cookie": self.cookie})
            reply = connection.getresponse()
            reply.read()
            return reply.status
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()

    @property
    def failures(self) -> dict:
        return {of: count for of, count in self.seen.items() if of[1] != 200}


@dataclass
class Holdings:
    """What the processes hold: PSS in MB, descriptors, and connections to PostgreSQL (0 on SQLite), by sample."""

    megabytes: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)

    def sample(self, host: servers.Server, worker: Worker) -> None:
        own = [*host.processes(), worker.process.pid, *servers.children(worker.process.pid)]
        self.megabytes.append(sum(servers.pss_of(number) for number in own))
        self.descriptors.append(sum(len(list(Path(f"/proc/{number}/fd").iterdir())) for number in own))
        self.connections.append(open_connections())

    def judge(self) -> dict[str, str]:
        """The first and the last part of what counts, in words; AssertionError where something grew."""
        found = {}
        for name, most in (
            ("megabytes", None),
            ("descriptors", MORE_DESCRIPTORS),
            ("connections", MORE_CONNECTIONS),
        ):
            before, after = self.levels(getattr(self, name))
            allowed = before * MOST_GROWTH if most is None else before + most
            assert after <= allowed, f"{name} grew from {before:.0f} to {after:.0f}"
            found[name] = f"{before:.0f} -> {after:.0f}"
        return found

    def levels(self, taken: list[float]) -> tuple[float, float]:
        """The median just after everything settled, and that of the last samples."""
        tenth = max(len(taken) // 10, 1)
        settled = int(len(taken) * SETTLED)
        return middle(taken[settled : settled + tenth]), middle(taken[-tenth:])


def middle(taken: list[float]) -> float:
    return sorted(taken)[len(taken) // 2]


def open_connections() -> int:
    """How many connections to this database are open, the drill's own included."""
    if db.engine.dialect.name != "postgresql":
        return 0
    mine = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    return look(lambda: db.session.scalar(mine))


def run(ground: Ground, people: int = 200, minutes: int = 30) -> dict:
    """The counts; `people` are asked every minute, or at once for a drill of 0 minutes."""
    with ExitStack() as stack:
        app, relay = stack.enter_context(relayed(ground, SECONDS_PER_MAIL))
        host = stack.enter_context(servers.running(servers.PRODUCT, app.extensions["settings"]))
        (worker,) = stack.enter_context(workers(app, 1))
        colleague = Colleague(host, cookie_of(app))
        audience = machines.Audience(relay, [host])
        holdings = Holdings()
        for thread in (colleague, audience):
            thread.start()
        waves = keep_busy(host, worker, holdings, people, minutes)
        wait_for(are_all_finished, "the waves were finished")
        audience.is_all_sent.set()
        audience.join(machines.PATIENCE)
        colleague.is_over.set()
        colleague.join(machines.PATIENCE)
        failed = {status: count for status, count in audience.tries.items() if status != "303"}
        assert not failed, f"answers failed: {failed}"
        assert not colleague.failures, f"pages failed: {colleague.failures}"
        counts = machines.judge(app, relay, audience, *waves)
        assert not counts["in doubt"], f"{counts['in doubt']} mails are in doubt"
        return counts | {"waves": len(waves), "pages": colleague.seen.total()} | holdings.judge()


def keep_busy(
    host: servers.Server, worker: Worker, holdings: Holdings, people: int, minutes: int
) -> list[int]:
    """Launch a wave a minute and take samples all the while; the waves."""
    seconds = max(minutes * 60, 10)
    began, found = time.monotonic(), []
    for number in range(SAMPLES):
        wait_for(
            lambda due=began + seconds * number / SAMPLES: time.monotonic() >= due,
            "the moment came",
            pause=0.1,
        )
        if len(found) <= (time.monotonic() - began) / 60:
            found.append(installations.wave(people).id)
            db.session.commit()
        holdings.sample(host, worker)
    return found


def are_all_finished() -> bool:
    unfinished = sa.select(Wave.id).where(Wave.state != WaveState.FINISHED).limit(1)
    return look(lambda: db.session.scalar(unfinished)) is None


def cookie_of(app: Flask) -> str:
    """The cookie of a manager who has signed in."""
    client = make.signed_in_client(app, make.staff(role="manager"))
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    return f"{cookie.key}={cookie.value}"
