"""Who gets a follow-up: the account's owner, unless a rule names others for its kind, tier or role.

The first rule that fits decides. Of several people whoever is here today gets it, of these the one with the fewest open
follow-ups; with `is_independent`
never whoever looks after the account, so that nobody judges their own work. Where nobody of the rule works here any
more, it stays with the account's owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from app.auth.absences.models import Absence
from app.auth.models import Staff
from app.followups.models import Task, TaskState

USUAL_TIER = 2


@dataclass(frozen=True)
class OwnerRule:
    """Follow-ups of these kinds, tiers and roles go to these people (ids of staff); an empty list means any."""

    kinds: Sequence[str] = ()
    tiers: Sequence[int] = ()
    roles: Sequence[str] = ()
    people: Sequence[int] = ()
    is_independent: bool = False

    def fits(self, kind: str, tier: int | None, role: str) -> bool:
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.tiers or (tier or USUAL_TIER) in self.tiers)
            and (not self.roles or role in self.roles)
        )

    @property
    def stored(self) -> dict[str, Any]:
        """As the installation's row keeps it."""
        return asdict(self)


def rules_of(followups: dict[str, Any]) -> list[OwnerRule]:
    """The rules in their order, from what the installation's row keeps."""
    return [OwnerRule(**rule) for rule in followups.get("owners", ())]


def first_fitting(rules: Iterable[OwnerRule], kind: str, tier: int | None, role: str) -> OwnerRule | None:
    """The rule that decides; None: the account's owner has it."""
    return next((rule for rule in rules if rule.fits(kind, tier, role)), None)


def owner_for(
    connection: Connection,
    followups: dict[str, Any],
    *,
    kind: str,
    tier: int | None,
    role: str,
    usual: int | None,
    today: date,
) -> int | None:
    """Who gets the follow-up; `usual` is the account's owner, or whoever is instead of a missing one.

    `today` is the installation's day.
    """
    rule = first_fitting(rules_of(followups), kind, tier, role) if followups.get("owners") else None
    if rule is None:
        return usual
    people = [id for id in rule.people if not (rule.is_independent and id == usual)]
    return (connection.scalar(LEAST_LOADED, {"people": people, "today": today}) if people else None) or usual


IS_AWAY = sa.exists().where(
    Absence.staff_id == Staff.id,
    Absence.from_on <= sa.bindparam("today"),
    Absence.to_on >= sa.bindparam("today"),
)
OPEN = sa.and_(Task.owner_id == Staff.id, Task.state != TaskState.CLOSED)
LEAST_LOADED = (
    sa.select(Staff.id)
    .outerjoin(Task, OPEN)
    .where(Staff.id.in_(sa.bindparam("people", expanding=True)), Staff.active)
    .group_by(Staff.id)
    .order_by(IS_AWAY, sa.func.count(Task.id), Staff.id)
    .limit(1)
)
