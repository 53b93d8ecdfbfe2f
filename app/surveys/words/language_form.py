"""The form in which a survey is said in one more language: a field for each of its words, the original beside it."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, SelectField

from app.core.web.fields import Line, Words, choices
from app.surveys import wording
from app.surveys.models import Survey
from app.surveys.words import translating

LONGEST, LONGEST_LINE = 1000, 60


class LanguageForm(FlaskForm):
    """Which language, and the words in it; their fields are added for each survey."""

    language = SelectField(_l("Language"))

    @property
    def word_fields(self) -> list[Field]:
        return [self[key] for key in self.keys]

    @property
    def groups(self) -> list[tuple[str, list[Field]]]:
        """The words of the mail and of each question under a title."""
        found = []
        for number, home in enumerate(self.homes, 0 if translating.MAIL in self.homes else 1):
            title = _("Mail") if home == translating.MAIL else _("Question %(number)s", number=number)
            found.append((title, [f for f in self.word_fields if f.name.startswith(f"{home}__")]))
        return found

    @property
    def said(self) -> dict[str, str]:
        return {field.name: field.data or "" for field in self.word_fields}


def language_form(survey: Survey, language: str | None) -> LanguageForm:
    """The form, filled with what the survey says in that language already, unless it was submitted."""
    originals = translating.originals(survey.current)
    fields = {
        original.key: (Words if len(original.text) > LONGEST_LINE else Line)(
            original.place,
            limit=LONGEST,
            required=False,
            description=original.text,
            render_kw={"dir": "auto"},
        )
        for original in originals
    }
    kind = type("LanguageFormNow", (LanguageForm,), fields)
    kept = translating.said(survey.current, language) if language else {}
    form = kind(data=kept | {"language": language or ""})
    form.keys = [original.key for original in originals]
    form.homes = list(dict.fromkeys(original.path[0] for original in originals))
    names = sorted((wording.language_name(tag), tag) for tag in translating.offered(survey))
    form.language.choices = choices(("", _("Choose a language")), *[(tag, name) for name, tag in names])
    return form
