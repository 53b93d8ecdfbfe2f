"""The page on which the words of a program are written, beside the mail and the page that they make (a door).

What it has in common with other pages of words that are looked at while one types stands here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.core import audit, clock
from app.core.database import transactions
from app.core.language.words import addressing
from app.core.web.pages import this_installation
from app.delivery.letters import Company, company_of
from app.delivery.programs import trying
from app.delivery.programs.trying import Somebody, Tried
from app.extensions import db
from app.surveys import rules, saving, wording
from app.surveys.models import Program, Question, SurveyVersion
from app.surveys.placeholders import KNOWN
from app.surveys.routes import answer_page, blueprint, the_program
from app.surveys.words.form import WordsForm, words_form

PAGE = "surveys/program_words.html"
LOW, HIGH = "low", "high"


@dataclass(frozen=True)
class AsWritten:
    """A version with the words of a form in place of its own."""

    words: Mapping[str, Mapping[str, str]]
    questions: list[Question]


@blueprint.get("/programs/<int:program_id>/words")
@access.manager
def program_words(program_id: int):
    found = the_program(program_id)
    form = form_of(found)
    form.look_at(request.args)
    return render_words(found, form)


@blueprint.post("/programs/<int:program_id>/words/preview")
@access.manager
def preview_words(program_id: int):
    """The page with the words as they are in the form, for a script its changing part alone; nothing is kept."""
    transactions.read(db.session)
    found = the_program(program_id)
    form = form_of(found)
    form.validate()
    return render_words(found, form, page_or_part(PAGE, "surveys/program_looks.html"))


@blueprint.post("/programs/<int:program_id>/words")
@access.manager
def save_words(program_id: int):
    found, now = the_program(program_id), clock.now()
    form, language = form_of(found), language_of(found)
    if not form.validate():
        return render_words(found, form), 400
    kept = {tag: own for tag, own in found.mail.items() if tag != language}
    saving.write(db.session, found, {"mail": kept | ({language: form.own} if form.own else {})})
    subject = f"program:{found.id}"
    audit.note(db.session, access.actor(), "program.changed", subject=subject, now=now, name=found.name)
    db.session.commit()
    flash(_("The words in %(language)s are saved.", language=wording.language_name(language)), "success")
    return redirect(
        url_for("surveys.program_words", program_id=found.id, language=language, **form.views), 303
    )


def language_of(program: Program) -> str:
    """The language of the address, as far as the survey is asked in it."""
    offered = wording.languages(program.survey.current)
    return wording.best(request.args.get("language"), offered, this_installation().language)


def form_of(program: Program) -> WordsForm:
    language = language_of(program)
    version = program.survey.current
    prompt = wording.comment_prompt(version, language, wording.names(this_installation()))
    said = dict(wording.pick(version.words, language)) | {"page_comment": prompt.get("any", "")}
    return words_form(program, language, said)


def render_words(program: Program, form: WordsForm, template: str = PAGE) -> str:
    language, facts = language_of(program), this_installation()
    mail = tried(
        form,
        program.survey.current,
        language,
        form.own,
        sender=sender_of(program),
        open_days=rules.of(program).open_days,
    )
    return render_template(
        template,
        program=program,
        form=form,
        language=language,
        offered=wording.languages(program.survey.current),
        placeholders=[f"{{{name}}}" for name in KNOWN],
        readers=trying.readers(db.session, program, facts.language),
        mail=mail,
        page=lit(page_of(program, form, language), form.is_dark),
        thanks=[(words, lit(page, form.is_dark)) for words, page in thanks_of(form, language)],
        wording=wording,
    )


def page_or_part(page: str, part: str) -> str:
    """The template of a preview: for a script the changing part of the page alone."""
    return part if request.headers.get("HX-Request") == "true" else page


def tried(
    form: WordsForm,
    version: SurveyVersion | AsWritten,
    language: str,
    own: Mapping[str, str],
    *,
    sender: str = "",
    open_days: int = rules.DEFAULTS.open_days,
) -> Tried:
    """The mail that the words make, as the form says to look at it."""
    closes_on = clock.day_of(clock.now() + timedelta(days=open_days), this_installation().zone)
    return trying.tried(
        version,
        language,
        own,
        company(),
        sender=sender,
        mail=form.mail.data,
        somebody=somebody_of(form),
        closes_on=closes_on,
        is_dark=form.is_dark,
    )


def somebody_of(form: WordsForm) -> Somebody:
    """The made-up person who was chosen."""
    return trying.SOMEBODY.get(form.person.data, trying.SOMEBODY["usual"])


def lit(page: str, is_dark: bool) -> str:
    """The page as a light or a dark device shows it."""
    return page.replace("<html ", f'<html style="color-scheme: {"dark" if is_dark else "light"}" ', 1)


def said_on_pages(form: WordsForm, language: str) -> dict[str, str]:
    """The own words on pages, filled for the person that was chosen."""
    somebody = somebody_of(form)
    person = {"first_name": somebody.first_name, "account": somebody.account}
    return wording.page_words({language: form.own}, language, wording.names(this_installation()) | person)


def page_of(program: Program, form: WordsForm, language: str) -> str:
    """The page of the question with the words as they are in the form."""
    own = said_on_pages(form, language)
    prompt = wording.comment_prompt(program.survey.current, language, wording.names(this_installation()))
    more = {
        "opening": wording.lines(own.get("page_opening", "")),
        "comment_prompt": wording.asked_with(prompt, own),
    }
    return answer_page(program.survey, language, None, **more)


def thanks_of(form: WordsForm, language: str) -> list[tuple[str, str]]:
    """The pages after the answer, each with whom it is for."""
    own = said_on_pages(form, language)
    told = {"lang": language, "text_direction": wording.direction(language), "is_preview": True}
    told["company"] = this_installation().company
    whom = ((HIGH, _("Thanks to promoters")), (LOW, _("Thanks to detractors")))
    with addressing(language):
        return [
            (words, render_template("public/thanks.html", band=band, own=wording.thanks(own, band), **told))
            for band, words in whom
        ]


def company() -> Company:
    return company_of(this_installation(), current_app.extensions["settings"])


def sender_of(program: Program) -> str:
    """In whose name the mail is written; where that is each account's owner, whoever is looking stands for them."""
    if program.is_from_owner:
        return current_user.name
    return program.sender.name if program.sender else ""
