"""Other intervals of an NPS, to audit the default against; points -100..100, shares 0..1."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm
from statsmodels.stats.proportion import multinomial_proportions_confint
from statsmodels.stats.weightstats import DescrStatsW

from app.reports.statistics.nps import Counts

Bounds = tuple[float, float]
ALMOST = 1 - 1e-12


def score_interval(counts: Counts, confidence: float = 0.95) -> Bounds | None:
    """The score interval of P - D, its nuisance at the constrained maximum likelihood (Tango 1998; Rocks 2016)."""
    if not counts.n:
        return None
    z, share = norm.ppf(0.5 + confidence / 2), counts.nps / 100

    def off(assumed: float, side: int) -> float:
        return _score(counts, assumed) + side * z

    low = -1.0 if share == -1 else brentq(off, -ALMOST, min(share, ALMOST), args=(-1,))
    high = 1.0 if share == 1 else brentq(off, max(share, -ALMOST), ALMOST, args=(1,))
    return 100 * low, 100 * high


def _score(counts: Counts, assumed: float) -> float:
    """How many SE the net lies above an `assumed` P - D in (-1, 1)."""
    n, net = counts.n, counts.promoters - counts.detractors
    b = (2 * n - net) * assumed - counts.promoters - counts.detractors
    c = -counts.detractors * assumed * (1 - assumed)
    detractors = (np.sqrt(b * b - 8 * n * c) - b) / (4 * n)
    variance = n * (2 * detractors + assumed * (1 - assumed))
    gap = net - n * assumed
    if variance <= 0:
        return 0.0 if not gap else float(np.copysign(np.inf, gap))
    return float(gap / np.sqrt(variance))


def bootstrap_interval(counts: Counts, confidence: float = 0.95) -> Bounds | None:
    """The percentile bootstrap with every resample counted, not drawn; as bad as Wald for few answers."""
    if not counts.n:
        return None
    one, resampled = np.array(counts.shape) / counts.n, np.ones(1)
    for _ in range(counts.n):
        resampled = np.convolve(resampled, one)
    below, tail = np.cumsum(resampled), (1 - confidence) / 2
    low, high = (int(np.searchsorted(below, share - 1e-12)) for share in (tail, 1 - tail))
    return 100 * (low - counts.n) / counts.n, 100 * (high - counts.n) / counts.n


def t_interval(counts: Counts, confidence: float = 0.95) -> Bounds | None:
    """Student's t on the coded answers; not cut at 100, None for a single answer."""
    if counts.n < 2:
        return None
    described = DescrStatsW([-100, 0, 100], weights=counts.shape)
    low, high = described.tconfint_mean(alpha=1 - confidence)
    return float(low), float(high)


def share_intervals(counts: Counts, confidence: float = 0.95) -> list[Bounds] | None:
    """Goodman's simultaneous intervals of the shares of detractors, passives and promoters; for those bars only."""
    if not counts.n:
        return None
    found = multinomial_proportions_confint(counts.shape, alpha=1 - confidence, method="goodman")
    return [(float(low), float(high)) for low, high in found]
