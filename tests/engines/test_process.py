"""The worker as a process of its own: it gives signs of life, sends, and ends as it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.core.processes.workers import is_worker_alive
from app.delivery.models import Invitation, InvitationState, WaveState
from app.extensions import db
from tests import make
from tests.delivery.sink import Sink
from tests.engines.working import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
KINDS = [("sqlite", "embedded"), ("postgresql", "procrastinate")]
NAMES = ("INSTANCE", "DATABASE_URL", "SECRET_KEY", "ENGINE")
PEOPLE = 120
both = pytest.mark.parametrize(("database_kind", "engine"), KINDS)


@contextmanager
def working(settings, **more: str) -> Iterator[subprocess.Popen]:
    """A worker process of the installation, which is gone afterwards."""
    given = {name: getattr(settings, name) for name in NAMES} | more
    worker = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "worker"],
        env=os.environ | {f"JUSTASK_{name}": value for name, value in given.items()},
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def wait_for(happened: Callable[[], bool]) -> None:
    until = time.monotonic() + 4 * PATIENCE
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)


def end(worker: subprocess.Popen) -> str:
    """What it said, once it has ended as it was told to."""
    worker.terminate()
    _, said = worker.communicate(timeout=30)
    assert worker.returncode == 0, said
    assert "Traceback" not in said
    return said


@both
def test_a_worker_that_is_told_to_end_in_a_wave_leaves_nothing_uncertain(installed, settings):
    installation(db.session).live_at = clock.now()
    wave = make.wave(state=WaveState.SENDING, ignores_window=True)
    for number in range(
        PEOPLE
    ):  # Each at an account of their own: one account gets only so many mails a day.
        contact = make.contact(email=f"p{number}@customer.example")
        make.invitation(wave=wave, contact=contact, state=InvitationState.PLANNED, sent_at=None)
    db.session.commit()
    sink = Sink(extensions=["PIPELINING"]).start()
    sink.on("body", seconds=0.3)
    try:
        with working(settings, MAIL_URL=f"smtp://127.0.0.1:{sink.port}") as worker:
            transactions.read(db.session)
            wait_for(lambda: len(sink.taken) >= 10)
            assert is_worker_alive(db.session, now=clock.now())
            db.session.rollback()
            assert "has finished what it was doing" in end(worker)
    finally:
        sink.stop()
    states = dict(
        db.session.execute(sa.select(Invitation.state, sa.func.count()).group_by(Invitation.state)).all()
    )
    assert states.keys() <= {InvitationState.QUEUED, InvitationState.SENT}
    assert states[InvitationState.SENT] == len(sink.taken) == len(sink.counts) < PEOPLE
