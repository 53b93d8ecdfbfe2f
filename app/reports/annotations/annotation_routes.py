"""What happened, noted by managers beside the trend (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import clock
from app.core.web.keeping.pages import kept_page
from app.extensions import db
from app.reports.annotations import noting
from app.reports.annotations.forms import AnnotationForm
from app.reports.annotations.models import Annotation
from app.reports.routes import blueprint, today


@blueprint.get("/happened", endpoint="annotations")
@access.viewer
@kept_page()
def annotations_page():
    return page(AnnotationForm(formdata=None, on=today()))


@blueprint.post("/happened")
@access.manager
def add_annotation():
    form = AnnotationForm()
    if not form.validate_on_submit():
        return page(form), 400
    noting.add(db.session, form.on.data, form.words.data, now=clock.now(), by=access.actor())
    db.session.commit()
    flash(_("Noted: the trend marks the day."), "success")
    return redirect(url_for("reports.annotations"), 303)


@blueprint.post("/happened/<int:annotation_id>/remove")
@access.manager
def remove_annotation(annotation_id: int):
    noting.remove(db.session, annotation_id, now=clock.now(), by=access.actor())
    db.session.commit()
    flash(_("Taken away."), "success")
    return redirect(url_for("reports.annotations"), 303)


def page(form: AnnotationForm) -> str:
    found = db.session.scalars(db.select(Annotation).order_by(Annotation.on.desc(), Annotation.id.desc()))
    return render_template("reports/annotations.html", found=found.all(), form=form)
