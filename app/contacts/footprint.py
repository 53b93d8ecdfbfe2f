"""Whom we should know at an account, whom we do, and who is missing: a count of heads by role. Pure.

How far a role is filled also is a part of the Relationship score, where roles weigh differently; this is the plain
count (1 of 1, 1 of 1, 1 of 1 and 3 of 5 people are 75 %).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.contacts.models import ContactRole


@dataclass(frozen=True)
class Filled:
    """One role: how many people are expected in it and how many are known, however many that is."""

    role: ContactRole
    expected: int
    known: int

    @property
    def counted(self) -> int:
        """Those that fill a place; one decision maker too many fills no other role's place."""
        return min(self.known, self.expected)

    @property
    def missing(self) -> int:
        return self.expected - self.counted


@dataclass(frozen=True)
class Footprint:
    """All roles of a tier's template, in its order."""

    roles: tuple[Filled, ...]

    @property
    def expected(self) -> int:
        return sum(role.expected for role in self.roles)

    @property
    def known(self) -> int:
        return sum(role.counted for role in self.roles)

    @property
    def share(self) -> float | None:
        """Known over expected, 0..1; None when the template expects nobody."""
        return self.known / self.expected if self.expected else None

    @property
    def missing(self) -> tuple[Filled, ...]:
        return tuple(role for role in self.roles if role.missing)


def footprint(present: Iterable[str], expected: Mapping[str, int]) -> Footprint:
    """`present` are the roles of the people who are there, `expected` the heads by role of the account's tier."""
    heads = list(present)
    return Footprint(
        tuple(
            Filled(ContactRole(role), number, heads.count(role))
            for role, number in expected.items()
            if number
        )
    )
