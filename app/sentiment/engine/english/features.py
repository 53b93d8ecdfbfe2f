"""What the heads look at: some figures about the clauses of a comment, and its words and pairs of words."""

from __future__ import annotations

import math

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
REACH = 4
MOST_PAIRS = 1200


def figures(text: str, words: list[Token], parts: list[Part]) -> list[float]:
    """The figures of FIGURES, in their order, each of the size of one."""
    kinds = [word.kind for word in words]
    hits = [hit for part in parts for hit in part.hits]
    return [*of_hits(hits, kinds.count("word")), *of_clauses(parts, hits), *of_words(text, words, kinds)]


def of_hits(hits: list[Hit], spoken: int) -> tuple[float, ...]:
    """What the words of the list say, whatever their place."""
    if not hits:
        return NO_HITS
    polarities = [hit.polarity for hit in hits]
    turned = [hit.polarity for hit in hits if hit.flipped]
    size = spoken if spoken > 3 else 3
    whole = sum(polarities)
    praise = (whole + sum(map(abs, polarities))) / 2
    blame = praise - whole
    highest, lowest = max(polarities), min(polarities)
    return (
        whole / len(polarities),
        math.tanh(praise / 1.5),
        math.tanh(blame / 1.5),
        highest if highest > 0.0 else 0.0,
        lowest if lowest < 0.0 else 0.0,
        min(praise * 3 / size, 1.5),
        min(blame * 3 / size, 1.5),
        float(highest > STRONG and lowest > -STRONG / 2),
        float(lowest < -STRONG and highest < STRONG / 2),
        float(lowest < -STRONG and highest > STRONG),
        0.0,
        *(turned_to(turned) if turned else (0.0, 0.0)),
    )


def turned_to(polarities: list[float]) -> tuple[float, float]:
    """How much was turned to blame and to praise."""
    blame = len([polarity for polarity in polarities if polarity < 0])
    praise = len([polarity for polarity in polarities if polarity > 0])
    return min(blame, 2) / 2, min(praise, 2) / 2


def of_clauses(parts: list[Part], hits: list[Hit]) -> tuple[float, ...]:
    """How the clauses stand to each other, and what is wished and denied in them."""
    means, weighed, weight, after_turn = [], 0.0, 0.0, 0.0
    wishes = requests = stray = 0
    for part in parts:
        wishes += part.wishes
        requests += part.requests
        stray += part.stray
        if part.hits:
            mean = part.polarity
            means.append(mean)
            weighed += mean * part.weight
            weight += part.weight
            if part.is_turn:
                after_turn += mean
    is_calm = (wishes or requests) and all(-STRONG < hit.polarity < STRONG for hit in hits)
    return (
        weighed / (weight or 1.0),
        means[0] if means else 0.0,
        means[-1] if means else 0.0,
        after_turn,
        min(wishes, 2) / 2,
        min(requests, 3) / 3,
        float(wishes > 0 and is_calm),
        float(requests > 0 and is_calm),
        min(stray, 3) / 3,
        float(stray > 0 and not hits),
        math.log1p(len(parts)) / 2,
    )


def of_words(text: str, words: list[Token], kinds: list[str]) -> tuple[float, ...]:
    """The manner: length, loudness, questions; `kinds` are those of the words."""
    spoken, drawn = kinds.count("word"), kinds[:20]
    return (
        float("?" in text and "?" in words),
        min(words.count("!"), 2) / 2 if "!" in text else 0.0,
        min([word.loud for word in words].count(True), 3) / 3,
        (drawn.count("smiley") + drawn.count("sign")) / 4,
        math.log1p(spoken) / 3,
        float(spoken <= 3),
        float(bool(words) and words[0] in FIRST_NO),
        float(NOTHING.fullmatch(text) is not None),
        min(kinds.count("number"), 3) / 3,
        min(len([word for word in words if word in SELF]), 4) / 4,
    )


def grams(words: list[Token]) -> dict[str, int]:
    """The words and pairs of neighbours, those within reach of a negation marked, with their first places."""
    places: dict[str, int] = {}
    negated, before = 0, "^"
    for word in words[:MOST_PAIRS]:
        kind = word.kind
        if kind == "mark" or kind == "newline":
            if word in ENDS_SENTENCE or kind == "newline" or word == ",":
                negated, before = 0, "^"
            continue
        shown = "0" if kind == "number" else word
        places.setdefault("~" + shown if negated else shown, word.place)
        places.setdefault(before + " " + shown, word.place)
        if word in NEGATORS:
            negated = REACH
        elif negated:
            negated -= 1
        before = shown
    return places
