"""What the formulas may know about an account: dated facts, and what people last said.

Facts carry days instead of flags, so that any past day can be computed again from the same rows: whatever
happened after the day asked for is simply not there yet.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from app.health.parts import fade, remaining, weighted_mean

SCALES = {"ltr": (0, 10), "overall": (0, 10), "goal": (0, 4), "ease": (1, 7)}


@dataclass(frozen=True)
class Ask:
    """One ask of one person, as far as it has closed.

    `unanswered_on` is the day it closed silent or declined, `answered_on` the day of the answer; a late answer has
    both. An ask with neither (pending, bounced, automatic reply) counts nowhere. `id` breaks ties between two
    answers of one day: the higher one is the later one. `overall`, `goal` and `ease` are the value items.
    """

    id: int | str
    answered_on: date | None = None
    unanswered_on: date | None = None
    ltr: int | None = None
    overall: int | None = None
    goal: int | None = None
    ease: int | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in SCALES.items():
            answer = getattr(self, name)
            if answer is not None and not low <= answer <= high:
                raise ValueError(f"{name} must lie between {low} and {high}, not {answer!r}")

    def is_answered(self, day: date) -> bool:
        return self.answered_on is not None and self.answered_on <= day

    def closed_on(self, day: date) -> date | None:
        """The day it closed, as known on `day`; None while it is still open or was never closed."""
        if self.is_answered(day):
            return self.answered_on
        return self.unanswered_on if self.unanswered_on is not None and self.unanswered_on <= day else None


@dataclass(frozen=True)
class Person:
    """A contact in the role held on the day asked for.

    `touches` are days of two-way signals other than answers (a meeting, a reply); `goal_changes` the days on which
    the goal this person is asked about became another one. The person exists from `known_on` until `left_on`.
    """

    id: int | str
    role: str
    asks: tuple[Ask, ...] = ()
    touches: tuple[date, ...] = ()
    goal_changes: tuple[date, ...] = ()
    known_on: date | None = None
    left_on: date | None = None

    def is_here(self, day: date) -> bool:
        return (self.known_on is None or self.known_on <= day) and (
            self.left_on is None or day < self.left_on
        )


@dataclass(frozen=True)
class FollowUp:
    """A promise to somebody at the account: the day it is due, and the day it was kept."""

    due_on: date
    closed_on: date | None = None


@dataclass(frozen=True)
class Usage:
    """How much of the product is used, 0..100, as reported from outside for one day."""

    points: float
    as_of: date


@dataclass(frozen=True)
class Stage:
    """Where the account is in its life; `previous` and `days` since the change soften the change of weights."""

    name: str = "steady"
    previous: str | None = None
    days: int | None = None


@dataclass(frozen=True)
class AccountFacts:
    """Everything the formulas may know about one account on the day `as_of`. No tier means the middle one.

    `started_on` is no later than the oldest of its events.
    """

    as_of: date
    started_on: date
    people: tuple[Person, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    usage: Usage | None = None
    stage: Stage = Stage()
    tier: int | None = None

    def present(self) -> tuple[Person, ...]:
        return tuple(person for person in self.people if person.is_here(self.as_of))


@dataclass(frozen=True)
class Voices:
    """What the people of one role last said, taken together: faded points 0..100."""

    points: float
    people: int
    newest_days: int


def latest_by_role(
    facts: AccountFacts, read: Callable[[Person, Ask], float | None], half_life: int, grace: int
) -> dict[str, Voices]:
    """The latest answer of each person that `read` finds points in, faded, and averaged in the role by freshness."""
    by_role = defaultdict(list)
    for person in facts.present():
        latest = _latest(person, facts.as_of, read)
        if latest:
            by_role[person.role].append(latest)
    return {role: _voices(answers, half_life, grace) for role, answers in by_role.items()}


def _latest(
    person: Person, day: date, read: Callable[[Person, Ask], float | None]
) -> tuple[float, int] | None:
    """Points and age in days of the newest readable answer."""
    answered = sorted((ask for ask in person.asks if ask.is_answered(day)), key=_moment, reverse=True)
    readable = ((read(person, ask), (day - ask.answered_on).days) for ask in answered)
    return next(((points, age) for points, age in readable if points is not None), None)


def _moment(ask: Ask) -> tuple:
    return ask.answered_on, ask.id


def _voices(answers: list[tuple[float, int]], half_life: int, grace: int) -> Voices:
    points = weighted_mean((fade(x, age, half_life, grace), remaining(age, half_life)) for x, age in answers)
    return Voices(points, len(answers), min(age for _, age in answers))
