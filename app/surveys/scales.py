"""What answers on a scale mean: the bands of the NPS answer, the points of the value answer (pure)."""

from __future__ import annotations

from enum import StrEnum

VALUE_WEIGHTS = {"overall": 0.5, "goal": 0.3, "ease": 0.2}


class Band(StrEnum):
    """What an NPS answer makes of a person; fixed, not a setting (scoring section 1).

    Pages, charts, tables and files name the bands in this order, so that 2-0-1 means the same everywhere.
    """

    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"


def band(score: int) -> Band:
    """The band of an answer 0..10."""
    if score >= 9:
        return Band.PROMOTER
    return Band.PASSIVE if score >= 7 else Band.DETRACTOR


BAND_SCORES = {Band.DETRACTOR: (0, 6), Band.PASSIVE: (7, 8), Band.PROMOTER: (9, 10)}
"""The first and the last score of each."""


class ValueLevel(StrEnum):
    """How the points of a value answer are told apart where they are counted; the lines are those of the colours."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


LEVELS = {ValueLevel.LOW: (0, 40), ValueLevel.MIDDLE: (40, 70), ValueLevel.HIGH: (70, 101)}
"""From which points on, and below which."""


def value_level(points: float) -> ValueLevel:
    """How much value an answer of so many points says."""
    return next(level for level, (low, below) in LEVELS.items() if low <= points < below)


def value_points(overall: int | None, goal: int | None, ease: int | None) -> float | None:
    """Points 0..100 of a value answer (scoring section 3); None when neither overall nor goal was answered."""
    if overall is None and goal is None:
        return None
    points = {
        "overall": None if overall is None else 10 * overall,
        "goal": None if goal is None else 25 * goal,
        "ease": None if ease is None else (ease - 1) / 6 * 100,
    }
    answered = {name: value for name, value in points.items() if value is not None}
    weights = sum(VALUE_WEIGHTS[name] for name in answered)
    return min(100.0, sum(VALUE_WEIGHTS[name] * value for name, value in answered.items()) / weights)
