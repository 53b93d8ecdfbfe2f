"""Doubtful answers, and the press that says who sent one: a person, so that it counts, or a machine (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user

from app import journey
from app.auth import access
from app.auth.models import RoleName
from app.core import clock
from app.core.errors import Invalid, NotFound
from app.core.web.keeping.pages import kept_page
from app.extensions import db
from app.reports import lists
from app.reports.routes import blueprint
from app.responses.models import Doubt, Response
from app.surveys.scales import band

PERSON, MACHINE = "person", "machine"
DOUBTS = {
    Doubt.GATEWAY: _l("its program calls itself a mail gateway or a link preview"),
    Doubt.TRAP: _l("the link that no reader sees was opened just before"),
    Doubt.SCORES: _l("several scores of the mail were opened just before"),
    Doubt.HASTE: _l("sent within a second of opening the page"),
    Doubt.FORM: _l("sent without the page's own form"),
    Doubt.PROGRAM: _l("its program is none that people read with"),
    Doubt.AHEAD: _l("the page was loaded ahead, before anybody opened it"),
}


@blueprint.get("/reviews")
@access.viewer
@kept_page()
def reviews():
    found = lists.to_review(db.session)
    return render_template(
        "reports/reviews.html", found=found, band=band, why=DOUBTS, may_review=current_user.may(RoleName.CSM)
    )


@blueprint.post("/responses/<int:response_id>/review")
@access.csm
def review(response_id: int):
    verdict = request.form.get("verdict")
    if verdict not in {PERSON, MACHINE}:
        raise Invalid(_("Say whether a person or a machine sent this answer."))
    response = db.session.get(Response, response_id)
    if response is None:
        raise NotFound(_("There is no such answer."))
    journey.answer_reviewed(
        db.session, response, is_person=verdict == PERSON, actor=access.actor(), now=clock.now()
    )
    db.session.commit()
    flash(
        _("The answer counts from now on.")
        if verdict == PERSON
        else _("Kept as a machine's: it counts nowhere, as if nothing had been sent."),
        "success",
    )
    page = url_for("contacts.contact", contact_id=response.contact_id, _anchor=f"answer-{response.id}")
    return redirect(access.own_path(request.form.get("next"), page), 303)
