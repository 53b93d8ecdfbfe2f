"""Logistic regression of three classes, in plain Python: weighted, with a ridge, solved by L-BFGS.

Nothing to install, and the same numbers on every run; a few thousand comments take a minute or two.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

Row = Sequence[tuple[int, float]]
"""The columns of a row that are not zero."""
CLASSES = 3
REMEMBERED = 8


def fit(
    rows: Sequence[Row],
    classes: Sequence[int],
    shares: Sequence[float],
    width: int,
    *,
    ridge: float,
    rounds: int,
) -> list[float]:
    """The weights, `CLASSES` for each of `width` columns; `classes` are 0..2, `shares` the rows' weights.

    The last column stands for the bias and is not shrunk: give every row (width - 1, 1.0).
    """
    weights = [0.0] * (width * CLASSES)
    loss, slope = loss_of(weights, rows, classes, shares, width, ridge)
    past: deque[tuple[list[float], list[float], float]] = deque(maxlen=REMEMBERED)
    for _ in range(rounds):
        direction = downhill(slope, past)
        step, falls = 1.0 if past else 1.0 / max(1.0, norm(slope)), dot(slope, direction)
        while step > 1e-9:
            tried = [w + step * d for w, d in zip(weights, direction, strict=True)]
            new_loss, new_slope = loss_of(tried, rows, classes, shares, width, ridge)
            if new_loss <= loss + 1e-4 * step * falls:
                break
            step /= 2
        else:
            break
        moved = [step * d for d in direction]
        bent = [new - old for new, old in zip(new_slope, slope, strict=True)]
        if (curve := dot(moved, bent)) > 1e-12:
            past.append((moved, bent, curve))
        is_done = loss - new_loss < 1e-6 * max(1.0, abs(new_loss))
        weights, loss, slope = tried, new_loss, new_slope
        if is_done:
            break
    return weights


def loss_of(
    weights: list[float],
    rows: Sequence[Row],
    classes: Sequence[int],
    shares: Sequence[float],
    width: int,
    ridge: float,
) -> tuple[float, list[float]]:
    """The loss and its slope."""
    free = (width - 1) * CLASSES
    loss = ridge / 2 * sum(w * w for w in weights[:free])
    slope = [ridge * w for w in weights[:free]] + [0.0] * CLASSES
    for row, right, share in zip(rows, classes, shares, strict=True):
        a = b = c = 0.0
        for column, value in row:
            at = column * CLASSES
            a += weights[at] * value
            b += weights[at + 1] * value
            c += weights[at + 2] * value
        highest = max(a, b, c)
        a, b, c = math.exp(a - highest), math.exp(b - highest), math.exp(c - highest)
        whole = a + b + c
        errors = [share * a / whole, share * b / whole, share * c / whole]
        loss -= share * math.log(max(errors[right] / share, 1e-300))
        errors[right] -= share
        for column, value in row:
            at = column * CLASSES
            slope[at] += errors[0] * value
            slope[at + 1] += errors[1] * value
            slope[at + 2] += errors[2] * value
    return loss, slope


def downhill(slope: list[float], past: deque[tuple[list[float], list[float], float]]) -> list[float]:
    """The direction of L-BFGS (Nocedal 1980, two loops) for the slope and the last moves."""
    direction, shares = [-s for s in slope], []
    for moved, bent, curve in reversed(past):
        share = dot(moved, direction) / curve
        shares.append(share)
        direction = [d - share * b for d, b in zip(direction, bent, strict=True)]
    if past:
        _, bent, curve = past[-1]
        scale = curve / dot(bent, bent)
        direction = [scale * d for d in direction]
    for (moved, bent, curve), share in zip(past, reversed(shares), strict=True):
        back = share - dot(bent, direction) / curve
        direction = [d + back * m for d, m in zip(direction, moved, strict=True)]
    return direction


def dot(left: list[float], right: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(left, right, strict=True))


def norm(of: list[float]) -> float:
    return math.sqrt(dot(of, of))
