"""The page of the formulas' parameters: what holds, other values with a preview, and every version before (a door)."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import FloatField, HiddenField, IntegerField

from app.auth import access
from app.core import clock
from app.core.clock import Today
from app.core.database import transactions
from app.core.errors import Invalid
from app.core.language.wording import number
from app.core.web.fields import Words, mark, needed
from app.core.web.pages import this_installation
from app.extensions import db
from app.health.parameters import FormulaSet
from app.health.tuning import preview, versions
from app.health.tuning.knobs import GROUPS, KNOBS, Knob, changed, problems, read
from app.reports.accounts.scores import glossary

blueprint = Blueprint("scores", __name__)


class ParametersForm(FlaskForm):
    """Every parameter, the version that was looked at, and why it is changed."""

    based_on = HiddenField()
    reason = Words(
        _l("Why is it changed?"),
        required=False,
        limit=500,
        render_kw={"rows": 2},
        description=_l("Needed to save, not for the preview."),
    )


def field_of(knob: Knob):
    """The field of a parameter, with its unit, range and usual value as its help."""
    told = {"unit": knob.unit, "low": f"{knob.low:g}", "high": f"{knob.high:g}", "usual": f"{knob.usual:g}"}
    about = _l("%(low)s to %(high)s %(unit)s; usually %(usual)s.", **told)
    kind = IntegerField if knob.is_whole else FloatField
    shown = {"min": told["low"], "max": told["high"], "inputmode": "decimal"}
    return kind(
        knob.label,
        [needed()],
        description=about,
        render_kw=shown if knob.is_whole else shown | {"step": "any"},
    )


for _knob in KNOBS:
    setattr(ParametersForm, _knob.field, field_of(_knob))


@blueprint.get("/settings/scores", endpoint="parameters")
@access.manager
def show_parameters():
    present = versions.present(db.session)
    stored = present.as_json()
    values = {knob.field: read(stored, knob.path) for knob in KNOBS}
    return page(ParametersForm(formdata=None, data=values | {"based_on": present.version}), present)


@blueprint.post("/settings/scores/preview")
@access.manager
def preview_parameters():
    """What these parameters would do; saves nothing."""
    form, present = ParametersForm(), versions.present(db.session)
    wanted = told(form, present)
    if wanted is None:
        return page(form, present), 400
    today = Today.at(clock.now(), this_installation().zone)
    transactions.read(db.session)
    seen = preview.preview(db.session, present, wanted, today=today.day, zone=today.zone)
    return page(form, present, seen, versions.differences(present, wanted))


@blueprint.post("/settings/scores")
@access.manager
def change_parameters():
    form, present = ParametersForm(), versions.present(db.session)
    wanted = told(form, present)
    if wanted is None:
        return page(form, present), 400
    given = {"based_on": form.based_on.data or "", "reason": form.reason.data or ""}
    try:
        row = versions.change(db.session, wanted, **given, now=clock.now(), by=access.actor())
    except Invalid as error:
        mark(form, named(error))
        return page(form, present), 400
    db.session.commit()
    said = (
        _("Saved. Scores are computed so from now on; past days keep theirs.")
        if row
        else _("Nothing was different.")
    )
    flash(said, "success")
    return redirect(url_for("scores.parameters"), 303)


def told(form: ParametersForm, present: FormulaSet) -> FormulaSet | None:
    """The set that a form asks for; None where a value cannot be, which then stands at its field."""
    if not form.validate_on_submit():
        return None
    wanted = changed(present, {knob.path: form[knob.field].data for knob in KNOBS})
    wrong = problems(wanted)
    if wrong:
        mark(form, named(Invalid(_("Some values cannot be."), errors=wrong)))
        return None
    return wanted


def named(error: Invalid) -> Invalid:
    """The same by the names of the fields."""
    return Invalid(
        error.words, errors={path.replace(".", "__"): words for path, words in (error.errors or {}).items()}
    )


def page(form: ParametersForm, present: FormulaSet, seen=None, differences=()) -> str:
    return render_template(
        "scores/parameters.html",
        form=form,
        groups=GROUPS,
        present=present,
        stored=present.as_json(),
        read=read,
        history=versions.history(db.session),
        seen=seen,
        differences=differences,
        scores=glossary.SCORES,
        colours=glossary.COLOURS,
        shown=lambda value: number(round(value, 2)),
    )
