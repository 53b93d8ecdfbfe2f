"""How often comments are read right, beside TextBlob and VADER: `python -m bench.sentiment.table DATA_DIR [NAME...]`.

The shipped weights have seen the sets they were trained on. Those sets are therefore read twice with other weights: with
weights of the other four fifths of all sets (five folds), and with weights of all the other sets alone. Sets that are never
trained on are read with the shipped weights. How far the sureness is off is told of the same readings, with lines drawn
from the other sets. Takes a minute or two; written as Markdown.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.processes.memory.imports import bare
from app.sentiment.engine.sureness import SAME, sure
from app.sentiment.models import Label
from app.sentiment.reading import Reading, read
from bench.sentiment import folds, sets, train
from bench.sentiment.folds import Judged
from bench.sentiment.sets import Comment

with bare("textblob"):
    from textblob.en import sentiment as textblob

try:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
except ModuleNotFoundError:
    SentimentIntensityAnalyzer = None

VADER_IS_CLEAR = 0.05
"""As the authors of VADER advise."""


def by_engine(read: Callable[..., Reading], comment: Comment) -> Judged:
    heard = read(comment.text, lang=comment.lang)
    return Judged(heard.label, heard.polarity or 0.0, heard.confidence)


def by_textblob(comment: Comment) -> Judged:
    polarity = textblob(comment.text)[0]
    return Judged(side(polarity, 0.0), polarity, 1.0)


def by_vader() -> Callable[[Comment], Judged]:
    analyzer = SentimentIntensityAnalyzer()

    def judge(comment: Comment) -> Judged:
        polarity = analyzer.polarity_scores(comment.text)["compound"]
        return Judged(side(polarity, VADER_IS_CLEAR), polarity, 1.0)

    return judge


def side(polarity: float, clear: float) -> Label:
    if abs(polarity) < clear or not polarity:
        return Label.NEUTRAL
    return Label.POSITIVE if polarity > 0 else Label.NEGATIVE


def figures(comments: Sequence[Comment], found: Sequence[Judged]) -> str:
    """Macro-F1 over the labels that occur, and the share of clear comments whose polarity has the right sign."""
    scores = []
    for label in sorted({comment.label for comment in comments}):
        right = sum(c.label == label == one.number for c, one in zip(comments, found, strict=True))
        there = sum(c.label == label for c in comments) + sum(one.number == label for one in found)
        scores.append(2 * right / there)
    clear = [(c.label, one.polarity) for c, one in zip(comments, found, strict=True) if c.label]
    signs = sum(label * polarity > 0 for label, polarity in clear) / len(clear) if clear else None
    return f"{sum(scores) / len(scores):.3f}" + (f" ({signs:.3f})" if signs is not None else "")


def main(arguments: Sequence[str]) -> int:
    folder, *names = arguments
    known = {name: sets.load(Path(folder), name) for name in sets.TRAINING}
    shown = names or [*sets.named(Path(folder)), sets.OWN]
    data = {name: known.get(name) or sets.load(Path(folder), name) for name in shown}
    judged = {"TextBlob": {name: [by_textblob(c) for c in of] for name, of in data.items()}}
    if SentimentIntensityAnalyzer:
        vader = by_vader()
        judged["VADER"] = {name: [vader(c) for c in of] for name, of in data.items()}
    never = {name: of for name, of in data.items() if name not in known}
    shipped = {name: [by_engine(read, c) for c in of] for name, of in never.items()}
    by_fifths = folds.folded(known, train.made)
    judged["JustAsk"] = by_fifths | shipped
    judged["JustAsk, set unseen"] = folds.unseen(known, train.made)
    print(
        "Macro-F1, and in brackets the share of positive and negative comments whose polarity has the right sign.\n"
    )
    printed("set", judged, data, lambda name, _: name)
    for name, by in (("challenge_b2b", "extra"), ("challenge_multi", "lang")):
        if name in data:
            print()
            printed(name, judged, {name: data[name]}, lambda _, comment, by=by: getattr(comment, by))
    print()
    print_sureness(data, made_sure(known, by_fifths) | shipped)
    return 0


def made_sure(known: folds.Sets, judged: dict[str, list[Judged]]) -> dict[str, list[Judged]]:
    """The readings of each set as sure as lines drawn from all other sets make them."""
    found = {}
    for name, of in judged.items():
        others = {other: readings for other, readings in judged.items() if other != name}
        lines = folds.lines(known, others)
        found[name] = [
            Judged(one.label, one.polarity, sure(one.chance, lines.get(one.label, SAME))) for one in of
        ]
    return found


def print_sureness(data: folds.Sets, judged: dict[str, list[Judged]]) -> None:
    """How sure the readings of each set are, how many are right, and how far the two lie apart (by tenths)."""
    print("| set | n | sure, on average | right | off by |\n|---|---|---|---|---|")
    for name, comments in data.items():
        pairs = [
            (one.chance, one.number == comment.label)
            for comment, one in zip(comments, judged[name], strict=True)
            if one.label is not Label.UNKNOWN
        ]
        sureness, right = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
        print(f"| {name} | {len(pairs)} | {sureness:.2f} | {right:.2f} | {folds.off(pairs):.3f} |")


def printed(
    title: str,
    judged: dict[str, dict[str, list[Judged]]],
    data: dict[str, list[Comment]],
    group_of: Callable[[str, Comment], str],
) -> None:
    """One Markdown table: a line for each group of comments, a column for each way of reading them."""
    print(f"| {title} | n | {' | '.join(judged)} |\n|---|---|{'---|' * len(judged)}")
    groups = defaultdict(list)
    for name, comments in data.items():
        for at, comment in enumerate(comments):
            groups[group_of(name, comment)].append((name, at))
    for group, places in groups.items():
        cells = []
        for found in judged.values():
            there = [(data[name][at], found[name][at]) for name, at in places if name in found]
            cells.append(figures(*zip(*there, strict=True)) if there else "")
        print(f"| {group} | {len(places)} | {' | '.join(cells)} |")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
