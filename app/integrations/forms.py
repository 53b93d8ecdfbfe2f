"""The form in which each person chooses what they are told, and how."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from app.core.web.fields import choices
from app.integrations.calling import places


class NoticeForm(FlaskForm):
    """What by mail, what by chat."""

    mail_at_once = BooleanField(
        _("At once, what cannot wait"),
        description=_(
            "A detractor who decides or pays, a grave alert that has no follow-up, and what is far past its time."
        ),
    )
    mail_daily = BooleanField(
        _("Each working morning, what waits for me"),
        description=_("Your queue in one mail, and what has happened. Nothing on days when nothing waits."),
    )
    mail_weekly = BooleanField(
        _("On the first working day of the week, the figures of managers"),
        description=_(
            "NPS and whether it changed, last week's answers, what is overdue, accounts nobody answered from."
        ),
    )
    daily_hour = SelectField(
        _("At"), coerce=int, description=_("By your own clock; the time zone is set under You.")
    )
    chat_kind = RadioField(
        _("Chat"),
        choices=choices(
            ("", _("None")),
            ("slack", _("Slack, or what understands the same")),
            ("teams", _("Microsoft Teams")),
        ),
        default="",
    )
    chat_url = StringField(
        _("Address of the webhook"),
        [Optional(), Length(max=places.LONGEST)],
        description=_(
            "Slack: an app with Incoming Webhooks. Teams: the workflow “Post to a channel when a webhook request is received”. "
            "Whoever knows the address can write there, so it is kept encrypted and not shown again."
        ),
        render_kw={"type": "url", "autocomplete": "off", "spellcheck": "false"},
    )
    chat_scope = RadioField(
        _("What goes there"),
        choices=choices(
            ("urgent", _("Only what cannot wait")),
            ("all", _("Everything I am told, what customers write too")),
        ),
        default="urgent",
    )

    def __init__(self, *given, allowed: tuple[str, ...] = (), has_url: bool = False, **more):
        super().__init__(*given, **more)
        self.allowed, self.has_url = allowed, has_url
        self.daily_hour.choices = choices(*((hour, f"{hour}:00") for hour in range(24)))

    def validate_chat_kind(self, field) -> None:
        if field.data and not self.chat_url.data and not self.has_url:
            self.chat_url.errors = [_("Paste the address that the chat gave you.")]
            raise ValidationError(_("Where to? The address is missing."))

    def validate_chat_url(self, field) -> None:
        try:
            places.read(field.data.strip(), self.allowed)
        except places.Forbidden as error:
            raise ValidationError(str(error)) from None
