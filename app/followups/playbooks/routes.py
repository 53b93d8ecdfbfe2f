"""The pages of playbooks, their steps on a follow-up, and beginning one at an account (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import selectinload
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    ValidationError,
)
from wtforms.fields.choices import SelectMultipleField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.auth import access
from app.auth.models import RoleName
from app.contacts.models import Account
from app.core import audit, clock
from app.core.errors import NotFound
from app.core.web.fields import Line, Words, choices
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.followups import words
from app.followups.models import ActivityKind, TaskKind
from app.followups.playbooks import library, running, writing
from app.followups.playbooks.models import Component, Playbook, PlayKind
from app.followups.playbooks.writing import MOST_STEPS, Draft, Wanted
from app.followups.routes import back_to, blueprint, the_task
from app.reports.loops import effects
from app.surveys import placeholders

EMPTY_ROWS = 3
PLAY_KINDS = {
    PlayKind.REACTIVE: _l("Reactive: for every follow-up of a kind"),
    PlayKind.PROACTIVE: _l("Proactive: begun by a colleague at an account"),
}
COMPONENTS = {Component.RELATIONSHIP: _l("Relationship"), Component.VALUE: _l("Value")}


class StepForm(Form):
    """One step; without a title it is none."""

    title = Line(_l("What is done"), limit=160, required=False)
    days = IntegerField(_l("Working days"), [Optional(), NumberRange(0, 90)], default=1)
    channel = SelectField(_l("How"), choices=words.choices(words.ACTIVITIES))
    words = Words(_l("What is said or written"), limit=2000, required=False)

    def validate_words(self, field) -> None:
        problem = placeholders.wrong(field.data or "")
        if problem:
            raise ValidationError(problem)


class PlaybookForm(FlaskForm):
    """A playbook with its steps."""

    name = Line(_l("Name"))
    kind = RadioField(_l("When"), choices=words.choices(PLAY_KINDS), default=PlayKind.REACTIVE.value)
    task_kind = SelectField(_l("For follow-ups of the kind"))
    component = RadioField(
        _l("Which score it is to lift"),
        choices=words.choices(COMPONENTS),
        description=_l("The report holds this score of the account before against the same score after."),
    )
    tiers = SelectMultipleField(
        _l("Only for tiers"),
        coerce=int,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        description=_l("Nothing ticked: for all. One that names the tier goes before one for all."),
    )
    is_active = BooleanField(_l("In use"), default=True)
    steps = FieldList(FormField(StepForm), max_entries=MOST_STEPS)

    def __init__(self, **given):
        super().__init__(**given)
        self.task_kind.choices = words.choices({kind: words.KINDS[kind] for kind in TaskKind})
        self.tiers.choices = choices(*((tier, _("Tier %(n)s", n=tier)) for tier in (1, 2, 3)))

    def validate_steps(self, field) -> None:
        if not any(entry.form.title.data for entry in field.entries):
            raise ValidationError(writing.no_steps())


@blueprint.get("/playbooks", endpoint="playbooks")
@access.viewer
@kept_page()
def playbook_list():
    found = (
        sa.select(Playbook).options(selectinload(Playbook.steps)).order_by(Playbook.kind.desc(), Playbook.id)
    )
    return render_template(
        "followups/playbooks.html",
        playbooks=db.session.scalars(found).all(),
        effects=effects.effects(db.session),
        words=words,
        components=COMPONENTS,
        may_write=current_user.may(RoleName.MANAGER),
    )


@blueprint.post("/playbooks/usual")
@access.manager
def add_usual_playbooks():
    """Those to begin with, where there is none yet; a second press adds nothing."""
    if db.session.scalar(sa.select(Playbook.id).limit(1)) is None:
        db.session.add_all(sketch.made() for sketch in library.sketches())
        audit.note(db.session, access.actor(), "playbooks.usual", now=clock.now())
        db.session.commit()
        flash(_("Added. Change them to your own manner."), "success")
    return redirect(url_for("followups.playbooks"), 303)


@blueprint.get("/playbooks/new")
@access.manager
def new_playbook():
    return show(PlaybookForm(formdata=None, steps=[{} for _ in range(2 * EMPTY_ROWS)]), None)


@blueprint.post("/playbooks")
@access.manager
def add_playbook():
    return save(None)


@blueprint.get("/playbooks/<int:playbook_id>")
@access.manager
def edit_playbook(playbook_id: int):
    found = the_playbook(playbook_id)
    steps = [{n: getattr(step, n) for n in ("title", "days", "channel", "words")} for step in found.current]
    given = {name: getattr(found, name) for name in ("name", "kind", "component", "tiers", "is_active")}
    rows = [*steps, *({} for _ in range(EMPTY_ROWS))][:MOST_STEPS]
    return show(PlaybookForm(formdata=None, task_kind=found.task_kind, steps=rows, **given), found)


@blueprint.post("/playbooks/<int:playbook_id>")
@access.manager
def change_playbook(playbook_id: int):
    return save(the_playbook(playbook_id))


def save(found: Playbook | None):
    form, now = PlaybookForm(), clock.now()
    if not form.validate():
        return show(form, found, 400)
    playbook = writing.write(found or Playbook(), draft_of(form, found), now=now)
    db.session.add(playbook)
    db.session.flush()
    audit.note(db.session, access.actor(), "playbook.written", now=now, id=playbook.id)
    db.session.commit()
    flash(_("Saved. Follow-ups that are under way keep what was done."), "success")
    return redirect(url_for("followups.playbooks"), 303)


def draft_of(form: PlaybookForm, found: Playbook | None) -> Draft:
    """What the form says. Rows stand for the steps in their order; a row without a title takes its step out."""
    current, kind = found.current if found else [], PlayKind(form.kind.data)
    rows = [(place, entry.form) for place, entry in enumerate(form.steps.entries) if entry.form.title.data]
    return Draft(
        name=form.name.data,
        kind=kind,
        component=Component(form.component.data),
        task_kind=TaskKind(form.task_kind.data) if kind is PlayKind.REACTIVE else None,
        tiers=form.tiers.data,
        is_active=form.is_active.data,
        steps=[
            Wanted(
                row.title.data,
                row.days.data or 0,
                ActivityKind(row.channel.data),
                row.words.data or "",
                current[place] if place < len(current) else None,
            )
            for place, row in rows
        ],
    )


def show(form: PlaybookForm, found: Playbook | None, status: int = 200):
    page = render_template("followups/playbook.html", form=form, playbook=found, known=placeholders.KNOWN)
    return page, status


def the_playbook(playbook_id: int) -> Playbook:
    found = db.session.get(Playbook, playbook_id) if playbook_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such playbook."))
    return found


@blueprint.post("/tasks/<int:task_id>/steps/<int:step_id>/<said>")
@access.csm
def tick_step(task_id: int, step_id: int, said: str):
    """A step was done, or not after all."""
    task, now = the_task(task_id, lock=True), clock.now()
    course = running.course_of(db.session, task, this_installation())
    if course is None or said not in {"done", "open"}:
        raise NotFound(_("There is no such step."))
    if said == "done":
        running.tick(db.session, task, course.playbook, step_id, by=access.actor(), now=now)
    else:
        running.untick(db.session, task, step_id, now=now)
    db.session.commit()
    return back_to(task)


class StartForm(FlaskForm):
    """Which playbook is begun."""

    playbook = SelectField(_l("Playbook"), coerce=int)


@blueprint.get("/accounts/<int:account_id>/playbooks")
@access.csm
def plan_playbook(account_id: int):
    return show_plan(the_account(account_id), StartForm(formdata=None))


@blueprint.post("/accounts/<int:account_id>/playbooks")
@access.csm
def begin_playbook(account_id: int):
    account, form = the_account(account_id), StartForm()
    known = startable(form)
    if not form.validate():
        return show_plan(account, form), 400
    facts, now = this_installation(), clock.now()
    task = running.plan(db.session, account, known[form.playbook.data], facts, by=access.actor(), now=now)
    audit.note(db.session, access.actor(), "playbook.begun", subject=f"task:{task.id}", now=now)
    db.session.commit()
    flash(_("Begun. The steps stand on this follow-up."), "success")
    return redirect(url_for("followups.task_page", task_id=task.id) + "#playbook", 303)


def startable(form: StartForm) -> dict[int, Playbook]:
    """The proactive playbooks that fit, as choices of the form."""
    found = {one.id: one for one in running.active(db.session, PlayKind.PROACTIVE) if one.current}
    form.playbook.choices = choices(*((one.id, one.name) for one in found.values()))
    return found


def show_plan(account: Account, form: StartForm) -> str:
    known = startable(form)
    return render_template(
        "followups/plan.html", account=account, form=form, playbooks=known, components=COMPONENTS, words=words
    )


def the_account(account_id: int) -> Account:
    found = db.session.get(Account, account_id) if account_id < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such account."))
    return found
