"""Spells: the days over which a condition held at an account, and the alerts they make (pure).

A rule answers with spells, whichever days are asked about. Whoever raises alerts asks which of them holds today, whoever
tries a rule on the past counts them; so both say the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from app.health.facts import Person

QUIET = timedelta(days=7)
DAY = timedelta(days=1)
KEY_ROLES = frozenset({"decision_maker", "champion"})


@dataclass(frozen=True)
class Scored:
    """The scores of a day, 0..100 or None, and the version of the formula behind them."""

    on: date
    version: str
    relationship: float | None
    value: float | None


@dataclass(frozen=True)
class Chore:
    """A follow-up with its clocks in days. `answer_age`: how many days the answer was old when it was opened."""

    id: int
    kind: str
    contact_id: int | None
    opened_on: date
    touch_due_on: date
    touched_on: date | None
    due_on: date
    closed_on: date | None
    answer_age: int | None = None


@dataclass(frozen=True)
class Fact:
    """What another system told: a type in its words, a day, and maybe a number or a person."""

    id: int
    type: str
    on: date
    value: Any = None
    contact_id: int | None = None


@dataclass(frozen=True)
class Fall:
    """The colour of the account got worse on a day, and the follow-up that looks after it."""

    on: date
    name: str
    after: str
    task_id: int | None
    better_on: date | None = None


@dataclass(frozen=True)
class Past:
    """Everything the rules may know about an account up to `today`.

    `days` are the days on which scores and participation are looked at: today alone, or all over a year.
    """

    account_id: int
    today: date
    days: Sequence[date]
    people: Sequence[Person] = ()
    bounces: Mapping[int, Sequence[date]] = field(default_factory=dict)
    scores: Mapping[date, Scored] = field(default_factory=dict)
    chores: Sequence[Chore] = ()
    facts: Sequence[Fact] = ()
    falls: Sequence[Fall] = ()
    renewal_on: date | None = None
    is_lost: bool = False
    has_large_arr: bool = False

    def role(self, contact_id: int | None) -> str | None:
        return next((person.role for person in self.people if person.id == contact_id), None)

    def is_key(self, contact_id: int | None) -> bool:
        return self.role(contact_id) in KEY_ROLES


@dataclass(frozen=True)
class Spell:
    """A condition held from `start` until the day before `end`, or still does; about one person or the account."""

    start: date
    end: date | None = None
    contact_id: int | None = None
    is_key: bool = False
    task_id: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)


def episodes(spells: Iterable[Spell]) -> list[Spell]:
    """Spells about the same person with less than a week between them as one, as far as the last of them reaches."""
    by_contact: dict[int | None, list[Spell]] = defaultdict(list)
    for spell in spells:
        if spell.end is None or spell.end > spell.start:
            by_contact[spell.contact_id].append(spell)
    return [one for mine in by_contact.values() for one in _joined(mine)]


def _joined(mine: list[Spell]) -> Iterator[Spell]:
    mine.sort(key=lambda spell: spell.start)
    present = mine[0]
    for spell in mine[1:]:
        if present.end is None or spell.start - present.end < QUIET:
            end = None if None in (present.end, spell.end) else max(present.end, spell.end)
            present = replace(spell, start=present.start, end=end)
        else:
            yield present
            present = spell
    yield present


def holding(spells: Iterable[Spell], day: date) -> dict[int | None, Spell]:
    """What holds on a day, by person; each begins where its episode began and says what the newest spell says."""
    spells = list(spells)
    now: dict[int | None, Spell] = {}
    for spell in sorted(spells, key=lambda spell: spell.start):
        if spell.holds(day):
            now[spell.contact_id] = spell
    begun = {one.contact_id: one.start for one in episodes(spells) if one.holds(day)}
    return {contact_id: replace(spell, start=begun[contact_id]) for contact_id, spell in now.items()}


def on_days(days: Sequence[date], found: Mapping[date, Mapping[str, Any]]) -> Iterator[Spell]:
    """A condition looked at on some days only: it is taken to hold from a day on which it did until the next one looked at."""
    ordered = sorted(days)
    following = dict(pairwise(ordered))
    for day in ordered:
        if day in found:
            yield Spell(day, following.get(day), evidence=found[day])
