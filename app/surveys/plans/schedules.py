"""Schedules: when a program asks by itself, as data with a program. Without one it asks only when it is launched.

A schedule is a JSON object with its `kind` and, by kind, whole numbers of days with the defaults below. `since` is the
day it was set up; what lies before is not made up for. Relationship programs have the kind `drip`: everybody every
`every_days`, evenly. `notice_days` working days before it is sent an ask is known, so that colleagues can object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.surveys.models import Program, ProgramKind

DRIP = "drip"
# Kind -> the kind of program, and its days: name -> (least, most, default).
KINDS: dict[str, tuple[ProgramKind, dict[str, tuple[int, int, int]]]] = {
    DRIP: (
        ProgramKind.RELATIONSHIP,
        {
            "every_days": (30, 730, 180),
            "spread_days": (7, 730, 90),
            "new_after_days": (0, 365, 30),
            "notice_days": (0, 10, 2),
        },
    ),
}


@dataclass(frozen=True)
class Schedule:
    """A schedule as the program holds it."""

    kind: str
    since: date
    days: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        return self.days[name]

    @property
    def stored(self) -> dict[str, Any]:
        return {"kind": self.kind, "since": self.since.isoformat(), **self.days}


def of(program: Program) -> Schedule | None:
    """The schedule of `program`; None for one that asks only when launched."""
    given = program.schedule
    if not given:
        return None
    _kind, days = KINDS[given["kind"]]
    found = {name: given.get(name, default) for name, (_least, _most, default) in days.items()}
    return Schedule(given["kind"], date.fromisoformat(given["since"]), found)


def checked(
    given: Any, program_kind: ProgramKind, *, today: date, former: Mapping | None
) -> dict[str, Any] | None:
    """A schedule in its stored form, defaults filled in; None for none. Invalid names every field that cannot be.

    One of the same kind as the `former` stored one goes on from there, so its `since` stays.
    """
    if not given:
        return None
    kind = given.get("kind") if isinstance(given, Mapping) else None
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise refused(
            {"schedule.kind": _("A schedule is an object with one of these kinds: %(known)s.", known=known)}
        )
    allowed, days = KINDS[kind]
    if program_kind is not allowed:
        raise refused({"schedule.kind": _("Programs of this kind have no such schedule.")})
    known_names = {"kind", "since", *days}
    errors = {f"schedule.{n}": _("There is nothing of this name.") for n in given if n not in known_names}
    found = {name: whole(name, given, limits, errors) for name, limits in days.items()}
    if not errors and kind == DRIP and found["spread_days"] > found["every_days"]:
        errors["schedule.spread_days"] = _(
            "This cannot be longer than the rest between two asks of a person."
        )
    if errors:
        raise refused(errors)
    is_same = bool(former) and former["kind"] == kind
    return Schedule(kind, date.fromisoformat(former["since"]) if is_same else today, found).stored


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


def refused(errors: dict[str, str]) -> Invalid:
    return Invalid(_("This schedule cannot be used."), errors=errors)
