"""The timetable on one machine: APScheduler in the worker process, nothing kept between runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from app.core import clock
from app.core.processes.timetable import Job
from app.core.processes.workers import BEAT_SECONDS

THREADS = 4
LOOK_SECONDS = 0.5


def run(
    app: Flask,
    timetable: Sequence[Job],
    *,
    tick: Callable[..., None],
    beat: Callable[[], None],
    has_ended: Callable[[], bool],
) -> None:
    """Run every job at its interval, beginning now, until `has_ended`; then let those under way finish."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    # It warns whenever a job is still at work at its next turn, which is as it should be.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    now = clock.now()
    scheduler.add_job(beat, "interval", seconds=BEAT_SECONDS, next_run_time=now)
    for job in timetable:
        scheduler.add_job(
            tick, "interval", (job,), seconds=job.seconds, next_run_time=now, id=job.name, name=job.name
        )
    scheduler.start()
    while not has_ended():
        time.sleep(LOOK_SECONDS)
    scheduler.shutdown(wait=True)
