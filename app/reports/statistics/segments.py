"""A heat map of segments that shows a hot spot only where chance is unlikely; after section 1 of the scoring formulas.

With no true difference among twelve segments of eight answers, a naive map shows one at p < .05 in 44 of 100 maps.
Here every NPS is pulled towards the portfolio by as many pseudo-answers as the segments' own differences warrant
(DerSimonian & Laird), and chance is judged over all segments shown together (Benjamini & Hochberg).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, inf

from app.reports.statistics.comparisons import adjusted_wald_difference, permutation_p
from app.reports.statistics.nps import FEWEST_FOR_NPS, Counts
from app.reports.statistics.tails import chi_square_above

EVIDENCE, DISCOVERIES = 0.05, 0.10
FEWEST_ANSWERS, FEWEST_ACCOUNTS, LEAST_POINTS = 5, 3, 10
LARGEST_DEALT = 150


@dataclass(frozen=True)
class Cell:
    """One segment: its `raw` NPS, the `shrunk` one it is coloured by, and how unlikely chance is.

    `p` against all others, `p_adjusted` over all cells. A hot spot counts, "watch" is as far off but may be chance.
    """

    counts: Counts
    raw: float
    shrunk: float
    p: float
    p_adjusted: float
    is_hot: bool
    is_watched: bool

    @property
    def is_enough(self) -> bool:
        """Whether it has as many answers as an NPS takes; with fewer no figure of it is told."""
        return self.counts.n >= FEWEST_FOR_NPS

    @property
    def nps(self) -> float | None:
        return self.raw if self.is_enough else None

    @property
    def shown(self) -> float | None:
        return self.shrunk if self.is_enough else None


@dataclass(frozen=True)
class HeatMap:
    """All segments with answers. `q` and `p` are of the test whether segments differ at all, which `has_evidence` says.

    `k`: pseudo-answers at the level `mean` that each segment gets, infinite where segments differ no more than chance.
    """

    cells: dict[Hashable, Cell]
    variance: float
    q: float
    p: float
    tau2: float
    mean: float
    k: float

    @property
    def has_evidence(self) -> bool:
        return self.p < EVIDENCE

    @property
    def is_told(self) -> bool:
        """Whether two segments at least have enough answers to be held against each other."""
        return sum(cell.is_enough for cell in self.cells.values()) > 1


def heat_map(
    segments: Mapping[Hashable, Counts],
    accounts: Mapping[Hashable, int] | None = None,
    discoveries: float = DISCOVERIES,
) -> HeatMap | None:
    """The map of `segments`; None where fewer than two have answers. `accounts`: from how many the answers came."""
    answered = {name: counts for name, counts in segments.items() if counts.n}
    if len(answered) < 2:
        return None
    portfolio = sum(answered.values(), Counts())
    spread = _spread(answered)
    chances = [_chance(counts, portfolio) for counts in answered.values()]
    shared = benjamini_hochberg(chances)
    cells = {
        name: _cell(
            counts, spread, p, adjusted, discoveries, None if accounts is None else accounts.get(name, 0)
        )
        for (name, counts), p, adjusted in zip(answered.items(), chances, shared, strict=True)
    }
    return HeatMap(cells, spread.variance, spread.q, spread.p, spread.tau2, spread.mean, spread.k)


@dataclass(frozen=True)
class _Spread:
    variance: float
    q: float
    p: float
    tau2: float
    mean: float
    k: float


def _spread(answered: Mapping[Hashable, Counts]) -> _Spread:
    """How far segments differ beyond chance: Cochran's Q with one variance for all, tau2 by DerSimonian & Laird."""
    each, portfolio = list(answered.values()), sum(answered.values(), Counts())
    n, level, variance = portfolio.n, portfolio.nps, 100**2 * portfolio.variance
    if not variance:
        return _Spread(0.0, 0.0, 1.0, 0.0, level, inf)
    off = fsum(counts.n * (counts.nps - level) ** 2 for counts in each)
    q = off / variance
    bend = (n - fsum(counts.n**2 for counts in each) / n) / variance
    tau2 = max(0.0, (q - (len(each) - 1)) / bend)
    weights = [1 / (variance / counts.n + tau2) for counts in each]
    mean = fsum(weight * counts.nps for weight, counts in zip(weights, each, strict=True)) / fsum(weights)
    return _Spread(
        variance, q, chi_square_above(q, len(each) - 1), tau2, mean, variance / tau2 if tau2 else inf
    )


def _chance(counts: Counts, portfolio: Counts) -> float:
    """The p of a segment against all others: dealt out exactly, or by adjusted Wald where both are large."""
    rest = Counts(*(whole - own for whole, own in zip(portfolio.shape, counts.shape, strict=True)))
    if min(counts.n, rest.n) > LARGEST_DEALT:
        return adjusted_wald_difference(counts, rest).p
    return permutation_p(counts, rest)


def _cell(
    counts: Counts, spread: _Spread, p: float, adjusted: float, discoveries: float, accounts: int | None
) -> Cell:
    share = 0.0 if spread.k == inf else counts.n / (counts.n + spread.k)
    shrunk = share * counts.nps + (1 - share) * spread.mean
    is_broad = counts.n >= FEWEST_ANSWERS and (accounts is None or accounts >= FEWEST_ACCOUNTS)
    is_far = is_broad and abs(shrunk - spread.mean) >= LEAST_POINTS
    is_sure = adjusted < discoveries
    return Cell(counts, counts.nps, shrunk, p, adjusted, is_far and is_sure, is_far and not is_sure)


def benjamini_hochberg(chances: Sequence[float]) -> list[float]:
    """The p of each, adjusted so that among all called at q at most the share q is called wrongly (their 1995 rule)."""
    places = sorted(range(len(chances)), key=lambda place: chances[place], reverse=True)
    adjusted, least = [0.0] * len(chances), 1.0
    for number, place in enumerate(places):
        least = min(least, chances[place] * len(chances) / (len(chances) - number))
        adjusted[place] = least
    return adjusted
