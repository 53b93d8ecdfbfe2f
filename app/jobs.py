"""The timetable: every scheduled job in one list, and the engine that runs it on one machine.

What time brings is found by a query over rows (`due_at <= now`), so a missed tick is late, never lost. A job takes
the present moment, finds what is due, does each item and commits each; an item that raises is recorded and tried
again while the others go on.

Two verbs let a second engine take over without touching the domain: `every(seconds)` puts a job on the timetable,
`enqueue(session, task, key, **ids)` asks for one soon. The embedded engine needs no queue, because the next sweep
finds the committed rows.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app
from sqlalchemy.orm import Session

import config
from app import journey
from app.api.protocol import idempotency
from app.auth import security, sessions
from app.contacts.importing import uploads
from app.core import clock
from app.core.clock import day_of
from app.core.database import transactions
from app.core.installation import installation
from app.core.processes import workers
from app.core.processes.workers import JobFailure
from app.delivery import sender, waves
from app.delivery.mail.mailer import Mailer
from app.delivery.models import InvitationState
from app.delivery.sending import closing, posting
from app.delivery.sending.books import MailOutcome
from app.extensions import db
from app.health import due, snapshots
from app.reports import rollups
from app.setup import steps

log = logging.getLogger(__name__)
BEAT_SECONDS = 15
PARENT_SECONDS = 1.0
THREADS = 4
WHOLE = "*"

stopping = threading.Event()


@dataclass(frozen=True)
class Job:
    """A job of the timetable: run every `seconds`; `work(now)` returns how many items it did."""

    name: str
    seconds: int
    work: Callable[[datetime], int]
    meaning: str


TIMETABLE: list[Job] = []


def every(seconds: int) -> Callable[[Callable[[datetime], int]], Callable[[datetime], int]]:
    """Put a function on the timetable under its own name; its docstring says what it is for."""

    def add(work: Callable[[datetime], int]) -> Callable[[datetime], int]:
        TIMETABLE.append(Job(work.__name__, seconds, work, (work.__doc__ or "").strip().partition("\n")[0]))
        return work

    return add


@every(6 * 3600)
def tidy_imports(now: datetime) -> int:
    """Let go of uploaded files after a day and of the lines of their reports after a month."""
    touched = uploads.tidy(db.session, now=now)
    db.session.commit()
    return touched


@every(60)
def finish_setup(now: datetime) -> int:
    """Take set-up out of the navigation once its last step is done."""
    done = steps.finish(db.session, current_app.extensions["settings"], now=now)
    db.session.commit()
    return int(done)


def enqueue(session: Session, task: str, key: str, **ids: int) -> None:
    """Ask for `task` soon, in the caller's transaction. The embedded engine finds the committed rows by itself."""


def job_named(name: str) -> Job:
    """The job of that name; KeyError when the timetable has none."""
    return {job.name: job for job in TIMETABLE}[name]


def run_once(app: Flask, job: Job, *, now: datetime) -> int:
    """One pass of a job in a context of its own; a job that raises as a whole is recorded and re-raised."""
    with app.app_context():
        transactions.write(db.session)
        try:
            done = job.work(now)
            forgive(job)
            return done
        except Exception as error:
            db.session.rollback()
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


def tick(app: Flask, job: Job) -> None:
    """What the scheduler calls: one pass, with a failure logged instead of raised."""
    if stopping.is_set():
        return
    try:
        run_once(app, job, now=clock.now())
    except Exception:
        log.exception("job %s failed", job.name)


