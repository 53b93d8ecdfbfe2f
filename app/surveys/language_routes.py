"""The page on which a survey is said in one more language (a door)."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import audit, clock
from app.core.database import transactions
from app.core.errors import Invalid
from app.core.language.words import RESPONDENTS
from app.core.web.fields import mark
from app.core.web.pages import this_installation
from app.delivery.programs import trying
from app.extensions import db
from app.surveys import wording
from app.surveys.models import Survey
from app.surveys.routes import answer_page, blueprint, the_survey
from app.surveys.rules import DEFAULTS
from app.surveys.words import translating
from app.surveys.words.language_form import LanguageForm, language_form
from app.surveys.words_routes import company, page_or_part

PAGE = "surveys/survey_language.html"
OPEN = timedelta(days=DEFAULTS.open_days)


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


@blueprint.post("/surveys/<int:survey_id>/language/preview")
@access.manager
def preview_language(survey_id: int):
    """The mail and the page with the words as they are in the form, for a script they alone; nothing is kept."""
    transactions.read(db.session)
    found = the_survey(survey_id)
    form = language_form(found, None)
    return show(found, form, page_or_part(PAGE, "surveys/survey_language_looks.html"))


def looks(found: Survey, form: LanguageForm) -> dict:
    """The mail and the page that the words make; those of the first language while none is chosen."""
    now, language = clock.now(), form.language.data
    if not translating.originals(found.current):
        return {"language": "", "mail": None, "page": ""}
    if language not in translating.offered(found):
        language = translating.first_language(found.current)
        version = found.current
    else:
        version = translating.previewed(found.current, language, form.said, now=now)
    closes_on = clock.day_of(now, this_installation().zone) + OPEN
    more = {"sender": "", "mail": "invitation", "somebody": trying.SOMEBODY["usual"], "is_dark": False}
    mail = trying.tried(version, language, {}, company(), closes_on=closes_on, **more)
    return {"language": language, "mail": mail, "page": answer_page(found, language, None, version=version)}


def show(found: Survey, form: LanguageForm, template: str = PAGE) -> str:
    return render_template(
        template,
        survey=found,
        form=form,
        **looks(found, form),
        original=wording.language_name(translating.first_language(found.current)),
        fixed=[wording.language_name(tag) for tag in RESPONDENTS.languages()],
    )
