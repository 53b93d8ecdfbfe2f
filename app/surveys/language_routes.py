"""The page on which a survey is said in one more language (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import audit, clock
from app.core.errors import Invalid
from app.core.language.words import RESPONDENTS
from app.core.web.fields import mark
from app.extensions import db
from app.surveys import wording
from app.surveys.models import Survey
from app.surveys.routes import blueprint, the_survey
from app.surveys.words import translating
from app.surveys.words.language_form import LanguageForm, language_form


@blueprint.get("/surveys/<int:survey_id>/language")
@access.manager
def survey_language(survey_id: int):
    """All words of a survey with room for another language's; `language` opens one that staff have added."""
    found = the_survey(survey_id)
    wanted = request.args.get("language")
    return show(found, language_form(found, wanted if wanted in translating.offered(found) else None))


@blueprint.post("/surveys/<int:survey_id>/language")
@access.manager
def write_language(survey_id: int):
    found, now = the_survey(survey_id), clock.now()
    form = language_form(found, None)
    if not form.validate():
        return show(found, form), 400
    language = form.language.data
    try:
        translating.write(db.session, found, language, form.said, now=now)
    except Invalid as refused:
        db.session.rollback()
        mark(form, refused)
        return show(the_survey(survey_id), form), 400
    subject = f"survey:{found.id}"
    audit.note(
        db.session,
        access.actor(),
        "survey.language",
        subject=subject,
        now=now,
        name=found.name,
        language=language,
    )
    db.session.commit()
    flash(
        _(
            "%(survey)s is asked in %(language)s from now on.",
            survey=found.name,
            language=wording.language_name(language),
        ),
        "success",
    )
    return redirect(url_for("surveys.survey", survey_id=found.id, language=language), 303)


def show(found: Survey, form: LanguageForm) -> str:
    return render_template(
        "surveys/survey_language.html",
        survey=found,
        form=form,
        original=wording.language_name(translating.first_language(found.current)),
        fixed=[wording.language_name(tag) for tag in RESPONDENTS.languages()],
    )
