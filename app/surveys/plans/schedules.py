"""Schedules: when a program asks by itself, as data with a program. Without one it asks only when it is launched.

A schedule is a JSON object with its `kind` and what that kind needs: whole numbers of days, which have defaults, and
words, which have none. `since` is the day it was set up; what lies before is not made up for. Relationship programs
have the kind `drip`: everybody every `every_days`, evenly. Transactional ones ask after an occasion: a stage was
reached, the renewal comes near, an account began, a person became known, a signal came from outside. An ask is known
`notice_days` working days before it is sent, so that colleagues can object; after a signal it comes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.contacts.models import Stage
from app.core import text
from app.core.errors import Invalid
from app.surveys.models import Program, ProgramKind

DRIP, STAGE, RENEWAL, START, JOINED, SIGNAL = "drip", "stage", "renewal", "start", "joined", "signal"
LONGEST_TYPE = 64


@dataclass(frozen=True)
class Kind:
    """What a kind of schedule needs: days by name as (least, most, default), words by name with who reads them."""

    of: ProgramKind
    days: Mapping[str, tuple[int, int, int]]
    words: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)


def signal_type(given: Any) -> str:
    """The type of a signal; ValueError for what cannot be one."""
    if not isinstance(given, str) or not (found := text.clean(given, limit=LONGEST_TYPE)):
        raise ValueError(given)
    return found


def after(default: int) -> tuple[int, int, int]:
    return (0, 730, default)


NOTICE = (0, 10, 2)
KINDS = {
    DRIP: Kind(
        ProgramKind.RELATIONSHIP,
        {
            "every_days": (30, 730, 180),
            "spread_days": (7, 730, 90),
            "new_after_days": (0, 365, 30),
            "notice_days": NOTICE,
        },
    ),
    STAGE: Kind(
        ProgramKind.TRANSACTIONAL,
        {"after_days": after(30), "notice_days": NOTICE},
        {"stage": lambda given: Stage(given).value},
    ),
    RENEWAL: Kind(ProgramKind.TRANSACTIONAL, {"before_days": (0, 730, 120), "notice_days": NOTICE}),
    START: Kind(ProgramKind.TRANSACTIONAL, {"after_days": after(30), "notice_days": NOTICE}),
    JOINED: Kind(ProgramKind.TRANSACTIONAL, {"after_days": after(30), "notice_days": NOTICE}),
    SIGNAL: Kind(ProgramKind.TRANSACTIONAL, {"after_days": after(0)}, {"type": signal_type}),
}


@dataclass(frozen=True)
class Schedule:
    """A schedule as the program holds it, defaults filled in."""

    kind: str
    since: date
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def notice_days(self) -> int:
        return self.values.get("notice_days", 0)

    @property
    def stored(self) -> dict[str, Any]:
        return {"kind": self.kind, "since": self.since.isoformat(), **self.values}


def of(program: Program) -> Schedule | None:
    """The schedule of `program`; None for one that asks only when launched."""
    given = program.schedule
    if not given:
        return None
    kind = KINDS[given["kind"]]
    values = {name: given.get(name, default) for name, (_least, _most, default) in kind.days.items()}
    values |= {name: given[name] for name in kind.words}
    return Schedule(given["kind"], date.fromisoformat(given["since"]), values)


def checked(
    given: Any, program_kind: ProgramKind, *, today: date, former: Mapping | None
) -> dict[str, Any] | None:
    """A schedule in its stored form, defaults filled in; None for none. Invalid names every field that cannot be.

    One of the same kind as the `former` stored one goes on from there, so its `since` stays.
    """
    if not given:
        return None
    name = given.get("kind") if isinstance(given, Mapping) else None
    if not isinstance(name, str) or name not in KINDS:
        known = ", ".join(KINDS)
        raise refused(
            {"schedule.kind": _("A schedule is an object with one of these kinds: %(known)s.", known=known)}
        )
    kind = KINDS[name]
    if program_kind is not kind.of:
        raise refused({"schedule.kind": _("Programs of this kind have no such schedule.")})
    errors = {
        f"schedule.{unknown}": _("There is nothing of this name.")
        for unknown in given
        if unknown not in {"kind", "since", *kind.days, *kind.words}
    }
    values: dict[str, Any] = {day: whole(day, given, limits, errors) for day, limits in kind.days.items()}
    values |= {word: spoken(word, given, read, errors) for word, read in kind.words.items()}
    if not errors and name == DRIP and values["spread_days"] > values["every_days"]:
        errors["schedule.spread_days"] = _(
            "This cannot be longer than the rest between two asks of a person."
        )
    if errors:
        raise refused(errors)
    is_same = bool(former) and former["kind"] == name
    return Schedule(name, date.fromisoformat(former["since"]) if is_same else today, values).stored


def whole(name: str, given: Mapping, limits: tuple[int, int, int], errors: dict[str, str]) -> int:
    least, most, default = limits
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    errors[f"schedule.{name}"] = _(
        "This must be a whole number from %(least)d to %(most)d.", least=least, most=most
    )
    return default


def spoken(name: str, given: Mapping, read: Callable[[Any], str], errors: dict[str, str]) -> str:
    try:
        return read(given.get(name))
    except ValueError:
        errors[f"schedule.{name}"] = (
            _("This is one of: %(known)s.", known=", ".join(Stage))
            if name == "stage"
            else _("This is needed.")
        )
        return ""


def refused(errors: dict[str, str]) -> Invalid:
    return Invalid(_("This schedule cannot be used."), errors=errors)
