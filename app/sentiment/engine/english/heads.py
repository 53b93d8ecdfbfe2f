"""The trained weights: how the figures and words of a comment become the chances of negative, neutral and positive.

Two small logistic models, one on the figures alone and one on figures and words, whose logits are averaged; both are
linear, so one table of weights holds the two. `bench/sentiment/train.py` makes it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from app.sentiment.engine.sureness import Lines

WEIGHTS = Path(__file__).parent / "weights.json"
SCALE = 100.0
SHIFT = 1 << 11
"""A word's two weights are kept as one number, which takes a third of the memory: 12 bits each, SCALE to one."""


class Heads:
    """The weights of one version. Logits are (negative, positive), neutral being 0."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.version: str = table["version"]
        self.bias: tuple[float, float] = tuple(table["bias"])
        self.figures: list[tuple[float, float]] = [tuple(pair) for pair in table["figures"].values()]
        self.names: tuple[str, ...] = tuple(table["figures"])
        self.lines: Lines = {label: tuple(line) for label, line in table["sure"].items()}
        self.grams: dict[str, int] = {gram: packed(*pair) for gram, pair in table["grams"].items()}

    def of_figures(self, figures: Iterable[float], first: int) -> tuple[float, float]:
        """The logits of figures, `first` being the place of the first of them among all."""
        negative = positive = 0.0
        for place, figure in enumerate(figures, first):
            if figure:
                against, in_favour = self.figures[place]
                negative += figure * against
                positive += figure * in_favour
        return negative, positive

    def of_grams(self, grams: Mapping[str, int]) -> list[tuple[int, float, float]]:
        """The weights of the known ones of `grams`, which are given with their places."""
        known = self.grams
        return [(place, *unpacked(known[gram])) for gram, place in grams.items() if gram in known]


def packed(negative: int, positive: int) -> int:
    return (negative + SHIFT) * SHIFT * 2 + positive + SHIFT


@lru_cache(maxsize=2048)  # Few words make most of what people write.
def unpacked(number: int) -> tuple[float, float]:
    negative, positive = divmod(number, SHIFT * 2)
    return (negative - SHIFT) / SCALE, (positive - SHIFT) / SCALE


def chances(negative: float, positive: float) -> tuple[float, float, float]:
    """The chances of negative, neutral and positive from the logits of the first and the last."""
    highest = max(negative, positive, 0.0)
    shares = math.exp(negative - highest), math.exp(-highest), math.exp(positive - highest)
    whole = sum(shares)
    return shares[0] / whole, shares[1] / whole, shares[2] / whole


@cache
def heads() -> Heads:
    """The weights that are shipped."""
    return Heads(json.loads(WEIGHTS.read_text(encoding="utf-8")))
