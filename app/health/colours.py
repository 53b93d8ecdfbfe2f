"""The colour of a score, with memory: one evaluation a day, and no flicker around a limit.

A colour is lost at once and won back slowly. Replaying the days of an account gives the same colours again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.health.models import Colour
from app.health.parameters import V1, FormulaSet


@dataclass(frozen=True)
class Memory:
    """Yesterday's colour, and on how many days running the score has been good enough for the next better one."""

    colour: Colour = Colour.GREY
    rising_days: int = 0


def next_colour(score: float | None, yesterday: Memory = Memory(), formula: FormulaSet = V1) -> Memory:
    """The colour of today's score; an unknown score is grey, and what follows grey starts without a past."""
    if score is None:
        return Memory(Colour.GREY)
    if yesterday.colour == Colour.GREY:
        return Memory(_first(score, formula.colours))
    if score < formula.colours["red_below"]:
        return Memory(Colour.RED)
    if yesterday.colour == Colour.GREEN:
        return Memory(Colour.YELLOW if score < formula.colours["green_lost_below"] else Colour.GREEN)
    return _risen(score, yesterday, formula.colours)


def colours(scores: Iterable[float | None]) -> Iterator[Colour]:
    """The colours of consecutive days."""
    memory = Memory()
    for score in scores:
        memory = next_colour(score, memory)
        yield memory.colour


def _first(score: float, limits: Mapping[str, float]) -> Colour:
    if score >= limits["first_green"]:
        return Colour.GREEN
    return Colour.YELLOW if score >= limits["first_yellow"] else Colour.RED


def _risen(score: float, yesterday: Memory, limits: Mapping[str, float]) -> Memory:
    """Upwards one colour at a time, each step earned by its own days."""
    better, limit = (
        (Colour.YELLOW, limits["yellow_from"])
        if yesterday.colour == Colour.RED
        else (Colour.GREEN, limits["green_from"])
    )
    days = yesterday.rising_days + 1 if score >= limit else 0
    return Memory(better) if days >= limits["days_to_rise"] else Memory(yesterday.colour, days)
