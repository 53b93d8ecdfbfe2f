"""The pages on which managers put surveys together: library, draft, one question; each change is one press (a door)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.auth import access
from app.core import audit, clock
from app.core.errors import Invalid, NotFound, Refused
from app.core.web.fields import choices, mark
from app.core.web.pages import this_installation
from app.delivery import letters
from app.delivery.models import Wave
from app.delivery.programs.trying import Own
from app.extensions import db
from app.surveys import templates, wording
from app.surveys.building import drafts, editing
from app.surveys.building.form import AddForm, NameForm, QuestionForm, question_form, told_rules
from app.surveys.building.length import length_of
from app.surveys.kinds import KINDS
from app.surveys.models import Program, ProgramStatus, Question, Survey, SurveyVersion
from app.surveys.routes import answer_page, blueprint, the_survey


@blueprint.get("/surveys/library")
@access.manager
def survey_library():
    """The surveys that come with the product, to begin one of one's own with."""
    now = clock.now()
    shipped = [(key, templates.shipped(key, now=now).versions[0]) for key in templates.NAMES]
    language, named = this_installation().language, wording.names(this_installation())
    return render_template(
        "surveys/library.html",
        found=[
            (
                key,
                templates.NAMES[key],
                length_of(version),
                wording.asked(version, language, named, names_of(version)),
            )
            for key, version in shipped
        ],
    )


@blueprint.post("/surveys")
@access.manager
def add_survey():
    """A further survey of a template."""
    now = clock.now()
    found = drafts.from_template(db.session, request.form.get("template", ""), now=now)
    return begun(found, "survey.added", now)


@blueprint.post("/surveys/<int:survey_id>/copy")
@access.manager
def copy_survey(survey_id: int):
    now = clock.now()
    return begun(drafts.duplicate(db.session, the_survey(survey_id), now=now), "survey.added", now)


@blueprint.post("/surveys/<int:survey_id>/draft")
@access.manager
def begin_draft(survey_id: int):
    return begun(the_survey(survey_id), "survey.draft", clock.now())


def begun(found: Survey, action: str, now: datetime):
    """The survey with a draft, on the page where it is written."""
    drafts.begun(db.session, found, now=now)
    note(found, action, now)
    db.session.commit()
    return redirect(url_for("surveys.survey_draft", survey_id=found.id), 303)


@blueprint.post("/surveys/<int:survey_id>/archive")
@access.manager
def archive_survey(survey_id: int):
    """Out of the lists, or back; what was asked and answered stays."""
    found, now = the_survey(survey_id), clock.now()
    is_used = sa.exists().where(Program.survey_id == found.id, Program.status != ProgramStatus.ARCHIVED)
    if found.archived_at is None and db.session.scalar(sa.select(is_used)):
        raise Refused(_("Programs ask this survey. Archive them first, or let them ask another."))
    found.archived_at = None if found.archived_at else now
    note(found, "survey.archived" if found.archived_at else "survey.restored", now)
    db.session.commit()
    flash(
        _("%(name)s is archived.", name=found.name)
        if found.archived_at
        else _("%(name)s can be asked again.", name=found.name),
        "success",
    )
    return redirect(url_for("surveys.survey", survey_id=found.id), 303)


@blueprint.get("/surveys/<int:survey_id>/draft")
@access.manager
def survey_draft(survey_id: int):
    """The draft: its questions, how long it takes, and what respondents will see."""
    return show_draft(the_survey(survey_id))


def show_draft(found: Survey, name_form: NameForm | None = None, status: int = 200):
    draft = found.draft
    if draft is None:
        return redirect(url_for("surveys.survey", survey_id=found.id))
    offered = spoken(draft)
    language, named = language_of(offered), wording.names(this_installation())
    add_form = AddForm(formdata=None)
    add_form.kind.choices = choices(
        *[(key, f"{KINDS[key].title}: {KINDS[key].meaning}") for key in drafts.offered(draft)]
    )
    page = render_template(
        "surveys/draft.html",
        survey=found,
        draft=draft,
        questions=[
            (question, item, told_rule(draft, question, language))
            for question, item in zip(
                draft.questions, wording.asked(draft, language, named, names_of(draft)), strict=True
            )
        ],
        language=language,
        has_series=has_series(found),
        offered=offered,
        whole=wording.languages(draft),
        length=length_of(draft),
        problems=drafts.problems(draft),
        name_form=name_form or NameForm(formdata=None, name=found.name),
        add_form=add_form,
        mail_words=draft.words.get(language, {}),
        mail_fixed=fixed_in(draft, language),
        pages=previews(found, draft, language),
        wording=wording,
    )
    return page, status


def has_series(survey: Survey) -> bool:
    """Whether a wave has asked with the survey, so that its next version goes on with something."""
    waves = sa.select(Wave.id).join(Wave.program).where(Program.survey_id == survey.id)
    return db.session.scalar(sa.select(waves.exists()))


def fixed_in(draft: SurveyVersion, language: str) -> dict[str, str]:
    """What the mails of the draft say where it has no words of its own."""
    company = letters.company_of(this_installation(), current_app.extensions["settings"])
    return letters.fixed(letters.ask_of(Own({}), draft, language, company)) if draft.questions else {}


def names_of(version: SurveyVersion) -> set[str]:
    return {question.name for question in version.questions}


def spoken(draft: SurveyVersion) -> list[str]:
    """The languages in which the mail or any question has words, English first."""
    found = set(draft.words).union(*(question.words for question in draft.questions))
    return sorted(found or {wording.FALLBACK}, key=lambda tag: (tag != wording.FALLBACK, tag))


