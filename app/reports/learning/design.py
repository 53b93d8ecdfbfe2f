"""What a chart promises before it is used: how long until a false alarm, how long until a shift is seen."""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.stats import norm

from app.reports.statistics.control import MEMORY, WIDTH

STATES = 401


def points_to_signal(shift: float = 0.0, memory: float = MEMORY, width: float = WIDTH) -> float:
    """The mean number of points until an EWMA chart signals when the level has moved by `shift` SE.

    A Markov chain over the chart's values between its limits (Brook & Evans 1972; Lucas & Saccucci 1990).
    """
    limit = width * sqrt(memory / (2 - memory))
    step = 2 * limit / STATES
    values = -limit + step * (np.arange(STATES) + 0.5)
    needed = (values[None, :] - (1 - memory) * values[:, None]) / memory
    half = step / 2 / memory
    moves = norm.cdf(needed + half - shift) - norm.cdf(needed - half - shift)
    lengths = np.linalg.solve(np.eye(STATES) - moves, np.ones(STATES))
    return float(lengths[STATES // 2])
