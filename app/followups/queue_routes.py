"""The staff page of the queue: what is to be done, the figures over it, and its CSV (a door)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Response, render_template
from flask_security import current_user
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.auth import access
from app.auth.absences import covering
from app.auth.models import RoleName
from app.core import clock
from app.core.web.paging import Page
from app.delivery.inbound import queries as incoming
from app.extensions import db
from app.followups import queue, words
from app.followups.models import Task, TaskState
from app.followups.promises import giving
from app.followups.promises import words as promise_words
from app.followups.queue import PAGE_SIZE, QueueFilter
from app.followups.routes import address_of, blueprint, chosen_filter, here, just_done, roster, zone
from app.reports.lists import csv_lines, inert

CSV_HEAD = (
    "task",
    "kind",
    "account",
    "contact",
    "owner",
    "state",
    "priority",
    "reason",
    "opened",
    "first_touch_due",
    "first_touched",
    "due",
    "closed",
    "waits_since",
    "overdue",
    "new",
    "counted",
)


@blueprint.get("/queue", endpoint="queue")
@access.viewer
def queue_page():
    now, chosen = clock.now(), chosen_filter()
    page = Page.asked(PAGE_SIZE, queue.count(db.session, chosen, now=now, zone=zone()))
    found = queue.tasks(db.session, chosen, now=now, zone=zone(), start=page.start)
    return render_template(
        "followups/queue.html",
        tasks=found[:PAGE_SIZE],
        promises=giving.of_tasks(db.session, [task.id for task in found[:PAGE_SIZE]]),
        promise_words=promise_words,
        chosen=chosen,
        address=address_of(chosen),
        counts=queue.counts(db.session, chosen.owner, now=now, zone=zone(), covered=chosen.covered),
        **covers_of(chosen.owner),
        owners=queue.owners(db.session),
        just_done=just_done(),
        strangers=incoming.count_needing(db.session) if current_user.may(RoleName.ADMIN) else 0,
        page=page,
        is_first=not page.total and queue.is_nothing_yet(db.session),
        words=words,
        now=now,
    )


def covers_of(owner: int | str) -> dict:
    """For whom the owner of this queue stands in, by whom, and an absence from which the reader has just come back."""
    over = covering.just_over(db.session, current_user.id, here()) if owner == current_user.id else None
    covered = roster().covered_by(owner) if isinstance(owner, int) else {}
    return {"covered": covered, "for_whom": covering.words_of, "back_from": over}


@blueprint.get("/queue.csv")
@access.viewer
def queue_csv():
    """The tasks of the filter; `overdue` and `new` summed, and `counted`, give the figures over the queue."""
    stream = csv_stream(db.engine, chosen_filter(), clock.now(), zone())
    response = Response(stream, mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=justask-follow-ups.csv"
    return response


def csv_stream(engine: Engine, chosen: QueueFilter, now: datetime, of: ZoneInfo) -> Iterator[str]:
    """The CSV in pieces, from a reading transaction of its own that outlives the request's."""
    yield csv_lines([CSV_HEAD])
    with Session(engine) as session:
        for task in queue.every(session, chosen, now=now, zone=of):
            yield csv_lines([csv_row(task, now, of)])


def csv_row(task: Task, now: datetime, of: ZoneInfo) -> tuple:
    moments = (task.opened_at, task.first_touch_due_at, task.first_touched_at, task.due_at, task.closed_at)
    moments += (task.replied_at,)
    return (
        task.id,
        task.kind.value,
        inert(task.account.name),
        inert(task.contact.name if task.contact else ""),
        inert(task.owner.display_name if task.owner else ""),
        task.state.value,
        task.priority,
        inert(task.reason),
        *(at.astimezone(of).strftime("%Y-%m-%d %H:%M") if at else "" for at in moments),
        int(task.is_overdue(now=now)),
        int(task.state == TaskState.NEW),
        1,
    )
