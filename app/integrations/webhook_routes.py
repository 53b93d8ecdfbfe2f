"""The pages about webhooks, for administrators: addresses of other programs, what each was told, and a try (a door)."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import clock
from app.core.errors import Invalid
from app.core.installation import installation
from app.core.web.fields import mark
from app.core.web.paging import Page
from app.extensions import db
from app.integrations.calling import places
from app.integrations.webhooks import endpoints, facts, log
from app.integrations.webhooks.forms import EVENT_WORDS, WebhookForm
from app.integrations.webhooks.models import OffReason, Webhook

blueprint = Blueprint("webhooks", __name__, url_prefix="/settings/webhooks")
PAGE = 50


def settings():
    return current_app.extensions["settings"]


@blueprint.get("")
@access.admin
def index():
    """All addresses and how they do."""
    found = endpoints.all_of(db.session)
    context = {"webhooks": found, "host_of": places.host_of, "now": clock.now(), "most": endpoints.MOST}
    return render_template("webhooks/index.html", **context)


@blueprint.get("/new")
@access.admin
def new():
    """A form for another address."""
    return show_form(WebhookForm(formdata=None), None)


@blueprint.post("")
@access.admin
def add():
    """Enter an address, and show its secret once."""
    form = WebhookForm()
    if not form.validate_on_submit():
        return show_form(form, None), 400
    try:
        found, secret = endpoints.enter(
            db.session, settings(), form.draft, by=access.actor(), now=clock.now()
        )
    except Invalid as error:
        mark(form, error)
        return show_form(form, None), 400
    db.session.commit()
    return show_secret(found, secret)


@blueprint.get("/<int:id>")
@access.admin
def show(id: int):
    """An address: what it is told, how it does, and each try."""
    found, now = endpoints.the_webhook(db.session, id), clock.now()
    page = Page.asked(PAGE, log.count(db.session, found))
    rows = log.page(db.session, found, page.start, PAGE)
    context = {
        "webhook": found,
        "rows": rows,
        "tries": log.tries_of(db.session, rows),
        "page": page,
        "host": places.host_of(found.url),
        "hears": facts.may_be_told(settings(), installation(db.session), found.url),
        "event_words": EVENT_WORDS,
        "now": now,
    }
    return render_template("webhooks/one.html", **context)


@blueprint.get("/<int:id>/edit")
@access.admin
def edit(id: int):
    """A form with what an address is."""
    found = endpoints.the_webhook(db.session, id)
    given = {"url": found.url, "description": found.description, "events": [e.value for e in found.events]}
    return show_form(WebhookForm(formdata=None, data=given), found)


@blueprint.post("/<int:id>")
@access.admin
def change(id: int):
    """Let an address be another, or want something else."""
    found, form = endpoints.the_webhook(db.session, id), WebhookForm()
    if not form.validate_on_submit():
        return show_form(form, found), 400
    try:
        endpoints.change(db.session, settings(), found, form.draft, by=access.actor(), now=clock.now())
    except Invalid as error:
        db.session.rollback()
        mark(form, error)
        return show_form(form, endpoints.the_webhook(db.session, id)), 400
    db.session.commit()
    flash(_("Saved."), "success")
    return back_to(id)


@blueprint.post("/<int:id>/secret")
@access.admin
def rotate(id: int):
    """Give it another secret, and show that once."""
    found = endpoints.the_webhook(db.session, id)
    secret = endpoints.rotate(db.session, settings(), found, by=access.actor(), now=clock.now())
    db.session.commit()
    return show_secret(found, secret)


@blueprint.post("/<int:id>/off")
@access.admin
def switch_off(id: int):
    """Send nothing there any more."""
    found = endpoints.the_webhook(db.session, id)
    endpoints.switch_off(db.session, found, OffReason.HAND, by=access.actor(), now=clock.now())
    db.session.commit()
    flash(_("The webhook is off. What waited is given up and stands in the log."), "success")
    return back_to(id)


@blueprint.post("/<int:id>/on")
@access.admin
def switch_on(id: int):
    """Tell it what happens from now on."""
    found = endpoints.the_webhook(db.session, id)
    endpoints.switch_on(db.session, found, by=access.actor(), now=clock.now())
    db.session.commit()
    flash(_("The webhook is on, and hears of what happens from now on."), "success")
    return back_to(id)


@blueprint.post("/<int:id>/removal")
@access.admin
def remove(id: int):
    """Take it away with its log."""
    found = endpoints.the_webhook(db.session, id)
    endpoints.remove(db.session, found, by=access.actor(), now=clock.now())
    db.session.commit()
    flash(_("The webhook is taken away."), "success")
    return redirect(url_for("webhooks.index"), 303)


@blueprint.post("/<int:id>/test")
@access.admin
def test(id: int):
    """Send a test by the way of all others."""
    endpoints.test(db.session, endpoints.the_webhook(db.session, id), now=clock.now())
    db.session.commit()
    flash(_("A test is on its way; it goes like every message. Look at the log in some seconds."), "success")
    return back_to(id)


@blueprint.post("/<int:id>/messages/<int:row>/again")
@access.admin
def again(id: int, row: int):
    """Send a message once more, under its id."""
    log.again(db.session, endpoints.the_webhook(db.session, id), row, now=clock.now())
    db.session.commit()
    flash(_("It goes once more, under the same id."), "success")
    return back_to(id)


def back_to(id: int):
    return redirect(url_for("webhooks.show", id=id), 303)


def show_form(form: WebhookForm, found: Webhook | None) -> str:
    host = places.host_of(found.url) if found else ""
    return render_template("webhooks/form.html", form=form, webhook=found, host=host)


def show_secret(found: Webhook, secret: str) -> str:
    context = {"webhook": found, "secret": secret, "host": places.host_of(found.url)}
    return render_template("webhooks/secret.html", **context)
