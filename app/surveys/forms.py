"""The form of a program: what is asked, of whom, by which rules and in which words."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import Field, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import NumberRange, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.auth.models import Staff
from app.contacts import words
from app.contacts.models import Account, Stage
from app.core.web.fields import Line, Words, choices
from app.surveys import audience, hours, rules, wording
from app.surveys.models import Program, ProgramKind, ProgramStatus, Segment, Survey
from app.surveys.plans import form_fields, schedules
from app.surveys.plans.form_fields import ScheduleFields
from app.surveys.segments import lent
from app.surveys.templates import shipped_words

OWNER = -1
NOBODY = "none"  # How a form writes the value that stands for nothing there.
MOST_VALUES_OFFERED = 40
LONGEST_SUBJECT, LONGEST_OPENING = 150, 1000
STATUSES = {
    ProgramStatus.DRAFT: _l("Draft"),
    ProgramStatus.ACTIVE: _l("Active"),
    ProgramStatus.PAUSED: _l("Paused"),
    ProgramStatus.ARCHIVED: _l("Archived"),
}
KINDS = {
    ProgramKind.RELATIONSHIP: _l("Relationship: the same people, again and again"),
    ProgramKind.TRANSACTIONAL: _l("Transactional: after something happened"),
    ProgramKind.MANUAL: _l("Single asks: one person, with one press"),
}


class Boxes(SelectMultipleField):
    """Several choices as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label=None, **options):
        super().__init__(label, validate_choice=False, **options)


def given(form, field) -> None:
    """Needed where the form was sent with the field; a sender that does not know it leaves the rule as it is."""
    if not field.raw_data:
        raise StopValidation
    if not field.raw_data[0].strip():
        raise StopValidation(_("This is needed."))


def number(rule: str, label, help=None) -> IntegerField:
    """A field for one whole-number rule with its limits and its default."""
    _column, _key, least, most = rules.WHOLE[rule]
    limits = NumberRange(
        least, most, _l("This must be a whole number from %(least)d to %(most)d.", least=least, most=most)
    )
    return IntegerField(
        label,
        [given, limits],
        default=getattr(rules.DEFAULTS, rule),
        description=help,
    )


class RuleFields:
    """The rules that a form offers; the others keep their value."""

    any_days = number(
        "any_days",
        _l("Days of rest after any survey"),
        _l("Nobody is asked again before, whichever program asks."),
    )
    same_survey_days = number("same_survey_days", _l("Days of rest after the same survey"))
    after_decline_days = number(
        "after_decline_days",
        _l("Days of rest after a “not this time”"),
        _l("Counted from the day somebody declined, in place of the rest after any survey."),
    )
    floor_hours = number("floor_hours", _l("Hours between two survey mails, whatever happens"))
    account_per_day = number(
        "account_per_day",
        _l("People of one account asked on one day, at most"),
        _l("Whoever is one too many is asked on the days that follow. 0: no limit."),
    )
    account_most = number(
        "account_most",
        _l("People of one account asked within the days below, at most"),
        _l("All asks are counted, whichever program sent them. 0: no limit."),
    )
    account_days = number("account_days", _l("Days over which they are counted"))
    reminder_days = Line(
        _l("Reminders, days after sending"),
        required=False,
        description=_l("Such as 3, 7. Only to those who have not answered. Leave empty for none."),
        default="3, 7",
    )
    open_days = number("open_days", _l("Days until an unanswered ask counts as silence"))
    late_days = number("late_days", _l("Days after that in which a late answer is still taken"))
    defer_days = number(
        "defer_days",
        _l("Days to wait for people in quarantine"),
        _l("Whoever becomes free within this time after a launch is asked on that day."),
    )
    undo_minutes = number("undo_minutes", _l("Minutes in which a launch can be undone"))
    first_people = number(
        "first_people",
        _l("People written to before the rest of the first wave"),
        _l("Chosen at random; the others wait until somebody has looked and continues. 0: all at once."),
    )


RULES = tuple(name for name in vars(RuleFields) if not name.startswith("_"))


class Weekdays(Boxes):
    """Days of the week, Monday 0."""

    def __init__(self, label, rule: str, **options):
        super().__init__(label, coerce=int, default=list(getattr(rules.DEFAULTS, rule)), **options)


class WindowFields:
    """When mails may come, on the clock of each person."""

    send_days = Weekdays(_l("First mails on"), "send_days")
    send_from = number("send_from", _l("From, in full hours"))
    send_until = number("send_until", _l("Until, in full hours"))
    remind_days = Weekdays(_l("Reminders on"), "remind_days")
    remind_from = number("remind_from", _l("From, in full hours"))
    remind_until = number("remind_until", _l("Until, in full hours"))

    def validate_send_days(self, field) -> None:
        self.require_days(field, self["send_from"])

    def validate_remind_days(self, field) -> None:
        self.require_days(field, self["remind_from"])

    def require_days(self, field, hour) -> None:
        """No box ticked and no boxes shown look alike; the hour beside them tells which it is."""
        if hour.raw_data and not field.data:
            raise ValidationError(_("Choose a day."))


