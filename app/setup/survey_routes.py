"""The look at one's own survey, page and mail: it can be answered, and nothing is recorded (a door)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from app.auth import access
from app.core import clock
from app.core.installation import installation
from app.core.language.words import addressing
from app.delivery.asking import preview
from app.delivery.sending import posting
from app.extensions import db
from app.public import forms
from app.public.pages import FEELINGS, form_of
from app.setup import going_live, steps
from app.setup.routes import blueprint, note, noted, settings
from app.surveys import wording
from app.surveys.models import Program, Survey
from app.surveys.routes import answer_page, the_survey
from app.surveys.scales import band


@blueprint.post("/setup/survey")
@access.admin
def see_survey():
    """Open a survey to try it out, or have its mail sent to oneself."""
    survey = the_survey(request.form.get("survey", 0, type=int))
    row = installation(db.session)
    row.setup = row.setup | {steps.SEEN: clock.now().isoformat()}
    if request.form.get("do") == "mail":
        post_sample(survey)
        is_kept = going_live.server_name(settings()).startswith("mailbox")
        said = _("The mail will lie in the mailbox page in a few seconds.")
        return noted(
            "survey.seen", said if is_kept else _("It is on its way to %(to)s.", to=current_user.email)
        )
    note("survey.seen")
    return redirect(url_for("setup.try_survey", survey_id=survey.id), code=303)


def post_sample(survey: Survey) -> None:
    """The survey's mail to the person who asks; its links lead to the page where it can be tried out."""
    language = language_of(survey)
    path = url_for("setup.try_survey", survey_id=survey.id)
    nobodys = Program(name=survey.name, survey=survey, mail={})
    link = settings().BASE_URL.rstrip("/") + path
    mail = preview.own_mail(db.session, nobodys, current_user, language, settings(), link=link)
    posting.post(
        db.session,
        settings(),
        mail,
        kind=posting.STAFF,
        recipient=current_user.email,
        name=current_user.display_name,
        now=clock.now(),
    )


@blueprint.get("/setup/survey/<int:survey_id>")
@access.admin
def try_survey(survey_id: int):
    """The page as customers get it, which can be answered."""
    survey = the_survey(survey_id)
    return page_to_try(survey, request.args.get("score", type=int))


@blueprint.post("/setup/survey/<int:survey_id>")
@access.admin
def answer_survey(survey_id: int):
    """What customers see after they answered; nothing is recorded."""
    survey = the_survey(survey_id)
    language = language_of(survey)
    posted = forms.mended(list(request.form.items(multi=True)))
    back = {"back_url": url_for("setup.overview"), "back_words": _("Back to set-up")}
    with addressing(language):
        said, errors = forms.check(posted, form_of(survey.current, language), settings().COMMENT_LENGTH)
        if errors:
            return page_to_try(survey, None, given=posted.given, errors=errors), 400
        return render_template(
            "public/thanks.html",
            lang=language,
            text_direction=wording.direction(language),
            company=installation(db.session).company,
            band=None if said.score is None else FEELINGS[band(said.score)],
            **back,
        )


def page_to_try(survey: Survey, score: int | None, **more) -> str:
    action = url_for("setup.try_survey", survey_id=survey.id)
    return answer_page(
        survey, language_of(survey), score, is_preview=False, action=action, csrf=generate_csrf(), **more
    )


def language_of(survey: Survey) -> str:
    """The language of the person who looks, if the survey speaks it."""
    offered = wording.languages(survey.current)
    return wording.best(current_user.language, offered, installation(db.session).language)
