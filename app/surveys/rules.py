"""The rules by which a program asks: quarantine, floor, reminders, windows, closing. Pure.

Every rule has a default that people of this field expect; a program overrides single ones in its columns `quarantine`,
`cadence`, `window` (JSON objects) and `reminders` (a list of days). What a program may set is checked here, once, for
pages and API alike.

How long a person is left in peace, counted per mailbox and per person:
- `any_days` after any survey was sent, or `after_decline_days` after it was declined, if it was;
- `same_survey_days` after the same survey was sent, declined or not;
- `floor_hours` after any survey mail, a reminder too, whatever a program says and also for recovery surveys.
Reminders belong to their ask and are exempt. Asks of a rehearsal and test mails count for nothing.

An account is not asked through everybody at once: waves ask at most `account_per_day` of its people on one day, and
`account_most` within `account_days`; 0 sets no limit. All asks are counted, whichever program sent them.

Whoever a gate of time keeps from being asked is deferred to the first free day, for at most `defer_days` after the
wave was to be sent. First mails leave in the window `send_*` of the person's own clock, reminders in `remind_*`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.surveys.models import Program

MOST_REMINDERS = 5


@dataclass(frozen=True)
class Rules:
    """The rules of one program, defaults filled in."""

    any_days: int = 90
    same_survey_days: int = 180
    after_decline_days: int = 30
    floor_hours: int = 24
    account_per_day: int = 50
    account_most: int = 0
    account_days: int = 90
    open_days: int = 21
    late_days: int = 14
    defer_days: int = 21
    undo_minutes: int = 10
    first_people: int = 25
    reminder_days: tuple[int, ...] = (3, 7)
    reminder_gap_days: int = 3
    send_days: tuple[int, ...] = (1, 2, 3)
    send_from: int = 8
    send_until: int = 11
    remind_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    remind_from: int = 8
    remind_until: int = 17

    def closes_at(self, sent_at: datetime) -> datetime:
        """When an ask sent at that moment closes; unanswered until then it becomes silent."""
        return sent_at + timedelta(days=self.open_days)

    def editable_until(self, closes_at: datetime) -> datetime:
        """Until when a late answer is taken and an answer may be changed."""
        return closes_at + timedelta(days=self.late_days)

    def remind_at(
        self, sent_at: datetime, number: int, *, reminded_at: datetime | None = None
    ) -> datetime | None:
        """When reminder `number` (from 1) of an ask sent then is due; None when there is none of that number.

        It comes at least `reminder_gap_days` after the one before it was sent (`reminded_at`).
        """
        if number > len(self.reminder_days):
            return None
        planned = sent_at + timedelta(days=self.reminder_days[number - 1])
        earliest = reminded_at + timedelta(days=self.reminder_gap_days) if reminded_at else planned
        return max(planned, earliest)


DEFAULTS = Rules()
# Rule -> (column of the program, key in it, least, most).
WHOLE = {
    "any_days": ("quarantine", "any_days", 0, 730),
    "same_survey_days": ("quarantine", "same_survey_days", 0, 730),
    "after_decline_days": ("quarantine", "after_decline_days", 0, 730),
    "floor_hours": ("quarantine", "floor_hours", 1, 168),
    "account_per_day": ("quarantine", "account_per_day", 0, 10_000),
    "account_most": ("quarantine", "account_most", 0, 10_000),
    "account_days": ("quarantine", "account_days", 1, 730),
    "open_days": ("cadence", "open_days", 3, 90),
    "late_days": ("cadence", "late_days", 0, 90),
    "defer_days": ("cadence", "defer_days", 0, 180),
    "undo_minutes": ("cadence", "undo_minutes", 0, 1440),
    "first_people": ("cadence", "first_people", 0, 1000),
    "reminder_gap_days": ("cadence", "reminder_gap_days", 1, 30),
    "send_from": ("window", "send_from", 0, 23),
    "send_until": ("window", "send_until", 1, 24),
    "remind_from": ("window", "remind_from", 0, 23),
    "remind_until": ("window", "remind_until", 1, 24),
}
DAYS = {"send_days": ("window", "send_days"), "remind_days": ("window", "remind_days")}
COLUMNS = ("quarantine", "cadence", "window")


def of(program: Program) -> Rules:
    """The rules that hold for `program`."""
    given: dict[str, Any] = {"reminder_days": tuple(program.reminders)}
    for name, (column, key, *_limits) in (WHOLE | DAYS).items():
        value = getattr(program, column).get(key)
        if value is not None:
            given[name] = tuple(value) if name in DAYS else value
    return Rules(**given)


def columns(rules: Rules) -> dict[str, Any]:
    """The columns of a program that holds `rules`; what equals the default is left out, so that it follows it."""
    found: dict[str, Any] = {column: {} for column in COLUMNS}
    for name, (column, key, *_limits) in (WHOLE | DAYS).items():
        value = getattr(rules, name)
        if value != getattr(DEFAULTS, name):
            found[column][key] = list(value) if name in DAYS else value
    return found | {"reminders": list(rules.reminder_days)}


def checked(
    *,
    quarantine: Mapping | None = None,
    cadence: Mapping | None = None,
    window: Mapping | None = None,
    reminders: Any = None,
) -> Rules:
    """Rules from what a program or the API gives, defaults filled in; Invalid names every field that cannot be."""
    given = {"quarantine": quarantine or {}, "cadence": cadence or {}, "window": window or {}}
    errors = {c: _("This must be an object.") for c in COLUMNS if not isinstance(given[c], Mapping)}
    if errors:
        raise Invalid(_("These rules cannot be used."), errors=errors)
    errors |= unknown(given)
    values = {name: read(name, given, errors) for name in WHOLE | DAYS}
    values["reminder_days"] = read_reminders(reminders, errors)
    if not errors:
        check_together(values, errors)
    if errors:
        raise Invalid(_("These rules cannot be used."), errors=errors)
    return Rules(**values)


def unknown(given: Mapping[str, Mapping]) -> dict[str, str]:
    known = {(column, key) for column, key, *_limits in (WHOLE | DAYS).values()}
    return {
        f"{column}.{key}": _("There is no rule of this name.")
        for column, rules in given.items()
        for key in rules
        if (column, key) not in known
    }


def read(name: str, given: Mapping[str, Mapping], errors: dict[str, str]) -> Any:
    """The value of one rule, or its default; what is wrong with it goes into `errors`."""
    column, key = (WHOLE | DAYS)[name][:2]
    value = given[column].get(key)
    default = getattr(DEFAULTS, name)
    if value is None:
        return default
    if name in DAYS:
        if is_days(value):
            return tuple(sorted(value))
        errors[f"{column}.{key}"] = _("Give the weekdays as numbers from 0 (Monday) to 6, at least one.")
        return default
    least, most = WHOLE[name][2:]
    if is_whole(value) and least <= value <= most:
        return value
    errors[f"{column}.{key}"] = _(
        "This must be a whole number from %(least)d to %(most)d.", least=least, most=most
    )
    return default


def read_reminders(value: Any, errors: dict[str, str]) -> tuple[int, ...]:
    if value is None:
        return DEFAULTS.reminder_days
    if not isinstance(value, list | tuple) or not all(is_whole(day) and day > 0 for day in value):
        errors["reminders"] = _("Reminders are given as whole days after sending, such as 3 and 7.")
        return ()
    if len(value) > MOST_REMINDERS or list(value) != sorted(set(value)):
        errors["reminders"] = _(
            "There may be up to %(most)d reminders, each later than the one before.", most=MOST_REMINDERS
        )
    return tuple(value)


def check_together(values: Mapping[str, Any], errors: dict[str, str]) -> None:
    """What no single rule can say: reminders come before closing, a window opens before it shuts."""
    if values["reminder_days"] and values["reminder_days"][-1] >= values["open_days"]:
        errors["reminders"] = _("The last reminder must come before the ask closes.")
    for kind in ("send", "remind"):
        if values[f"{kind}_from"] >= values[f"{kind}_until"]:
            errors[f"window.{kind}_until"] = _("The window must end after it begins.")


def is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_days(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and 0 < len(value) == len(set(map(str, value)))
        and all(is_whole(day) and 0 <= day <= 6 for day in value)
    )


assert set(WHOLE) | set(DAYS) | {"reminder_days"} == {f.name for f in fields(Rules)}
