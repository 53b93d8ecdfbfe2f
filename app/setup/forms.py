"""The forms of setting up: what the installation is, and how mail leaves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.auth.forms import zones
from app.core import text
from app.core.installation import Installation
from app.core.language.words import RESPONDENTS
from app.core.web.fields import Email, Line, Words, choices, needed
from app.core.worktime import MONDAY_TO_FRIDAY
from app.setup.mail.env_lines import ENCRYPTIONS, STARTTLS, ends_early
from app.surveys.wording import language_name

MOST_DAYS, MOST_ENTRIES = 500, 200


class Weekdays(SelectMultipleField):
    """Days of the week as boxes to tick, Monday 0."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label, **options):
        super().__init__(label, coerce=int, **options)
        self.type = SelectMultipleField.__name__  # By which templates know how to draw it.

    def pre_validate(self, form) -> None:
        super().pre_validate(form)
        if not self.data:
            raise ValidationError(_("Choose at least one day."))


class Lines(Words):
    """Several entries, one a line; `entries` are those that `check` made of them, none for an empty field."""

    def __init__(self, label, *, check: Callable, most: int = MOST_ENTRIES, **options):
        super().__init__(label, required=False, **options)
        self.check, self.most, self.entries = check, most, []

    def pre_validate(self, form) -> None:
        """Before the validators, since the one that lets a field be empty ends their chain there."""
        super().pre_validate(form)
        self.entries = sorted({self.check(line) for line in lines_of(self, self.most)})


class InstallationForm(FlaskForm):
    """What the company is, where its day begins, and who works when."""

    company = Line(_l("Company"), description=_l("As customers know it. Mails and pages name it."))
    product = Line(
        _l("Product"),
        required=False,
        description=_l("What customers are asked about. Left empty, it is the company."),
    )
    language = SelectField(
        _l("Language"),
        description=_l("For customers whose own language is not known or not offered."),
    )
    time_zone = SelectField(
        _l("Time zone"), description=_l("Days, reports and working hours are counted in it.")
    )
    own_domains = Lines(
        _l("Your own mail domains"),
        check=lambda line: checked_domain(line),
        description=_l(
            "One a line, such as company.example. People with these addresses are colleagues, not customers, and are asked only in a rehearsal."
        ),
    )
    default_owner = SelectField(
        _l("Who looks after accounts without an owner"),
        description=_l("This person gets their follow-ups. Without anybody they lie with nobody."),
    )
    holds_doubtful = BooleanField(
        _l("Answers that a machine may have sent count only after somebody has looked"),
        description=_l(
            "Mail gateways have been seen sending forms. Without the tick such answers count at once and stand on the"
            " list for review all the same. It holds for answers from now on."
        ),
    )
    days = Weekdays(
        _l("Working days"),
        description=_l("The time to follow up runs only while people work."),
    )
    start = TimeField(_l("Work begins at"), [needed()])
    end = TimeField(_l("Work ends at"), [needed()])
    holidays = Lines(
        _l("Holidays"),
        check=lambda line: checked_day(line),
        most=MOST_DAYS,
        limit=10_000,
        description=_l("One date a line, such as 2026-12-25. The time to follow up stands still on them."),
    )

    def __init__(self, owners: list[tuple[int, str]], row: Installation, *args, **kwargs):
        super().__init__(*args, **kwargs)
        spoken = sorted({*RESPONDENTS.languages(), row.language})
        self.language.choices = choices(*((tag, language_name(tag)) for tag in spoken))
        self.time_zone.choices = choices(*((zone, zone) for zone in sorted({*zones(), row.time_zone})))
        self.days.choices = choices(*sorted(get_locale().days["format"]["wide"].items()))
        self.default_owner.choices = choices(("", _("nobody")), *((str(id), name) for id, name in owners))

    def validate_end(self, field) -> None:
        if self.start.data and field.data and field.data <= self.start.data:
            raise ValidationError(_("Work has to end after it begins."))

    def keep(self, row: Installation) -> None:
        """Put what was chosen into the row; call it after the form was found valid."""
        row.company, row.product = self.company.data, self.product.data or ""
        row.language, row.time_zone = self.language.data, self.time_zone.data
        row.own_domains = self.own_domains.entries
        row.default_owner_id = int(self.default_owner.data) if self.default_owner.data else None
        row.holds_doubtful = self.holds_doubtful.data
        row.holidays = [day.isoformat() for day in self.holidays.entries]
        row.week = {
            "days": sorted(self.days.data),
            "start": self.start.data.isoformat("minutes"),
            "end": self.end.data.isoformat("minutes"),
        }
        row.setup = row.setup | {"zone_chosen": True}


def values_of(row: Installation) -> dict:
    """What the form shows before anybody typed: the row as it is."""
    week = row.work_week
    return {
        "company": row.company,
        "product": row.product,
        "language": row.language,
        "time_zone": row.time_zone,
        "own_domains": "\n".join(row.own_domains),
        "default_owner": str(row.default_owner_id or ""),
        "holds_doubtful": row.holds_doubtful,
        "days": sorted(week.days or MONDAY_TO_FRIDAY),
        "start": week.start,
        "end": week.end,
        "holidays": "\n".join(sorted(row.holidays)),
    }


