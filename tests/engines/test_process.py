"""The worker as a process of its own: it starts, gives signs of life, and ends as it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.core import clock
from app.core.database import transactions
from app.core.processes.workers import is_worker_alive
from app.extensions import db
from tests.engines.working import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
KINDS = [("sqlite", "embedded"), ("postgresql", "procrastinate")]
COMMAND = (sys.executable, "-m", "app.cli", "worker")


@pytest.mark.parametrize(("database_kind", "engine"), KINDS)
def test_a_worker_process_lives_and_ends_with_0_when_it_is_told_to(installed, settings):
    names = ("INSTANCE", "DATABASE_URL", "SECRET_KEY", "ENGINE")
    environment = os.environ | {f"JUSTASK_{name}": getattr(settings, name) for name in names}
    worker = subprocess.Popen(COMMAND, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 3 * PATIENCE
        transactions.read(db.session)
        while not is_worker_alive(db.session, now=clock.now()) and time.monotonic() < until:
            db.session.rollback()
            time.sleep(0.05)
        worker.terminate()
        _, said = worker.communicate(timeout=PATIENCE)
    finally:
        worker.kill()
    assert worker.returncode == 0, said
    assert "has finished what it was doing" in said
    assert "Traceback" not in said
