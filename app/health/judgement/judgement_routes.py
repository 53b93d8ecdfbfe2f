"""Our own judgement, entered on the page of an account (a door)."""

from __future__ import annotations

from flask import flash
from flask_babel import gettext as _

from app.auth import access
from app.contacts.entry_routes import back_to
from app.contacts.routes import blueprint, render_account, the_account, today_here
from app.core.errors import Invalid
from app.core.web.fields import mark
from app.extensions import db
from app.health.judgement import judging
from app.health.judgement.forms import OverrideForm, PulseForm
from app.health.judgement.models import Level, SetName
from app.reports.accounts.scores import glossary


@blueprint.post("/accounts/<int:account_id>/pulses")
@access.csm
def give_pulse(account_id: int):
    account, form, today = the_account(account_id), PulseForm(), today_here()
    if not form.validate_on_submit():
        return render_account(account, today, 400, pulse=form)
    words = form.pulse_words.data or ""
    judging.give_pulse(db.session, account, Level(form.level.data), words, now=today.now, by=access.actor())
    db.session.commit()
    flash(_("Kept, with today's date."), "success")
    return back_to(account, "judgement")


@blueprint.post("/accounts/<int:account_id>/overrides")
@access.csm
def set_score(account_id: int):
    account, form, today = the_account(account_id), OverrideForm(glossary.SCORES), today_here()
    if not form.validate_on_submit():
        return render_account(account, today, 400, override=form)
    try:
        judging.override(
            db.session,
            account,
            SetName(form.name.data),
            form.score.data,
            form.reason.data,
            until=form.until.data,
            today=today.day,
            now=today.now,
            by=access.actor(),
        )
    except Invalid as error:
        mark(form, error)
        return render_account(account, today, 400, override=form)
    db.session.commit()
    flash(_("Set. Everybody sees it beside the computed score, with your name and reason."), "success")
    return back_to(account, "judgement")


@blueprint.post("/accounts/<int:account_id>/overrides/<int:override_id>/end")
@access.csm
def end_override(account_id: int, override_id: int):
    account, today = the_account(account_id), today_here()
    judging.take_back(db.session, account, override_id, today=today.day, now=today.now, by=access.actor())
    db.session.commit()
    flash(_("Taken back: the computed score stands alone again."), "success")
    return back_to(account, "judgement")
