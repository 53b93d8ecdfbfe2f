"""The forms of accounts and people."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from zoneinfo import available_timezones

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from app.contacts import words
from app.contacts.goals import LONGEST_GOAL
from app.contacts.importers import cells
from app.contacts.models import Account, Contact, ContactRole, Stage
from app.core.web.fields import Line, Words, choices, needed

USUAL_LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
NOBODY = 0


class Day(DateField):
    """A day that a browser's field or a person writes as 2026-03-31."""

    def process_formdata(self, values):
        if not values or not values[0].strip():
            self.data = None
            return
        try:
            self.data = date.fromisoformat(values[0].strip())
        except ValueError:
            self.data = None
            raise ValueError(_("Write a day as 2026-03-31.")) from None


class Amount(StringField):
    """An amount of money as people write it, `120,000` or `96k`; empty means not known."""

    def process_formdata(self, values):
        given = values[0].strip() if values else ""
        self.data = None
        if not given:
            return
        try:
            self.data, currency = cells.amount(given)
        except cells.Unreadable as error:
            raise ValueError(str(error)) from None
        if currency:
            raise ValueError(_("The currency has a field of its own."))

    def _value(self):
        if self.raw_data:
            return self.raw_data[0]
        return "" if self.data is None else f"{self.data:f}".removesuffix(".00")


class Zone(StringField):
    """The name of a time zone, in any case; empty means not known."""

    def process_formdata(self, values):
        self.data = values[0].strip() if values else None
        if self.data:
            try:
                self.data = cells.zone(self.data)
            except cells.Unreadable as error:
                raise ValueError(str(error)) from None


class AccountForm(FlaskForm):
    """A customer company."""

    name = Line(_l("Name"), limit=200)
    tier = SelectField(
        _l("Tier"),
        coerce=int,
        description=_l("How many people we should know there depends on it. No tier counts as tier 2."),
    )
    stage = SelectField(_l("Stage"), choices=lambda: choices(*words.STAGES.items()))
    arr = Amount(_l("ARR"), [Optional()], description=_l("What the contract is worth a year."))
    currency = Line(_l("Currency"), limit=3, description=_l("Three letters, like EUR."))
    owner = SelectField(_l("Owner"), coerce=int, description=_l("Gets the follow-up tasks of this account."))
    renewal_on = Day(_l("Renewal"), [Optional()])
    started_on = Day(
        _l("Customer since"),
        [needed()],
        description=_l("As long as nobody has answered, this is the day we last heard of them."),
    )
    time_zone = Zone(
        _l("Time zone"),
        description=_l("Like Europe/Berlin. For everybody there whose own zone is not known."),
        render_kw={"list": "zones", "autocomplete": "off"},
    )
    domains = Line(
        _l("Mail domains"),
        limit=1000,
        required=False,
        description=_l("Tell imports and replies who works here. Separate several with a blank."),
    )
    external_id = Line(
        _l("Id in your CRM"), limit=120, required=False, description=_l("Files with this id land here.")
    )

    def __init__(self, owners, account: Account | None = None, **given):
        super().__init__(**(given | (self.kept(account) if account else {})))
        self.tier.choices = choices(
            (0, _("Not set")), *((tier, _("Tier %(n)s", n=tier)) for tier in (1, 2, 3))
        )
        self.owner.choices = choices((NOBODY, _("Nobody")), *((who.id, who.display_name) for who in owners))

    @staticmethod
    def kept(account: Account) -> dict:
        """What the form shows of an account."""
        same = ("name", "stage", "arr", "currency", "time_zone", "renewal_on", "started_on", "external_id")
        return {name: getattr(account, name) for name in same} | {
            "tier": account.tier or 0,
            "owner": account.owner_id or NOBODY,
            "domains": " ".join(row.domain for row in account.domains),
        }

    def validate_currency(self, field) -> None:
        if not (field.data and field.data.isascii() and field.data.isalpha() and len(field.data) == 3):
            raise ValidationError(_("Write the three letters of a currency, like EUR."))

    @property
    def chosen_stage(self) -> Stage:
        return Stage(self.stage.data)


class PersonForm(FlaskForm):
    """A person at an account."""

    first_name = Line(_l("First name"), limit=120, required=False)
    last_name = Line(_l("Last name"), limit=120, required=False)
    email = Line(
        _l("E-mail address"),
        limit=320,
        required=False,
        render_kw={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"},
    )
    title = Line(_l("Job title"), limit=200, required=False)
    role = SelectField(_l("Role"))
    role_from = Day(
        _l("In this role since"),
        [needed()],
        description=_l("Counts when the role is another one than before; the former role stays dated."),
    )
    language = SelectField(
        _l("Language"), description=_l("In which the survey is sent. Not known: the company's language.")
    )
    time_zone = Zone(
        _l("Time zone"),
        description=_l("Like Europe/Berlin. Surveys arrive in the morning there."),
        render_kw={"list": "zones", "autocomplete": "off"},
    )

    def __init__(self, contact: Contact | None = None, **given):
        super().__init__(**(given | (self.kept(contact) if contact else {})))
        self.role.choices = choices(*((role.value, role_words(role)) for role in ContactRole))
        self.language.choices = language_choices(contact.language if contact else None)

    @staticmethod
    def kept(contact: Contact) -> dict:
        """What the form shows of a person."""
        same = ("first_name", "last_name", "email", "title", "time_zone")
        return {name: getattr(contact, name) for name in same} | {
            "role": contact.role.value,
            "language": contact.language or "",
        }


class GoalForm(FlaskForm):
    """What the customer wants to reach."""

    goal_words = Line(
        _l("New main goal"),
        limit=LONGEST_GOAL,
        description=_l("In the customer's words: people read it in the value survey."),
    )
    goal_from = Day(_l("From"), [needed()])


class TouchForm(FlaskForm):
    """A conversation with the account, whoever of us had it."""

    kind = RadioField(
        _l("What was it?"),
        choices=choices(("call", _l("Call")), ("mail", _l("Mail")), ("meeting", _l("Meeting"))),
        default="call",
        validators=[needed()],
    )
    contact = SelectField(_l("With whom"), coerce=int)
    on = Day(_l("When"), [needed()])
    words = Words(_l("What was said?"), required=False, limit=2000, render_kw={"rows": 2})
    two_way = BooleanField(
        _l("The customer took part"), description=_l("Only real conversations count for Recency.")
    )

    def __init__(self, people, **given):
        super().__init__(**given)
        self.contact.choices = choices(
            (NOBODY, _("Nobody in particular")), *((person.id, person.name) for person in people)
        )


class DepartureForm(FlaskForm):
    """Since when somebody is no longer there."""

    left_on = Day(_l("Last day there"), [needed()])


def role_words(role: ContactRole) -> str:
    return f"{words.ROLES[role]}: {words.ROLE_MEANINGS[role]}"


def language_choices(present: str | None) -> list[SelectChoice]:
    """Not known, the usual languages, and the present one where it is another, by name in the reader's language."""
    codes = dict.fromkeys([*USUAL_LANGUAGES, *([present] if present else [])])
    named = sorted((language_name(code), code) for code in codes)
    return choices(("", _("Not known")), *((code, name) for name, code in named))


@lru_cache(maxsize=1)
def zone_names() -> list[str]:
    """The time zones with places in their names, to choose from while typing."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))


def language_name(code: str | None) -> str:
    """A language by its name for the reader; an unknown code as it is."""
    if not code:
        return ""
    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(get_locale())
    except (ValueError, LookupError):
        return code
    return name[:1].upper() + name[1:] if name else code
