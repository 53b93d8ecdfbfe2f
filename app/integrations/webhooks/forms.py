"""The form in which administrators enter an address of another program and choose what it is told."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm

from app.core.web.fields import Line, choices
from app.integrations.webhooks.endpoints import Draft
from app.integrations.webhooks.models import LONGEST_DESCRIPTION, LONGEST_URL, EventKind
from app.surveys.forms import Boxes

EVENT_WORDS = {
    EventKind.RESPONSE_RECEIVED: _("Somebody answered"),
    EventKind.RESPONSE_CHANGED: _("An answer was changed, reviewed, or its words were erased"),
    EventKind.TASK_OPENED: _("A follow-up was opened"),
    EventKind.TASK_CLOSED: _("A follow-up was closed"),
    EventKind.TASK_REOPENED: _("A follow-up was opened again"),
    EventKind.ALERT_OPENED: _("An alert was raised"),
    EventKind.ALERT_ENDED: _("An alert was settled, or is over"),
    EventKind.WAVE_FINISHED: _("A wave has been sent to all its people"),
    EventKind.CONTACT_UNSUBSCRIBED: _("Somebody unsubscribed"),
    EventKind.CONTACT_ERASED: _("Somebody was erased, and should be everywhere"),
}


class WebhookForm(FlaskForm):
    """An address, what it is for, and the events it wants."""

    url = Line(
        _("Address"),
        limit=LONGEST_URL,
        description=_("Where the other program takes messages: https://, on the public internet."),
        render_kw={"type": "url", "autocomplete": "off", "spellcheck": "false", "inputmode": "url"},
    )
    description = Line(
        _("What for"),
        limit=LONGEST_DESCRIPTION,
        required=False,
        description=_("Which program it is and who looks after it."),
    )
    events = Boxes(
        _("What it is told"),
        choices=choices(*((event.value, words) for event, words in EVENT_WORDS.items())),
        description=_(
            "Each message holds what the API shows of the answer, follow-up, alert, wave or person."
        ),
    )

    @property
    def draft(self) -> Draft:
        """What was typed; a name of an event that there is not is passed over."""
        wanted = set(self.events.data or [])
        events = [event for event in EventKind if event.value in wanted]
        return Draft(self.url.data, events, self.description.data or "")
