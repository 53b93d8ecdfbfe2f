"""NPS and its uncertainty in closed form: what a web process may compute without a statistics library.

NPS runs from -100 to 100, shares from 0 to 1; p is two-sided. No answers means None, never 0. Intervals by default
are adjusted Wald (Rocks 2016), or the completion interval where the number of people asked is known.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt
from statistics import NormalDist
from typing import Self

FEWEST_FOR_NPS, FEWEST_FOR_COLOUR = 5, 10
ROUGH_MARGIN = 30
PSEUDO = (0.75, 1.5, 0.75)
WHOLE = re.compile(r"(?:0?\d|10)(?:\.0+)?", re.ASCII)


def parse_score(given: object) -> int | None:
    """A score 0..10 from a form, a file or a program: 9, '9', '8 ' and 10.0 are scores; 7.5, 11, True and '' give None."""
    if isinstance(given, str):
        return int(float(given)) if WHOLE.fullmatch(given.strip()) else None
    is_whole = isinstance(given, int | float) and not isinstance(given, bool) and given in range(11)
    return int(given) if is_whole else None


@dataclass(frozen=True)
class Counts:
    """How many detractors (0-6), passives (7-8) and promoters (9-10) answered."""

    detractors: int = 0
    passives: int = 0
    promoters: int = 0

    def __post_init__(self) -> None:
        if min(self.detractors, self.passives, self.promoters) < 0:
            raise ValueError(f"there cannot be fewer than no answers: {self}")

    @classmethod
    def of(cls, scores: Iterable[int]) -> Self:
        scores = list(scores)
        detractors, promoters = sum(score <= 6 for score in scores), sum(score >= 9 for score in scores)
        return cls(detractors, len(scores) - detractors - promoters, promoters)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.detractors + other.detractors,
            self.passives + other.passives,
            self.promoters + other.promoters,
        )

    @property
    def n(self) -> int:
        return self.detractors + self.passives + self.promoters

    @property
    def nps(self) -> float | None:
        """100 (P - D) / n, unrounded; None without answers."""
        return 100 * (self.promoters - self.detractors) / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """Of one answer coded -1, 0 or 1; 0..1, divisor n."""
        return moments(*self.shape)[1] if self.n else None

    @property
    def se(self) -> float | None:
        return 100 * sqrt(self.variance / self.n) if self.n else None

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.detractors, self.passives, self.promoters


def tally(given: Iterable[object]) -> tuple[Counts, int]:
    """The counts of everything that is a score, and how many entries were not one."""
    scores = [parse_score(entry) for entry in given]
    return Counts.of(score for score in scores if score is not None), scores.count(None)


def moments(detractors: float, passives: float, promoters: float) -> tuple[float, float]:
    """Mean and variance of one answer coded -1, 0 or 1."""
    n = detractors + passives + promoters
    mean = (promoters - detractors) / n
    return mean, (promoters + detractors) / n - mean * mean


def adjusted(counts: Counts) -> tuple[float, float, float]:
    """Number, mean and variance after three pseudo-answers, which keep an interval when all agree."""
    return counts.n + 3, *moments(*(own + pseudo for own, pseudo in zip(counts.shape, PSEUDO, strict=True)))


# Intervals


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`, cut to what is possible; `margin` is the half width before the cut."""

    low: float
    high: float
    centre: float
    se: float
    margin: float
    method: str

    @classmethod
    def around(
        cls,
        centre: float,
        se: float,
        confidence: float,
        method: str,
        bounds: tuple[float, float] = (-100, 100),
    ) -> Self:
        margin, (lowest, highest) = quantile(confidence) * se, bounds
        return cls(max(lowest, centre - margin), min(highest, centre + margin), centre, se, margin, method)


