"""NPS against NPS, in closed form: two independent periods, the same people twice, and periods that share some.

Periods are compared without any finite population correction: the question is whether what makes the answers is
changing, not how many people were left out.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import erfc, exp, fsum, inf, lgamma, sqrt
from statistics import fmean, stdev

from app.reports.statistics.nps import FEWEST_FOR_NPS, Counts, adjusted, moments, quantile
from app.reports.statistics.tails import binomial_at_most, student_two_sided

FEWEST_FOR_Z = 30


@dataclass(frozen=True)
class Difference:
    """a - b in points, with its interval; under adjusted Wald the difference of the adjusted values."""

    diff: float
    se: float
    z: float
    p: float
    low: float
    high: float


def wald_difference(a: Counts, b: Counts, confidence: float = 0.95) -> Difference | None:
    if not (a.n and b.n):
        return None
    return _difference((a.n, *moments(*a.shape)), (b.n, *moments(*b.shape)), confidence)


def adjusted_wald_difference(a: Counts, b: Counts, confidence: float = 0.95) -> Difference | None:
    """Two independent samples, three pseudo-answers added to each; keeps an interval when all agree."""
    return _difference(adjusted(a), adjusted(b), confidence) if a.n and b.n else None


def _difference(
    a: tuple[float, float, float], b: tuple[float, float, float], confidence: float
) -> Difference:
    (n_a, mean_a, variance_a), (n_b, mean_b, variance_b) = a, b
    return difference_of(100 * (mean_a - mean_b), 100 * sqrt(variance_a / n_a + variance_b / n_b), confidence)


def difference_of(diff: float, se: float, confidence: float = 0.95) -> Difference:
    """A difference of `diff` points with its standard error, in points too."""
    z = diff / se if se else (inf if diff > 0 else -inf if diff else 0.0)
    margin = quantile(confidence) * se
    return Difference(diff, se, z, erfc(abs(z) / sqrt(2)), diff - margin, diff + margin)


@dataclass(frozen=True)
class Overlap:
    """Two periods in which `shared` people answered twice; their agreement makes the difference surer."""

    shared: int
    difference: Difference
    se_if_independent: float


def overlapping_difference(
    before: Mapping[Hashable, int], after: Mapping[Hashable, int], confidence: float = 0.95
) -> Overlap | None:
    """after - before from the scores of the people of each period, by Wald; None where a period has no answers."""
    if not (before and after):
        return None
    a, b = Counts.of(after.values()), Counts.of(before.values())
    independent = a.variance / a.n + b.variance / b.n
    pairs = [
        (Counts.of([before[person]]).nps, Counts.of([after[person]]).nps)
        for person in before
        if person in after
    ]
    shared = len(pairs)
    agreement = fsum(x * y for x, y in pairs) - fsum(x for x, _ in pairs) * fsum(y for _, y in pairs) / (
        shared or 1
    )
    variance = max(0.0, independent - 2 * agreement / 100**2 / (a.n * b.n))
    return Overlap(
        shared, difference_of(a.nps - b.nps, 100 * sqrt(variance), confidence), 100 * sqrt(independent)
    )


@dataclass(frozen=True)
class Paired:
    """The same people twice: `diff` in points with its SE and t test, and who moved up or down a band.

    `t` and `p` are None where everybody moved alike, `p_movers` is the exact sign test on those who moved.
    """

    n: int
    diff: float
    se: float | None
    t: float | None
    p: float | None
    up: int
    down: int
    p_movers: float


def paired_difference(before: Sequence[int], after: Sequence[int]) -> Paired | None:
    """after - before of the same people in the same order, by their bands; None with fewer than two of them.

    Raises ValueError where the two are not of the same length.
    """
    moves = [_band(now) - _band(then) for then, now in zip(before, after, strict=True)]
    n = len(moves)
    if n < 2:
        return None
    up, down = sum(move > 0 for move in moves), sum(move < 0 for move in moves)
    diff, se = 100 * fmean(moves), 100 * stdev(moves) / sqrt(n)
    t = diff / se if se else None
    p = student_two_sided(t, n - 1) if se else None
    p_movers = min(1.0, 2 * binomial_at_most(min(up, down), up + down, 0.5))
    return Paired(n, diff, se, t, p, up, down, p_movers)


def _band(score: int) -> int:
    """-1, 0 or 1 for a detractor, passive or promoter."""
    return (score >= 9) - (score <= 6)


def permutation_p(a: Counts, b: Counts) -> float:
    """The exact chance of a difference at least this large if the answers had fallen to the two groups at random.

    Takes time with the square of the smaller group: some milliseconds for 200 answers.
    """
    if a.n > b.n:
        a, b = b, a
    pool = a + b
    net = pool.promoters - pool.detractors

    def distance(own_net: int) -> int:
        return abs(own_net * b.n - (net - own_net) * a.n)

    seen = distance(a.promoters - a.detractors)
    extreme = [distance(own) >= seen for own in range(-a.n, a.n + 1)]
    if all(extreme[own + a.n] for own in _nets(a.n, pool)):
        return 1.0
    detractors, passives, promoters = (_logs(whole, a.n) for whole in pool.shape)
    whole = _log_choose(pool.n, a.n)
    return fsum(
        exp(detractors[d] + promoters[p] + passives[a.n - d - p] - whole)
        for d in range(min(a.n, pool.detractors) + 1)
        for p in range(max(0, a.n - d - pool.passives), min(a.n - d, pool.promoters) + 1)
        if extreme[p - d + a.n]
    )


def _nets(n: int, pool: Counts) -> range:
    """Every net of promoters over detractors that `n` answers of the pool can have."""
    least = -min(n, pool.detractors) + max(0, n - pool.detractors - pool.passives)
    most = min(n, pool.promoters) - max(0, n - pool.promoters - pool.passives)
    return range(least, most + 1)


def _logs(whole: int, n: int) -> list[float]:
    """The logarithms of the ways to take 0, 1, ... of `whole`, at most `n`."""
    return [_log_choose(whole, taken) for taken in range(min(whole, n) + 1)]


def _log_choose(whole: int, taken: int) -> float:
    return lgamma(whole + 1) - lgamma(taken + 1) - lgamma(whole - taken + 1)


@dataclass(frozen=True)
class Change:
    """From one period to the next, `points` of observed NPS; a change is called only when chance is unlikely.

    `visible_from` is the smallest difference that so many answers could have shown.
    """

    points: float
    difference: Difference
    p: float
    is_change: bool
    visible_from: float


def change(before: Counts, after: Counts, confidence: float = 0.95) -> Change | None:
    """Compare two independent periods; None where either has too few answers for an NPS.

    With fewer than 30 answers in either the p is exact, from permutation, else from adjusted Wald.
    """
    if min(before.n, after.n) < FEWEST_FOR_NPS:
        return None
    difference = adjusted_wald_difference(after, before, confidence)
    p = permutation_p(after, before) if min(before.n, after.n) < FEWEST_FOR_Z else difference.p
    is_change = p < 1 - confidence or not difference.low <= 0 <= difference.high
    visible_from = quantile(confidence) * difference.se
    return Change(after.nps - before.nps, difference, p, is_change, visible_from)