WINDOWS = tuple(name for name in vars(WindowFields) if name in rules.WHOLE | rules.DAYS)


class AudienceFields:
    """A filter of people."""

    tiers = Boxes(
        _l("Tier"), coerce=int, choices=choices((1, _l("Tier 1")), (2, _l("Tier 2")), (3, _l("Tier 3")))
    )
    stages = Boxes(_l("Stage"), choices=lambda: choices(*words.STAGES.items()))
    roles = Boxes(_l("Role"), choices=choices(*words.ROLES.items()))
    owners = Boxes(_l("Owner of the account"))
    languages = Boxes(_l("Language"))
    countries = Boxes(_l("Country"))
    accounts = Words(
        _l("Only these accounts"),
        required=False,
        limit=20_000,
        description=_l("One per line, by name or by your own id. Empty: all accounts."),
        render_kw={"rows": 3},
    )

    @property
    def audience_fields(self) -> list[Field]:
        """The filters of the audience, in the order they are shown."""
        fixed = [self.tiers, self.roles, self.stages, self.languages, self.countries, self.owners]
        return [*fixed, *(self[key] for key in lent.KNOWN), *self.attribute_fields.values()]

    @property
    def attribute_fields(self) -> dict[str, Boxes]:
        return {name: self[field] for name, field in self.attributes.items()}


class SegmentForm(AudienceFields, FlaskForm):
    """A filter with a name."""

    name = Line(_l("Name"))


class ProgramForm(RuleFields, WindowFields, ScheduleFields, AudienceFields, FlaskForm):
    """A program with everything that decides whom it asks, and how."""

    name = Line(_l("Name"), description=_l("Colleagues see it; customers do not."))
    survey = SelectField(_l("Survey"), coerce=int)
    status = SelectField(_l("State"), choices=choices(*STATUSES.items()), default=ProgramStatus.ACTIVE.value)
    kind = SelectField(_l("Kind"), choices=choices(*KINDS.items()), default=ProgramKind.RELATIONSHIP.value)
    sender = SelectField(
        _l("In whose name"),
        coerce=int,
        default=0,
        description=_l("A person gets more answers than a company, and gets the replies."),
    )
    segments = Boxes(_l("Saved segment"), coerce=int)

    @property
    def audience_fields(self) -> list[Field]:
        """The filters of the audience, in the order they are shown."""
        return [self.segments, *super().audience_fields]

    @property
    def mail_fields(self) -> dict[str, tuple[Field, Field]]:
        """By language: subject and opening of the program's own."""
        return {tag: (self[f"subject_{key(tag)}"], self[f"opening_{key(tag)}"]) for tag in self.tags}

    @property
    def schedule_fields(self) -> list[tuple[str, Field]]:
        """The fields of schedules, each with the classes of the kinds that need it."""
        return form_fields.grouped(self)

    @property
    def rule_fields(self) -> list[Field]:
        return [self[name] for name in RULES]

    @property
    def window_fields(self) -> list[list[Field]]:
        """The days, the beginning and the end of each window."""
        return [[self[name] for name in WINDOWS[:3]], [self[name] for name in WINDOWS[3:]]]


