"""The timetable on one machine: APScheduler in the worker process, nothing kept between runs.

The clock of the machine may leap: a virtual machine was asleep, or one without a battery learnt the time after it had
started. Passes that fell into a leap forward are not made up, and after a step back nobody waits for the old time to
come again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from flask import Flask

from app.core import clock
from app.core.processes.timetable import Job
from app.core.processes.workers import BEAT_SECONDS

THREADS = 4
LOOK_SECONDS = 0.5
STEP_BACK = timedelta(seconds=2)


class Every(BaseTrigger):
    """Every so many seconds, however long ago the last time was.

    The library's own counts every time that was missed, one by one: minutes of work after a leap of months.
    """

    def __init__(self, seconds: int):
        self.seconds = seconds

    def __str__(self) -> str:
        """As the library's log names it."""
        return f"every {self.seconds} s"

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first of its times after `now`; `now` itself the first time."""
        if previous_fire_time is None:
            return now
        missed = max(0, math.floor((now - previous_fire_time).total_seconds() / self.seconds))
        return previous_fire_time + timedelta(seconds=(missed + 1) * self.seconds)


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
    now = clock.now()
    scheduler.add_job(beat, Every(BEAT_SECONDS), next_run_time=now, name="beat")
    for job in timetable:
        scheduler.add_job(tick, Every(job.seconds), (job,), next_run_time=now, id=job.name, name=job.name)
    scheduler.start()
    last = now
    while not has_ended():
        time.sleep(LOOK_SECONDS)
        last, before = clock.now(), last
        if last < before - STEP_BACK:
            for waiting in scheduler.get_jobs():
                waiting.modify(next_run_time=last)
    scheduler.shutdown(wait=True)
