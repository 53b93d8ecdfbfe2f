"""The forms of the task page."""

from __future__ import annotations

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from app.auth.absences.covering import Roster
from app.auth.absences.models import Absence
from app.core.language import wording
from app.followups import words
from app.followups.activities import LONGEST_WHY, LONGEST_WORDS
from app.followups.models import NEEDS_CAUSE, Cause, Task
from app.followups.settling import asking


class ActivityForm(FlaskForm):
    """Something that was done just now."""

    kind = RadioField(_("What did you do?"), choices=words.choices(words.ACTIVITIES), default="call")
    text = TextAreaField(
        _("What was said?"),
        [InputRequired(_("Write a line, so that colleagues know.")), Length(max=LONGEST_WORDS)],
        render_kw={"rows": 3},
    )
    two_way = BooleanField(
        _("The customer took part"), description=_("Only real conversations count for how recently we spoke.")
    )
    also = SelectMultipleField(_("It was about these too"), coerce=int, validate_choice=False)


class ClosingForm(FlaskForm):
    """How tasks ended, of whatever kind."""

    cause = SelectField(
        _("Main cause"), [Optional()], description=_("Why the customer felt so, not what we did.")
    )
    causes_more = SelectMultipleField(
        _("Further causes, at most two"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        choices=words.choices(words.CAUSES),
    )
    outcome = RadioField(
        _("What came of it?"),
        [InputRequired(_("Choose what came of it."))],
        choices=words.choices(words.OUTCOMES),
    )
    comment = TextAreaField(
        _("What was done?"),
        [InputRequired(_("Say in a sentence what was done.")), Length(max=LONGEST_WORDS)],
        render_kw={"rows": 3},
    )
    customer_told = BooleanField(
        _("The customer was told"),
        description=_("Nothing is settled that the customer did not notice."),
    )

    def __init__(self, **given):
        super().__init__(**given)
        self.cause.choices = words.cause_choices()


class ResolutionForm(ClosingForm):
    """How one task ended, and whether its customer is asked about it."""

    ask_settled = BooleanField(
        _("Ask the customer by mail whether it is settled"),
        description=_("One mail with Yes and Not yet. Not yet opens this again, at the top of the queue."),
    )
    words_to_customer = StringField(
        _("What they read about it"),
        [Optional(), Length(max=400)],
        description=_(
            "One or two sentences to the customer, in their language. The note above stays with us."
        ),
    )

    def __init__(self, task: Task, **given):
        super().__init__(**given)
        if not asking.may_ask(task):
            del self.ask_settled, self.words_to_customer
        if task.kind in NEEDS_CAUSE:
            self.cause.validators = [InputRequired(_("Choose the main cause."))]
            self.cause.flags.required = True

    @property
    def chosen_cause(self) -> Cause | None:
        return Cause(self.cause.data) if self.cause.data else None

    @property
    def asks_settled(self) -> bool:
        return "ask_settled" in self and self.ask_settled.data


class PressedDay(DateField):
    """A day that is typed, or stands on the button that was pressed, which comes last."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.raw_data = valuelist[-1:]
        super().process_formdata(self.raw_data)


class MailForm(FlaskForm):
    """A mail to the person a follow-up is about."""

    mail_subject = StringField(_("Subject"), [InputRequired(_("Write what it is about.")), Length(max=200)])
    mail_words = TextAreaField(
        _("Your mail"),
        [InputRequired(_("Write something first.")), Length(max=10_000)],
        description=_("It leaves under your name. What they write back lands here."),
        render_kw={"rows": 9},
    )


class SnoozeForm(FlaskForm):
    """Until when to put a task aside."""

    until = PressedDay(_("Put aside until"), [InputRequired(_("Choose a day."))])
    why_aside = StringField(_("Why is it put aside?"), [Optional(), Length(max=LONGEST_WHY)])


class PressedOwner(SelectField):
    """Somebody chosen from the list, or who stands on the button that was pressed, which comes last."""

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        self.type = "SelectField"  # Drawn as one.

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist[-1:])


class OwnerForm(FlaskForm):
    """Who does it. To somebody who is away it goes only when that was pressed too (`anyway` is their number).

    `had` is who had it when the page was opened.
    """

    had = IntegerField(widget=HiddenInput(), validators=[Optional()])
    owner = PressedOwner(_("Owner"), coerce=int)
    why_owner = StringField(_("Why is it handed over?"), [Optional(), Length(max=LONGEST_WHY)])
    anyway = IntegerField(validators=[Optional()])
    away: Absence | None = None

    def is_for_somebody_here(self, roster: Roster) -> bool:
        """Whether the chosen person is not away; else the form says so, and who stands in."""
        away = roster.absences.get(self.owner.data)
        if away is None or self.anyway.data == away.staff_id:
            return True
        said = {
            "name": away.staff.display_name,
            "cover": away.cover.display_name,
            "day": wording.day(away.to_on),
        }
        self.owner.errors = [_("%(name)s is away until %(day)s; %(cover)s stands in.", **said)]
        self.away = away
        return False

    def is_overtaken(self, task: Task) -> bool:
        """Whether somebody else was given it since the page was opened; the form then says who has it."""
        has = task.owner_id or 0
        if self.had.data in (None, has) or self.owner.data == has:
            return False
        name = task.owner.display_name if task.owner else gettext("nobody")
        self.owner.errors = [gettext("It has gone to %(name)s meanwhile. Look again.", name=name)]
        self.had.data, self.had.raw_data = has, None
        return True
