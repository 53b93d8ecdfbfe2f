"""The timetable on many machines: Procrastinate on the installation's own PostgreSQL.

Every worker puts the passes that are due into the queue, under the number of their interval, so each is put there once
however many workers there are; and while one of a job waits, no second is added. Three lanes take them out again: mail,
one pass at a time in each worker, so that a second worker joins in a wave; work; and housekeeping, which neither of the
others can starve. A pass whose worker died is put back by the others. What a pass may do beside others, and what
follows when it raises, is the timetable's business, not the queue's: a pass that ended is deleted, however it ended.

A database that is away ends nothing: the lanes are built anew until it answers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import psycopg
import psycopg_pool
from flask import Flask
from procrastinate import App, PsycopgConnector, exceptions
from procrastinate.jobs import DeleteJobCondition, Status
from procrastinate.jobs import Job as QueuedJob

from app.core.processes.timetable import HOUSEKEEPING, MAIL, WORK, Job
from app.core.processes.workers import BEAT_SECONDS
from app.extensions import db

log = logging.getLogger(__name__)
LANES = {MAIL: 1, WORK: 2, HOUSEKEEPING: 1}
LOOK_SECONDS = 0.2
RESCUE_SECONDS = 10.0
SILENT_SECONDS = 30.0
AGAIN_SECONDS = 2.0
CONNECTIONS = 6
BROKEN = (exceptions.ConnectorException, psycopg.Error, psycopg_pool.PoolTimeout, OSError)


def run(
    app: Flask,
    timetable: Sequence[Job],
    *,
    tick: Callable[..., None],
    beat: Callable[[], None],
    has_ended: Callable[[], bool],
) -> None:
    """Put and take passes until `has_ended`; then let those under way finish."""
    with app.app_context():
        given = db.engine.dialect.create_connect_args(db.engine.url)[1]
    asyncio.run(Post(timetable, tick, given).live(beat, has_ended))


class Post:
    """What one worker process does at the queue."""

    def __init__(self, timetable: Sequence[Job], tick: Callable[..., None], given: dict[str, Any]):
        self.timetable, self.tick, self.given = list(timetable), tick, given
        self.put_at: dict[str, int] = {}

    async def live(self, beat: Callable[[], None], has_ended: Callable[[], bool]) -> None:
        beating = asyncio.create_task(self.beat(beat))
        while not has_ended():
            try:
                await self.stand(has_ended)
            except BROKEN as error:
                log.warning("the job queue cannot be reached and is tried again: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)
        await ended([beating])

    async def stand(self, has_ended: Callable[[], bool]) -> None:
        """Mind the queue until the worker is to end, or something at the queue breaks."""
        queue = self.open_queue()
        async with queue.open_async():
            lanes = [asyncio.create_task(self.lane(queue, name)) for name in LANES]
            rounds = [self.keep_time(queue), self.rescue(queue), look_out(has_ended)]
            others = [asyncio.create_task(one) for one in rounds]
            await asyncio.wait([*lanes, *others], return_when=asyncio.FIRST_COMPLETED)
            # A lane that is cancelled takes nothing new and waits for what it has begun.
            await ended([*others, *lanes])

    def open_queue(self) -> App:
        connector = PsycopgConnector(kwargs=self.given, min_size=1, max_size=CONNECTIONS, timeout=10)
        queue = App(connector=connector)
        for job in self.timetable:
            queue.task(name=job.name, queue=job.queue)(self.task(job))
        return queue

    def task(self, job: Job) -> Callable[..., None]:
        def one_pass(timestamp: int = 0, **ids: int) -> None:
            self.tick(job, **ids)

        return one_pass

    def lane(self, queue: App, name: str) -> Coroutine:
        return queue.run_worker_async(
            queues=[name],
            name=name,
            concurrency=LANES[name],
            delete_jobs=DeleteJobCondition.ALWAYS.value,
            install_signal_handlers=False,
            stalled_worker_timeout=SILENT_SECONDS,
        )

    async def keep_time(self, queue: App) -> None:
        """Put every pass that is due into the queue, once for all workers."""
        while True:
            now = time.time()
            for job in self.timetable:
                slot = int(now // job.seconds) * job.seconds
                if self.put_at.get(job.name) != slot:
                    await put(queue, job, slot)
                    self.put_at[job.name] = slot
            await asyncio.sleep(1.0 - time.time() % 1.0)

    async def rescue(self, queue: App) -> None:
        """Put passes back whose worker gave no sign of life for half a minute."""
        while True:
            await queue.job_manager.prune_stalled_workers(SILENT_SECONDS)
            for lost in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
                await put_back(queue, lost)
            await asyncio.sleep(RESCUE_SECONDS)

    async def beat(self, beat: Callable[[], None]) -> None:
        while True:
            await asyncio.to_thread(beat)
            await asyncio.sleep(BEAT_SECONDS)


async def put(queue: App, job: Job, slot: int) -> None:
    """Put the pass of this interval into the queue, unless a pass of the job waits there already."""
    one = QueuedJob(
        queue=job.queue,
        lock=None,
        queueing_lock=job.name,
        task_name=job.name,
        task_kwargs={"timestamp": slot},
    )
    try:
        await queue.job_manager.defer_periodic_job(one, periodic_id="", defer_timestamp=slot)
    except exceptions.AlreadyEnqueued:
        return


async def put_back(queue: App, lost: QueuedJob) -> None:
    """Let a lost pass be taken by another worker; it is dropped where the next one waits already."""
    log.warning("the worker that did %s is gone; another takes over", lost.task_name)
    try:
        await queue.job_manager.retry_job(lost)
    except exceptions.UniqueViolation:
        await queue.job_manager.finish_job(lost, Status.FAILED, delete_job=True)
    except exceptions.ConnectorException as error:
        log.info("%s was put back by somebody else: %s", lost.task_name, error)


async def look_out(has_ended: Callable[[], bool]) -> None:
    while not has_ended():
        await asyncio.sleep(LOOK_SECONDS)


async def ended(tasks: Sequence[asyncio.Task]) -> None:
    """End the tasks and wait for them; the first error of one that failed by itself is raised."""
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
