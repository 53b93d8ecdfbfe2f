"""Axes of charts: which values to mark, where a value stands, which labels fit. Pure arithmetic.

A chart is as wide as its place: places across are given in percent of the width, heights in pixels from the top.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.language import wording

WIDE_LABELS = 13
NARROW_LABELS = 5
STEPS = (1, 2, 2.5, 5, 10)


class Unit(StrEnum):
    """What a number on a chart counts, which decides how it is written."""

    POINTS = "points"
    SHARE = "share"
    SCORE = "score"
    COUNT = "count"

    def write(self, value: float | None) -> str:
        """The value in words; a dash for None. A share is 0..1."""
        if value is None:
            return "–"
        if self is Unit.POINTS:
            return wording.signed(value)
        if self is Unit.SHARE:
            return wording.percent(value)
        return wording.number(wording.whole(value))


@dataclass(frozen=True)
class Axis:
    """The upright axis between `low` and `high`, drawn from `bottom` up to `top` (pixels)."""

    low: float
    high: float
    step: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """Where `value` stands, in pixels from the top; values outside stay at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.bottom - share * (self.bottom - self.top), 1)

    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [round(self.low + i * self.step, 6) for i in range(count + 1)]


def axis(
    values: Iterable[float | None], top: float, bottom: float, *, floor: float, ceiling: float, least: float
) -> Axis:
    """An axis that holds all `values`, on round steps, never beyond floor..ceiling, at least `least` high and with 0."""
    known = [v for v in values if v is not None] or [0]
    low, high = min(0.0, *known), max(0.0, *known)
    if high - low < least:
        high = min(ceiling, low + least)
    step = round_step((high - low) / 4)
    low, high = max(floor, step * math.floor(low / step)), min(ceiling, step * math.ceil(high / step))
    return Axis(low, high, fitting_step(low, high, step), top, bottom)


def round_step(rough: float) -> float:
    """The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is at least `rough`."""
    power = 10 ** math.floor(math.log10(rough))
    return next(step * power for step in STEPS if step * power >= rough - 1e-9)


def fitting_step(low: float, high: float, step: float) -> float:
    """`step`, or the nearest smaller one that divides an axis cut at its floor or ceiling evenly."""
    pieces = (high - low) / step
    return step if math.isclose(pieces, round(pieces)) else (high - low) / max(1, math.ceil(pieces))


def x(index: int, count: int) -> float:
    """The middle of slot `index` of `count`, in percent of the width."""
    return round((index + 0.5) / count * 100, 3)


def label_kind(index: int, count: int) -> str | None:
    """Whether slot `index` is labelled: always, only where it is wide, or not. Counted from the newest.

    Where it is narrow every second, third ... of the labels of a wide place is left, so neighbours keep their distance.
    """
    from_end = count - 1 - index
    wide = math.ceil(count / WIDE_LABELS)
    narrow = wide * math.ceil(count / (NARROW_LABELS * wide))
    if from_end % narrow == 0:
        return "always"
    return "wide" if from_end % wide == 0 else None
