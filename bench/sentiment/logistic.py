"""Logistic regression of three classes: weighted, with a ridge, solved by L-BFGS.

The same comments give the same numbers on every run; some thousand of them take seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

Row = Sequence[tuple[int, float]]
"""The columns of a row that are not zero."""
CLASSES = 3
REMEMBERED = 8
Past = deque[tuple[np.ndarray, np.ndarray, float]]


class Task:
    """Rows with their classes 0..2 and shares: what weights are sought for."""

    def __init__(
        self, rows: Sequence[Row], classes: Sequence[int], shares: Sequence[float], width: int, ridge: float
    ) -> None:
        sizes = [len(row) for row in rows]
        self.row_of = np.repeat(np.arange(len(rows)), sizes)
        self.column_of = np.fromiter((column for row in rows for column, _ in row), np.int64, sum(sizes))
        self.values = np.fromiter((value for row in rows for _, value in row), np.float64, sum(sizes))
        self.given(classes, shares, width, ridge)

    def given(self, classes: Sequence[int], shares: Sequence[float], width: int, ridge: float) -> None:
        self.right = np.eye(CLASSES)[np.asarray(classes)]
        self.shares = np.asarray(shares, np.float64)[:, None]
        self.width, self.ridge = width, np.full((width, 1), ridge)
        self.ridge[-1] = 0.0

    def loss(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """The loss of weights, and its slope; both are width by CLASSES."""
        logits = self.logits(weights)
        logits = logits - logits.max(axis=1, keepdims=True)
        chances = np.exp(logits)
        whole = chances.sum(axis=1, keepdims=True)
        missed = self.shares * (np.log(whole) - (logits * self.right).sum(axis=1, keepdims=True))
        errors = self.shares * (chances / whole - self.right)
        slope = self.slope(errors) + self.ridge * weights
        return float(missed.sum() + (self.ridge * weights * weights).sum() / 2), slope

    def logits(self, weights: np.ndarray) -> np.ndarray:
        return self.summed(self.row_of, len(self.right), weights[self.column_of])

    def slope(self, errors: np.ndarray) -> np.ndarray:
        return self.summed(self.column_of, self.width, errors[self.row_of])

    def summed(self, places: np.ndarray, size: int, of: np.ndarray) -> np.ndarray:
        """The values times `of`, added up by place."""
        parts = [np.bincount(places, self.values * of[:, at], size) for at in range(CLASSES)]
        return np.stack(parts, axis=1)


class Dense(Task):
    """The same of rows that have every column, as one table."""

    def __init__(
        self, table: np.ndarray, classes: Sequence[int], shares: Sequence[float], ridge: float
    ) -> None:
        self.table = np.hstack([table, np.ones((len(table), 1))])
        self.given(classes, shares, self.table.shape[1], ridge)

    def logits(self, weights: np.ndarray) -> np.ndarray:
        return self.table @ weights

    def slope(self, errors: np.ndarray) -> np.ndarray:
        return self.table.T @ errors


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
    return solved(Task(rows, classes, shares, width, ridge), rounds)


def solved(task: Task, rounds: int) -> list[float]:
    """The weights of the task, after so many rounds at most."""
    weights = np.zeros((task.width, CLASSES))
    loss, slope = task.loss(weights)
    past: Past = deque(maxlen=REMEMBERED)
    for _ in range(rounds):
        direction = downhill(slope, past)
        step, falls = (
            1.0 if past else 1.0 / max(1.0, float(np.sqrt(dot(slope, slope)))),
            dot(slope, direction),
        )
        while step > 1e-9:
            tried = weights + step * direction
            new_loss, new_slope = task.loss(tried)
            if new_loss <= loss + 1e-4 * step * falls:
                break
            step /= 2
        else:
            break
        moved, bent = step * direction, new_slope - slope
        if (curve := dot(moved, bent)) > 1e-12:
            past.append((moved, bent, curve))
        is_done = loss - new_loss < 1e-6 * max(1.0, abs(new_loss))
        weights, loss, slope = tried, new_loss, new_slope
        if is_done:
            break
    return weights.ravel().tolist()


def downhill(slope: np.ndarray, past: Past) -> np.ndarray:
    """The direction of L-BFGS (Nocedal 1980, two loops) for the slope and the last moves."""
    direction, shares = -slope, []
    for moved, bent, curve in reversed(past):
        share = dot(moved, direction) / curve
        shares.append(share)
        direction = direction - share * bent
    if past:
        _, bent, curve = past[-1]
        direction = curve / dot(bent, bent) * direction
    for (moved, bent, curve), share in zip(past, reversed(shares), strict=True):
        direction = direction + (share - dot(bent, direction) / curve) * moved
    return direction


def dot(left: np.ndarray, right: np.ndarray) -> float:
    return float((left * right).sum())
