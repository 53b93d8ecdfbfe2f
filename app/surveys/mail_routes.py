"""The page of the builder on which the words of a survey's mails are written, beside the mail that they make (a door)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import clock
from app.core.database import transactions
from app.core.web.pages import this_installation
from app.delivery.asking.preview import company_of
from app.delivery.programs import trying
from app.extensions import db
from app.surveys import rules, wording
from app.surveys.building_routes import fixed_in, language_of, note, spoken, the_draft
from app.surveys.models import Question, Survey
from app.surveys.placeholders import KNOWN
from app.surveys.routes import blueprint, the_survey
from app.surveys.words.form import DARK, VIEWS, MailForm, mail_form

PAGE = "surveys/draft_mail.html"


@dataclass(frozen=True)
class AsWritten:
    """A draft with the words of the form in place of its own."""

    words: Mapping[str, Mapping[str, str]]
    questions: list[Question]


@blueprint.get("/surveys/<int:survey_id>/draft/mail")
@access.manager
def draft_mail(survey_id: int):
    found = the_survey(survey_id)
    if found.draft is None:
        return redirect(url_for("surveys.survey", survey_id=found.id))
    form = form_of(found)
    for field in form.view_fields:
        chosen = request.args.get(field.name)
        field.data = chosen if chosen in {choice.value for choice in field.iter_choices()} else field.data
    return render_mail(found, form)


@blueprint.post("/surveys/<int:survey_id>/draft/mail/preview")
@access.manager
def preview_draft_mail(survey_id: int):
    """The page with the words as they are in the form, for a script its changing part alone; nothing is kept."""
    transactions.read(db.session)
    found = the_survey(survey_id)
    form = form_of(found)
    form.validate()
    is_part = request.headers.get("HX-Request") == "true"
    return render_mail(found, form, "surveys/draft_mail_looks.html" if is_part else PAGE)


@blueprint.post("/surveys/<int:survey_id>/draft/mail")
@access.manager
def save_draft_mail(survey_id: int):
    found = the_survey(survey_id)
    draft, form = the_draft(found), form_of(found)
    language = language_of(spoken(draft))
    if not form.validate():
        return render_mail(found, form), 400
    draft.words = {**draft.words, language: form.own}
    note(found, "survey.draft", clock.now(), language=language)
    db.session.commit()
    flash(_("The words in %(language)s are saved.", language=wording.language_name(language)), "success")
    views = {name: form[name].data for name in VIEWS if form[name].data != form[name].default}
    return redirect(url_for("surveys.draft_mail", survey_id=found.id, language=language, **views), 303)


def form_of(found: Survey) -> MailForm:
    draft = the_draft(found)
    language = language_of(spoken(draft))
    return mail_form(draft, language, fixed_in(draft, language))


def render_mail(found: Survey, form: MailForm, template: str = PAGE) -> str:
    draft, facts = the_draft(found), this_installation()
    offered = spoken(draft)
    language = language_of(offered)
    closes_on = clock.day_of(clock.now() + timedelta(days=rules.DEFAULTS.open_days), facts.zone)
    return render_template(
        template,
        survey=found,
        draft=draft,
        form=form,
        language=language,
        offered=offered,
        placeholders=[f"{{{name}}}" for name in KNOWN],
        mail=trying.tried(
            AsWritten({language: form.own}, draft.questions),
            language,
            {},
            company_of(facts, current_app.extensions["settings"]),
            sender="",
            mail=form.mail.data,
            somebody=trying.SOMEBODY.get(form.person.data, trying.SOMEBODY["usual"]),
            closes_on=closes_on,
            is_dark=form.scheme.data == DARK,
        ),
        wording=wording,
    )
