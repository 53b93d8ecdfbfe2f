"""What administrators look at: the audit trail, and the worker with what failed (a door)."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_timedelta
from flask_babel import gettext as _

from app import jobs as timetable
from app.auth import access
from app.core import audit as trail
from app.core import clock
from app.core.audit import AuditEvent
from app.core.installation import installation
from app.core.processes import workers
from app.core.processes.workers import JobFailure, WorkerBeat, is_worker_alive
from app.extensions import db
from app.setup.routes import blueprint
from app.setup.watching import trail_words

PAGE = 50


@blueprint.get("/settings/audit")
@access.admin
def audit():
    """Who did what, the newest first; `what` names one action."""
    before, chosen = request.args.get("before", type=int), request.args.get("what", "")
    chosen = chosen if chosen in trail_words.ACTIONS else ""
    is_further = before is not None and 0 < before < 2**63
    found = sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(PAGE + 1)
    found = found.where(AuditEvent.id < before) if is_further else found
    found = found.where(AuditEvent.action == chosen) if chosen else found
    rows = list(db.session.scalars(found))
    return render_template(
        "setup/audit.html",
        rows=rows[:PAGE],
        has_more=len(rows) > PAGE,
        is_further=is_further,
        chosen=chosen,
        kinds=sorted(((action, str(words)) for action, words in trail_words.ACTIONS.items()), key=by_words),
        trail_words=trail_words,
    )


def by_words(option: tuple[str, str]) -> str:
    return option[1]


@blueprint.get("/settings/jobs")
@access.admin
def jobs():
    """Whether the worker lives, what it does, and what failed."""
    return render_template(
        "setup/jobs.html",
        alive=is_worker_alive(db.session, now=clock.now()),
        last_backup=installation(db.session).backed_up_at,
        beats=list(db.session.scalars(sa.select(WorkerBeat).order_by(WorkerBeat.beat_at.desc()).limit(5))),
        failures=list(db.session.scalars(sa.select(JobFailure).order_by(JobFailure.job))),
        timetable=timetable.TIMETABLE,
        every=lambda seconds: format_timedelta(timedelta(seconds=seconds), threshold=1),
    )


@blueprint.post("/settings/jobs/retries")
@access.admin
def retry_job():
    """Let an item that failed be tried again with the next pass of its job."""
    job, item = (request.form.get(name, "").replace("\x00", "")[:64] for name in ("job", "item"))
    workers.retry(db.session, job, item, now=clock.now())
    trail.note(db.session, access.actor(), "job.retry", now=clock.now(), job=job, item=item)
    db.session.commit()
    flash(_("It is tried again with the next pass of the job."), "success")
    return redirect(url_for("setup.jobs"), code=303)
