"""Schedules in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from app.contacts.models import Stage
from app.contacts.words import STAGES
from app.surveys.plans import schedules
from app.surveys.plans.schedules import Schedule


def told(schedule: Schedule | None) -> str:
    """When a program asks, in one sentence without a full stop."""
    return TELL[schedule.kind](schedule) if schedule else _("Only when launched")


def drip(schedule: Schedule) -> str:
    days = schedule["every_days"]
    return ngettext(
        "Everybody every day, evenly", "Everybody every %(num)s days, evenly over the sending days", days
    )


def stage(schedule: Schedule) -> str:
    name = str(STAGES[Stage(schedule["stage"])])
    days = schedule["after_days"]
    if not days:
        return _("When an account reaches the stage %(name)s", name=name)
    return ngettext(
        "%(num)s day after an account reached the stage %(name)s",
        "%(num)s days after an account reached the stage %(name)s",
        days,
        name=name,
    )


def renewal(schedule: Schedule) -> str:
    days = schedule["before_days"]
    return ngettext("%(num)s day before an account renews", "%(num)s days before an account renews", days)


def start(schedule: Schedule) -> str:
    days = schedule["after_days"]
    return ngettext("%(num)s day after an account began", "%(num)s days after an account began", days)


def joined(schedule: Schedule) -> str:
    days = schedule["after_days"]
    return ngettext(
        "%(num)s day after a person became known", "%(num)s days after a person became known", days
    )


def signal(schedule: Schedule) -> str:
    days = schedule["after_days"]
    if not days:
        return _("After each signal %(type)s", type=schedule["type"])
    return ngettext(
        "%(num)s day after each signal %(type)s",
        "%(num)s days after each signal %(type)s",
        days,
        type=schedule["type"],
    )


TELL = {
    schedules.DRIP: drip,
    schedules.STAGE: stage,
    schedules.RENEWAL: renewal,
    schedules.START: start,
    schedules.JOINED: joined,
    schedules.SIGNAL: signal,
}
