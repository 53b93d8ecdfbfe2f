"""Form fields whose text has passed the text gate, so that every form refuses the same at the field."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from app.core import text
from app.core.errors import Invalid


class Cleaned:
    """Text that is cleaned; longer than `limit` characters is an error, not a cut."""

    usual_limit: int

    def __init__(self, label, *, limit: int | None = None, required: bool = True, **options):
        self.limit = limit or self.usual_limit
        options.setdefault("validators", [needed() if required else Optional()])
        options["render_kw"] = {"maxlength": self.limit} | options.get("render_kw", {})
        super().__init__(label, **options)

    def process_formdata(self, values):
        if values:
            self.data = values[0]
            self.data = self.cleaned(values[0])

    def cleaned(self, words: str) -> str:
        return text.clean(words, limit=self.limit)


class Line(Cleaned, StringField):
    """One line of text, cleaned."""

    usual_limit = 120

    def cleaned(self, words: str) -> str:
        return text.line(super().cleaned(words), limit=self.limit)


class Words(Cleaned, TextAreaField):
    """Several lines of text, cleaned."""

    usual_limit = 2000


class Email(EmailField):
    """An e-mail address in the form its owner writes it, domain in lower case."""

    def __init__(self, label, *, required: bool = True, **options):
        options.setdefault("validators", [needed() if required else Optional()])
        options["render_kw"] = {"autocomplete": "off", "spellcheck": "false"} | options.get("render_kw", {})
        super().__init__(label, **options)

    def process_formdata(self, values):
        if values:
            self.data = values[0].strip()
            if self.data:
                self.data = text.email(self.data)


def choices(*pairs: tuple) -> list[SelectChoice]:
    """Options of a select or of radio buttons, from pairs of value and words."""
    return [SelectChoice(value, words) for value, words in pairs]


def needed() -> InputRequired:
    return InputRequired(_l("This is needed."))


def mark(form, error: Invalid) -> None:
    """Put what the domain refused at the fields of `form`; what belongs to none stands above them."""
    for name, words in (error.errors or {"": error.words}).items():
        field = form._fields.get(name)
        if field is None:
            form.form_errors.append(words)
        else:
            field.errors = [*field.errors, words]


def told(field: Field) -> str:
    """What was chosen or written in a field, in the words of its page; empty for nothing, and for what nobody sees."""
    if isinstance(field, HiddenField):
        return ""
    if isinstance(field, BooleanField):
        return str(_l("yes")) if field.data else ""
    if isinstance(field, SelectField):
        chosen = [choice for choice in field.iter_choices() if choice.selected and choice.value]
        return ", ".join(str(choice.label) for choice in chosen)
    return str(field.data or "")
