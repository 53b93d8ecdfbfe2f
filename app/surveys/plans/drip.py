"""The drip: on which day each person of a population is asked, so that about as many are asked on every day. Pure.

A cycle is the whole weeks in which everybody is asked once: 26 weeks for a rest of 180 days. Everybody has a place in
it, by account and by the order in which the account's people became known, so that the people of one account lie far
apart and no list has to be kept. The sending days of a cycle share the people out evenly (each gets the floor or the
ceiling of the average); whoever is in quarantine is asked as soon as it ends, and as long as quarantines hold people
back the rate is the highest that can be kept up until they end.

When somebody comes or goes the others keep their order, so nobody moves by more than about the share of one person.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import ceil
from typing import NamedTuple

EPOCH = date(2024, 1, 1)  # A Monday; any would do, since a cycle is whole weeks.
SPREAD = 2654435769  # 2**32 over the golden ratio: numbers that follow one another land far apart.
WHOLE = 2**32
NEVER = date.max


class Person(NamedTuple):
    """Somebody who may be asked. `place` counts the people of the account who became known before.

    `free_on` is the first day on which every gate is open, None while that is not known; `since` the day from which
    the drip looks at a person whom it has not asked, `asked_on` the day for which it last did.
    """

    id: int
    account_id: int
    place: int
    since: date
    free_on: date | None
    asked_on: date | None = None


@dataclass(frozen=True)
class Cycle:
    """How often a person is asked, over how many days the people of an account are spread, and on which days."""

    every_days: int
    spread_days: int
    is_sending_day: Callable[[date], bool]

    @property
    def length(self) -> int:
        """Days of a cycle: whole weeks, so that a person keeps the weekday."""
        return 7 * ceil(self.every_days / 7)

    @property
    def turns(self) -> int:
        """Into how many parts an account's people are dealt, so that each part of the cycle touches the account."""
        return max(1, round(self.every_days / self.spread_days))

    def number(self, day: date) -> int:
        return (day - EPOCH).days // self.length

    def days_of(self, number: int) -> list[date]:
        first = EPOCH + timedelta(days=number * self.length)
        return self.sending_days(first, first + timedelta(days=self.length))

    def sending_days(self, first: date, end: date) -> list[date]:
        days = (first + timedelta(days=n) for n in range((end - first).days))
        return [day for day in days if self.is_sending_day(day)]


def plan(people: Sequence[Person], cycle: Cycle, *, first: date, end: date) -> dict[date, list[int]]:
    """Who is asked on each sending day of [first, end), by id. Nobody is asked twice, or before their `free_on`."""
    horizon = cycle.sending_days(first, first + timedelta(days=cycle.length))
    waiting = queue(people, cycle)
    sizes = Counter(person.account_id for person in people)
    arrivals = [0] * (len(horizon) + 1)
    for person in waiting:
        arrivals[bisect_left(horizon, person.free_on)] += 1
    planned: dict[date, list[int]] = {}
    for place, day in enumerate(horizon[: bisect_left(horizon, end)]):
        number = quota(day, len(people), arrivals[place:-1], cycle)
        chosen = {person.id: person for person in choose(waiting, day, number, sizes)}
        planned[day] = list(chosen)
        waiting = [person for person in waiting if person.id not in chosen]
        arrivals[place + 1] += arrivals[place] - len(chosen)
    return planned


def queue(people: Sequence[Person], cycle: Cycle) -> list[Person]:
    """Everybody whose free day is known, in the order of the days on which it is their turn."""
    ordered = sorted((position(person, cycle), person.id, person) for person in people)
    days: dict[int, list[date]] = {}
    found = []
    for rank, (spot, _id, person) in enumerate(ordered):
        if person.free_on is not None:
            number = cycle_of(person, spot, cycle)
            if number not in days:
                days[number] = cycle.days_of(number) or [NEVER]
            due = max(person.free_on, days[number][rank * len(days[number]) // len(ordered)])
            found.append((due, number, rank, person))
    return [person for *_order, person in sorted(found, key=lambda entry: entry[:3])]


def position(person: Person, cycle: Cycle) -> int:
    """Where in the cycle a person stands, of `turns` x 2**32: the account's own place, and its people dealt around it."""
    spot = person.account_id * SPREAD % WHOLE
    part = (spot + person.place) % cycle.turns
    return part * WHOLE + (spot + halved(person.place // cycle.turns)) % WHOLE


def halved(number: int) -> int:
    """0, 1/2, 1/4, 3/4, 1/8, ... of 2**32: each as far as can be from those before it (van der Corput)."""
    return int(f"{number % WHOLE:032b}"[::-1], 2)


def cycle_of(person: Person, spot: int, cycle: Cycle) -> int:
    """The number of the first cycle in which the person's turn has not passed when the drip begins to look at them.

    A person whom it has asked is looked at again half a cycle later, so that being asked early or late by some days
    changes nothing.
    """
    after = person.since
    if person.asked_on is not None:
        after = person.asked_on + timedelta(days=cycle.length // 2)
    number, elapsed = divmod((after - EPOCH).days, cycle.length)
    return number + (spot * cycle.length < elapsed * cycle.turns * WHOLE)


def quota(day: date, total: int, arrivals: Sequence[int], cycle: Cycle) -> int:
    """How many are asked on a day: its share of the cycle, or less while too many are in quarantine.

    `arrivals` are those still to be asked, by the sending day from this one on at which they become free. Fewer are
    asked when the share would use up, before others become free, those who are free now.
    """
    days = cycle.days_of(cycle.number(day))
    index = days.index(day)
    share = -(-(index + 1) * total // len(days)) + (-index * total // len(days))
    kept_up = min(ceil(free / ahead) for ahead, free in enumerate(accumulate(arrivals), 1))
    return min(share, kept_up)


def choose(waiting: Sequence[Person], day: date, number: int, sizes: Mapping[int, int]) -> list[Person]:
    """The first so many who are free, of each account one, or more where that does not do; never all of an account."""
    chosen: list[Person] = []
    taken: Counter = Counter()
    passed: list[Person] = []
    for person in waiting:
        if len(chosen) == number:
            return chosen
        if person.free_on <= day:
            (passed if taken[person.account_id] else chosen).append(person)
            taken[person.account_id] += not taken[person.account_id]
    for person in passed:
        if len(chosen) < number and taken[person.account_id] < sizes[person.account_id] - 1:
            chosen.append(person)
            taken[person.account_id] += 1
    return chosen
