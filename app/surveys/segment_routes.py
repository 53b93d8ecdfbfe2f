"""The pages of saved segments: the list, making and changing one, taking it away (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import audit, clock
from app.core.errors import Invalid, NotFound
from app.core.web.fields import mark
from app.core.web.keeping.pages import kept_page
from app.extensions import db
from app.followups.improvements import telling
from app.surveys import audience, forms, saving
from app.surveys.models import Segment
from app.surveys.routes import blueprint
from app.surveys.segments import saved

PAGE = 20


@blueprint.get("/segments", endpoint="segments")
@access.viewer
@kept_page()
def segment_list():
    """Segments by name, whom they name, and which programs use them."""
    after = request.args.get("after", "").replace("\x00", "")[:120]
    query = sa.select(Segment).where(Segment.name > after).order_by(Segment.name).limit(PAGE + 1)
    found = db.session.scalars(query).all()
    shown = found[:PAGE]
    named = audience.named(db.session, [segment.filter for segment in shown])
    return render_template(
        "surveys/segments.html",
        segments=shown,
        described={s.id: audience.described(db.session, s.filter, named) for s in shown},
        people=dict(zip([s.id for s in shown], saved.sizes(db.session, shown), strict=True)),
        users=saved.users(db.session, shown),
        after=after,
        next_after=shown[-1].name if len(found) > PAGE else None,
    )


@blueprint.get("/segments/new")
@access.manager
def new_segment():
    return show(forms.segment_form(db.session), None)


@blueprint.post("/segments")
@access.manager
def add_segment():
    return keep(forms.segment_form(db.session), None)


@blueprint.get("/segments/<int:segment_id>/edit")
@access.manager
def edit_segment(segment_id: int):
    found = the_segment(segment_id)
    return show(forms.segment_form(db.session, found), found)


@blueprint.post("/segments/<int:segment_id>/edit")
@access.manager
def change_segment(segment_id: int):
    found = the_segment(segment_id)
    return keep(forms.segment_form(db.session, found), found)


@blueprint.post("/segments/<int:segment_id>/removal")
@access.manager
def remove_segment(segment_id: int):
    found = the_segment(segment_id)
    name = found.name
    telling.refuse_if_used(db.session, found.id)
    saved.remove(db.session, found)
    audit.note(db.session, access.actor(), "segment.removed", now=clock.now(), name=name)
    db.session.commit()
    flash(_("%(name)s is taken away.", name=name), "success")
    return redirect(url_for("surveys.segments"), 303)


def keep(form: forms.SegmentForm, found: Segment | None):
    """Keep what was submitted, or show it again with what is wrong."""
    is_new = found is None
    if not form.validate():
        return show(form, found, 400)
    try:
        chosen = saving.chosen_audience(db.session, form)
        kept = saved.save(db.session, found, name=form.name.data, filter=chosen)
    except Invalid as refused:
        db.session.rollback()
        places = {place.removeprefix("audience."): said for place, said in refused.errors.items()}
        mark(form, Invalid(refused.words, errors=places))
        return show(form, the_segment(found.id) if found else None, 400)
    action = "segment.added" if is_new else "segment.changed"
    audit.note(db.session, access.actor(), action, now=clock.now(), name=kept.name)
    db.session.commit()
    flash(_("%(name)s is saved.", name=kept.name), "success")
    return redirect(url_for("surveys.segments"), 303)


def show(form: forms.SegmentForm, found: Segment | None, status: int = 200):
    return render_template("surveys/segment_form.html", form=form, segment=found), status


def the_segment(segment_id: int) -> Segment:
    found = db.session.get(Segment, segment_id) if segment_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such segment."))
    return found