def language_of(offered: list[str]) -> str:
    return wording.best(request.args.get("language"), offered, this_installation().language)


def told_rule(draft: SurveyVersion, question: Question, language: str) -> str:
    picked = set(editing.chosen(question))
    return "; ".join(words for value, words in told_rules(draft, question, language) if value in picked)


def previews(found: Survey, draft: SurveyVersion, language: str) -> list[str]:
    """The page with which the draft begins, and the one for whom a question fits."""
    first = {question.name for question in draft.questions if not question.asked.rule}
    later = names_of(draft) - first
    shown = [names for names in (first, later) if names]
    return [answer_page(found, language, None, version=draft, which=names) for names in shown]


@blueprint.post("/surveys/<int:survey_id>/draft/name")
@access.manager
def rename_survey(survey_id: int):
    found, form = the_survey(survey_id), NameForm()
    if not form.validate():
        return show_draft(found, form, 400)
    found.name = form.name.data
    return changed(found)


@blueprint.post("/surveys/<int:survey_id>/draft/questions")
@access.manager
def add_question(survey_id: int):
    found = the_survey(survey_id)
    question = drafts.add(db.session, the_draft(found), request.form.get("kind", ""))
    db.session.commit()
    return redirect(url_for("surveys.draft_question", survey_id=found.id, question_id=question.id), 303)


@blueprint.post("/surveys/<int:survey_id>/draft/questions/<int:question_id>/place")
@access.manager
def place_question(survey_id: int, question_id: int):
    """One place up or down."""
    found = the_survey(survey_id)
    by = -1 if request.form.get("by") == "up" else 1
    drafts.move(db.session, the_draft(found), the_question(found, question_id), by)
    return changed(found)


@blueprint.post("/surveys/<int:survey_id>/draft/questions/<int:question_id>/remove")
@access.manager
def remove_question(survey_id: int, question_id: int):
    found = the_survey(survey_id)
    drafts.remove(db.session, the_draft(found), the_question(found, question_id))
    return changed(found)


@blueprint.get("/surveys/<int:survey_id>/draft/questions/<int:question_id>")
@access.manager
def draft_question(survey_id: int, question_id: int):
    found = the_survey(survey_id)
    if found.draft is None:
        return redirect(url_for("surveys.survey", survey_id=found.id))
    question, language = the_question(found, question_id), language_of(spoken(found.draft))
    return show_question(found, question, language, question_form(found.draft, question, language))


@blueprint.post("/surveys/<int:survey_id>/draft/questions/<int:question_id>")
@access.manager
def change_question(survey_id: int, question_id: int):
    found = the_survey(survey_id)
    question, offered = the_question(found, question_id), spoken(the_draft(found))
    language = language_of(offered)
    form = question_form(found.draft, question, language)
    if not form.validate():
        return show_question(found, question, language, form), 400
    try:
        is_first = language == next((tag for tag in offered if tag in question.words), language)
        editing.write(question, language, form.said, is_first=is_first)
        editing.depend(question, form.rule.data or [])
    except Invalid as refused:
        db.session.rollback()
        mark(form, refused)
        return show_question(
            the_survey(survey_id), the_question(the_survey(survey_id), question_id), language, form
        ), 400
    question.is_required = form.is_required.data
    if "most" in form:
        question.options = {**question.options, "most": form["most"].data or 0}
    if "intent" in form:
        question.options = {**question.options, "intent": form["intent"].data}
    if "bad" in form:
        bad = [key for key in question.asked.choices if key in (form["bad"].data or [])]
        question.options = {**question.options, "bad": bad}
    return changed(found, language=language)


def show_question(found: Survey, question: Question, language: str, form: QuestionForm) -> str:
    return render_template(
        "surveys/draft_question.html",
        survey=found,
        question=question,
        form=form,
        language=language,
        offered=spoken(found.draft),
        title=drafts.title_of(question),
        wording=wording,
    )


@blueprint.post("/surveys/<int:survey_id>/draft/discard")
@access.manager
def discard_draft(survey_id: int):
    found = the_survey(survey_id)
    drafts.discard(db.session, found)
    db.session.commit()
    flash(_("The draft is gone; what is asked stays as it was."), "success")
    return redirect(url_for("surveys.survey", survey_id=found.id), 303)


@blueprint.post("/surveys/<int:survey_id>/draft/use")
@access.manager
def use_draft(survey_id: int):
    """Waves ask it from now on; asks that are under way keep the version they have."""
    found, now = the_survey(survey_id), clock.now()
    version = drafts.put_to_use(db.session, found, now=now)
    note(found, "survey.changed", now, version=version.number)
    db.session.commit()
    flash(_("From the next wave on, version %(number)s is asked.", number=version.number), "success")
    return redirect(url_for("surveys.survey", survey_id=found.id), 303)


def changed(found: Survey, **address):
    """The draft as it is now."""
    db.session.commit()
    return redirect(url_for("surveys.survey_draft", survey_id=found.id, **address), 303)


def note(found: Survey, action: str, now: datetime, **more) -> None:
    db.session.flush()
    audit.note(
        db.session, access.actor(), action, subject=f"survey:{found.id}", now=now, name=found.name, **more
    )


def the_draft(found: Survey) -> SurveyVersion:
    if found.draft is None:
        raise NotFound(_("There is no draft of this survey."))
    return found.draft


def the_question(found: Survey, question_id: int) -> Question:
    question = next((one for one in the_draft(found).questions if one.id == question_id), None)
    if question is None:
        raise NotFound(_("There is no such question."))
    return question
