"""The page about the look: the colour and the logo on everything that customers see (a door)."""

from __future__ import annotations

import hashlib

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import audit, clock
from app.core.face.models import Logo
from app.core.installation import Installation, installation
from app.extensions import db
from app.setup.face.forms import LookForm
from app.setup.routes import blueprint
from app.surveys import wording
from app.surveys.models import Survey
from app.surveys.routes import answer_page


@blueprint.get("/settings/look")
@access.admin
def look():
    row = installation(db.session)
    return page(LookForm(formdata=None, data={"accent": row.accent}), row)


@blueprint.post("/settings/look")
@access.admin
def change_look():
    """Keep what was chosen; pages show it at once, mails that are not written yet will."""
    row, form = installation(db.session), LookForm()
    if not form.validate():
        return page(form, row), 400
    row.accent = form.accent.data or None
    if form.picture:
        row.logo = kept(form).name
    elif form.no_logo.data:
        row.logo = None
    row.changes_face()
    audit.note(db.session, access.actor(), "look.changed", now=clock.now(), accent=row.accent or "")
    db.session.commit()
    installation(db.session)
    flash(_("Saved. Pages look so from now on, and mails that are not written yet."), "success")
    return redirect(url_for("setup.look"), 303)


def kept(form: LookForm) -> Logo:
    """The logo's row; the same picture again is the same row."""
    name = hashlib.sha256(form.body).hexdigest()[:32]
    found = db.session.get(Logo, name)
    if found is None:
        found = Logo(name=name, body=form.body, added_at=clock.now(), **form.picture._asdict())
        db.session.add(found)
    return found


def page(form: LookForm, row: Installation) -> str:
    survey = db.session.query(Survey).filter_by(archived_at=None).order_by(Survey.id).first()
    language = wording.best(row.language, wording.languages(survey.current)) if survey else ""
    return render_template(
        "setup/look.html",
        form=form,
        row=row,
        page=answer_page(survey, language, None) if survey else None,
        is_again=request.method == "POST",
    )
