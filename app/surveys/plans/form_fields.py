"""The part of a program's form that says when it asks by itself: a kind, and the fields that this kind needs."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional

from app.contacts.words import STAGES
from app.core.web.fields import Line, choices
from app.surveys.plans import schedules
from app.surveys.plans.schedules import Schedule

BY_HAND = ""
SCHEDULES = {
    BY_HAND: _l("Only when somebody launches it"),
    schedules.DRIP: _l("By itself, a few people on every sending day"),
    schedules.STAGE: _l("After an account reached a stage"),
    schedules.RENEWAL: _l("Before an account renews"),
    schedules.START: _l("After an account began"),
    schedules.JOINED: _l("After a person became known"),
    schedules.SIGNAL: _l("After a signal from another program"),
}
DAYS_AFTER = _l("Days after that")
NOTICE = _l("Working days of notice")
WHY_NOTICE = _l("So long before the mail leaves colleagues can see who is asked.")


def span(kind: str, name: str, label, help=None) -> IntegerField:
    """A field for the days of one name in a kind of schedule; left empty it means the default."""
    least, most, default = schedules.KINDS[kind].days[name]
    limits = NumberRange(
        least, most, _l("This must be a whole number from %(least)d to %(most)d.", least=least, most=most)
    )
    return IntegerField(label, [Optional(), limits], default=default, description=help)


class ScheduleFields:
    """When a program asks by itself, and what each kind of schedule needs; notice is the same for all."""

    schedule = SelectField(_l("When it asks"), choices=choices(*SCHEDULES.items()), default=BY_HAND)
    every_days = span(
        schedules.DRIP,
        "every_days",
        _l("Days until a person is asked again"),
        _l("Everybody is asked once in this time, about as many on every sending day."),
    )
    spread_days = span(
        schedules.DRIP,
        "spread_days",
        _l("Days in which an account is touched"),
        _l("The people of an account are dealt over these spans, so that it is heard in each of them."),
    )
    new_after_days = span(
        schedules.DRIP,
        "new_after_days",
        _l("Days before new people are asked"),
        _l("Counted from the day they became known."),
    )
    stage = SelectField(_l("Stage"), choices=lambda: choices(*STAGES.items()), default="onboarding")
    stage_after_days = span(schedules.STAGE, "after_days", DAYS_AFTER)
    renewal_before_days = span(schedules.RENEWAL, "before_days", _l("Days before the renewal"))
    start_after_days = span(schedules.START, "after_days", DAYS_AFTER)
    joined_after_days = span(schedules.JOINED, "after_days", DAYS_AFTER)
    signal_type = Line(
        _l("Type of the signal"),
        limit=schedules.LONGEST_TYPE,
        required=False,
        description=_l("As the other program tells it over the API, such as ticket_closed."),
    )
    signal_after_days = span(schedules.SIGNAL, "after_days", DAYS_AFTER)
    notice_days = span(schedules.DRIP, "notice_days", NOTICE, WHY_NOTICE)


# Kind -> what it needs -> the field of the form.
PLACES = {
    schedules.DRIP: {name: name for name in schedules.KINDS[schedules.DRIP].days},
    schedules.STAGE: {"stage": "stage", "after_days": "stage_after_days", "notice_days": "notice_days"},
    schedules.RENEWAL: {"before_days": "renewal_before_days", "notice_days": "notice_days"},
    schedules.START: {"after_days": "start_after_days", "notice_days": "notice_days"},
    schedules.JOINED: {"after_days": "joined_after_days", "notice_days": "notice_days"},
    schedules.SIGNAL: {"type": "signal_type", "after_days": "signal_after_days"},
}


def grouped(form) -> list[tuple[str, list[Field]]]:
    """The fields with the kinds of schedule that need them, as names of classes; each field once."""
    fields: dict[str, list[str]] = {}
    for kind, places in PLACES.items():
        for field in places.values():
            fields.setdefault(field, []).append(f"for-{kind}")
    return [(" ".join(kinds), form[name]) for name, kinds in fields.items()]


def filled(schedule: Schedule | None) -> dict[str, Any]:
    """What the fields show of a schedule."""
    if schedule is None:
        return {}
    places = PLACES[schedule.kind]
    return {"schedule": schedule.kind} | {places[name]: value for name, value in schedule.values.items()}


def chosen(form) -> dict[str, Any] | None:
    """What was chosen, as a schedule would be given; None for by hand."""
    kind = form.schedule.data
    if not kind:
        return None
    return {"kind": kind} | {name: form[field].data for name, field in PLACES[kind].items()}


def places_of(form) -> dict[str, str]:
    """The field for each name by which the domain refuses something."""
    of_kind = PLACES.get(form.schedule.data, {})
    return {"schedule.kind": "schedule"} | {f"schedule.{name}": field for name, field in of_kind.items()}
