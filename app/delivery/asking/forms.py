"""The form of the launch page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateTimeLocalField, HiddenField, IntegerField, RadioField
from wtforms.validators import Optional

from app.core.web.fields import choices

TYPED_ABOVE = 50
LONGEST_WAIT = timedelta(days=366)
NOW, LATER = "now", "later"


class LaunchForm(FlaskForm):
    """When to send; and above fifty people the number, typed."""

    launch_key = HiddenField()
    when = RadioField(
        _l("When"),
        choices=choices((NOW, _l("As soon as the undo has run out")), (LATER, _l("At a time"))),
        default=NOW,
    )
    send_at = DateTimeLocalField(
        _l("Send from"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )
    at_any_hour = BooleanField(
        _l("Send at any hour, outside the window too"),
    )
    typed = IntegerField(
        _l("How many people?"),
        [Optional()],
        description=_l("Type the number of people above, so that nobody asks many by accident."),
    )

    def moment(self, zone: ZoneInfo) -> datetime | None:
        """The chosen moment, None for at once. Call after `check`."""
        if self.when.data == NOW or self.send_at.data is None:
            return None
        return self.send_at.data.replace(tzinfo=zone).astimezone(UTC)

    def plan(self, moment: datetime, zone: ZoneInfo) -> None:
        """Choose that moment, to the minute from it on."""
        local = moment.astimezone(zone).replace(tzinfo=None)
        minute = local.replace(second=0, microsecond=0)
        self.when.data = LATER
        self.send_at.data = minute if minute == local else minute + timedelta(minutes=1)

    def check_moment(self, zone: ZoneInfo, *, now: datetime) -> bool:
        """Whether the chosen moment can be used; what is wrong with it stands at its field."""
        if self.when.data == NOW:
            return True
        moment = self.moment(zone)
        if moment is None:
            self.send_at.errors = [_("Choose the day and the time.")]
        elif moment < now - timedelta(minutes=5):
            self.send_at.errors = [_("This moment has passed.")]
        elif moment > now + LONGEST_WAIT:
            self.send_at.errors = [_("Choose a moment within a year.")]
        else:
            return True
        return False

    def check_number(self, people: int) -> bool:
        """Above fifty people the typed number must be theirs, as it stands now."""
        if people <= TYPED_ABOVE or self.typed.data == people:
            return True
        if self.typed.data is None:
            self.typed.errors = [_("Type the number of people: %(number)s.", number=people)]
        else:
            self.typed.errors = [
                _("It is %(number)s people now. Look again, then type that number.", number=people)
            ]
        return False