def work(app: Flask, *, parent: int | None = None) -> None:
    """Run the timetable until `stopping` is set or the `parent` process is gone; jobs under way finish first."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone="UTC",
    )
    started = clock.now()
    name = f"{socket.gethostname()}:{os.getpid()}"
    for job in TIMETABLE:
        scheduler.add_job(
            tick, "interval", (app, job), seconds=job.seconds, next_run_time=started, id=job.name
        )
    scheduler.add_job(
        leave_beat, "interval", (app, name, started), seconds=BEAT_SECONDS, next_run_time=started
    )
    scheduler.start()
    log.info("worker %s runs %d jobs", name, len(TIMETABLE))
    while not stopping.wait(PARENT_SECONDS):
        if parent is not None and os.getppid() != parent:
            log.warning("worker %s stops, because the server that started it is gone", name)
            stopping.set()
    scheduler.shutdown(wait=True)
    log.info("worker %s has finished what it was doing", name)


@every(seconds=2)
def fold_rollups(now: datetime) -> int:
    """Fold fresh answers into the sums that the trends read."""
    folded = 0
    while count := rollups.fold(db.session):
        db.session.commit()
        folded += count
    return folded


@every(seconds=2)
def refresh_due_scores(now: datetime) -> int:
    """Compute the scores of accounts where something happened."""
    zone, done = installation(db.session).zone, 0
    while marks := due.marks(db.session, limit=snapshots.CHUNK):
        for account_id, since in marks:
            snapshots.refresh(db.session, [account_id], today=day_of(now, zone), zone=zone, now=now)
            due.settle(db.session, account_id, since)
            db.session.commit()
            done += 1
    return done


@every(seconds=600)
def keep_daily_scores(now: datetime) -> int:
    """Keep one snapshot a day of every account."""
    zone, done = installation(db.session).zone, 0
    today = day_of(now, zone)
    while missing := snapshots.without_snapshot(db.session, today):
        done += len(snapshots.refresh(db.session, missing, today=today, zone=zone, now=now))
        db.session.commit()
    return done


@every(seconds=3600)
def forget_api_answers(now: datetime) -> int:
    """Forget the answers kept a day for API requests that are sent again."""
    count = idempotency.forget_old(db.session, now=now)
    db.session.commit()
    return count


@every(seconds=6 * 3600)
def forget_sessions(now: datetime) -> int:
    """Forget sign-ins that have opened nothing for a long time."""
    count = sessions.forget_old(db.session, security.lifetime(), now=now)
    db.session.commit()
    return count


def leave_beat(app: Flask, name: str, started: datetime) -> None:
    """Leave a sign of life."""
    with app.app_context():
        transactions.write(db.session)
        workers.beat(db.session, name, started_at=started, now=clock.now())
        db.session.commit()


@every(seconds=5)
def start_waves(now: datetime) -> int:
    """Let launched waves send whose undo has run out and whose moment has come."""
    return committed(1 for _wave in waves.start_due(db.session, now=now))


@every(seconds=3600)
def ask_deferred(now: datetime) -> int:
    """Ask those who were left out of a wave for a while and have become free."""
    return committed(waves.ask_deferred(db.session, now=now))


@every(seconds=5)
def queue_mail(now: datetime) -> int:
    """Freeze the mails of asks that are due and let them wait for their turn."""
    return committed(posting.queue_due(db.session, settings(), now=now))


@every(seconds=2)
def send_mail(now: datetime) -> int:
    """Hand over all mail that is due, and finish the waves of which nobody is left."""
    way = mailer()
    ended = sender.send_due(db.session, way, now=now, on_outcome=mail_ended, should_stop=stopping.is_set)
    closing.finish_waves(db.session, now=now)
    sender.note_way(db.session, way, now=now)
    db.session.commit()
    return ended


@every(seconds=60)
def remind(now: datetime) -> int:
    """Freeze the reminders that are due."""
    return committed(closing.remind_due(db.session, settings(), now=now))


@every(seconds=60)
def expire(now: datetime) -> int:
    """Turn asks whose time is over into silence, and have somebody follow up."""
    skip = {int(item) for item in workers.waiting_items(db.session, "expire", now=now) if item.isdigit()}
    done = 0
    for invitation in closing.expire_due(db.session, now=now, skip=skip):
        number = invitation.id
        try:
            journey.invitation_expired(db.session, invitation, now=now)
            workers.succeeded(db.session, "expire", str(number))
            db.session.commit()
            done += 1
        except Exception as error:
            log.exception("ask %d could not expire", number)
            db.session.rollback()
            workers.failed(db.session, "expire", str(number), error, now=now)
            db.session.commit()
            skip.add(number)
    return done


def mail_ended(outcome: MailOutcome) -> None:
    """What follows from a mail that did not arrive, in the transaction that records it."""
    if outcome.state is InvitationState.BOUNCED:
        journey.mail_bounced(db.session, outcome.invitation_id, now=outcome.at)


def committed(chunks: Iterable[int]) -> int:
    """Run a long verb, committing at each of its safe points until told to stop; the sum of what it did."""
    done = 0
    for count in chunks:
        db.session.commit()
        done += count
        if stopping.is_set():
            break
    db.session.commit()
    return done


def settings() -> config.Settings:
    return current_app.extensions["settings"]


def mailer() -> Mailer:
    """The mailer of this process; it remembers that a server is down."""
    if "mailer" not in current_app.extensions:
        current_app.extensions["mailer"] = Mailer.from_settings(settings())
    return current_app.extensions["mailer"]
