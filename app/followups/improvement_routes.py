"""The staff pages of "you said, we did": the entries that thank-you pages tell, written by managers (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from app.auth import access
from app.auth.models import RoleName
from app.core import audit, clock, text
from app.core.clock import day_of
from app.core.errors import NotFound
from app.core.language.words import RESPONDENTS
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.followups import words
from app.followups.improvements import mailing, telling
from app.followups.improvements.models import Improvement
from app.followups.models import Cause
from app.followups.routes import blueprint
from app.surveys import wording
from app.surveys.models import Segment
from app.surveys.wording import language_name

LONGEST_SAID, LONGEST_DID = 160, 400
MOST_SHOWN = 200


class ImprovementForm(FlaskForm):
    """One entry, in one language."""

    said = TextAreaField(
        _l("You said"),
        [InputRequired(_l("Say what customers told you.")), Length(max=LONGEST_SAID)],
        description=_l("In a sentence, as customers would put it."),
        render_kw={"rows": 2},
    )
    did = TextAreaField(
        _l("We did"),
        [InputRequired(_l("Say what you did about it.")), Length(max=LONGEST_DID)],
        description=_l("What is different now. Promise nothing here that is not done."),
        render_kw={"rows": 3},
    )
    cause = SelectField(
        _l("Whom it is for"),
        [Optional()],
        description=_l("With a cause, people read it first whose follow-up ended with it, and nobody else."),
    )
    segment = SelectField(
        _l("Only people of"),
        [Optional()],
        description=_l("Nobody outside the segment reads it or gets it by mail."),
    )
    from_on = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
    to_on = DateField(_l("To"), [Optional()], description=_l("Left empty, it is told until you end it."))

    def __init__(self, **given):
        super().__init__(**given)
        grouped = words.cause_choices()[1:]
        self.cause.choices = [SelectChoice("", _("Everybody who answers")), *grouped]
        known = db.session.execute(sa.select(Segment.id, Segment.name).order_by(Segment.name))
        segments = [SelectChoice(str(number), name) for number, name in known]
        self.segment.choices = [SelectChoice("", _("All segments")), *segments]

    def validate_said(self, field) -> None:
        clean(field, LONGEST_SAID)

    def validate_did(self, field) -> None:
        clean(field, LONGEST_DID)

    def validate_to_on(self, field) -> None:
        if field.data and self.from_on.data and field.data < self.from_on.data:
            raise ValidationError(_("This day lies before the first."))


def clean(field, limit: int) -> None:
    try:
        field.data = text.clean(field.data or "", limit=limit)
    except text.UnreadableText as error:
        raise ValidationError(str(error)) from None


@blueprint.get("/improvements")
@access.viewer
@kept_page()
def improvements():
    newest = (
        sa.select(Improvement).order_by(Improvement.from_on.desc(), Improvement.id.desc()).limit(MOST_SHOWN)
    )
    found = db.session.scalars(newest).all()
    today = day_of(clock.now(), this_installation().zone)
    return render_template(
        "followups/improvements.html",
        entries=[(entry, wording.pick(entry.words, this_installation().language)) for entry in found],
        mailed=mailing.told_counts(db.session, found),
        rests_on=telling.rests_on(db.session, found),
        causes=words.CAUSES,
        language_name=language_name,
        may_write=current_user.may(RoleName.MANAGER),
        today=today,
    )


@blueprint.get("/improvements/new")
@access.manager
def new_improvement():
    today = day_of(clock.now(), this_installation().zone)
    return show_improvement(ImprovementForm(formdata=None, from_on=today), None)


@blueprint.post("/improvements")
@access.manager
def add_improvement():
    return keep_improvement(None)


@blueprint.get("/improvements/<int:improvement_id>")
@access.manager
def edit_improvement(improvement_id: int):
    found = the_improvement(improvement_id)
    said = found.words.get(chosen_language(), {})
    form = ImprovementForm(
        formdata=None,
        said=said.get("said", ""),
        did=said.get("did", ""),
        cause=found.cause.value if found.cause else "",
        segment=str(found.segment_id or ""),
        from_on=found.from_on,
        to_on=found.to_on,
    )
    return show_improvement(form, found)


@blueprint.post("/improvements/<int:improvement_id>")
@access.manager
def change_improvement(improvement_id: int):
    return keep_improvement(the_improvement(improvement_id))


@blueprint.post("/improvements/<int:improvement_id>/removal")
@access.manager
def remove_improvement(improvement_id: int):
    found = the_improvement(improvement_id)
    mailing.remove(db.session, found)
    audit.note(db.session, access.actor(), "improvement.removed", now=clock.now(), id=improvement_id)
    db.session.commit()
    flash(_("It is told no more."), "success")
    return redirect(url_for("followups.improvements"), 303)


def keep_improvement(found: Improvement | None):
    form, language, now = ImprovementForm(), chosen_language(), clock.now()
    if not form.validate():
        return show_improvement(form, found, 400)
    entry = found or Improvement(author=access.actor().name, words={}, created_at=now)
    entry.words = {**entry.words, language: {"said": form.said.data, "did": form.did.data}}
    entry.cause = Cause(form.cause.data) if form.cause.data else None
    entry.segment_id = int(form.segment.data) if form.segment.data else None
    entry.from_on, entry.to_on, entry.updated_at = form.from_on.data, form.to_on.data, now
    db.session.add(entry)
    db.session.flush()
    audit.note(db.session, access.actor(), "improvement.written", now=now, id=entry.id, language=language)
    db.session.commit()
    flash(
        _("Saved. Thank-you pages in %(language)s tell it on its days.", language=language_name(language)),
        "success",
    )
    return redirect(url_for("followups.edit_improvement", improvement_id=entry.id, language=language), 303)


def show_improvement(form: ImprovementForm, found: Improvement | None, status: int = 200):
    language = chosen_language()
    page = render_template(
        "followups/improvement.html",
        form=form,
        entry=found,
        stays=bool(found and mailing.told_counts(db.session, [found])),
        language=language,
        languages=[(code, language_name(code)) for code in RESPONDENTS.languages()],
    )
    return page, status


def chosen_language() -> str:
    """The language of the address, as far as respondents are spoken to in it."""
    return wording.best(request.args.get("language"), RESPONDENTS.languages(), this_installation().language)


def the_improvement(number: int) -> Improvement:
    found = db.session.get(Improvement, number) if number < 2**63 else None
    if found is None:
        raise NotFound(_("There is no such entry."))
    return found
