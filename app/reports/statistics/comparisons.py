"""NPS against NPS, in closed form: two periods, accounts of different weight, a small segment and its portfolio.

Periods are compared without any finite population correction: the question is whether what makes the answers is
changing, not how many people were left out.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import comb, erfc, fsum, inf, sqrt
from statistics import stdev

from app.reports.statistics.nps import FEWEST_FOR_NPS, Counts, adjusted, moments, quantile

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
    return _told(100 * (mean_a - mean_b), 100 * sqrt(variance_a / n_a + variance_b / n_b), confidence)


def _told(diff: float, se: float, confidence: float) -> Difference:
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
    return Overlap(shared, _told(a.nps - b.nps, 100 * sqrt(variance), confidence), 100 * sqrt(independent))


def permutation_p(a: Counts, b: Counts) -> float:
    """The exact chance of a difference at least this large if the answers had fallen to the two groups at random."""
    if a.n > b.n:
        a, b = b, a
    pool = a + b
    net = pool.promoters - pool.detractors

    def distance(own_net: int) -> int:
        return abs(own_net * b.n - (net - own_net) * a.n)

    seen = distance(a.promoters - a.detractors)
    extreme = sum(
        comb(pool.detractors, detractors) * comb(pool.promoters, promoters) * comb(pool.passives, a.n - detractors - promoters)
        for detractors in range(min(a.n, pool.detractors) + 1)
        for promoters in range(min(a.n - detractors, pool.promoters) + 1)
        if distance(promoters - detractors) >= seen
    )  # fmt: skip
    return extreme / comb(pool.n, a.n)


@dataclass(frozen=True)
class Change:
    """From one period to the next, `points` of observed NPS; a change is called only when chance is unlikely.

    `visible_from` is the smallest difference that so few answers could have shown.
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


# Weighing and shrinking


@dataclass(frozen=True)
class Weighted:
    """An NPS in which accounts weigh instead of answers; `effective` is how many equal accounts it is worth.

    `coverage` is the share 0..1 of all weight that has an answer; `se` needs equal weights and two accounts.
    """

    nps: float | None
    accounts: int
    effective: float
    coverage: float
    se: float | None = None


def account_weighted(by_account: Mapping[str, Counts]) -> Weighted:
    """Each account's NPS once, however many of its people answered."""
    each = [counts.nps for counts in by_account.values() if counts.n]
    weighted = arr_weighted(by_account, dict.fromkeys(by_account, 1))
    se = stdev(each) / sqrt(len(each)) if len(each) > 1 else None
    return Weighted(weighted.nps, weighted.accounts, weighted.effective, weighted.coverage, se)


def arr_weighted(by_account: Mapping[str, Counts], arr: Mapping[str, float]) -> Weighted:
    """Each account's NPS weighed by its ARR; accounts without ARR do not count. `arr` may hold silent accounts."""
    weights = {account: float(arr.get(account) or 0) for account, counts in by_account.items() if counts.n}
    weights = {account: weight for account, weight in weights.items() if weight > 0}
    total, everything = fsum(weights.values()), fsum(float(weight or 0) for weight in arr.values())
    if not total:
        return Weighted(None, 0, 0.0, 0.0)
    nps = fsum(weight * by_account[account].nps for account, weight in weights.items()) / total
    effective = total**2 / fsum(weight**2 for weight in weights.values())
    return Weighted(nps, len(weights), effective, total / everything)


def shrunk(counts: Counts, portfolio: Counts, k: float = 10) -> float | None:
    """The NPS of a small segment pulled towards the portfolio, as if `k` more answers had come at its level."""
    if not portfolio.n or not counts.n + k:
        return None
    return ((counts.nps * counts.n if counts.n else 0.0) + k * portfolio.nps) / (counts.n + k)
