"""Signs of life for load balancers and monitoring: /healthz, /readyz, /metrics; true to facts, without versions."""

from __future__ import annotations

import os
import shutil
from hmac import compare_digest
from pathlib import Path

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

import config
from app.auth import access
from app.core import clock
from app.core.installation import installation
from app.core.outbox import OutboxRow
from app.core.processes.workers import JobFailure, is_worker_alive
from app.delivery import sender
from app.extensions import db

blueprint = Blueprint("vitals", __name__)
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
LEAST_FREE_BYTES = 64 * 1024 * 1024


def is_database_there() -> bool:
    try:
        db.session.execute(sa.text("SELECT 1 FROM installation"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def has_disk_space() -> bool:
    """Whether the instance folder, and that of an SQLite database elsewhere, take 64 MB and can be written."""
    settings = current_app.extensions["settings"]
    folders = {settings.instance}
    if settings.is_sqlite:
        folders.add(Path(str(db.engine.url.database)).parent)
    return all(has_room(folder) for folder in folders)


def has_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free > LEAST_FREE_BYTES and os.access(folder, os.W_OK)
    except OSError:
        return False


def answer(facts: dict[str, bool], **more: str | None) -> tuple[Response, int]:
    is_well = all(facts.values())
    return jsonify(status="ok" if is_well else "failing", checks=facts, **more), 200 if is_well else 503


@blueprint.get("/healthz")
@access.public
def healthz():
    """Whether this process can serve and store."""
    return answer({"database": is_database_there(), "disk": has_disk_space()})


def mail_leaves() -> bool:
    """Whether the mail server took what it was given last; nothing stands against it where none was tried."""
    return not db.session.scalar(sa.select(sa.exists().where(JobFailure.job == sender.JOB)))


@blueprint.get("/readyz")
@access.public
def readyz():
    """Whether the installation as a whole does its work, the worker and the way of mail included."""
    database = is_database_there()
    alive = database and is_worker_alive(db.session, now=clock.now())
    last = installation(db.session).backed_up_at if database else None
    facts = {
        "database": database,
        "disk": has_disk_space(),
        "worker": alive,
        "mail": database and mail_leaves(),
    }
    return answer(facts, last_backup_at=last.isoformat() if last else None)


def may_measure() -> bool:
    """Whether the request brings the key of the settings, or comes from this machine itself, through no proxy.

    Not every proxy says that it is one. So once the links lead to a name that others can open, only the key opens.
    """
    settings = current_app.extensions["settings"]
    is_passed_on = any(name in request.headers for name in FORWARDED)
    is_here = (
        config.is_loopback(request.remote_addr or "") and not is_passed_on and settings.base_url_is_local
    )
    key, sent = settings.METRICS_KEY, request.authorization
    token = sent.token if sent is not None and sent.type == "bearer" else None
    return is_here or bool(key and token and compare_digest(token.encode(), key.encode()))


@blueprint.get("/favicon.ico")
@access.public
def mark():
    """Our mark, for browsers that ask for it wherever they are."""
    return current_app.send_static_file("mark.svg")


@blueprint.get("/metrics")
@access.public
def metrics():
    """Counts for Prometheus: with the key of the settings; without one while the installation is this machine's alone."""
    if not may_measure():
        words = "Only with the key of the settings, JUSTASK_METRICS_KEY: Authorization: Bearer KEY\n"
        return Response(words, 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    outbox = Gauge("justask_outbox_rows", "Outbox rows by state.", ["state"], registry=registry)
    for state, count in db.session.execute(
        sa.select(OutboxRow.state, sa.func.count()).group_by(OutboxRow.state)
    ):
        outbox.labels(state.value).set(count)
    alive = Gauge("justask_worker_alive", "1 while a worker gives signs of life.", registry=registry)
    alive.set(is_worker_alive(db.session, now=clock.now()))
    failures = Gauge("justask_job_failures", "Items that failed and wait or are parked.", registry=registry)
    failures.set(db.session.scalar(sa.select(sa.func.count()).select_from(JobFailure)))
    facts = installation(db.session)
    held = Gauge("justask_held", "1 while a restored or moved copy sends nothing.", registry=registry)
    held.set(facts.is_held)
    if facts.backed_up_at is not None:
        age = Gauge("justask_backup_age_seconds", "Seconds since the last backup.", registry=registry)
        age.set((clock.now() - facts.backed_up_at).total_seconds())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
