"""The colour of a score, with memory: one evaluation a day, and no flicker around a limit.

A colour is lost at once and won back slowly. Replaying the days of an account gives the same colours again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.health.models import Colour

FIRST_GREEN, FIRST_YELLOW = 70, 40
GREEN_LOST_BELOW, RED_BELOW = 68, 38
GREEN_FROM, YELLOW_FROM = 72, 42
DAYS_TO_RISE = 2


@dataclass(frozen=True)
class Memory:
    """Yesterday's colour, and on how many days running the score has been good enough for the next better one."""

    colour: Colour = Colour.GREY
    rising_days: int = 0


def next_colour(score: float | None, yesterday: Memory = Memory()) -> Memory:
    """The colour of today's score; an unknown score is grey, and what follows grey starts without a past."""
    if score is None:
        return Memory(Colour.GREY)
    if yesterday.colour == Colour.GREY:
        return Memory(_first(score))
    if score < RED_BELOW:
        return Memory(Colour.RED)
    if yesterday.colour == Colour.GREEN:
        return Memory(Colour.YELLOW if score < GREEN_LOST_BELOW else Colour.GREEN)
    return _risen(score, yesterday)


def colours(scores: Iterable[float | None]) -> Iterator[Colour]:
    """The colours of consecutive days."""
    memory = Memory()
    for score in scores:
        memory = next_colour(score, memory)
        yield memory.colour


def _first(score: float) -> Colour:
    if score >= FIRST_GREEN:
        return Colour.GREEN
    return Colour.YELLOW if score >= FIRST_YELLOW else Colour.RED


def _risen(score: float, yesterday: Memory) -> Memory:
    """Upwards one colour at a time, each step earned by its own days."""
    better, limit = (
        (Colour.YELLOW, YELLOW_FROM) if yesterday.colour == Colour.RED else (Colour.GREEN, GREEN_FROM)
    )
    days = yesterday.rising_days + 1 if score >= limit else 0
    return Memory(better) if days >= DAYS_TO_RISE else Memory(yesterday.colour, days)
