"""The set-up page: the seven steps with their state, and going live (a door)."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField

from app.auth import access
from app.core import audit, clock
from app.core.errors import Invalid
from app.core.installation import installation
from app.core.web.fields import mark
from app.extensions import db
from app.setup import going_live, removal, steps
from app.surveys.models import Survey

blueprint = Blueprint("setup", __name__)
FIXES = {
    "base_url": "setup.mail",
    "test_mail": "setup.mail",
    "worker": "setup.jobs",
    "administrator": "auth.new_staff",
}


class LiveForm(FlaskForm):
    """The step itself: the phrase is typed, and the demo goes only when that was said."""

    confirm = StringField(render_kw={"autocomplete": "off", "spellcheck": "false"})
    remove_demo = BooleanField()


def settings():
    return current_app.extensions["settings"]


@blueprint.get("/setup")
@access.admin
def overview():
    """Where the installation stands: each step with its state, the reason, and what to do next."""
    found = steps.facts(db.session, settings(), now=clock.now())
    everything = steps.steps(found)
    return render_template(
        "setup/overview.html",
        steps=everything,
        done=sum(step.is_done for step in everything),
        next_key=next((step.key for step in everything if step.state is steps.State.TO_DO), None),
        row=found.row,
        found=found,
        surveys=db.session.query(Survey).filter(Survey.archived_at.is_(None)).order_by(Survey.id).all(),
    )


@blueprint.post("/setup/alone")
@access.admin
def work_alone():
    """Somebody who works alone need not add anybody."""
    row = installation(db.session)
    row.setup = row.setup | {steps.ALONE: True}
    return noted("setup.alone", _("Noted. You can add people at any time."))


@blueprint.get("/setup/live")
@access.admin
def live():
    """What stands in the way, what would be deleted, and the step itself."""
    return live_page(LiveForm(formdata=None))


def live_page(form: LiveForm):
    found = going_live.blockers(db.session, settings(), now=clock.now())
    remains = removal.remains(db.session)
    stuck = going_live.demo_blockers(db.session, remove_demo=True) if remains.has_demo else []
    return render_template(
        "setup/live.html",
        row=installation(db.session),
        form=form,
        blockers=found,
        is_without_customers=going_live.is_without_customers(db.session),
        fixes=FIXES,
        can_go=not [b for b in found if b.code != "demo_data"],
        can_remove=remains.has_demo and not stuck,
        remains=remains,
        phrase=going_live.PHRASE,
    )


@blueprint.post("/setup/live")
@access.admin
def go_live():
    """Leave rehearsal, after the phrase was typed."""
    form = LiveForm()
    try:
        going_live.go_live(
            db.session,
            settings(),
            actor=access.actor(),
            now=clock.now(),
            confirm=form.confirm.data or "",
            remove_demo=form.remove_demo.data,
        )
    except Invalid as error:
        db.session.rollback()
        mark(form, error)
        return live_page(form), 400
    steps.finish(db.session, settings(), now=clock.now())
    db.session.commit()
    going_live.empty_mailbox(settings())
    flash(_("This installation is live."), "success")
    return redirect(url_for("setup.overview"), code=303)


@blueprint.post("/setup/demo/removal")
@access.admin
def remove_demo():
    """Take the demo company away and keep everything of one's own."""
    going_live.remove_demo(db.session, actor=access.actor(), now=clock.now())
    steps.finish(db.session, settings(), now=clock.now())
    db.session.commit()
    going_live.empty_mailbox(settings())
    flash(_("The demo company is gone."), "success")
    return redirect(url_for("setup.live"), code=303)


def note(action: str, **details) -> None:
    """Write the change down, see whether set-up is finished by it, and commit."""
    audit.note(db.session, access.actor(), action, now=clock.now(), **details)
    steps.finish(db.session, settings(), now=clock.now())
    db.session.commit()


def noted(action: str, words: str, page: str = "setup.overview"):
    note(action)
    flash(words, "success")
    return redirect(url_for(page), code=303)
