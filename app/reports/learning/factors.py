"""Whether one factor has to do with renewing, and how honest a statement the data allow; section 6 of the formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import fisher_exact, mannwhitneyu, norm, pointbiserialr, rankdata, spearmanr
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import StratifiedTable

from app.reports.statistics.nps import Interval, wilson

Bounds = tuple[float, float]
# [[high kept, high lost], [low kept, low lost]]
Table = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class Factor:
    """One factor against renewing. `auc`: the chance that a kept account has the higher value; None where all were
    kept or all lost. `interval` on the logit scale with DeLong's SE; none where the factor separates perfectly, which
    is a leak or too few accounts and never a certainty.
    """

    auc: float | None
    se: float | None = None
    interval: Bounds | None = None
    is_separation: bool = False
    point_biserial: float | None = None
    p_point_biserial: float | None = None
    spearman: float | None = None
    p_ranks: float | None = None


def factor(values: Sequence[float], renewed: Sequence[int], confidence: float = 0.95) -> Factor:
    """`values` of decided accounts and whether each renewed (1) or was lost (0).

    Raises ValueError where the two are not of the same length.
    """
    if len(values) != len(renewed):
        raise ValueError(f"{len(values)} values of {len(renewed)} accounts")
    x, y = np.asarray(values, float), np.asarray(renewed, int)
    kept, lost = x[y == 1], x[y == 0]
    if not (kept.size and lost.size):
        return Factor(None)
    auc = float(roc_auc_score(y, x))
    if auc in (0.0, 1.0):
        return Factor(auc, is_separation=True)
    if np.ptp(x) == 0:
        return Factor(auc)
    se = _delong(kept, lost)
    point, rank = pointbiserialr(y, x), spearmanr(x, y)
    return Factor(
        auc,
        se,
        _on_logits(auc, se, confidence),
        point_biserial=float(point.statistic),
        p_point_biserial=float(point.pvalue),
        spearman=float(rank.statistic),
        p_ranks=float(mannwhitneyu(kept, lost, method="asymptotic").pvalue),
    )


def _delong(kept: np.ndarray, lost: np.ndarray) -> float | None:
    """The SE of an AUC from midranks (DeLong 1988; Sun & Xu 2014); None with a single account on a side."""
    m, n = kept.size, lost.size
    if min(m, n) < 2:
        return None
    ranks = rankdata(np.concatenate([kept, lost]))
    of_kept = (ranks[:m] - rankdata(kept)) / n
    of_lost = 1 - (ranks[m:] - rankdata(lost)) / m
    return float(np.sqrt(of_kept.var(ddof=1) / m + of_lost.var(ddof=1) / n))


def _on_logits(auc: float, se: float | None, confidence: float) -> Bounds | None:
    if se is None:
        return None
    logit, reach = np.log(auc / (1 - auc)), norm.ppf(0.5 + confidence / 2) * se / (auc * (1 - auc))
    low, high = (1 / (1 + np.exp(-(logit + side * reach))) for side in (-1, 1))
    return float(low), float(high)


@dataclass(frozen=True)
class Split:
    """Kept and lost of two groups: Fisher's p, the odds ratio with half a case added to each, Wilson's intervals."""

    p: float
    odds_ratio: float
    high: Interval | None
    low: Interval | None


def split(table: Table, confidence: float = 0.95) -> Split:
    (high_kept, high_lost), (low_kept, low_lost) = table
    odds = (high_kept + 0.5) * (low_lost + 0.5) / ((high_lost + 0.5) * (low_kept + 0.5))
    return Split(
        float(fisher_exact(table).pvalue),
        odds,
        wilson(high_kept, high_kept + high_lost, confidence),
        wilson(low_kept, low_kept + low_lost, confidence),
    )


@dataclass(frozen=True)
class Stratified:
    """An odds ratio over everybody beside the one within groups; `is_flipped` where they point in different directions."""

    pooled: float
    within: list[float]
    mantel_haenszel: float
    p: float

    @property
    def is_flipped(self) -> bool:
        return (self.pooled - 1) * (self.mantel_haenszel - 1) < 0


def stratified(tables: Sequence[Table]) -> Stratified:
    """Compare pooled and Mantel-Haenszel odds ratios over segments, tiers or bands of ARR."""
    layers = np.asarray(tables, float)
    told = StratifiedTable(list(layers))
    (a, b), (c, d) = layers.sum(axis=0)
    within = [float(high[0] * low[1] / (high[1] * low[0])) for high, low in layers]
    return Stratified(
        float(a * d / (b * c)), within, float(told.oddsratio_pooled), float(told.test_null_odds().pvalue)
    )
