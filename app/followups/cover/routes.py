"""Being away: entering days and a cover, being back, and what happened meanwhile (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.auth.absences import covering
from app.auth.absences.models import Absence
from app.auth.models import RoleName, Staff
from app.core import audit, clock
from app.core.errors import Forbidden, Invalid, NotFound
from app.core.web.fields import mark
from app.core.web.pages import this_installation
from app.extensions import db
from app.followups import queue, words
from app.followups.cover import happened
from app.followups.cover.forms import AbsenceForm
from app.followups.routes import blueprint, here


def absence_form(**given) -> AbsenceForm:
    people = [one for one in queue.owners(db.session) if one.may(RoleName.CSM)]
    return AbsenceForm(current_user, people, may_choose=current_user.may(RoleName.MANAGER), **given)


@blueprint.get("/settings/absences")
@access.csm
def absences():
    return show_absences(absence_form(formdata=None, person=current_user.id))


def show_absences(form: AbsenceForm, status: int = 200):
    page = render_template(
        "followups/absences.html",
        form=form,
        mine=covering.of_person(db.session, current_user.id),
        others=[one for one in covering.to_come(db.session, here()) if one.staff_id != current_user.id],
        may_end=may_change,
        today=here(),
    )
    return page, status


@blueprint.post("/settings/absences")
@access.csm
def enter_absence():
    form = absence_form()
    if not form.validate_on_submit():
        return show_absences(form, 400)
    person = db.session.get_one(Staff, form.person.data) if form.person else current_user
    cover = db.session.get(Staff, form.cover.data)
    days, now = {"from_on": form.from_on.data, "to_on": form.to_on.data}, clock.now()
    try:
        absence = covering.enter(
            db.session, person, cover, **days, by=current_user.display_name, today=here(), now=now
        )
    except Invalid as error:
        mark(form, error)
        return show_absences(form, 400)
    about = {"subject": f"staff:{person.id}", "cover": cover.display_name, "until": absence.to_on.isoformat()}
    audit.note(db.session, access.actor(), "absence.entered", now=now, **about)
    db.session.commit()
    flash(_("Kept. %(name)s sees it all from that day on.", name=cover.display_name), "success")
    return redirect(url_for("followups.absences"), 303)


@blueprint.post("/absences/<int:absence_id>/end")
@access.csm
def end_absence(absence_id: int):
    absence, now = the_absence(absence_id), clock.now()
    if not may_change(absence):
        raise Forbidden(_("Only they themselves or a manager can change this."))
    covering.end(db.session, absence, today=here())
    audit.note(db.session, access.actor(), "absence.ended", subject=f"staff:{absence.staff_id}", now=now)
    db.session.commit()
    flash(_("Ended. Everything is back where it was."), "success")
    return redirect(url_for("followups.absences"), 303)


@blueprint.get("/absences/<int:absence_id>")
@access.csm
def absence(absence_id: int):
    """What happened meanwhile, for who was away, who stood in, and managers."""
    found = the_absence(absence_id)
    if not may_change(found) and found.cover_id != current_user.id:
        raise Forbidden(_("This is for who was away, who stood in, and managers."))
    told = happened.during(db.session, found, zone=this_installation().zone)
    return render_template(
        "followups/absence.html",
        absence=found,
        told=told,
        beginnings=happened.beginnings,
        words=words,
        today=here(),
        now=clock.now(),
    )


def may_change(absence: Absence) -> bool:
    return absence.staff_id == current_user.id or current_user.may(RoleName.MANAGER)


def the_absence(absence_id: int) -> Absence:
    found = db.session.get(Absence, absence_id) if absence_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such absence."))
    return found
