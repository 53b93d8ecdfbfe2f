"""How a comment sounds: polarity, label, clauses and the words they rest on. Pure; any text gets a reading, never an error.

A language without a word list gives "unknown", which is not "neutral". The score that came with the comment is not
used: what people say and what they score are two facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.sentiment.engine.english import hearing as english
from app.sentiment.engine.english.heads import heads
from app.sentiment.engine.english.patterns import NOTHING
from app.sentiment.engine.english.wordlist import TEXTBLOB, analyzer
from app.sentiment.engine.heard import CLEAR, Heard, Stretch, Word, is_mixed
from app.sentiment.engine.others import hearing as others
from app.sentiment.engine.others.guess import language_of, spoken
from app.sentiment.engine.others.lists import languages, word_list
from app.sentiment.engine.plain import LONGEST, plain
from app.sentiment.engine.sureness import SAME, sure
from app.sentiment.engine.tokens import Token, tokens
from app.sentiment.models import Label

__all__ = ["ENGINE", "LONGEST", "VERSION", "Clause", "Reading", "Reason", "read"]

ENGINE = "textblob"
RULES = "7"
"""Goes up with every change of words, rules or weights that changes readings."""
VERSION = f"{TEXTBLOB}+{RULES}.{heads().version}"
MOST_EVIDENCE = 20
SHOWN = 0.02
NOTHING_MEANS = {"improve": 0.5, "like": -0.5}
# Loaded here, by the process that forks the web processes, they are in memory once; and no thread sees a part of them.
analyzer()
for _language in languages():
    word_list(_language)
spoken()


class Reason(StrEnum):
    """Why a comment's reading is unknown."""

    EMPTY = "empty"
    NO_WORDS = "no_words"
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
    """What was heard. Polarity is -1..1, None with the label unknown.

    Evidence is [{words, polarity, start, end}], the strongest first: text[start:end] moved the polarity by so much.
    Confidence is 0..1: of a hundred labels that are 0.7 sure, seventy are right. Reason says why the label is unknown.
    """

    polarity: float | None
    label: Label
    language: str | None
    evidence: tuple[dict[str, Any], ...] = ()
    confidence: float = 0.0
    clauses: tuple[Clause, ...] = ()
    reason: Reason | None = None


def read(
    text: str, *, lang: str | None = None, intent: str | None = None, with_clauses: bool = True
) -> Reading:
    """Read `text`, asked for in `lang` (the survey's language; None: not known).

    `intent` is what was asked for: "improve", "like" or "why". To the first, a bare "nothing" is praise; to the
    second it is not. At most the first 4,000 signs are read. Without clauses the reading is the same but for them, and
    sooner there.
    """
    asked = (lang or "").replace("_", "-").partition("-")[0].lower() or None
    shown = plain(text) if isinstance(text, str) else ""
    if not shown.strip():
        return Reading(None, Label.UNKNOWN, asked, reason=Reason.EMPTY)
    words = tokens(shown)
    language = language_of(shown, words, asked)
    if language != "en" and language not in languages():
        return Reading(None, Label.UNKNOWN, language, reason=Reason.LANGUAGE)
    if not any(word.kind == "word" or word in analyzer() for word in words):
        return Reading(None, Label.UNKNOWN, asked, reason=Reason.NO_WORDS)
    if (intent in NOTHING_MEANS or language != "en") and is_nothing(shown, words, language):
        return nothing(text, NOTHING_MEANS.get(intent or "", 0.0), language)
    if language == "en":
        heard = english.hear(shown, words, with_clauses=with_clauses)
    else:
        heard = others.hear(shown, words, language)
    if not heard.is_known:
        return Reading(None, Label.UNKNOWN, language, reason=Reason.NO_WORDS)
    return reading(text, heard, language, heard.stretches if with_clauses else ())


def reading(text: str, heard: Heard, language: str, clauses: Iterable[Stretch]) -> Reading:
    label = label_of(heard)
    return Reading(
        polarity=rounded(heard.polarity),
        label=label,
        language=language,
        evidence=evidence_of(text, heard.words),
        confidence=rounded(sure(chance_of(label, heard), heard.lines.get(label, SAME))),
        clauses=tuple([clause(text, stretch) for stretch in clauses]),
    )


def chance_of(label: Label, heard: Heard) -> float:
    """How likely the engine finds the label it gave; being mixed is as likely as being neither."""
    negative, neutral, positive = heard.chances
    return negative if label is Label.NEGATIVE else positive if label is Label.POSITIVE else neutral


def label_of(heard: Heard) -> Label:
    """The likeliest label; mixed when clear clauses say both and neither side is sure."""
    negative, neutral, positive = heard.chances
    if is_mixed(heard.stretches, max(negative, positive)):
        return Label.MIXED
    if neutral >= max(negative, positive):
        return Label.NEUTRAL
    return Label.NEGATIVE if negative > positive else Label.POSITIVE


def clause(text: str, stretch: Stretch) -> Clause:
    label = Label.POSITIVE if stretch.polarity > 0 else Label.NEGATIVE
    return Clause(
        stretch.start,
        stretch.end,
        text[stretch.start : stretch.end],
        rounded(stretch.polarity),
        label if abs(stretch.polarity) >= CLEAR else Label.NEUTRAL,
        evidence_of(text, stretch.words),
    )


def evidence_of(text: str, words: Iterable[Word]) -> tuple[dict[str, Any], ...]:
    """The strongest words first."""
    strongest = sorted(words, key=lambda word: (-abs(word.polarity), word.start))[:MOST_EVIDENCE]
    return tuple(
        [
            {
                "words": text[word.start : word.end].lower(),
                "polarity": rounded(word.polarity),
                "start": word.start,
                "end": word.end,
            }
            for word in strongest
            if abs(word.polarity) >= SHOWN
        ]
    )


def is_nothing(shown: str, words: list[Token], language: str) -> bool:
    """Whether the whole answer is "nothing" in its language."""
    if language == "en":
        return NOTHING.fullmatch(shown) is not None
    said = " ".join(word for word in words if word.kind == "word")
    return said in word_list(language).lists.get("nothing", ())


def nothing(text: str, polarity: float, language: str) -> Reading:
    """The reading of an answer that only says "nothing", which means what was asked."""
    said = text[:LONGEST].strip()
    start = text.index(said)
    word = Word(start, start + len(said), polarity)
    chances = (0.8, 0.1, 0.1) if polarity < 0 else (0.1, 0.1, 0.8) if polarity else (0.2, 0.6, 0.2)
    said_once = [Stretch(word.start, word.end, polarity, (word,))]
    return reading(text, Heard(polarity, chances, [word], said_once), language, said_once)


def rounded(number: float) -> float:
    return round(number, 4) if -1.0 < number < 1.0 else max(-1.0, min(1.0, number))
