"""The page of the builder on which the words of a survey's mails are written, beside the mail that they make (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import clock
from app.core.database import transactions
from app.extensions import db
from app.surveys import wording
from app.surveys.building_routes import fixed_in, language_of, note, spoken, the_draft
from app.surveys.models import Survey
from app.surveys.placeholders import KNOWN
from app.surveys.routes import blueprint, the_survey
from app.surveys.words.form import MailForm, mail_form
from app.surveys.words_routes import AsWritten, page_or_part, tried

PAGE = "surveys/draft_mail.html"


@blueprint.get("/surveys/<int:survey_id>/draft/mail")
@access.manager
def draft_mail(survey_id: int):
    found = the_survey(survey_id)
    if found.draft is None:
        return redirect(url_for("surveys.survey", survey_id=found.id))
    form = form_of(found)
    form.look_at(request.args)
    return render_mail(found, form)


@blueprint.post("/surveys/<int:survey_id>/draft/mail/preview")
@access.manager
def preview_draft_mail(survey_id: int):
    """The page with the words as they are in the form, for a script its changing part alone; nothing is kept."""
    transactions.read(db.session)
    found = the_survey(survey_id)
    form = form_of(found)
    form.validate()
    return render_mail(found, form, page_or_part(PAGE, "surveys/draft_mail_looks.html"))


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
    return redirect(url_for("surveys.draft_mail", survey_id=found.id, language=language, **form.views), 303)


def form_of(found: Survey) -> MailForm:
    draft = the_draft(found)
    language = language_of(spoken(draft))
    return mail_form(draft, language, fixed_in(draft, language))


def render_mail(found: Survey, form: MailForm, template: str = PAGE) -> str:
    draft = the_draft(found)
    offered = spoken(draft)
    language = language_of(offered)
    return render_template(
        template,
        survey=found,
        draft=draft,
        form=form,
        language=language,
        offered=offered,
        placeholders=[f"{{{name}}}" for name in KNOWN],
        mail=tried(form, AsWritten({language: form.own}, draft.questions), language, {}),
        wording=wording,
    )
