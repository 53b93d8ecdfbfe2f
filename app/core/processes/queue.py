"""Asking for a job soon, in the transaction of whoever asks.

With one machine nobody need ask: the next sweep finds the committed rows. With several, the request is a row of the
job queue on the same PostgreSQL, which appears when the caller commits and wakes a worker on any machine. It is written
by the queue's own SQL function, so that web processes need not load its library. A request that is lost costs seconds,
because the timetable comes by anyway.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from app.core.processes.timetable import job_named

PUT = sa.text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(:queue, :task, 0, NULL, :key, CAST(:ids AS jsonb), NULL)"
    "::procrastinate_job_to_defer_v1])"
)


def enqueue(session: Session | scoped_session, task: str, key: str, **ids: int) -> None:
    """Ask for a pass of the job `task` as soon as the caller's transaction is committed.

    While a request with the same `key` waits, this one adds nothing. `ids` narrow the pass, where the job knows how.
    KeyError when the timetable has no such job.
    """
    if current_app.extensions["settings"].ENGINE != "procrastinate":
        return
    values = {"queue": job_named(task).queue, "task": task, "key": key, "ids": json.dumps(ids)}
    try:
        # The connection is taken inside the savepoint: with one taken before, a conflict would end the transaction
        # itself, and its COMMIT would silently be a rollback.
        with session.begin_nested():
            session.connection().execute(PUT, values)
    except IntegrityError:
        return
