"""The mean of answers from 0 to 100 and how sure it is, in closed form.

As with the NPS, the interval is that of the mean after three pseudo-answers, ¾ of 0, 1½ of 50 and ¾ of 100, so that it
does not shrink to nothing when all agree; its centre lies a little nearer to 50 than the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Self

from app.reports.statistics.comparisons import Difference, difference_of
from app.reports.statistics.nps import FEWEST_FOR_NPS, PSEUDO, Interval

PSEUDO_ANSWERS = tuple(zip(PSEUDO, (0, 50, 100), strict=True))


@dataclass(frozen=True)
class Sums:
    """How many answers, their sum, the sum of their squares, and how many were low, middling and high."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    low: int = 0
    middle: int = 0
    high: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(own + more for own, more in zip(self.shape, other.shape, strict=True)))

    def __sub__(self, other: Self) -> Self:
        return type(self)(*(own - less for own, less in zip(self.shape, other.shape, strict=True)))

    @property
    def shape(self) -> tuple:
        return self.n, self.total, self.squares, self.low, self.middle, self.high

    @property
    def mean(self) -> float | None:
        """0..100, unrounded; None below five answers, as with the NPS."""
        return min(100.0, max(0.0, self.total / self.n)) if self.n >= FEWEST_FOR_NPS else None

    @property
    def adjusted(self) -> tuple[float, float]:
        """Mean and standard error after the pseudo-answers."""
        n = self.n + sum(PSEUDO)
        mean = (self.total + sum(share * value for share, value in PSEUDO_ANSWERS)) / n
        squares = (self.squares + sum(share * value**2 for share, value in PSEUDO_ANSWERS)) / n
        return mean, sqrt(max(0.0, squares - mean * mean) / n)

    @property
    def interval(self) -> Interval | None:
        """Of 95 %; None where there is no mean."""
        if self.mean is None:
            return None
        return Interval.around(*self.adjusted, 0.95, "adjusted_mean", (0, 100))


def difference(before: Sums, after: Sums) -> Difference | None:
    """after - before, as if nobody were in both; None where either has too few answers."""
    if before.mean is None or after.mean is None:
        return None
    (was, was_sure), (became, sure) = before.adjusted, after.adjusted
    return difference_of(became - was, sqrt(was_sure**2 + sure**2))