class AllowForm(FlaskForm):
    """Whom real mail may reach while the installation rehearses."""

    allowed = Lines(
        _l("Addresses or domains, one a line"),
        check=lambda line: checked_entry(line),
        limit=20_000,
        description=_l("Put yourself and colleagues here. Everybody else's mail stays in the mailbox page."),
    )


class MailForm(FlaskForm):
    """How mail leaves, to be put into the settings file. Nothing of it is stored."""

    host = Line(_l("Mail server"), limit=253, description=_l("Its name, such as smtp.provider.example."))
    port = IntegerField(
        _l("Port"), [Optional(), NumberRange(1, 65535, _l("A port lies between 1 and 65535."))]
    )
    encryption = RadioField(_l("Encryption"), choices=choices(*ENCRYPTIONS.items()), default=STARTTLS)
    user = Line(
        _l("User"), limit=320, required=False, description=_l("Empty for a server that asks for none.")
    )
    password = PasswordField(
        _l("Password"),
        [Optional()],
        description=_l(
            "It goes into the lines below and is kept nowhere else, so it has to be typed each time."
        ),
        render_kw={"autocomplete": "off", "maxlength": 500, "hx-preserve": "true"},
    )
    sender_name = Line(
        _l("Sender's name"),
        required=False,
        description=_l("Whom mails seem to come from. Left empty, it is the company."),
    )
    sender = Email(
        _l("Sender's address"),
        description=_l("In a domain of yours, one that this server may send for. Replies go there."),
    )
    base_url = Line(
        _l("Address of JustAsk"),
        limit=300,
        description=_l("The https address under which customers open the links in mails."),
    )
    bounce_domain = Line(
        _l("Domain for bounces"),
        limit=253,
        required=False,
        description=_l("Leave it empty unless a mailbox takes everything that comes to that domain."),
    )
    allow = StringField(
        _l("Always allowed during rehearsal"),
        [Optional()],
        description=_l("Addresses or domains with commas between. The list on this page needs no restart."),
        render_kw={"maxlength": 2000},
    )

    def validate_host(self, field) -> None:
        field.data = field.data.strip("[]")
        if not ("." in field.data or ":" in field.data or field.data == "localhost"):
            raise ValidationError(_("This is not the name of a server. It looks like smtp.provider.example."))
        if not text_is_host(field.data):
            raise ValidationError(_("Only the server's name: no address of a page, no port, no blanks."))

    def validate_password(self, field) -> None:
        if field.data and not field.data.isascii():
            raise ValidationError(
                _("The sign-in of mail servers carries only letters, digits and signs of ASCII.")
            )
        if field.data and not self.user.data:
            raise ValidationError(_("There is a password, but no user."))

    def validate_user(self, field) -> None:
        if field.data and not field.data.isascii():
            raise ValidationError(
                _("The sign-in of mail servers carries only letters, digits and signs of ASCII.")
            )

    def validate_sender_name(self, field) -> None:
        if field.data and ends_early(field.data):
            raise ValidationError(_("A name in the settings file cannot hold quotation marks or < and >."))

    def validate_sender(self, field) -> None:
        if field.data and not field.data.rpartition("@")[0].isascii():
            raise ValidationError(
                _(
                    "Before the @ only ASCII letters: many mail servers carry no others, and then no mail would leave."
                )
            )

    def validate_base_url(self, field) -> None:
        parts = urlsplit(field.data)
        try:
            is_whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            is_whole = False
        if not is_whole or parts.query or parts.fragment or parts.username or " " in field.data:
            raise ValidationError(
                _("An address begins with https:// and a name, such as https://ask.company.example.")
            )

    def validate_bounce_domain(self, field) -> None:
        if field.data:
            field.data = checked_domain(field.data)

    def validate_allow(self, field) -> None:
        field.data = ",".join(checked_entry(part) for part in (field.data or "").split(",") if part.strip())


def lines_of(field, most: int) -> list[str]:
    """The lines somebody typed, without blanks and empty ones; too many are an error."""
    found = [line.strip() for line in (field.data or "").splitlines() if line.strip()]
    if len(found) > most:
        raise ValidationError(_("At most %(most)s lines.", most=most))
    return found


def text_is_host(name: str) -> bool:
    return not any(sign.isspace() or sign in "/@?#%\"'<>\\" for sign in name)


def checked_domain(line: str) -> str:
    """A domain in lower case; ValidationError names what is none."""
    try:
        return text.domain_of(text.email_key(f"x@{line.removeprefix('@')}"))
    except text.UnreadableText:
        raise ValidationError(_("%(line)s is not a domain.", line=line)) from None


def checked_entry(line: str) -> str:
    """An address or a domain in lower case; ValidationError names what is neither."""
    line = line.strip()
    try:
        if "@" in line.removeprefix("@"):
            return text.email_key(line)
        return checked_domain(line)
    except (text.UnreadableText, ValidationError):
        raise ValidationError(_("%(line)s is neither an address nor a domain.", line=line)) from None


def checked_day(line: str) -> date:
    try:
        return date.fromisoformat(line)
    except ValueError:
        raise ValidationError(
            _("%(line)s is not a date. Write year, month and day, such as 2026-12-25.", line=line)
        ) from None
