"""Charts that say when a series left its level, without calling every month a change; section 5 of the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from math import sqrt

from app.reports.statistics.tails import binomial

MEMORY, WIDTH = 0.2, 2.86
FALSE_ALARMS = 0.0027


@dataclass(frozen=True)
class Moved:
    """One point of an EWMA chart: the weighted mean of z so far, its limit, and whether it lies outside."""

    value: float
    limit: float

    @property
    def is_signal(self) -> bool:
        return abs(self.value) > self.limit


def ewma(z: Sequence[float], memory: float = MEMORY, width: float = WIDTH) -> list[Moved]:
    """The exponentially weighted moving average of z = (NPS - target) / SE, one each period, from 0.

    At the default of .2 and 2.86 a series that stays signals once in 371 points, a shift of one SE after 9.8.
    `memory` in (0, 1]. Limits are the exact ones of each point, narrower at the start.
    """
    if not 0 < memory <= 1:
        raise ValueError(f"the weight of the newest point lies above 0 and at most at 1, not at {memory}")
    points, value = [], 0.0
    for number, point in enumerate(z, start=1):
        value = memory * point + (1 - memory) * value
        reach = sqrt(memory / (2 - memory) * (1 - (1 - memory) ** (2 * number)))
        points.append(Moved(value, width * reach))
    return points


@dataclass(frozen=True)
class Limits:
    """How many of n are too few or too many for a share; None where so few could never signal.

    `textbook` is the upper limit of the share by three SE, which is wrong for few answers; kept for comparison.
    """

    low: int | None
    high: int | None
    textbook: float


def exact_limits(share: float, n: int, false_alarms: float = FALSE_ALARMS) -> Limits:
    """The exact binomial limits of a share 0..1 (response rate, detractor share) among `n` people, half the risk each side."""
    if not 0 <= share <= 1 or n < 1:
        raise ValueError(f"no limits of a share of {share} among {n}")
    side, chances = false_alarms / 2, binomial(n, share)
    from_below, from_above = accumulate(chances), accumulate(reversed(chances))
    low = sum(1 for _ in takewhile(lambda chance: chance <= side, from_below)) - 1
    high = n + 1 - sum(1 for _ in takewhile(lambda chance: chance <= side, from_above))
    textbook = share + 3 * sqrt(share * (1 - share) / n)
    return Limits(low if low >= 0 else None, high if high <= n else None, textbook)
