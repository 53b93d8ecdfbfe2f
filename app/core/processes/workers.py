"""What the workers leave behind: signs of life, and jobs that failed.

A failing item is tried again after a growing pause and parked after `MOST_TRIES`; others go on meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database.columns import Json, Moment, UtcDateTime
from app.core.errors import NotFound
from app.extensions import Base

MOST_TRIES = 5
FIRST_PAUSE = timedelta(minutes=1)
ALIVE_WITHIN = timedelta(seconds=90)
BEAT_SECONDS = 15
FORGOTTEN_AFTER = timedelta(days=7)


class JobFailure(Base):
    """An item of a job that raised. `next_try_at` is empty once it is parked."""

    __tablename__ = "job_failures"

    job: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    item: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(sa.Text)


class WorkerBeat(Base):
    """The last sign of life of a worker process."""

    __tablename__ = "worker_beats"

    worker: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    started_at: Mapped[Moment]
    beat_at: Mapped[Moment]
    jobs: Mapped[dict] = mapped_column(Json, default=dict)


def beat(session: Session, worker: str, *, started_at: datetime, now: datetime) -> None:
    """Leave a sign of life for `worker` (host and process)."""
    session.merge(WorkerBeat(worker=worker, started_at=started_at, beat_at=now))


def forget_old(session: Session, *, now: datetime) -> int:
    """Forget workers that gave no sign of life for a week; how many. Every start leaves a name of its own."""
    return session.execute(sa.delete(WorkerBeat).where(WorkerBeat.beat_at < now - FORGOTTEN_AFTER)).rowcount


def is_worker_alive(session: Session, *, now: datetime) -> bool:
    """Whether any worker gave a sign of life within the last 90 seconds."""
    return session.scalar(sa.select(sa.exists().where(WorkerBeat.beat_at > now - ALIVE_WITHIN)))


def failed(session: Session, job: str, item: str, error: Exception, *, now: datetime) -> JobFailure:
    """Record that `item` of `job` raised; the pause doubles, and after five tries it is parked."""
    row = session.get(JobFailure, (job, item)) or JobFailure(job=job, item=item, tries=0, error="")
    row.tries += 1
    row.error = f"{type(error).__name__}: {error}"[:2000]
    is_last = row.tries >= MOST_TRIES
    row.parked_at = now if is_last else None
    row.next_try_at = None if is_last else now + FIRST_PAUSE * 2 ** (row.tries - 1)
    session.add(row)
    return row


def succeeded(session: Session, job: str, item: str) -> None:
    """Forget former failures of `item`."""
    session.execute(sa.delete(JobFailure).where(JobFailure.job == job, JobFailure.item == item))


def retry(session: Session, job: str, item: str, *, now: datetime) -> JobFailure:
    """Let an item that failed be tried again at once, as if for the first time; NotFound when it did not fail."""
    row = session.get(JobFailure, (job, item))
    if row is None:
        raise NotFound(_("Nothing of that job has failed, or it has been done since."))
    row.tries, row.parked_at, row.next_try_at = 0, None, now
    return row


def parked(session: Session) -> list[JobFailure]:
    """Everything that was given up until somebody lets it be tried again."""
    query = sa.select(JobFailure).where(JobFailure.parked_at.is_not(None))
    return list(session.scalars(query.order_by(JobFailure.job, JobFailure.item)))


def waiting_items(session: Session, job: str, *, now: datetime) -> set[str]:
    """Items of `job` to leave alone for now: parked, or pausing after a failure."""
    pausing = sa.or_(JobFailure.next_try_at.is_(None), JobFailure.next_try_at > now)
    return set(session.scalars(sa.select(JobFailure.item).where(JobFailure.job == job, pausing)))
