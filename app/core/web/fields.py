"""Form fields whose text has passed the text gate, so that every form refuses the same at the field."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, Field, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from app.core import text
from app.core.errors import Invalid


class Line(StringField):
    """One line of text, cleaned; longer than `limit` characters is an error, not a cut."""

    def __init__(self, label, *, limit: int = 120, required: bool = True, **options):
        options.setdefault("validators", [needed() if required else Optional()])
        options["render_kw"] = {"maxlength": limit} | options.get("render_kw", {})
        super().__init__(label, **options)
        self.limit = limit

    def process_formdata(self, values):
        if values:
            self.data = values[0]
            self.data = text.line(text.clean(values[0], limit=self.limit), limit=self.limit)


class Words(TextAreaField):
    """Several lines of text, cleaned."""

    def __init__(self, label, *, limit: int = 2000, required: bool = True, **options):
        options.setdefault("validators", [needed() if required else Optional()])
        options["render_kw"] = {"maxlength": limit} | options.get("render_kw", {})
        super().__init__(label, **options)
        self.limit = limit

    def process_formdata(self, values):
        if values:
            self.data = values[0]
            self.data = text.clean(values[0], limit=self.limit)


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
