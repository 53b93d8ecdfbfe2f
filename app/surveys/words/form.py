"""The form in which the words of a program are written, in one language at a time, and what to look at meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectField

from app.core.web.fields import Line, Words, choices
from app.surveys import placeholders
from app.surveys.forms import LONGEST_OPENING, LONGEST_SUBJECT
from app.surveys.models import Program, SurveyVersion

FIRST, REMINDER, LAST = "invitation", "reminder", "last"
USUAL, LONG, NAMELESS = "usual", "long", "nameless"
LIGHT, DARK = "light", "dark"
WIDE, PHONE = "wide", "phone"


def line(label, help=None) -> Line:
    return Line(label, limit=LONGEST_SUBJECT, required=False, description=help)


def lines(label, help=None) -> Words:
    return Words(label, limit=LONGEST_OPENING, required=False, render_kw={"rows": 3}, description=help)


MAIL = ("subject", "opening", "closing", "reminder_subject", "reminder_opening", "last_reminder_opening")


class WordsForm(FlaskForm):
    """A program's own words; what is empty is said in the words of the survey."""

    words = (*MAIL, *placeholders.PAGE)

    subject = line(_l("Subject"))
    opening = lines(_l("Before the question"))
    closing = lines(_l("After the question"))
    reminder_subject = line(_l("Subject of reminders"))
    reminder_opening = lines(_l("Before the question, in a reminder"))
    last_reminder_opening = lines(_l("Before the question, in the last reminder"))
    page_opening = lines(_l("On the page, above the question"))
    page_comment = line(_l("On the page, what the comment is asked with"))
    thanks = lines(_l("Thanks after the answer"))
    thanks_low = lines(
        _l("Thanks to detractors"), _l("In place of the thanks above. Promise only what somebody will do.")
    )
    mail = SelectField(
        _l("Mail"),
        choices=choices(
            (FIRST, _l("First mail")), (REMINDER, _l("A reminder")), (LAST, _l("The last reminder"))
        ),
        default=FIRST,
    )
    person = SelectField(
        _l("Written to"),
        choices=choices(
            (USUAL, _l("Somebody with a usual name")),
            (LONG, _l("Somebody with a long name")),
            (NAMELESS, _l("Somebody whose name is not known")),
        ),
        default=USUAL,
    )
    scheme = SelectField(
        _l("Device"), choices=choices((LIGHT, _l("Light")), (DARK, _l("Dark"))), default=LIGHT
    )
    width = SelectField(
        _l("Width"), choices=choices((WIDE, _l("Computer")), (PHONE, _l("Phone"))), default=WIDE
    )

    @property
    def word_fields(self) -> list[Field]:
        return [self[name] for name in self.words]

    @property
    def view_fields(self) -> list[Field]:
        return [self[name] for name in VIEWS]

    def look_at(self, asked: Mapping[str, str]) -> None:
        """Show what is asked for in an address; what cannot be chosen is passed over."""
        for field in self.view_fields:
            chosen = asked.get(field.name)
            field.data = chosen if chosen in {choice.value for choice in field.iter_choices()} else field.data

    @property
    def views(self) -> dict[str, str]:
        """What is looked at, as an address says it; the usual things left out."""
        return {field.name: field.data for field in self.view_fields if field.data != field.default}

    @property
    def is_dark(self) -> bool:
        return self.scheme.data == DARK

    @property
    def own(self) -> dict[str, str]:
        """The words as they are in the form, empty ones left out."""
        return {name: self[name].data for name in self.words if self[name].data}

    def validate(self, extra_validators: Any = None) -> bool:
        """Each placeholder is one of the list; what is wrong stands at its field."""
        is_good = super().validate(extra_validators)
        for field in self.word_fields:
            said = placeholders.wrong(field.data or "", placeholders.known_in(field.name))
            if said:
                field.errors = [*field.errors, said]
                is_good = False
        return is_good


class MailForm(WordsForm):
    """A survey's own words for its mails; what is empty is said in fixed words, or left out."""

    words = MAIL
    page_opening = page_comment = thanks = thanks_low = None


VIEWS = ("mail", "person", "scheme", "width")


def words_form(program: Program, language: str, survey_words: dict[str, str]) -> WordsForm:
    """The form with the program's words in that language, the survey's own in grey, unless it was submitted."""
    return in_grey(WordsForm(data=dict(program.mail.get(language, {}))), language, survey_words)


def mail_form(draft: SurveyVersion, language: str, fixed_words: dict[str, str]) -> MailForm:
    """The form with the survey's words in that language, the fixed ones in grey, unless it was submitted."""
    return in_grey(MailForm(data=dict(draft.words.get(language, {}))), language, fixed_words)


def in_grey(form: WordsForm, language: str, usual: dict[str, str]) -> WordsForm:
    """The form with what is said where a field is left empty."""
    for field in form.word_fields:
        field.render_kw = (field.render_kw or {}) | {
            "placeholder": usual.get(field.name, ""),
            "dir": "auto",
            "lang": language,
        }
    return form
