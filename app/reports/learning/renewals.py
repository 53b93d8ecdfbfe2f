"""How often accounts of a band renew, how good predictions were, and how many accounts a model would need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, log

from scipy.stats import beta, norm
from sklearn.metrics import brier_score_loss, log_loss

JEFFREYS = (0.5, 0.5)
SHRINKAGE, OPTIMISM, MARGIN = 0.9, 0.05, 0.05


@dataclass(frozen=True)
class BandRate:
    """The renewal rate of a band as a Beta posterior, 0..1: its mean and the middle `confidence` of it."""

    rate: float
    low: float
    high: float


def band_rate(
    renewed: int, n: int, prior: tuple[float, float] = JEFFREYS, confidence: float = 0.95
) -> BandRate:
    """`renewed` of `n` decided accounts; ValueError where that is no share."""
    if not 0 <= renewed <= n:
        raise ValueError(f"{renewed} of {n} accounts cannot have renewed")
    posterior = beta(prior[0] + renewed, prior[1] + n - renewed)
    low, high = posterior.interval(confidence)
    return BandRate(float(posterior.mean()), float(low), float(high))


@dataclass(frozen=True)
class Forecast:
    """How far predictions were off: Brier score and log loss, and the Brier score of always saying the base rate."""

    brier: float
    log_loss: float
    brier_base: float


def forecast(predicted: Sequence[float], renewed: Sequence[int]) -> Forecast:
    """`predicted` chances 0..1 of accounts that `renewed` (1) or not (0)."""
    base = sum(renewed) / len(renewed)
    return Forecast(
        float(brier_score_loss(renewed, predicted)),
        float(log_loss(renewed, predicted, labels=[0, 1])),
        float(brier_score_loss(renewed, [base] * len(renewed))),
    )


@dataclass(frozen=True)
class Needed:
    """Accounts needed so that coefficients shrink little, optimism stays small, and the base rate is known to .05."""

    for_shrinkage: int
    for_optimism: int
    for_rate: int

    @property
    def n(self) -> int:
        return max(self.for_shrinkage, self.for_optimism, self.for_rate)


def accounts_needed(parameters: int, r2: float, lost_share: float) -> Needed:
    """The three criteria of Riley et al. 2019 for a logistic model; `r2` after Cox & Snell, `lost_share` in (0, 1)."""
    if parameters < 1 or not 0 < lost_share < 1 or not 0 < r2 < SHRINKAGE:
        raise ValueError(f"no sample size for {parameters} factors, R2 {r2} and a share of {lost_share}")
    likelihood = lost_share * log(lost_share) + (1 - lost_share) * log(1 - lost_share)
    shrinkage = r2 / (r2 + OPTIMISM * (1 - exp(2 * likelihood)))
    rate = (norm.ppf(0.975) / MARGIN) ** 2 * lost_share * (1 - lost_share)
    return Needed(_shrunk_by(SHRINKAGE, parameters, r2), _shrunk_by(shrinkage, parameters, r2), ceil(rate))


def _shrunk_by(shrinkage: float, parameters: int, r2: float) -> int:
    return ceil(parameters / ((shrinkage - 1) * log(1 - r2 / shrinkage)))
