"""One pass of a job, under whichever engine: who may run it beside whom, and what follows when it raises (a door)."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from importlib import import_module

from flask import Flask, current_app
from sqlalchemy.exc import InterfaceError, OperationalError

import config
from app.core import clock
from app.core.database import transactions
from app.core.database.transactions import GateBusy
from app.core.errors import Refused
from app.core.processes import timetable, workers
from app.core.processes.alone import Turns
from app.core.processes.queue import enqueue
from app.core.processes.timetable import Job
from app.core.processes.workers import JobFailure
from app.extensions import db

log = logging.getLogger(__name__)
ENGINES = {
    "embedded": "app.core.processes.engines.embedded",
    "procrastinate": "app.core.processes.engines.distributed",
}
WHOLE = "*"
BY_HAND_SECONDS = 60.0


def run_once(app: Flask, job: Job, *, now: datetime, **ids: int) -> int:
    """One pass by hand, whatever failed before; an error is recorded and raised.

    Refused when a worker has been at this very job for a minute.
    """
    with app.app_context(), ExitStack() as stack:
        if not job.is_shared and not Turns(db.engine).take(stack, job.name, patience=BY_HAND_SECONDS):
            raise Refused(f"A worker is doing {job.name} at this moment; try again when it has finished.")
        return _pass(job, now, ids)


def tick(app: Flask, job: Job, **ids: int) -> None:
    """One pass for an engine: left out while another worker does it, or while it pauses after an error."""
    if timetable.stopping.is_set():
        return
    try:
        with app.app_context(), ExitStack() as stack:
            if job.is_shared or Turns(db.engine).take(stack, job.name):
                now = clock.now()
                if WHOLE not in workers.waiting_items(db.session, job.name, now=now):
                    _pass(job, now, ids)
    except Exception:
        log.exception("job %s failed", job.name)


def _pass(job: Job, now: datetime, ids: dict[str, int]) -> int:
    transactions.write(db.session)
    try:
        done = job.work(now, **ids)
        forgive(job)
        return done
    except (OperationalError, InterfaceError, GateBusy):
        # The database is away, busy or full: that says nothing about the job, whose next pass finds the same rows.
        db.session.rollback()
        raise
    except Exception as error:
        db.session.rollback()
        transactions.write(db.session)
        workers.failed(db.session, job.name, WHOLE, error, now=now)
        db.session.commit()
        raise


def forgive(job: Job) -> None:
    """A job that raised as a whole and has come through since is no failure any more."""
    transactions.read(db.session)
    if db.session.get(JobFailure, (job.name, WHOLE)) is not None:
        transactions.write(db.session)
        workers.succeeded(db.session, job.name, WHOLE)
        db.session.commit()


def leave_beat(app: Flask, name: str, started: datetime) -> None:
    """Leave a sign of life; one that cannot be left is no reason to end."""
    try:
        with app.app_context():
            transactions.write(db.session)
            workers.beat(db.session, name, started_at=started, now=clock.now())
            db.session.commit()
    except Exception:
        log.exception("no sign of life could be left")


def work(app: Flask, *, parent: int | None = None) -> None:
    """Run the timetable until `stopping` is set or the `parent` process is gone; jobs under way finish first."""
    engine = import_module(ENGINES[app.extensions["settings"].ENGINE])
    name, started = f"{socket.gethostname()}:{os.getpid()}", clock.now()
    log.info("worker %s runs %d jobs", name, len(timetable.TIMETABLE))
    engine.run(
        app,
        timetable.TIMETABLE,
        tick=lambda job, **ids: tick(app, job, **ids),
        beat=lambda: leave_beat(app, name, started),
        has_ended=lambda: has_ended(name, parent),
    )
    log.info("worker %s has finished what it was doing", name)


def has_ended(name: str, parent: int | None) -> bool:
    """Whether the worker is to stop: it was told so, or the server that started it is gone."""
    if parent is not None and os.getppid() != parent and not timetable.stopping.is_set():
        log.warning("worker %s stops, because the server that started it is gone", name)
        timetable.stopping.set()
    return timetable.stopping.is_set()


def committed(chunks: Iterable[int], *, then: str = "") -> int:
    """Run a long verb, committing at each of its safe points until told to stop; the sum of what it did.

    The job named by `then`, which goes on with what was done, is asked for with the first of it.
    """
    done = 0
    for count in chunks:
        if then and count and not done:
            enqueue(db.session, then, then)
        db.session.commit()
        done += count
        if timetable.stopping.is_set():
            break
    db.session.commit()
    return done


def settings() -> config.Settings:
    return current_app.extensions["settings"]
