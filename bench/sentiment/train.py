"""Makes the weights of the English heads: `python -m bench.sentiment.train DATA_DIR [OUT.json]`.

DATA_DIR holds the labelled sets. Only those of `sets.TRAINING` are read. Two models are trained, one on the figures
and one on figures and words, and written as one table whose logits are their mean. Each set counts by the root of its size;
within a set the rarer labels count more. Five more, each without a fifth of the comments, tell how sure readings may be.
The same files give the same weights.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.sentiment.engine.english.features import FIGURES, figures, grams
from app.sentiment.engine.english.heads import SCALE, SHIFT, WEIGHTS, Heads
from app.sentiment.engine.english.rules import parts
from app.sentiment.engine.plain import plain
from app.sentiment.engine.sureness import Lines
from app.sentiment.engine.tokens import tokens
from bench.sentiment import folds, logistic, sets
from bench.sentiment.sets import Comment

VERSION = "5"
RIDGE_FIGURES, RIDGE_WORDS = 1.0, 10.0
RAREST = 3
MOST_GRAMS = 6000
BALANCE = 0.7
"""1 gives every label of a set the same weight, 0 leaves them as they are."""
ROUNDS = 60
PARTS = {sets.OWN: 0.3}
"""Sentences made up to be hard are not as frequent as those that people write."""


@dataclass(frozen=True, slots=True)
class Example:
    """A comment as the heads see it."""

    figures: list[float]
    grams: frozenset[str]
    label: int
    share: float


def examples(comments: Sequence[Comment], part: float = 1.0) -> list[Example]:
    """The comments of one set, which counts for `part` of what its size gives it."""
    of = zip(comments, shares(comments, part), strict=True)
    return [Example(*seen(comment.text), comment.label, share) for comment, share in of]


def shares(comments: Sequence[Comment], part: float = 1.0) -> list[float]:
    """How much each comment of a set counts."""
    counts = Counter(comment.label for comment in comments)
    size = part * math.sqrt(1000 / len(comments)) if comments else part
    return [size * (len(comments) / len(counts) / counts[comment.label]) ** BALANCE for comment in comments]


def gathered(data: dict[str, Sequence[Comment]]) -> list[Example]:
    """The comments of several sets by name."""
    return [one for name, of in data.items() for one in examples(of, PARTS.get(name, 1.0))]


@cache
def seen(text: str) -> tuple[list[float], frozenset[str]]:
    text = plain(text)
    words = tokens(text)
    found = parts(words)
    return figures(text.strip(), words, found), frozenset(grams(words))


def made(data: dict[str, Sequence[Comment]]) -> Heads:
    """The weights that these sets give."""
    return Heads(trained(gathered(data)))


def trained(of: Sequence[Example], sure: Lines | None = None) -> dict[str, Any]:
    """The table of weights made from these examples; `sure` are its lines."""
    classes, shares = [one.label + 1 for one in of], [one.share for one in of]
    dense = [[*enumerate(one.figures), (len(FIGURES), 1.0)] for one in of]
    alone = logistic.fit(dense, classes, shares, len(FIGURES) + 1, ridge=RIDGE_FIGURES, rounds=ROUNDS)
    counts = Counter(gram for one in of for gram in one.grams)
    known = sorted(gram for gram, count in counts.items() if count >= RAREST)
    column = {gram: len(FIGURES) + at for at, gram in enumerate(known)}
    width = len(FIGURES) + len(known) + 1
    rows = [
        [
            *enumerate(one.figures),
            *((column[g], 1.0) for g in sorted(one.grams) if g in column),
            (width - 1, 1.0),
        ]
        for one in of
    ]
    both = logistic.fit(rows, classes, shares, width, ridge=RIDGE_WORDS, rounds=ROUNDS)
    return {"version": VERSION, "sure": dict(sure or {})} | table(alone, both, known)


def table(alone: list[float], both: list[float], known: list[str]) -> dict[str, Any]:
    """Both models as one: the mean of their logits, neutral being 0; the words that matter most."""
    mean = [
        tuple((a + b) / 2 for a, b in zip(relative(alone, at), relative(both, at), strict=True))
        for at in range(len(FIGURES))
    ]
    bias = [(a + b) / 2 for a, b in zip(relative(alone, -1), relative(both, -1), strict=True)]
    words = {gram: relative(both, len(FIGURES) + at) for at, gram in enumerate(known)}
    kept = sorted(words, key=lambda gram: (-max(map(abs, words[gram])), gram))[:MOST_GRAMS]
    return {
        "bias": [round(b, 4) for b in bias],
        "figures": {name: [round(w, 4) for w in pair] for name, pair in zip(FIGURES, mean, strict=True)},
        "grams": {gram: [whole(w / 2) for w in words[gram]] for gram in sorted(kept)},
    }


def relative(weights: list[float], at: int) -> tuple[float, float]:
    """The weights of negative and positive for a column, those of neutral taken off."""
    at = at % (len(weights) // logistic.CLASSES) * logistic.CLASSES
    return weights[at] - weights[at + 1], weights[at + 2] - weights[at + 1]


def whole(weight: float) -> int:
    return max(1 - SHIFT, min(SHIFT - 1, round(weight * SCALE)))


def written(weights: dict[str, Any]) -> str:
    """The table as JSON, one word a line."""
    grams = ",\n".join(
        f"  {json.dumps(g, ensure_ascii=False)}: {json.dumps(w)}" for g, w in weights["grams"].items()
    )
    head = json.dumps({k: v for k, v in weights.items() if k != "grams"}, indent=1)
    return head[:-2] + ',\n "grams": {\n' + grams + "\n }\n}\n"


def main(arguments: Iterable[str]) -> int:
    folder, *out = arguments
    known = {name: sets.load(Path(folder), name) for name in sets.TRAINING}
    of = gathered(known)
    weights = trained(of, folds.lines(known, folds.folded(known, made)))
    path = Path(out[0]) if out else WEIGHTS
    path.write_text(written(weights), encoding="utf-8")
    print(f"{path}: {len(weights['grams'])} words from {len(of)} comments")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
