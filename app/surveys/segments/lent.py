"""Filters by facts that packages further right own: what can be chosen, and the condition that they lend.

Audiences are data of this package, and what they look at may lie in answers, asks or scores. Those packages know this
one and not the other way round, so a filter of theirs is put into `KNOWN` when the application is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class Lent:
    """A filter: what it is called, its values with their words, and what holds for a person with any of some values."""

    key: str
    label: LazyString
    values: Mapping[str, LazyString]
    holds: Callable[[list[str]], sa.ColumnElement[bool]]

    def value(self, given: Any) -> str:
        """A value as it is stored; ValueError for one that cannot be chosen."""
        found = str(given)
        if found not in self.values:
            raise ValueError(given)
        return found


KNOWN: dict[str, Lent] = {}


def lend(*filters: Lent) -> None:
    KNOWN.update({each.key: each for each in filters})


def conditions(given: Mapping[str, Any]) -> Iterator[sa.ColumnElement[bool]]:
    """What a stored filter asks for of these facts, over contacts joined with their accounts."""
    return (each.holds(given[key]) for key, each in KNOWN.items() if given.get(key))


def described(given: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The same in words."""
    return [
        (str(each.label), [str(each.values[value]) for value in given.get(key, [])])
        for key, each in KNOWN.items()
    ]
