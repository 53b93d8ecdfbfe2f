"""The staff page of wishes: what would make it a 9 for people who gave a 7 or an 8, small or large (a door)."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth import access
from app.core import audit, clock
from app.core.errors import NotFound
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.keeping.pages import kept_page
from app.core.web.paging import Page
from app.extensions import db
from app.followups import queue, words
from app.followups.models import Task, WishSize
from app.followups.passives import wishes
from app.followups.passives.wishes import PAGE, UNSIZED, WishFilter
from app.followups.routes import address_of, blueprint, chosen_filter, the_task, zone
from app.followups.words import options, owner_options

CSV_HEAD = ("account", "contact", "owner", "score", "wish", "size", "answered", "state", "counted")
STATES = ("open", "closed")


def chosen_wishes() -> WishFilter:
    """The filter in the address; unknown values are passed over."""
    asked, owner = request.args, request.args.get("owner", "")
    is_number = owner.isascii() and owner.isdecimal() and len(owner) < 10
    return WishFilter(
        size=asked["size"] if asked.get("size") in {UNSIZED, *WishSize} else "",
        owner_id=int(owner) if is_number else None,
        state=asked["state"] if asked.get("state") in STATES else "",
    )


def wish_address(chosen: WishFilter) -> dict[str, str]:
    given = {"size": chosen.size, "owner": chosen.owner_id, "state": chosen.state}
    return {name: str(value) for name, value in given.items() if value not in (None, "")}


@blueprint.get("/wishes", endpoint="wishes")
@access.viewer
@kept_page()
def wishes_page():
    chosen = chosen_wishes()
    page = Page.asked(PAGE, wishes.how_many(db.session, chosen))
    found = db.session.scalars(wishes.wishes(chosen).offset(page.start).limit(PAGE)).all()
    return render_template(
        "followups/wishes.html",
        tasks=found,
        page=page,
        chosen=chosen,
        address=wish_address(chosen),
        counts=wishes.counts(db.session, chosen),
        wishes=wishes,
        words=words,
        size_options=[("", _("All")), (UNSIZED, _("Not said yet")), *options(wishes.SIZES)],
        owners=[("", _("Everybody")), ("0", _("Nobody")), *owner_options(queue.owners(db.session))],
        now=clock.now(),
    )


@download(blueprint, "/wishes")
@access.viewer
def wishes_file():
    chosen, of = chosen_wishes(), zone()
    return Table(
        "wishes", CSV_HEAD, in_one_reading(db.engine, lambda session: wish_rows(session, chosen, of))
    )


def wish_rows(session: Session, chosen: WishFilter, of: ZoneInfo) -> Iterator[tuple]:
    for task in session.scalars(wishes.wishes(chosen), execution_options={"yield_per": 500}):
        yield wish_row(task, of)


def wish_row(task: Task, of: ZoneInfo) -> tuple:
    owner = task.account.owner
    return (
        task.account.name,
        task.contact.name if task.contact else "",
        owner.display_name if owner else "",
        task.response.score,
        task.response.comment,
        task.wish or "",
        task.response.submitted_at.astimezone(of).strftime("%Y-%m-%d %H:%M"),
        task.state.value,
        1,
    )


@blueprint.post("/tasks/<int:task_id>/wish")
@access.csm
def size_wish(task_id: int):
    """How large the wish is; `none` takes back what was said. The same press leads back to the list it came from."""
    task, now, given = the_task(task_id, lock=True), clock.now(), request.form.get("size", "")
    if given not in {UNSIZED, *WishSize}:
        raise NotFound(_("There is no such size."))
    is_new = wishes.size(task, None if given == UNSIZED else WishSize(given))
    if is_new:
        audit.note(db.session, access.actor(), "task.wish", subject=f"task:{task.id}", now=now, size=given)
    db.session.commit()
    if is_new and task.wish:
        flash(_("Noted: %(size)s.", size=wishes.SIZES[task.wish]), "success")
    elif is_new:
        flash(_("Taken back: nobody has said how large it is."), "success")
    if request.form.get("back") == "list":
        address = wish_address(chosen_wishes())
        start = request.args.get("start", type=int) or None
        return redirect(url_for("followups.wishes", start=start, **address), 303)
    return redirect(url_for("followups.task_page", task_id=task.id, **address_of(chosen_filter())), 303)
