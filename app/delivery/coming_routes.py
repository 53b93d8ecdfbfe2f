"""The page of coming asks: each CSM's own people, skipping one, and for managers how often that happens (a door)."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user
from flask_wtf import FlaskForm

from app.auth import access
from app.auth.models import RoleName, Staff
from app.contacts.forms import Day
from app.core import clock
from app.core.clock import Today
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.web.fields import Line, mark
from app.core.web.pages import this_installation
from app.delivery.models import Invitation, Skip
from app.delivery.programs import skips
from app.delivery.routes import blueprint
from app.extensions import db
from app.reports.participation import participation
from app.reports.periods import Period

EVERYBODY = "all"
SPAN = timedelta(days=90)
USUAL = timedelta(days=90)


class SkipForm(FlaskForm):
    """Why somebody is not to be asked, and until when."""

    reason = Line(_l("Reason"), limit=skips.LONGEST_REASON, required=False)
    until_on = Day(_l("Until"))


@blueprint.get("/asks/coming")
@access.viewer
def coming():
    """Who is about to be asked: of one's own accounts, or of all."""
    return show(SkipForm(formdata=None))


@blueprint.post("/invitations/<int:invitation_id>/skip")
@access.csm
def skip(invitation_id: int):
    """Skip one person with a reason and an end; of other people's accounts only managers may."""
    found = db.session.get(Invitation, invitation_id) if invitation_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such ask."))
    require_own(found.account.owner_id)
    today, form = Today.at(clock.now(), this_installation().zone), SkipForm()
    if not form.validate():
        return show(form, found.id, 400)
    try:
        skips.skip(
            db.session,
            found,
            reason=form.reason.data or "",
            until_on=form.until_on.data,
            actor=access.actor(),
            now=today.now,
            today=today.day,
        )
    except Invalid as refused:
        db.session.rollback()
        mark(form, refused)
        return show(form, found.id, 400)
    db.session.commit()
    flash(_("%(name)s is not asked by any program until then.", name=found.contact.name), "success")
    return redirect(url_for("delivery.coming", **whose()), 303)


@blueprint.post("/skips/<int:skip_id>/end")
@access.csm
def end_skip(skip_id: int):
    """End a skip before its day; one's own, or any as a manager."""
    found = db.session.get(Skip, skip_id) if skip_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such skip."))
    require_own(found.staff_id)
    skips.end(db.session, found, actor=access.actor(), now=clock.now())
    db.session.commit()
    flash(_("%(name)s can be asked again.", name=found.contact.name), "success")
    return redirect(url_for("delivery.coming", **whose()), 303)


def require_own(owner_id: int | None) -> None:
    if owner_id != current_user.id and not current_user.may(RoleName.MANAGER):
        raise Forbidden(_("This person belongs to a colleague. A manager can skip anybody."))


def whose() -> dict[str, str]:
    """Whose people the page shows, as its address says it."""
    return {"owner": EVERYBODY} if request.args.get("owner") == EVERYBODY else {}


def show(form: SkipForm, wrong_id: int | None = None, status: int = 200):
    today = Today.at(clock.now(), this_installation().zone)
    owner_id = None if whose() else current_user.id
    form.until_on.data = form.until_on.data or (None if wrong_id else today.day + USUAL)
    page = render_template(
        "delivery/coming.html",
        asks=skips.page(db.session, owner_id),
        total=skips.how_many(db.session, owner_id),
        lasting=skips.lasting(db.session, owner_id),
        colleagues=colleagues(today) if current_user.may(RoleName.MANAGER) else [],
        is_own=owner_id is not None,
        whose=whose(),
        form=form,
        wrong_id=wrong_id,
        now=today.now,
    )
    return page, status


def colleagues(today: Today) -> list[tuple[str, int, int, float | None]]:
    """Of the last 90 days: each owner of accounts by name, with skips, people asked and the rate of answers."""
    period = Period(today.day - SPAN, today.day + timedelta(days=1))
    made = skips.per_colleague(db.session, period.start, today.zone)
    taken = {entry.key: entry for entry in participation(db.session, [period], zone=today.zone, dim="owner")}
    wanted = {number for number in made if number} | {int(key) for key in taken if key.isdigit()}
    staff = db.session.scalars(sa.select(Staff).where(Staff.id.in_(wanted)).order_by(Staff.name, Staff.id))
    found = []
    for person in staff:
        entry = taken.get(str(person.id))
        reached, rate = (entry.reached, entry.rate) if entry else (0, None)
        found.append((person.display_name, made.get(person.id, 0), reached, rate))
    return found
