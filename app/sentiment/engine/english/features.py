"""What the heads look at: some figures about the clauses of a comment, and its words and pairs of words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from operator import mul

from app.sentiment.engine.english.patterns import ENDS_SENTENCE, NOTHING
from app.sentiment.engine.english.rules import Hit, Part
from app.sentiment.engine.english.wordlist import NEGATORS
from app.sentiment.engine.tokens import Token

OF_HITS = (
    "mean",
    "praise",
    "blame",
    "highest",
    "lowest",
    "praise_share",
    "blame_share",
    "only_praise",
    "only_blame",
    "both",
    "no_hits",
    "flipped_praise",
    "flipped_blame",
)
OF_CLAUSES = (
    "weighed",
    "first",
    "last",
    "after_turn",
    "wishes",
    "requests",
    "wish_alone",
    "request_alone",
    "stray",
    "stray_alone",
    "clauses",
)
OF_WORDS = (
    "asks",
    "exclaims",
    "loud",
    "signs",
    "length",
    "short",
    "starts_no",
    "nothing",
    "numbers",
    "first_person",
)
FIGURES = OF_HITS + OF_CLAUSES + OF_WORDS
NO_HITS = tuple(float(name == "no_hits") for name in OF_HITS)
STRONG = 0.25
SELF = frozenset(("i", "we", "my", "our", "us", "me", "i'm", "i've", "we've", "we're", "i'd"))
FIRST_NO = frozenset(("no", "none", "nothing", "nope", "nil"))
DRAWN = frozenset(("smiley", "sign"))
REACH = 4
MOST_PAIRS = 1200


def figures(text: str, words: list[Token], parts: list[Part]) -> list[float]:
    """The figures of FIGURES, in their order, each of the size of one."""
    spoken = [word.kind for word in words].count("word")
    hits = [hit for part in parts for hit in part.hits]
    return [*of_hits(hits, spoken), *of_clauses(parts, hits), *of_words(text, words, spoken)]


def of_hits(hits: list[Hit], spoken: int) -> tuple[float, ...]:
    """What the words of the list say, whatever their place."""
    if not hits:
        return NO_HITS
    polarities, size = [hit.polarity for hit in hits], max(spoken, 3)
    flipped = [hit.polarity for hit in hits if hit.flipped]
    whole = sum(polarities)
    praise = (whole + sum(map(abs, polarities))) / 2
    blame = praise - whole
    highest, lowest = max(polarities), min(polarities)
    return (
        whole / len(polarities),
        math.tanh(praise / 1.5),
        math.tanh(blame / 1.5),
        max(highest, 0.0),
        min(lowest, 0.0),
        min(praise * 3 / size, 1.5),
        min(blame * 3 / size, 1.5),
        float(highest > STRONG and lowest > -STRONG / 2),
        float(lowest < -STRONG and highest < STRONG / 2),
        float(lowest < -STRONG and highest > STRONG),
        0.0,
        min(len([polarity for polarity in flipped if polarity < 0]), 2) / 2,
        min(len([polarity for polarity in flipped if polarity > 0]), 2) / 2,
    )


def of_clauses(parts: list[Part], hits: list[Hit]) -> tuple[float, ...]:
    """How the clauses stand to each other, and what is wished and denied in them."""
    said = [part for part in parts if part.hits]
    means, weights = [part.polarity for part in said], [part.weight for part in said]
    wishes, requests = sum([part.wishes for part in parts]), sum([part.requests for part in parts])
    stray = sum([part.stray for part in parts])
    is_calm = not [hit for hit in hits if not -STRONG < hit.polarity < STRONG]
    return (
        sum(map(mul, means, weights)) / (sum(weights) or 1.0),
        means[0] if means else 0.0,
        means[-1] if means else 0.0,
        sum([mean for mean, part in zip(means, said, strict=True) if part.is_turn]),
        min(wishes, 2) / 2,
        min(requests, 3) / 3,
        float(wishes > 0 and is_calm),
        float(requests > 0 and is_calm),
        min(stray, 3) / 3,
        float(stray > 0 and not hits),
        math.log1p(len(parts)) / 2,
    )


def of_words(text: str, words: list[Token], spoken: int) -> tuple[float, ...]:
    """The manner: length, loudness, questions."""
    kinds = [word.kind for word in words]
    return (
        float("?" in words),
        min(words.count("!"), 2) / 2,
        min([word.loud for word in words].count(True), 3) / 3,
        sum([kind in DRAWN for kind in kinds[:20]]) / 4,
        math.log1p(spoken) / 3,
        float(spoken <= 3),
        float(bool(words) and words[0] in FIRST_NO),
        float(NOTHING.fullmatch(text) is not None),
        min(kinds.count("number"), 3) / 3,
        min(sum([word in SELF for word in words]), 4) / 4,
    )


def grams(words: list[Token]) -> Iterator[tuple[str, int]]:
    """The words and pairs of neighbours, those within reach of a negation marked, with their places."""
    negated, before = 0, "^"
    for word in words[:MOST_PAIRS]:
        kind = word.kind
        if kind == "mark" or kind == "newline":
            if word in ENDS_SENTENCE or kind == "newline" or word == ",":
                negated, before = 0, "^"
            continue
        shown = "0" if kind == "number" else word
        marked = "~" + shown if negated else shown
        yield marked, word.place
        yield before + " " + shown, word.place
        if word in NEGATORS:
            negated = REACH
        elif negated:
            negated -= 1
        before = shown
