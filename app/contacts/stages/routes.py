"""The page of the stages: their names and order, and what is asked where (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from app.auth import access
from app.contacts import words
from app.contacts.models import Stage
from app.contacts.routes import blueprint
from app.contacts.stages import names
from app.contacts.stages.names import Given
from app.core import audit, clock
from app.core.errors import Invalid
from app.core.web.fields import Line, choices, mark
from app.extensions import db
from app.surveys.models import Program, ProgramStatus
from app.surveys.plans import schedules, telling

LONGEST_NAME = 40
MOVABLE = [stage for stage in Stage if stage is not names.LAST]
AT = {schedules.START: Stage.ONBOARDING, schedules.RENEWAL: Stage.RENEWAL}  # Where other schedules belong.


class StagesForm(FlaskForm):
    """A name for each stage, and a place for all but the last."""


for _stage in Stage:
    setattr(StagesForm, f"name_{_stage}", Line(_l("Name"), limit=LONGEST_NAME, required=False))
for _stage in MOVABLE:
    _places = choices(*[(place, str(place)) for place in range(1, len(MOVABLE) + 1)])
    setattr(StagesForm, f"place_{_stage}", SelectField(_l("Place"), coerce=int, choices=_places))


@blueprint.get("/settings/stages")
@access.manager
def stages():
    return page(StagesForm(formdata=None, data=filled()))


@blueprint.post("/settings/stages")
@access.manager
def change_stages():
    form = StagesForm()
    if not form.validate():
        return page(form), 400
    given = [
        Given(stage, form[f"name_{stage}"].data, form[f"place_{stage}"].data if stage in MOVABLE else 0)
        for stage in names.kept()
    ]
    try:
        changed = names.write(db.session, given, words.STAGES.usual)
    except Invalid as refused:
        mark(form, refused)
        return page(form), 400
    if changed:
        told = ", ".join(str(name) for name in words.STAGES.values())
        audit.note(db.session, access.actor(), "stages.changed", now=clock.now(), stages=told)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for("contacts.stages"), 303)


def filled() -> dict:
    """What the form shows: the names as they hold now, and the places."""
    found = {f"name_{stage}": str(name) for stage, name in words.STAGES.items()}
    movable = [stage for stage in words.STAGES if stage in MOVABLE]
    return found | {f"place_{stage}": place for place, stage in enumerate(movable, 1)}


def page(form: StagesForm) -> str:
    return render_template(
        "contacts/stages.html",
        form=form,
        stages=list(words.STAGES),
        last=names.LAST,
        usual=words.STAGES.usual,
        accounts=names.accounts_in(db.session),
        asked=asked_in(),
    )


def asked_in() -> dict[Stage, list[tuple[Program, str]]]:
    """The active programs that ask in each stage, and when in words."""
    active = sa.select(Program).filter_by(status=ProgramStatus.ACTIVE).order_by(Program.name)
    found: dict[Stage, list[tuple[Program, str]]] = {stage: [] for stage in Stage}
    for program in db.session.scalars(active):
        schedule = schedules.of(program)
        if schedule is not None and schedule.kind == schedules.STAGE:
            found[Stage(schedule["stage"])].append((program, telling.told(schedule)))
        elif schedule is not None and schedule.kind in AT:
            found[AT[schedule.kind]].append((program, telling.told(schedule)))
    return found