def quantile(confidence: float) -> float:
    """The z of a two-sided interval: 1.96 for .95."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wald(counts: Counts, confidence: float = 0.95, population: int | None = None) -> Interval | None:
    """The textbook interval, with the finite population factor if asked; never alone, its width is 0 when all agree."""
    if not counts.n:
        return None
    factor = finite_factor(counts.n, population) if population is not None else 1.0
    return Interval.around(counts.nps, counts.se * factor, confidence, "wald")


def finite_factor(n: int, population: int) -> float:
    """What the textbook takes off the SE of n answers; not for adjusted intervals, whose centre it would betray."""
    _check_population(n, population)
    return sqrt((population - n) / (population - 1)) if population > 1 else 0.0


def _check_population(n: int, population: int) -> None:
    if population < n:
        raise ValueError(f"{n} people cannot have answered out of {population}")


def adjusted_wald(counts: Counts, confidence: float = 0.95) -> Interval | None:
    """The default where the population is large or unknown. Its centre lies nearer to 0 than the NPS."""
    if not counts.n:
        return None
    n, mean, variance = adjusted(counts)
    return Interval.around(100 * mean, 100 * sqrt(variance / n), confidence, "adjusted_wald")


def completion(counts: Counts, population: int, confidence: float = 0.95) -> Interval | None:
    """The interval of the NPS that all `population` people would give, assuming the silent are like the others.

    The answers are known; the missing ones are drawn from a Dirichlet distribution around them. When everybody
    answered it is a point, for a large population it comes close to adjusted Wald.
    """
    _check_population(counts.n, population)
    if not counts.n:
        return None
    silent, share = population - counts.n, counts.n / population
    if not silent:
        return Interval.around(counts.nps, 0.0, confidence, "completion")
    n, mean, variance = adjusted(counts)
    se = (1 - share) * 100 * sqrt(variance * (n + silent) / (silent * (n + 1)))
    known = share * counts.nps
    bounds = known - 100 * (1 - share), known + 100 * (1 - share)
    return Interval.around(known + (1 - share) * 100 * mean, se, confidence, "completion", bounds)


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval | None:
    """The interval 0..1 of a single share, such as a response or recovery rate."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a share")
    if not n:
        return None
    z, share = quantile(confidence), successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    se = sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval.around(centre, se, confidence, "wilson", (0, 1))


# What is shown


class Standing(StrEnum):
    """What may be shown of so many answers: nothing but the answers, a grey figure, or a normal one."""

    NONE = "none"
    GREY = "grey"
    NORMAL = "normal"


@dataclass(frozen=True)
class Estimate:
    """An NPS as it may be shown: below five answers there is none, and a wide interval is called rough."""

    counts: Counts
    standing: Standing
    nps: float | None
    interval: Interval | None

    @property
    def is_rough(self) -> bool:
        return self.interval is not None and self.interval.margin > ROUGH_MARGIN


def estimate(counts: Counts, population: int | None = None, confidence: float = 0.95) -> Estimate:
    """The NPS with its interval: completion where the number of people asked is known, else adjusted Wald."""
    standing = standing_of(counts.n)
    if standing == Standing.NONE:
        return Estimate(counts, standing, None, None)
    known = (
        adjusted_wald(counts, confidence)
        if population is None
        else completion(counts, population, confidence)
    )
    return Estimate(counts, standing, counts.nps, known)


def standing_of(n: int) -> Standing:
    if n < FEWEST_FOR_NPS:
        return Standing.NONE
    return Standing.GREY if n < FEWEST_FOR_COLOUR else Standing.NORMAL


@dataclass(frozen=True)
class Sensitivity:
    """What the NPS of everybody asked would be if the silent all felt the same; needs no assumption."""

    response_rate: float
    as_respondents: float | None
    silent_as_passive: float
    silent_as_detractor: float
    silent_as_promoter: float


def sensitivity_lines(counts: Counts, asked: int) -> Sensitivity | None:
    """The lines between which the truth must lie; None when nobody was asked."""
    _check_population(counts.n, asked)
    if not asked:
        return None
    net, silent = counts.promoters - counts.detractors, asked - counts.n
    of_all = {feeling: 100 * (net + feeling * silent) / asked for feeling in (-1, 0, 1)}
    return Sensitivity(counts.n / asked, counts.nps, of_all[0], of_all[-1], of_all[1])


def answers_needed(margin: float, variance: float = 0.7, confidence: float = 0.95) -> int:
    """How many answers give an adjusted Wald interval of +- `margin` points."""
    return max(1, ceil(quantile(confidence) ** 2 * variance / (margin / 100) ** 2 - 3))
