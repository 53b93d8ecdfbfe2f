"""The forms of sign-in and of a person's own settings."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security.forms import LoginForm
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import EqualTo, ValidationError

from app.auth import passwords
from app.auth.models import RoleName, Staff, Theme
from app.core import text
from app.core.web.fields import Email, Line, choices, needed

ROLE_WORDS = {
    RoleName.VIEWER: _l("Viewer"),
    RoleName.CSM: _l("Customer success"),
    RoleName.MANAGER: _l("Manager"),
    RoleName.ADMIN: _l("Administrator"),
}
ROLE_MEANINGS = {
    RoleName.VIEWER: _l("reads accounts, scores and reports, changes nothing"),
    RoleName.CSM: _l("works follow-ups and logs contacts with customers"),
    RoleName.MANAGER: _l("runs programs and waves, sees everybody's queue"),
    RoleName.ADMIN: _l("sets the installation up, adds staff, goes live"),
}
THEME_WORDS = {
    Theme.SYSTEM: _l("As the device"),
    Theme.LIGHT: _l("Light"),
    Theme.DARK: _l("Dark"),
}
NEW_PASSWORD_HELP = _l(
    "At least 12 characters. Several words in a row are easy to remember and hard to guess; blanks and every sign count."
)


class SignInForm(LoginForm):
    """The library's form with our words. It never says which of the two was wrong."""

    email = StringField(
        _l("E-mail address"),
        validators=[needed()],
        filters=[lambda typed: text.line(typed, limit=320) if typed else typed],
        render_kw={"autocomplete": "username", "inputmode": "email", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"), validators=[needed()], render_kw={"autocomplete": "current-password"}
    )
    stay = BooleanField(_l("Stay signed in on this device"))
    next = HiddenField()
    remember = None
    submit = None

    def validate_next(self, field) -> None:
        """The library would refuse the form; the door sends people to the start page instead."""

    def without_reasons(self) -> SignInForm:
        """The form after a failed try, which does not tell whether it was the address or the password."""
        self.email.errors, self.password.errors = [], []
        self.form_errors = [_("The address and the password do not fit together. Check both and try again.")]
        return self


class OwnSettingsForm(FlaskForm):
    """What a person decides about the pages they see."""

    name = Line(
        _l("Your name"),
        limit=200,
        description=_l("Colleagues see it on tasks; customers see it under mails you send."),
    )
    time_zone = SelectField(
        _l("Time zone"),
        description=_l("Times on your pages. Reports are cut in the installation's zone."),
    )
    theme = RadioField(_l("Appearance"), choices=choices(*THEME_WORDS.items()))
    single_keys = BooleanField(
        _l("Single keys act on pages"),
        description=_l(
            "The list of them opens with ?, which is one of them. Switch them off where a program speaks or types for you;"
            " keys with Ctrl stay."
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.time_zone.choices = choices(("", _("As the installation")), *((zone, zone) for zone in zones()))


class PasswordForm(FlaskForm):
    """A new password; the present one proves that it is the person who asks."""

    present = PasswordField(
        _l("Present password"), validators=[needed()], render_kw={"autocomplete": "current-password"}
    )
    new = PasswordField(
        _l("New password"),
        validators=[needed()],
        description=NEW_PASSWORD_HELP,
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password again"),
        validators=[needed(), EqualTo("new", message=_l("The two are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )

    def __init__(self, person: Staff, company: str, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        self.words = passwords.words_of(person.email, person.name, company)

    def validate_present(self, field) -> None:
        if not self.person.verify_and_update_password(passwords.normal(field.data)):
            raise ValidationError(_("This is not your present password."))

    def validate_new(self, field) -> None:
        refuse_weak(field.data, self.words)


class StaffForm(FlaskForm):
    """A new member of staff."""

    email = Email(_l("E-mail address"))
    name = Line(_l("Name"), limit=200, required=False)
    role = RadioField(_l("Role"), default=RoleName.CSM.value)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.role.choices = role_choices()


class PersonForm(FlaskForm):
    """What an administrator changes about a member of staff."""

    name = Line(_l("Name"), limit=200)
    role = RadioField(
        _l("Role"), description=_l("Another role ends the person's sessions, so that it holds at once.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.role.choices = role_choices()


class KeyForm(FlaskForm):
    """A key for another program."""

    name = Line(
        _l("Name"),
        limit=120,
        description=_l("Which program uses it, so that somebody else knows later what stops working."),
    )
    scope = RadioField(
        _l("May"),
        choices=choices(
            ("read", _l("read everything")),
            ("write", _l("read and change accounts, contacts, waves and tasks")),
            ("admin", _l("everything, personal answer links included")),
        ),
        default="read",
    )
    days = SelectField(
        _l("Expires"),
        choices=choices(
            ("", _l("never")),
            ("30", _l("after 30 days")),
            ("90", _l("after 90 days")),
            ("365", _l("after a year")),
        ),
        default="365",
    )


def zones() -> list[str]:
    """Zone names a person would choose from, without the old and technical ones."""
    return [
        *sorted(
            z for z in available_timezones() if "/" in z and not z.startswith(("Etc/", "SystemV/", "US/"))
        ),
        "UTC",
    ]


def role_choices() -> list:
    return choices(*((role.value, f"{ROLE_WORDS[role]} – {ROLE_MEANINGS[role]}") for role in RoleName))


def refuse_weak(password: str, words: list[str]) -> None:
    if objection := passwords.objection(passwords.normal(password), words=words):
        raise ValidationError(objection)
