"""The trained weights on vectors: how far a text leans to negative and to positive. `bench/sentiment/train_vectors.py` makes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import mul
from pathlib import Path

from app.sentiment.engine.sureness import Lines

WEIGHTS = Path(__file__).parent / "weights.json"
Logits = tuple[float, float]
"""Of negative and positive, neutral being 0."""


@dataclass(frozen=True, slots=True)
class Head:
    """The weights of one version, for the vectors of one release of the model."""

    version: str
    release: str
    bias: Logits
    negative: tuple[float, ...]
    positive: tuple[float, ...]
    lines: Lines

    def logits(self, vector: Sequence[float]) -> Logits:
        return (
            self.bias[0] + sum(map(mul, vector, self.negative)),
            self.bias[1] + sum(map(mul, vector, self.positive)),
        )


@cache
def head() -> Head:
    """The weights that are shipped."""
    table = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return Head(
        table["version"],
        table["release"],
        tuple(table["bias"]),
        tuple(table["negative"]),
        tuple(table["positive"]),
        {label: tuple(line) for label, line in table["sure"].items()},
    )
