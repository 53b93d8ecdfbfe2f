"""The staff page of the queue: what is to be done, the figures over it, and its CSV (a door)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from flask import render_template
from flask_security import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session

from app.auth import access
from app.auth.absences import covering
from app.auth.models import RoleName
from app.core import clock
from app.core.clock import Today
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.delivery.inbound import queries as incoming
from app.extensions import db
from app.followups import activities, queue, words
from app.followups.forms import OwnerForm, ResolutionForm, SnoozeForm
from app.followups.many import views
from app.followups.models import Task, TaskState
from app.followups.promises import giving
from app.followups.promises import words as promise_words
from app.followups.queue import PAGE_SIZE, QueueFilter
from app.followups.routes import address_of, blueprint, chosen_filter, here, just_done, roster, zone
from app.followups.undoing.models import ActKind

NONE: Mapping = MappingProxyType({})

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
    return render_queue()


def render_queue(
    status: int = 200, *, chosen: Sequence[Task] = (), forms: Mapping[ActKind, FlaskForm] = NONE
):
    """The queue; with the follow-ups that were chosen, and the form about them that lacks something."""
    now, picked = clock.now(), {task.id for task in chosen}
    chosen = chosen_filter()
    counts = queue.counts(db.session, chosen.owner, now=now, zone=zone(), covered=chosen.covered)
    total = queue.number_of(chosen, counts)
    if total is None:
        total = queue.count(db.session, chosen, now=now, zone=zone())
    page = Page.asked(PAGE_SIZE, total)
    found = queue.tasks(db.session, chosen, now=now, zone=zone(), start=page.start)
    page_html = render_template(
        "followups/queue.html",
        tasks=found[:PAGE_SIZE],
        promises=giving.of_tasks(db.session, [task.id for task in found[:PAGE_SIZE]]),
        promise_words=promise_words,
        chosen=chosen,
        address=address_of(chosen),
        counts=counts,
        week=this_installation().work_week,
        today=Today.at(now, zone()).day,
        **covers_of(chosen.owner),
        owners=queue.owners(db.session),
        just_done=just_done(),
        strangers=incoming.count_needing(db.session) if current_user.may(RoleName.ADMIN) else 0,
        page=page,
        is_first=not page.total and queue.is_nothing_yet(db.session),
        many=forms_for_many(found, forms) if current_user.may(RoleName.CSM) and not chosen.closed else None,
        is_amiss=bool(forms),
        picked=picked,
        days_to_come=activities.days_to_come(Today.at(now, zone()).day, this_installation().work_week),
        views=views.of_person(db.session, current_user.id),
        words=words,
        now=now,
    )
    return page_html, status


def forms_for_many(found: Sequence[Task], given: Mapping[ActKind, FlaskForm]) -> dict[str, FlaskForm] | None:
    """The forms about the chosen follow-ups, the one that was sent as it was filled; None where there is nothing to choose."""
    if not found:
        return None
    owner = given.get(ActKind.HANDED_OVER) or OwnerForm(formdata=None, owner=current_user.id)
    owner.owner.choices = words.owner_choices(queue.able_to_work(db.session))
    return {
        "close": given.get(ActKind.CLOSED) or ResolutionForm(found[0], formdata=None),
        "aside": given.get(ActKind.PUT_ASIDE) or SnoozeForm(formdata=None),
        "owner": owner,
    }


def covers_of(owner: int | str) -> dict:
    """For whom the owner of this queue stands in, by whom, and an absence from which the reader has just come back."""
    over = covering.just_over(db.session, current_user.id, here()) if owner == current_user.id else None
    covered = roster().covered_by(owner) if isinstance(owner, int) else {}
    return {"covered": covered, "for_whom": covering.words_of, "back_from": over}


@download(blueprint, "/queue")
@access.viewer
def queue_file():
    """The tasks of the filter; `overdue` and `new` summed, and `counted`, give the figures over the queue."""
    chosen, now, of = chosen_filter(), clock.now(), zone()
    return Table(
        "follow-ups", CSV_HEAD, in_one_reading(db.engine, lambda session: task_rows(session, chosen, now, of))
    )


def task_rows(session: Session, chosen: QueueFilter, now: datetime, of: ZoneInfo) -> Iterator[tuple]:
    for task in queue.every(session, chosen, now=now, zone=of):
        yield csv_row(task, now, of)


def csv_row(task: Task, now: datetime, of: ZoneInfo) -> tuple:
    moments = (task.opened_at, task.first_touch_due_at, task.first_touched_at, task.due_at, task.closed_at)
    moments += (task.replied_at,)
    return (
        task.id,
        task.kind.value,
        task.account.name,
        task.contact.name if task.contact else "",
        task.owner.display_name if task.owner else "",
        task.state.value,
        task.priority,
        task.reason,
        *(at.astimezone(of).strftime("%Y-%m-%d %H:%M") if at else "" for at in moments),
        int(task.is_overdue(now=now)),
        int(task.state == TaskState.NEW),
        1,
    )
