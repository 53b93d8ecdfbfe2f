"""Each period against the level of all of them, so that chance is not taken for a change (scoring section 5).

The NPS by the answers of each period itself, which share nobody's answer twice; shares by their exact limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.reports import trend
from app.reports.overview import total
from app.reports.participation import participation
from app.reports.periods import Period
from app.reports.statistics.control import Moved, ewma, exact_limits
from app.reports.statistics.nps import FEWEST_FOR_NPS, Counts, adjusted, estimate

LARGEST_EXACT = 50_000


@dataclass(frozen=True)
class Nps:
    """One period of the chart; `moved` is None with too few answers, which say nothing about the level."""

    period: Period
    counts: Counts
    moved: Moved | None

    @property
    def is_signal(self) -> bool:
        return self.moved is not None and self.moved.is_signal


@dataclass(frozen=True)
class Share:
    """`number` of `n` in a period, and how few or many would be beyond chance; None where none could be."""

    period: Period
    number: int
    n: int
    low: int | None
    high: int | None
    is_provisional: bool = False

    @property
    def value(self) -> float | None:
        return self.number / self.n if self.n else None

    @property
    def is_signal(self) -> bool:
        """Early answers flatter a period whose asks are open, so it is not judged."""
        if not self.n or self.is_provisional:
            return False
        too_few = self.low is not None and self.number <= self.low
        return too_few or (self.high is not None and self.number >= self.high)

    @property
    def limits(self) -> tuple[float | None, float | None]:
        """The limits as shares: the nearest that still are within chance."""
        if not self.n:
            return None, None
        low = 0.0 if self.low is None else (self.low + 1) / self.n
        return low, 1.0 if self.high is None else (self.high - 1) / self.n


@dataclass(frozen=True)
class Watched:
    """The three series with their levels: an NPS, and shares 0..1; a level is None where nothing is known."""

    level: float | None
    nps: Sequence[Nps]
    answering: float | None
    rates: Sequence[Share]
    unhappy: float | None
    detractors: Sequence[Share]


def watched(session: Session, cut: list[Period], zone: ZoneInfo, level: float | None = None) -> Watched:
    """All periods of `cut`; `level` is what the NPS is held against, else that of all these answers together."""
    points = trend.nps(session, cut)
    held = estimate(total(points)).nps if level is None else level
    asks = participation(session, cut, zone=zone)
    rates = [(one.period, one.answered, one.closed, one.is_provisional) for one in asks]
    unhappy = [(one.period, one.counts.detractors, one.counts.n, False) for one in points]
    return Watched(
        held,
        of_nps([(one.period, one.counts) for one in points], held),
        share_of(rates),
        of_shares(rates),
        share_of(unhappy),
        of_shares(unhappy),
    )


def of_nps(points: Sequence[tuple[Period, Counts]], level: float | None) -> list[Nps]:
    """z = (NPS - level) / SE, with the SE of three more pseudo-answers, which is not 0 where all agree."""
    known = [counts for _period, counts in points if counts.n >= FEWEST_FOR_NPS and level is not None]
    moved = iter(ewma([(counts.nps - level) / spread(counts) for counts in known]))
    return [
        Nps(period, counts, next(moved) if counts.n >= FEWEST_FOR_NPS and level is not None else None)
        for period, counts in points
    ]


def spread(counts: Counts) -> float:
    n, _mean, variance = adjusted(counts)
    return 100 * sqrt(variance / n)


Counted = tuple[Period, int, int, bool]


def share_of(rows: Iterable[Counted]) -> float | None:
    """Of all periods together; those still provisional, whose early answers flatter them, are left out."""
    complete = [(number, n) for _period, number, n, is_provisional in rows if not is_provisional]
    whole = sum(n for _number, n in complete)
    return sum(number for number, _n in complete) / whole if whole else None


def of_shares(rows: Sequence[Counted]) -> list[Share]:
    level = share_of(rows)
    found = []
    for period, number, n, is_provisional in rows:
        low, high = (None, None) if level is None or not n else limits(level, n)
        found.append(Share(period, number, n, low, high, is_provisional))
    return found


def limits(level: float, n: int) -> tuple[int | None, int | None]:
    """The exact limits; of very many, where the two agree, those of three standard errors."""
    if n <= LARGEST_EXACT:
        found = exact_limits(level, n)
        return found.low, found.high
    reach = 3 * sqrt(level * (1 - level) / n)
    return int(n * (level - reach)), int(n * (level + reach)) + 1
