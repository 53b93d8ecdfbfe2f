"""Comments read with weights that have not seen them: by fifths, and by whole sets left out. How sure such readings may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha1

import numpy as np

from app.sentiment.engine.english import hearing
from app.sentiment.engine.english.heads import Heads
from app.sentiment.engine.plain import plain
from app.sentiment.engine.sureness import LEAST, Line, Lines
from app.sentiment.engine.tokens import tokens
from app.sentiment.models import Label
from app.sentiment.reading import chance_of, label_of
from bench.sentiment.sets import Comment

FOLDS = 5
AS_NUMBER = {Label.NEGATIVE: -1, Label.POSITIVE: 1}
LABELS = (Label.NEGATIVE, Label.NEUTRAL, Label.MIXED, Label.POSITIVE)
HELD_BACK = 3.0
"""So many comments' worth of doubt whether a line differs from the one that changes nothing."""
BINS = 10

Sets = dict[str, Sequence[Comment]]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was heard in a comment; `chance` is that of the label, before it is made how sure it is."""

    label: Label
    polarity: float
    chance: float

    @property
    def number(self) -> int:
        """The label as the sets have it: mixed and unknown are the middle."""
        return AS_NUMBER.get(self.label, 0)


def judge(comment: Comment, weights: Heads) -> Judged:
    shown = plain(comment.text)
    if not shown.strip():
        return Judged(Label.UNKNOWN, 0.0, 1.0)
    heard = hearing.hear(shown, tokens(shown), weights)
    label = label_of(heard)
    return Judged(label, heard.polarity, chance_of(label, heard))


def fold_of(comment: Comment) -> int:
    """The same for the same words, wherever they stand."""
    return sha1(comment.text.encode()).digest()[0] % FOLDS


def folded(known: Sets, make: Callable[[Sets], Heads]) -> dict[str, list[Judged]]:
    """Each comment read with weights made without its fifth."""
    weights = [
        make({name: [c for c in of if fold_of(c) != at] for name, of in known.items()}) for at in range(FOLDS)
    ]
    return {name: [judge(comment, weights[fold_of(comment)]) for comment in of] for name, of in known.items()}


def unseen(known: Sets, make: Callable[[Sets], Heads]) -> dict[str, list[Judged]]:
    """Each set read with weights made of the others."""
    found = {}
    for name, comments in known.items():
        weights = make({other: of for other, of in known.items() if other != name})
        found[name] = [judge(comment, weights) for comment in comments]
    return found


def lines(known: Sets, judged: dict[str, list[Judged]]) -> Lines:
    """For each label the line from chances to how often they came true. Each set counts by the root of its size."""
    found = {}
    for label in LABELS:
        chances, right, shares = [], [], []
        for name, of in judged.items():
            for comment, one in zip(known[name], of, strict=True):
                if one.label is label:
                    chances.append(one.chance)
                    right.append(one.number == comment.label)
                    shares.append(math.sqrt(1000 / len(of)))
        found[label.value] = line(chances, right, shares)
    return found


def line(chances: Sequence[float], right: Sequence[bool], shares: Sequence[float]) -> Line:
    """Platt's line by Newton's method, held back towards the one that changes nothing, and never falling."""
    at = np.clip(np.asarray(chances, float), LEAST, 1 - LEAST)
    odds, came, share = np.log(at / (1 - at)), np.asarray(right, float), np.asarray(shares)
    slope, shift = 1.0, 0.0
    for _ in range(100):
        likely = 1 / (1 + np.exp(-slope * odds - shift))
        errors, bends = share * (likely - came), share * likely * (1 - likely)
        pull = [(errors * odds).sum() + HELD_BACK * (slope - 1), errors.sum() + HELD_BACK * shift]
        crossed = (bends * odds).sum()
        bend = [
            [(bends * odds * odds).sum() + HELD_BACK, crossed],
            [crossed, bends.sum() + HELD_BACK],
        ]
        step = np.clip(np.linalg.solve(bend, pull), -0.5, 0.5)
        slope, shift = max(slope - step[0], 0.05), shift - step[1]
        if abs(step).max() < 1e-9:
            break
    return round(float(slope), 3), round(float(shift), 3)


def off(found: Iterable[tuple[float, bool]]) -> float:
    """The expected calibration error of (how sure, whether right), by tenths: 0 where seventy of a hundred 0.7 are right."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    every = 0
    for sure, right in found:
        bins.setdefault(min(int(sure * BINS), BINS - 1), []).append((sure, right))
        every += 1
    gaps = [abs(sum(sure for sure, _ in of) - sum(right for _, right in of)) for of in bins.values()]
    return sum(gaps) / every if every else 0.0
