"""How often comments are read right, beside TextBlob and VADER: `python -m bench.sentiment.table DATA_DIR [NAME...]`.

The shipped weights have seen the sets they were trained on. Those sets are therefore read twice with other weights: with
weights of the other four fifths of all sets (five folds), and with weights of all the other sets alone. Sets that are never
trained on are read with the shipped weights. Takes ten minutes; written as Markdown.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from hashlib import sha1
from pathlib import Path

from app.core.processes.memory.imports import bare
from app.sentiment.engine.english import hearing
from app.sentiment.engine.english.heads import Heads
from app.sentiment.engine.plain import plain
from app.sentiment.engine.tokens import tokens
from app.sentiment.models import Label
from app.sentiment.reading import label_of, read
from bench.sentiment import sets, train
from bench.sentiment.sets import Comment

with bare("textblob"):
    from textblob.en import sentiment as textblob

try:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
except ModuleNotFoundError:
    SentimentIntensityAnalyzer = None

Found = tuple[int, float]
"""A label, -1, 0 or 1, and a polarity."""
FOLDS = 5
AS_NUMBER = {Label.NEGATIVE: -1, Label.POSITIVE: 1}
VADER_IS_CLEAR = 0.05
"""As the authors of VADER advise."""


def by_engine(comment: Comment) -> Found:
    heard = read(comment.text, lang=comment.lang)
    return AS_NUMBER.get(heard.label, 0), heard.polarity or 0.0


def by_weights(weights: Heads) -> Callable[[Comment], Found]:
    def judge(comment: Comment) -> Found:
        shown = plain(comment.text)
        if not shown.strip():
            return 0, 0.0
        heard = hearing.hear(shown, tokens(shown), weights)
        return AS_NUMBER.get(label_of(heard), 0), heard.polarity

    return judge


def by_textblob(comment: Comment) -> Found:
    polarity = textblob(comment.text)[0]
    return (polarity > 0) - (polarity < 0), polarity


def by_vader() -> Callable[[Comment], Found]:
    analyzer = SentimentIntensityAnalyzer()

    def judge(comment: Comment) -> Found:
        polarity = analyzer.polarity_scores(comment.text)["compound"]
        return (polarity >= VADER_IS_CLEAR) - (polarity <= -VADER_IS_CLEAR), polarity

    return judge


def fold_of(comment: Comment) -> int:
    """The same for the same words, wherever they stand."""
    return sha1(comment.text.encode()).digest()[0] % FOLDS


def made(data: dict[str, Sequence[Comment]]) -> Heads:
    return Heads(train.trained(train.gathered(data)))


def figures(comments: Sequence[Comment], found: Sequence[Found]) -> str:
    """Macro-F1 over the labels that occur, and the share of clear comments whose polarity has the right sign."""
    scores = []
    for label in sorted({comment.label for comment in comments}):
        right = sum(c.label == label == f[0] for c, f in zip(comments, found, strict=True))
        there = sum(c.label == label for c in comments) + sum(f[0] == label for f in found)
        scores.append(2 * right / there)
    clear = [(c.label, f[1]) for c, f in zip(comments, found, strict=True) if c.label]
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
    judged["JustAsk"] = folded(known) | {
        name: [by_engine(c) for c in of] for name, of in data.items() if name not in known
    }
    judged["JustAsk, set unseen"] = unseen(known)
    print(
        "Macro-F1, and in brackets the share of positive and negative comments whose polarity has the right sign.\n"
    )
    printed("set", judged, data, lambda name, _: name)
    for name, by in (("challenge_b2b", "extra"), ("challenge_multi", "lang")):
        if name in data:
            print()
            printed(name, judged, {name: data[name]}, lambda _, comment, by=by: getattr(comment, by))
    return 0


def folded(known: dict[str, list[Comment]]) -> dict[str, list[Found]]:
    """Each comment read with weights made without its fifth."""
    judges = [
        by_weights(made({name: [c for c in of if fold_of(c) != at] for name, of in known.items()}))
        for at in range(FOLDS)
    ]
    return {name: [judges[fold_of(comment)](comment) for comment in of] for name, of in known.items()}


def unseen(known: dict[str, list[Comment]]) -> dict[str, list[Found]]:
    """Each set read with weights made of the others."""
    found = {}
    for name, comments in known.items():
        judge = by_weights(made({other: of for other, of in known.items() if other != name}))
        found[name] = [judge(comment) for comment in comments]
    return found


def printed(
    title: str,
    judged: dict[str, dict[str, list[Found]]],
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
