"""The staff page of the queue: what is to be done, the figures over it, and its CSV (a door)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from flask import current_app, render_template, request
from flask_babel import get_locale
from flask_security import current_user
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.auth import access
from app.auth.absences import covering
from app.auth.colleagues import Colleague, colleagues
from app.auth.models import RoleName
from app.auth.views import saving
from app.core import clock
from app.core.clock import Today
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page, asked_number
from app.delivery.inbound import queries as incoming
from app.extensions import db
from app.followups import activities, queue, ranking, words
from app.followups.forms import ClosingForm, OwnerForm, SnoozeForm
from app.followups.listing import finding, keeping
from app.followups.listing.finding import Group
from app.followups.listing.showing import Rows
from app.followups.models import Task, TaskState
from app.followups.queue import ALL, NOBODY, PAGE_SIZE, QueueFilter
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
@kept_page("done")
def queue_page():
    return render_queue()


def render_queue(
    status: int = 200, *, chosen: Sequence[Task] = (), forms: Mapping[ActKind, FlaskForm] = NONE
):
    """The queue; with the follow-ups that were chosen, and the form about them that lacks something."""
    now, picked, connection = clock.now(), {task.id for task in chosen}, db.session.connection()
    takes_all = request.args.get("chosen") == "all"
    chosen, at, today = chosen_filter(), zone(), Today.at(now, zone()).day
    counts = queue.counts(db.session, chosen.owner, now=now, zone=at, covered=chosen.covered)
    found, page = page_of(connection, chosen, now, at)
    if takes_all:
        picked |= {group.task_id for group in found[:PAGE_SIZE]}
    with_owner, may_pick = chosen.owner in {ALL, NOBODY}, bool(found) and not chosen.closed and is_worker()
    address, covers, people = address_of(chosen), covers_of(chosen.owner), colleagues(connection)
    rows = Rows(
        address=address,
        covered=roster().said_to(chosen.owner),
        levels=ranking.levels(connection, now=now),
        week=this_installation().work_week,
        zone=at,
        today=today,
        now=now,
    )
    page_html = render_template(
        "followups/queue.html",
        rows=keeping.written(rows, found[:PAGE_SIZE], picked, with_owner=with_owner, may_pick=may_pick),
        first_id=found[0].task_id if found else None,
        with_owner=with_owner,
        chosen=chosen,
        address=address,
        counts=counts,
        **covers,
        filters=kept_filters(
            str(get_locale()),
            request.script_root,
            replace(chosen, covered=()),
            address.get("state"),
            tuple(people),
        ),
        customer=the_customer(chosen, found),
        just_done=just_done(),
        strangers=incoming.count_needing(db.session) if current_user.may(RoleName.ADMIN) else 0,
        page=page,
        is_first=not page.total and queue.is_nothing_yet(db.session),
        many=panel(people, today, forms) if may_pick else None,
        is_amiss=bool(forms) or takes_all,
        views=saving.shown(connection, "queue", current_user.id),
        words=words,
        now=now,
    )
    return page_html, status


def is_worker() -> bool:
    """Whether who reads may act on follow-ups."""
    return current_user.may(RoleName.CSM)


def page_of(
    connection: Connection, chosen: QueueFilter, now: datetime, at: ZoneInfo
) -> tuple[list[Group], Page]:
    """The rows that the address asks for, one more when others follow, and where they stand in the whole list."""
    start = asked_number("start")
    found = finding.page(connection, chosen, now=now, zone=at, start=start)
    if not start and len(found) <= PAGE_SIZE:
        return found, Page(PAGE_SIZE, len(found))
    if finding.is_by_customer(chosen):
        return found, Page(PAGE_SIZE, finding.customers(connection, chosen, now=now, zone=at), start)
    return found, Page(PAGE_SIZE, queue.count(db.session, chosen, now=now, zone=at), start)


def the_customer(chosen: QueueFilter, found: Sequence[Group]) -> str:
    """The name of the one customer whose follow-ups are shown; empty where they are everybody's."""
    return found[0].first.account if chosen.account_id and found else ""


def panel(people: Sequence[Colleague], today: date, given: Mapping[ActKind, FlaskForm]) -> Markup:
    """The forms about the chosen follow-ups, the one that was sent as it was filled; as it opens it is kept."""
    days = tuple(activities.days_to_come(today, this_installation().work_week))
    workers = tuple(person for person in people if person.may(RoleName.CSM))
    if given:
        return drawn_panel(workers, current_user.id, days, given)
    return kept_panel(
        str(get_locale()), tuple(map(str, words.CAUSES.values())), workers, current_user.id, days
    )


@lru_cache(maxsize=16)
def kept_panel(
    _locale: str,
    _causes: tuple[str, ...],
    workers: tuple[Colleague, ...],
    reader: int,
    days: tuple[date, ...],
) -> Markup:
    """The forms before anything was typed, which are the same for a person all day: a fifth of the page's time."""
    return drawn_panel(workers, reader, days, NONE)


@lru_cache(maxsize=64)
def kept_filters(
    _locale: str, _root: str, chosen: QueueFilter, state: str | None, people: tuple[Colleague, ...]
) -> Markup:
    """The fields that narrow the queue, as they are filled; the same people read the same queue again and again."""
    fields = current_app.jinja_env.get_template("followups/queue_filters.html")
    given = {"chosen": chosen, "state": state, "owners": people, "words": words}
    return fields.make_module(given).__html__()


def drawn_panel(
    workers: Sequence[Colleague], reader: int, days: Sequence[date], given: Mapping[ActKind, FlaskForm]
) -> Markup:
    owner = given.get(ActKind.HANDED_OVER) or OwnerForm(formdata=None, owner=reader)
    owner.owner.choices = words.owner_choices(workers)
    many = {
        "close": given.get(ActKind.CLOSED) or ClosingForm(formdata=None),
        "aside": given.get(ActKind.PUT_ASIDE) or SnoozeForm(formdata=None),
        "owner": owner,
    }
    acts = current_app.jinja_env.get_template("followups/queue_acts.html")
    return acts.make_module({"many": many, "days_to_come": days, "words": words}).__html__()


def covers_of(owner: int | str) -> dict:
    """For whom the owner of this queue stands in, whether a colleague whose queue it is is away, and the reader's own return."""
    over = covering.just_over(db.session, current_user.id, here()) if owner == current_user.id else None
    covered = roster().covered_by(owner) if isinstance(owner, int) else {}
    away = roster().absences.get(owner) if owner != current_user.id else None
    return {"covered": covered, "back_from": over, "away": away}


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
