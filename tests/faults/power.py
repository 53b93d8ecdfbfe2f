"""PostgreSQL and the worker killed together with SIGKILL, again and again, in the middle of a wave.

Every other time the worker is spared and has to live through it: it goes on by itself when the database is back. What
was confirmed must be there, nobody may get a mail twice, and nobody may be missing without being listed. Killing
processes is not pulling the plug: what the server had handed to the system is kept. Run: `make soak ARGS=power`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import sqlalchemy as sa

from app.delivery.models import Wave, WaveState
from app.extensions import db
from bench import installations, slow_relay
from bench.servers import children
from bench.soak import Worker
from tests.databases import postgres_in
from tests.faults.grounds import Ground, judge, wait_for, workers

SECONDS_PER_MAIL = 0.05
LONGEST_AWAY = 12.0
CHANCE = random.Random(7)


class Database:
    """A PostgreSQL server that can be killed and started again."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.server = postgres_in(folder)
        with psycopg.connect(self.server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE power")

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@/power?host={self.folder}"

    def kill(self) -> None:
        number = self.server.get_pid()
        family = (number, *children(number))
        for one in family:
            os.kill(one, signal.SIGKILL)
        wait_for(lambda: not any(map(is_alive, family)), "the server was gone")
        # Its number may stay taken until somebody asks how it ended, and then its locks look as if it still ran.
        for lock in (self.folder / "postmaster.pid", *self.folder.glob(".s.PGSQL.*.lock")):
            lock.unlink()

    def start(self) -> None:
        """Start it; the library wants it ready within ten seconds, which a busy machine may not have."""
        wait_for(self.has_started, "PostgreSQL had started", pause=1.0)

    def has_started(self) -> bool:
        with suppress(subprocess.SubprocessError, AssertionError):
            self.server.ensure_postgres_running()
            return True
        return False

    def end(self) -> None:
        with suppress(FileNotFoundError):
            self.server.cleanup()


def is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def run(ground: Ground, people: int = 2000, kills: int = 10) -> dict:
    """The counts; AssertionError where a promise was broken."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="justask-power-"))
        database = Database(Path(folder))
        stack.callback(database.end)
        relay = stack.enter_context(slow_relay.running(SECONDS_PER_MAIL))
        mail = f"smtp://127.0.0.1:{relay.port}"
        app = stack.enter_context(ground.installed(database.url, MAIL_URL=mail))
        (worker,) = stack.enter_context(workers(app, 1))
        wave = installations.wave(people).id
        db.session.commit()
        for number in range(kills):
            goal = people * (number + 1) // (kills + 1)
            wait_for(lambda goal=goal: len(relay.taken) >= goal, f"{goal} mails were sent", pause=0.01)
            one_cut(database, worker, is_spared=number % 2 == 1)
        wait_for(lambda: is_finished(wave), "the wave was finished")
        connections = app.extensions["settings"].SEND_CONNECTIONS
        got = Counter(taken.to for taken in relay.taken)
        found = judge(got, wave, most_in_doubt=kills * connections)
        return found | {"kills": kills, "of the database alone": kills // 2}


def one_cut(database: Database, worker: Worker, *, is_spared: bool) -> None:
    """Kill the database, and with it the worker unless it is spared; some seconds later both are there again."""
    forget_connections()
    if not is_spared:
        worker.process.send_signal(signal.SIGKILL)
    database.kill()
    time.sleep(CHANCE.uniform(0, LONGEST_AWAY))
    database.start()
    if is_spared:
        assert worker.process.poll() is None, "the worker ended with the database"
    else:
        worker.process.wait()
        worker.start()


def forget_connections() -> None:
    db.session.rollback()
    db.engine.dispose()


def is_finished(wave: int) -> bool:
    """The database may be on its way up."""
    try:
        found = db.session.scalar(sa.select(Wave.state).where(Wave.id == wave))
        db.session.rollback()
    except sa.exc.OperationalError:
        forget_connections()
        return False
    return found is WaveState.FINISHED