def key(text: str) -> str:
    """A name for a form field that stands for this text, whatever is in it."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def program_form(session: Session, program: Program | None = None) -> ProgramForm:
    """The form with what can be chosen now, filled from `program` unless it was submitted."""
    stored = dict(program.audience) if program else {}
    attributes = offered_attributes(session, stored.get("segment", {}))
    tags = sorted(shipped_words(), key=lambda tag: (tag != wording.FALLBACK, tag))
    fields = attribute_boxes(attributes)
    for tag in tags:
        fields[f"subject_{key(tag)}"] = Line(_("Subject"), limit=LONGEST_SUBJECT, required=False)
        fields[f"opening_{key(tag)}"] = Words(
            _("Sentence before the question"), limit=LONGEST_OPENING, required=False, render_kw={"rows": 2}
        )
    kind = type("ProgramFormNow", (ProgramForm,), fields | lent_boxes())
    form = kind(data=filled(session, program, stored) if program else None)
    form.attributes = {name: f"attribute_{key(name)}" for name in attributes}
    form.tags = tags
    offer(session, form, program, stored)
    offer_audience(session, form, stored)
    named = session.scalars(sa.select(Segment).order_by(Segment.name))
    form.segments.choices = choices(*[(segment.id, segment.name) for segment in named])
    return form


def wait_for_stage(form: ProgramForm, stage: str) -> None:
    """Fill a new program in as one that asks when an account reaches the stage; unknown ones are passed over."""
    if stage in set(Stage):
        form.kind.data, form.schedule.data = ProgramKind.TRANSACTIONAL.value, schedules.STAGE
        form.stage.data, form.stage_after_days.data = stage, 0


def segment_form(session: Session, segment: Segment | None = None) -> SegmentForm:
    """The form of a segment, filled from it unless it was submitted."""
    stored = dict(segment.filter) if segment else {}
    attributes = offered_attributes(session, stored.get("segment", {}))
    kind = type("SegmentFormNow", (SegmentForm,), attribute_boxes(attributes) | lent_boxes())
    shown = {"name": segment.name} | filled_audience(session, stored) if segment else None
    form = kind(data=shown)
    form.attributes = {name: f"attribute_{key(name)}" for name in attributes}
    offer_audience(session, form, stored)
    return form


def attribute_boxes(attributes: dict[str, list[str]]) -> dict[str, Any]:
    return {
        f"attribute_{key(name)}": Boxes(name, choices=choices(*[(v, v) for v in values]))
        for name, values in attributes.items()
    }


def lent_boxes() -> dict[str, Any]:
    return {key: Boxes(one.label, choices=choices(*one.values.items())) for key, one in lent.KNOWN.items()}


def offered_attributes(session: Session, stored: dict[str, list[str]]) -> dict[str, list[str]]:
    """Attributes of accounts with few enough values to choose among, and what the filter holds already."""
    found = {n: v for n, v in audience.attributes(session).items() if len(v) <= MOST_VALUES_OFFERED}
    for name, values in stored.items():
        found[name] = sorted({*found.get(name, []), *values})
    return found


def offer(session: Session, form: ProgramForm, program: Program | None, stored: dict[str, Any]) -> None:
    """Put the choices into the form that depend on what there is."""
    form.send_days.choices = form.remind_days.choices = choices(*hours.day_names())
    surveys = session.scalars(sa.select(Survey).where(Survey.archived_at.is_(None)).order_by(Survey.id)).all()
    kept = [program.survey] if program and program.survey not in surveys else []
    form.survey.choices = choices(*[(s.id, s.name) for s in [*surveys, *kept]])
    staff = session.scalars(sa.select(Staff).where(Staff.active).order_by(Staff.name, Staff.email)).all()
    senders = [(p.id, p.display_name) for p in staff]
    if program and program.sender and not program.sender.active:
        senders.append((program.sender_id, program.sender.display_name))
    own = (OWNER, _("The owner of each person’s account, else the company"))
    form.sender.choices = choices((0, _("The company")), own, *senders)


def offer_audience(session: Session, form: AudienceFields, stored: dict[str, Any]) -> None:
    """Put the owners and languages into the filter that there are."""
    owned = set(session.scalars(sa.select(Account.owner_id).distinct()))
    chosen = {None if o is None else int(o) for o in stored.get("owners", [])}
    known = {
        p.id: p.display_name
        for p in session.scalars(sa.select(Staff).where(Staff.id.in_([o for o in owned | chosen if o])))
    }
    owners = [(str(number), name) for number, name in sorted(known.items(), key=lambda pair: pair[1])]
    form.owners.choices = choices(*owners, (NOBODY, _("Nobody")))
    spoken = sorted({*audience.spoken(session), *[t for t in stored.get("languages", []) if t]})
    form.languages.choices = choices(
        *[(t, wording.language_name(t)) for t in spoken], (NOBODY, _("Not known"))
    )
    lived_in = sorted({*audience.countries(session), *[c for c in stored.get("countries", []) if c]})
    unknown = [(NOBODY, _("Not known"))] if lived_in else []
    form.countries.choices = choices(*[(c, c) for c in lived_in], *unknown)


def filled(session: Session, program: Program, stored: dict[str, Any]) -> dict[str, Any]:
    """What the fields show of a program."""
    of = rules.of(program)
    shown: dict[str, Any] = {name: getattr(of, name) for name in RULES + WINDOWS}
    shown |= {name: list(getattr(of, name)) for name in rules.DAYS}
    shown["reminder_days"] = ", ".join(map(str, of.reminder_days))
    shown |= {"name": program.name, "survey": program.survey_id}
    shown["sender"] = OWNER if program.is_from_owner else program.sender_id or 0
    shown |= {"status": program.status.value, "kind": program.kind.value}
    shown |= form_fields.filled(schedules.of(program))
    shown |= filled_audience(session, stored)
    shown["segments"] = [one["id"] for one in stored.get("segments", [])]
    for tag, own in program.mail.items():
        shown |= {
            f"subject_{key(tag)}": own.get("subject", ""),
            f"opening_{key(tag)}": own.get("opening", ""),
        }
    return shown


def filled_audience(session: Session, stored: dict[str, Any]) -> dict[str, Any]:
    """What the fields show of a filter."""
    shown: dict[str, Any] = {name: stored.get(name, []) for name in ("tiers", "stages", "roles", *lent.KNOWN)}
    shown |= {
        name: [NOBODY if v is None else str(v) for v in stored.get(name, [])]
        for name in ("owners", "languages", "countries")
    }
    shown["accounts"] = "\n".join(names_of(session, stored.get("accounts", [])))
    return shown | {f"attribute_{key(name)}": values for name, values in stored.get("segment", {}).items()}


def names_of(session: Session, accounts: list[int]) -> list[str]:
    """How a form writes accounts: by their own id where they have one, else by name."""
    found = session.execute(
        sa.select(Account.external_id, Account.name).where(Account.id.in_(accounts)).order_by(Account.name)
    )
    return [external or name for external, name in found]
