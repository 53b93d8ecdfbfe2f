"""What an engine hears in a text, before it becomes a reading."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

from app.sentiment.engine.sureness import Lines

UNSURE, SURE_ENOUGH = 0.5, 0.62
CLEAR = 0.35
"""A clause of this polarity says something by itself."""
EVEN = 0.3


class Word(NamedTuple):
    """text[start:end] moved the polarity by `polarity`, -1..1."""

    start: int
    end: int
    polarity: float


class Stretch(NamedTuple):
    """A clause, text[start:end]; it weighs more after a "but" and less after an "although"."""

    start: int
    end: int
    polarity: float
    words: tuple[Word, ...] = ()
    weight: float = 1.0


class Heard(NamedTuple):
    """Polarity -1..1; `chances` of negative, neutral and positive, summing to 1; `is_known` with any word we know.

    `lines` say by label how often such chances came true.
    """

    polarity: float
    chances: tuple[float, float, float]
    words: Sequence[Word] = ()
    stretches: Sequence[Stretch] = ()
    is_known: bool = True
    lines: Lines = MappingProxyType({})


def is_mixed(stretches: Sequence[Stretch], surest: float) -> bool:
    """Whether clear clauses say both, and neither side is sure or both weigh the same."""
    sides = sorted(stretches, key=lambda stretch: stretch.polarity)
    if not sides or sides[0].polarity > -CLEAR or sides[-1].polarity < CLEAR:
        return False
    if sides[0].weight != sides[-1].weight:
        return surest < UNSURE
    return surest < SURE_ENOUGH or (len(sides) == 2 and abs(sides[0].polarity + sides[-1].polarity) < EVEN)


def may_be_mixed(weights: Sequence[float], surest: float) -> bool:
    """Whether clauses of these weights can make a text mixed, whatever they say."""
    return len(weights) > 1 and (surest < SURE_ENOUGH or (len(weights) == 2 and weights[0] == weights[1]))
