"""Makes the weights on vectors: `python -m bench.sentiment.train_vectors DATA_DIR [CACHE_DIR]`, with the extra installed.

The same comments of the same sets as for the default engine, and no other; their vectors take ten minutes of one core,
and are kept in CACHE_DIR where one is given. One logistic model, whose chances are then mixed with what words and rules say.
Models without a fifth of the comments each tell how sure readings may be, and how often they are right: that is printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.sentiment.engine.english import hearing as english
from app.sentiment.engine.english.heads import Heads, chances
from app.sentiment.engine.plain import plain
from app.sentiment.engine.sureness import Lines
from app.sentiment.engine.tokens import tokens
from app.sentiment.engine.vectors.head import WEIGHTS, Head
from app.sentiment.engine.vectors.hearing import OF_LIST_ENGLISH, blended, leaning, polarity
from app.sentiment.engine.vectors.model import WIDTH, release, vectors
from app.sentiment.models import Label
from bench.sentiment import folds, logistic, sets, table, train
from bench.sentiment.folds import Judged
from bench.sentiment.sets import Comment

VERSION = "1"
RIDGE = 500.0
SPREAD = 0.023
"""The standard deviation of one figure of a vector, by which it is made of the size of one."""
ROUNDS = 60
AT_A_TIME = 32
BY_CHANCE = (Label.NEGATIVE, Label.NEUTRAL, Label.POSITIVE)
Vectors = dict[str, np.ndarray]


def vectors_of(name: str, comments: Sequence[Comment], cache: Path | None) -> np.ndarray:
    """The vectors of a set, in its order."""
    path = cache / f"{name}.npy" if cache else None
    if path and path.exists():
        return np.load(path)
    texts = [plain(comment.text) for comment in comments]
    found = [one for at in range(0, len(texts), AT_A_TIME) for one in vectors(texts[at : at + AT_A_TIME])]
    if path:
        np.save(path, np.array(found, np.float32))
    return np.array(found)


def trained(data: folds.Sets, known: Vectors, without: int | None = None) -> dict[str, Any]:
    """The table of weights made from these sets, less one fifth where it is named."""
    rows, classes, shares = [], [], []
    for name, of in data.items():
        kept = [at for at, comment in enumerate(of) if folds.fold_of(comment) != without]
        weights = train.shares([of[at] for at in kept], train.PARTS.get(name, 1.0))
        for at, share in zip(kept, weights, strict=True):
            rows.append(known[name][at] / SPREAD)
            classes.append(of[at].label + 1)
            shares.append(share)
    found = logistic.solved(logistic.Dense(np.array(rows), classes, shares, RIDGE), ROUNDS)
    pairs = [train.relative(found, at) for at in range(WIDTH + 1)]
    return {
        "bias": [round(weight, 4) for weight in pairs[-1]],
        "negative": [round(negative / SPREAD, 3) for negative, _ in pairs[:-1]],
        "positive": [round(positive / SPREAD, 3) for _, positive in pairs[:-1]],
    }


def head_of(table: dict[str, Any]) -> Head:
    return Head("", "", tuple(table["bias"]), tuple(table["negative"]), tuple(table["positive"]), {})


def folded(data: folds.Sets, known: Vectors) -> dict[str, list[Judged]]:
    """Each comment read with weights, on vectors and on words, that were made without its fifth."""
    found = {name: [None] * len(of) for name, of in data.items()}
    for fold in range(folds.FOLDS):
        head = head_of(trained(data, known, fold))
        rest = {name: [c for c in of if folds.fold_of(c) != fold] for name, of in data.items()}
        words = train.made(rest)
        for name, of in data.items():
            for at, comment in enumerate(of):
                if folds.fold_of(comment) == fold:
                    found[name][at] = judge(comment, known[name][at], head, words)
    return found


def judge(comment: Comment, vector: np.ndarray, head: Head, words: Heads) -> Judged:
    """As hearing.judged does, without clauses: being mixed is not looked for."""
    shown = plain(comment.text)
    if not shown.strip():
        return Judged(Label.UNKNOWN, 0.0, 1.0)
    heard = english.hear(shown, tokens(shown), words)
    logits = head.logits(vector.tolist())
    if heard.is_known:
        logits = blended(logits, leaning(heard), OF_LIST_ENGLISH)
    found = chances(*logits)
    highest = max(found)
    return Judged(BY_CHANCE[found.index(highest)], polarity(found), highest)


def sure_of(data: folds.Sets, judged: dict[str, list[Judged]]) -> Lines:
    """Lines for the labels. A mixed comment is as sure as a neutral one."""
    lines = dict(folds.lines(data, judged))
    return lines | {Label.MIXED.value: lines[Label.NEUTRAL.value]}


def main(arguments: Iterable[str]) -> int:
    folder, *cache = map(Path, arguments)
    data = {name: sets.load(folder, name) for name in sets.TRAINING}
    known = {name: vectors_of(name, of, cache[0] if cache else None) for name, of in data.items()}
    judged = folded(data, known)
    head = {"version": VERSION, "release": release(), "sure": sure_of(data, judged)}
    WEIGHTS.write_text(written(head | trained(data, known)), encoding="utf-8")
    print(f"{WEIGHTS}: from {sum(map(len, data.values()))} comments\n")
    table.printed("set", {"read without its fifth": judged}, data, lambda name, _: name)
    print()
    table.print_sureness(data, table.made_sure(data, judged))
    return 0


def written(weights: dict[str, Any]) -> str:
    """The table as JSON, one entry a line."""
    return "{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in weights.items()) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
