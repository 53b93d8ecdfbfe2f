"""How a comment sounds: polarity, label and the words it rests on. Pure; any text gets a reading, never an error.

A language without a word list gives "unknown", which is not "neutral". The score that came with the comment is not
used: what people say and what they score are two facts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.sentiment import engine
from app.sentiment.models import Label

ENGINE = engine.NAME
VERSION = engine.VERSION
LONGEST = 4000
MOST_EVIDENCE = 20
# Fitted on comments of surveys: the engine calls half of all factual remarks a little positive.
NEGATIVE_BELOW = -0.02
POSITIVE_ABOVE = 0.18
STRONG = 0.3

TAGS = re.compile(r"<[^<>]{0,200}>")
RUNS = re.compile(r"([^\w\s])\1{3,}")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
LETTER = re.compile(r"[^\W\d_]")
NOTHING = re.compile(
    r"\W*(nothing|none|nope|n/?a|nothing at all|nothing really|no complaints)\W*", re.IGNORECASE
)
NOTHING_MEANS = {"improve": STRONG, "like": -STRONG}


BREAKS = re.compile(r"(?:[.!?;\n]+|,?\s+(?=(?:but|however|although|though)\b))\s*", re.IGNORECASE)


class Reason(StrEnum):
    """Why a comment's reading is unknown."""

    EMPTY = "empty"
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the comment that says one thing: text[start:end] of the comment as it was given."""

    start: int
    end: int
    text: str
    polarity: float
    label: Label
    evidence: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was heard. Polarity is -1..1, None with the label unknown; evidence is [{words, polarity}].

    Confidence is 0..1, how sure the label is; reason says why the label is unknown, else None.
    """

    polarity: float | None
    label: Label
    language: str | None
    evidence: tuple[dict[str, Any], ...] = ()
    confidence: float = 0.0
    clauses: tuple[Clause, ...] = ()
    reason: Reason | None = None


def read(text: str, *, lang: str | None = None, intent: str | None = None) -> Reading:
    """Read `text`, written in `lang` (the survey's language; None: not known).

    `intent` is what was asked for: "improve", "like" or "why". To the first, a bare "nothing" is praise; to the
    second it is not.
    """
    language = (lang or "en").replace("_", "-").partition("-")[0].lower()
    plain = prepared(text)
    if not plain or language not in engine.LANGUAGES or not is_latin(plain):
        reason = Reason.LANGUAGE if plain else Reason.EMPTY
        return Reading(None, Label.UNKNOWN, language if is_latin(plain) or lang else None, reason=reason)
    if NOTHING.fullmatch(plain) and intent in NOTHING_MEANS:
        words, polarity = [(plain.lower(), NOTHING_MEANS[intent])], NOTHING_MEANS[intent]
    else:
        polarity, words = engine.assess(plain)
    polarity = round(max(-1.0, min(1.0, polarity)), 4)
    label = label_of(polarity, words)
    return Reading(
        polarity, label, language, evidence_of(words), abs(polarity), tuple(clauses_of(text[:LONGEST]))
    )


def clauses_of(text: str) -> Iterator[Clause]:
    """The parts of `text` between its full stops and turns ("but", "although"), each with its own polarity."""
    start = 0
    for found in [*BREAKS.finditer(text), None]:
        end = found.start() if found else len(text)
        if (part := text[start:end]).strip():
            polarity, words = engine.assess(prepared(part))
            polarity = round(max(-1.0, min(1.0, polarity)), 4)
            yield Clause(start, end, part, polarity, label_of(polarity, words), evidence_of(words))
        start = found.end() if found else end


def prepared(text: str) -> str:
    """Plain words: no markup, at most 4,000 characters, no long runs of one sign (the engine's time grows with their square)."""
    text = TAGS.sub(" ", html.unescape(text[: LONGEST * 2]))
    return RUNS.sub(r"\1\1\1", text)[:LONGEST].strip()


def is_latin(text: str) -> bool:
    """Whether at least half of the letters are Latin ones."""
    return 2 * len(LATIN.findall(text)) >= len(LETTER.findall(text))


def label_of(polarity: float, words: list[tuple[str, float]]) -> Label:
    strengths = [strength for _, strength in words]
    if strengths and min(strengths) <= -STRONG and max(strengths) >= STRONG:
        return Label.MIXED
    if polarity < NEGATIVE_BELOW:
        return Label.NEGATIVE
    return Label.POSITIVE if polarity > POSITIVE_ABOVE else Label.NEUTRAL


def evidence_of(words: list[tuple[str, float]]) -> tuple[dict[str, Any], ...]:
    """The strongest words first."""
    strongest = sorted(words, key=lambda word: -abs(word[1]))[:MOST_EVIDENCE]
    return tuple({"words": word, "polarity": round(polarity, 4)} for word, polarity in strongest)
