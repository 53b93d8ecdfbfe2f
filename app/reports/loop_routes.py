"""Whether we are in touch as we promised, and tell customers what came of it: a page, its list as a file (a door)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlencode

from flask import render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.auth import access
from app.core import clock
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.extensions import db
from app.followups.promises.models import Promise, PromiseState
from app.followups.promises.words import STATES, TONES, WAYS
from app.reports.loops import counts, recovery
from app.reports.loops.counts import Days
from app.reports.routes import asked, blueprint

PAGE_SIZE = 50
NOBODY = "nobody"
CSV_HEAD = (
    "account",
    "contact",
    "promised_by",
    "way",
    "asked",
    "promised_day",
    "touched",
    "state",
    "counted",
)


def chosen_days() -> Days:
    """The days and the cut that the address asks for; unknown values are passed over."""
    days, owner, state = asked(), request.args.get("owner", ""), request.args.get("state", "")
    is_number = owner.isascii() and owner.isdecimal() and len(owner) < 10
    return Days(
        days.start,
        days.end,
        this_installation().zone,
        owner_id=int(owner) if is_number else 0 if owner == NOBODY else None,
        state=PromiseState(state) if state in set(PromiseState) else None,
    )


def address_of(days: Days, **more) -> dict[str, str]:
    """The parameters by which an address carries a choice."""
    given = {"from": days.start.isoformat(), "to": days.last.isoformat()}
    given |= {"owner": NOBODY if days.owner_id == 0 else days.owner_id, "state": days.state} | more
    return {name: str(value) for name, value in given.items() if value is not None and value != ""}


@blueprint.get("/loops", endpoint="loops")
@access.viewer
@kept_page()
def loops_page():
    days, now = chosen_days(), clock.now()
    page = Page.asked(PAGE_SIZE, counts.how_many(db.session, days, now=now))
    query = counts.rows(days, now=now).offset(page.start).limit(PAGE_SIZE)
    return render_template(
        "reports/loops.html",
        days=days,
        found=counts.loops(db.session, days, now=now),
        recovered=recovery.recovery(db.session, days, now=now),
        by_themselves=recovery.UP_BY_THEMSELVES,
        promises=db.session.scalars(query).all(),
        page=page,
        address=address_of(days),
        address_with=lambda **more: url_for("reports.loops") + "?" + urlencode(address_of(days, **more)),
        unfiltered=address_of(days, owner=None, state=None),
        nobody=NOBODY,
        states=STATES,
        tones=TONES,
        ways=WAYS,
        state_options=[("", _("All"))] + [(state.value, words) for state, words in STATES.items()],
        now=now,
    )


@download(blueprint, "/loops")
@access.viewer
def loops_file():
    days, now = chosen_days(), clock.now()
    return Table("promises", CSV_HEAD, in_one_reading(db.engine, lambda session: lines(session, days, now)))


def lines(session: Session, days: Days, now: datetime) -> Iterator[tuple]:
    """The promises of the choice; `counted` summed gives the figure over them."""
    for promise in counts.every(session, days, now=now):
        yield row(promise, days, now)


def row(promise: Promise, days: Days, now: datetime) -> tuple:
    asked_at, touched_at = (
        at.astimezone(days.zone).strftime("%Y-%m-%d %H:%M") if at else ""
        for at in (promise.asked_at, promise.touched_at)
    )
    return (
        promise.account.name,
        promise.contact.name,
        promise.staff_name,
        promise.way.value,
        asked_at,
        promise.due_on,
        touched_at,
        promise.state(now).value,
        1,
    )
