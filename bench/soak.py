"""Kills the worker with SIGKILL again and again while it sends a wave, and counts what everybody got.

Nobody may get a mail twice. Nobody may be missing without being listed: who got none stands as in doubt, and there are
at most as many in doubt as kills times connections. Run: `make soak ARGS=kills` for 50 kills among 5,000 people, or
`python -m bench.soak [--people 1000] [--kills 10] [--database URL] [--engine procrastinate]`.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.contacts.models import Contact
from app.core.database import transactions
from app.delivery.models import Invitation, InvitationState, Wave, WaveState
from app.extensions import db
from bench import installations
from tests.delivery.sink import Sink

ROOT = Path(__file__).resolve().parent.parent
SECONDS_PER_MAIL = 0.05
PATIENCE = 600
LOG = "worker.log"
OPEN = (InvitationState.PLANNED, InvitationState.QUEUED, InvitationState.SENDING)


def run(people: int = 1000, kills: int = 10, database_url: str = "", engine: str = "embedded") -> dict:
    """The counts; AssertionError with the people concerned when a promise was broken."""
    sink = Sink(extensions=["PIPELINING"]).start()
    sink.on("body", seconds=SECONDS_PER_MAIL)
    mail = f"smtp://127.0.0.1:{sink.port}"
    try:
        with installations.fresh(database_url, MAIL_URL=mail, ENGINE=engine) as app:
            wave = installations.wave(people).id
            db.session.commit()
            worker = Worker(app)
            connections = app.extensions["settings"].SEND_CONNECTIONS
            # Each kill may leave a mail on each connection of which nobody will know whether it was taken.
            reachable = people - kills * connections
            for number in range(1, kills + 1):
                worker.start()
                wait_for(lambda goal=reachable * number // (kills + 1): len(sink.taken) >= goal, worker)
                worker.kill()
            worker.start()
            wait_for(lambda: is_finished(wave), worker)
            worker.kill()
            found = judge(sink.counts, states(wave), most_in_doubt=kills * connections)
            return found | {"kills": kills, "connections": connections}
    finally:
        sink.stop()


class Worker:
    """The worker process of the installation, as `justask worker` runs it; `more` are further settings.

    What it says goes into `log`.
    """

    def __init__(self, app: Flask, **more: str):
        settings = app.extensions["settings"]
        names = ("INSTANCE", "DATABASE_URL", "SECRET_KEY", "MAIL_URL", "ENGINE", "SEND_RATE")
        values = {name: str(getattr(settings, name)) for name in names} | more
        self.environment = os.environ | {f"JUSTASK_{name}": value for name, value in values.items()}
        self.log = Path(settings.instance) / LOG
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "app.cli", "worker"]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, env=self.environment, cwd=ROOT, stderr=log)

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        if self.process.wait(PATIENCE):
            raise AssertionError(f"the worker ended with {self.process.returncode} instead of draining")


def wait_for(happened: Callable[[], bool], worker: Worker) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        if worker.process.poll() is not None:
            raise AssertionError("the worker ended by itself")
        if time.monotonic() > end:
            worker.kill()
            raise AssertionError("it took too long")
        time.sleep(0.005)


def is_finished(wave: int) -> bool:
    """Whether the wave is; who only looks holds up no writer."""
    transactions.read(db.session)
    found = db.session.scalar(sa.select(Wave.state).where(Wave.id == wave))
    transactions.write(db.session)
    time.sleep(0.2)
    return found is WaveState.FINISHED


def states(wave: int) -> dict[str, InvitationState]:
    rows = sa.select(Contact.email, Invitation.state).join(Contact).where(Invitation.wave_id == wave)
    found = {row.email: row.state for row in db.session.execute(rows)}
    db.session.rollback()
    return found


def judge(got: Counter, stand: dict[str, InvitationState], *, most_in_doubt: int) -> dict:
    """Compare what people got with what the ledger says of them."""
    twice = [person for person, count in got.items() if count > 1]
    missing = [p for p, state in stand.items() if not got[p] and state is not InvitationState.IN_DOUBT]
    unsaid = [p for p in got if stand.get(p) not in (InvitationState.SENT, InvitationState.IN_DOUBT)]
    in_doubt = sum(state is InvitationState.IN_DOUBT for state in stand.values())
    if twice or missing or unsaid or in_doubt > most_in_doubt:
        raise AssertionError(f"{twice=} {missing=} {unsaid=} {in_doubt=} {most_in_doubt=}")
    return {
        "people": len(stand),
        "got one": len(got),
        "twice": 0,
        "silently missing": 0,
        "in doubt": in_doubt,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--database", default="")
    parser.add_argument("--engine", default="embedded")
    given = parser.parse_args()
    began = time.monotonic()
    for name, count in run(given.people, given.kills, given.database, given.engine).items():
        print(f"{name:18} {count}")
    print(f"{'seconds':18} {time.monotonic() - began:.0f}")


if __name__ == "__main__":
    main()
