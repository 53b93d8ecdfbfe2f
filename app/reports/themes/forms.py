"""The form of a theme: its name, whose matter it is, and its phrases, a text for each language."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.core.errors import Invalid
from app.reports.themes.words import DEPARTMENTS
from app.sentiment.models import Theme
from app.sentiment.themes import dictionary
from app.surveys.wording import language_name

LONGEST_TEXT = 20_000


class ThemeForm(FlaskForm):
    """The fields that every theme has; `made_for` adds those of the languages."""

    name = StringField(_("Name"), [InputRequired(_("Give it a name.")), Length(max=80)])
    department = SelectField(
        _("Whose matter"),
        choices=[
            SelectChoice("", _("Nobody's in particular")),
            *(SelectChoice(one.value, words) for one, words in DEPARTMENTS.items()),
        ],
        description=_("That department finds it on a filtered page of its own."),
    )

    def lines(self, kind: str) -> dict[str, str]:
        """The texts of a kind, phrases or exclusions, by language."""
        return {
            name.removeprefix(f"{kind}_").replace("every", ""): field.data or ""
            for name, field in self._fields.items()
            if name.startswith(f"{kind}_")
        }


def may_stand(form: FlaskForm, field: TextAreaField) -> None:
    """Every line is a phrase."""
    try:
        dictionary.checked({"": field.data or ""})
    except Invalid as error:
        raise ValidationError(str(error)) from None


def made_for(languages: Sequence[str], theme: Theme | None = None) -> ThemeForm:
    """A form with phrases and exclusions for each of the languages, filled with those of `theme`."""
    fields = {}
    for language in languages:
        name = language_name(language) if language else gettext("Every language")
        for kind, title in (("phrases", gettext("Phrases")), ("exclusions", gettext("But not"))):
            fields[f"{kind}_{language or 'every'}"] = TextAreaField(
                f"{title}: {name}",
                [Optional(), Length(max=LONGEST_TEXT), may_stand],
                render_kw={"rows": 4 if kind == "phrases" else 2, "spellcheck": "false"},
            )
    given = {"name": theme.name, "department": theme.department or ""} if theme else {}
    for kind in ("phrases", "exclusions"):
        for language, phrases in (getattr(theme, kind) if theme else {}).items():
            given[f"{kind}_{language or 'every'}"] = "\n".join(phrases)
    return type("ThemeFormOfLanguages", (ThemeForm,), fields)(data=given)
