"""From how likely an engine finds a label to how often such labels are right, as comments it was not trained on have shown."""

from __future__ import annotations

import math
from collections.abc import Mapping

Line = tuple[float, float]
"""Slope and shift of a straight line between log odds: (1, 0) changes nothing. A slope above 0 keeps the order."""
SAME: Line = (1.0, 0.0)
Lines = Mapping[str, Line]
"""A line for each label."""
LEAST = 1e-4


def sure(chance: float, line: Line) -> float:
    """How often a label is right, 0..1, which the engine gives this chance (Platt 1999)."""
    within = min(max(chance, LEAST), 1 - LEAST)
    return 1 / (1 + math.exp(-line[0] * math.log(within / (1 - within)) - line[1]))
