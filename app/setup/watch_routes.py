"""What administrators look at: the audit trail, and the worker with what failed (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import render_template, request

from app import jobs as timetable
from app.auth import access
from app.core import clock
from app.core.audit import AuditEvent
from app.core.workers import JobFailure, WorkerBeat, is_worker_alive
from app.extensions import db
from app.setup.routes import blueprint

PAGE = 50


@blueprint.get("/settings/audit")
@access.admin
def audit():
    """Who did what, the newest first."""
    before = request.args.get("before", type=int)
    found = sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(PAGE + 1)
    found = found.where(AuditEvent.id < before) if before and 0 < before < 2**63 else found
    rows = list(db.session.scalars(found))
    return render_template("setup/audit.html", rows=rows[:PAGE], has_more=len(rows) > PAGE)


@blueprint.get("/settings/jobs")
@access.admin
def jobs():
    """Whether the worker lives, what it does, and what failed."""
    return render_template(
        "setup/jobs.html",
        alive=is_worker_alive(db.session, now=clock.now()),
        beats=list(db.session.scalars(sa.select(WorkerBeat).order_by(WorkerBeat.beat_at.desc()).limit(5))),
        failures=list(db.session.scalars(sa.select(JobFailure).order_by(JobFailure.job))),
        timetable=timetable.TIMETABLE,
    )
