"""A basic reading by word list: the words that a language's list knows, with negation, contrast and signs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from app.sentiment.engine.english.wordlist import listed
from app.sentiment.engine.heard import Heard, Stretch, Word
from app.sentiment.engine.others.lists import WordList, word_list
from app.sentiment.engine.tokens import Token

REACH, REACH_BACK, SIGNS_AFTER = 4, 3, 7
FLIPPED_PRAISE, FLIPPED_BLAME = -0.8, -0.7
TURNED, CONCEDED = 1.8, 0.5
STRAY = -0.2
"""What is denied without a word that we know is blame more often than not, and never sure."""
CLAUSE_ENDS = frozenset(".!?;,\n…。！？；，、،؛؟।")
SURE = 4.0
NEUTRAL_LOGIT = 0.55
LINES = {"negative": (0.6, 0.1), "neutral": (1.0, -0.35), "mixed": (0.6, -0.5), "positive": (0.9, -0.4)}
"""Chances by word lists come true less often than they say."""
ARTICLES = ("وال", "بال", "لل", "ال", "و")
SIGNS = {sign: strength for strength, sign in listed("signs.txt")}
Found = tuple[int, int, float]


def hear(text: str, words: list[Token], language: str) -> Heard:
    """What is heard in a plain text of a language with a list; `words` are its tokens."""
    known = word_list(language)
    clauses = list(spaceless(text, known) if known.pattern else spaced(words, known, language))
    total = sum(weight * polarity for _, _, weight, found in clauses for _, _, polarity in found)
    count = sum(len(found) for *_, found in clauses)
    return Heard(
        polarity=squeezed(total, count),
        chances=chances(total, count),
        words=[Word(*one) for *_, found in clauses for one in found],
        stretches=[stretch(start, end, found) for start, end, _, found in clauses],
        lines=LINES,
    )


def stretch(start: int, end: int, found: list[Found]) -> Stretch:
    total = sum(polarity for *_, polarity in found)
    return Stretch(start, end, squeezed(total, len(found)), tuple(Word(*one) for one in found))


def squeezed(total: float, count: int) -> float:
    """-1..1: a clear word is worth a third, several of a kind more."""
    return math.tanh(total / math.sqrt(count)) if count else 0.0


def chances(total: float, count: int) -> tuple[float, float, float]:
    leaning = SURE * squeezed(total, count)
    shares = math.exp(-leaning), math.exp(NEUTRAL_LOGIT), math.exp(leaning)
    whole = sum(shares)
    return shares[0] / whole, shares[1] / whole, shares[2] / whole


def spaced(
    words: list[Token], known: WordList, language: str
) -> Iterator[tuple[int, int, float, list[Found]]]:
    """The clauses of a language that puts spaces between words: start, end, weight, and the words that count."""
    first, weight = 0, 1.0
    turns, concessions = known.lists.get("but", frozenset()), known.lists.get("though", frozenset())
    for at, word in enumerate([*words, None]):
        is_end = word is None or (word in CLAUSE_ENDS and word.kind != "word")
        if not is_end and word not in turns and word not in concessions:
            continue
        here = words[first:at]
        if any(one.kind not in ("mark", "newline") for one in here):
            yield here[0].start, here[-1].end, weight, judged(here, known, language)
        first = at
        if word in turns:
            weight = TURNED
        elif word in concessions:
            weight = CONCEDED
        elif is_end and (word != "," or weight == CONCEDED):
            weight = 1.0


def judged(words: list[Token], known: WordList, language: str) -> list[Found]:
    """The words of a clause that the list knows, turned where a negation stands before or after them."""
    nots, afters = known.lists.get("not", frozenset()), known.lists.get("after", frozenset())
    found: list[Found] = []
    negated, negated_at, place, at = 0, 0, 0, 0
    while at < len(words):
        word = words[at]
        length, strength = matched(words, at, known, language)
        if strength is None and word in afters and found:
            start, _, polarity = found[-1]
            if at - place <= REACH_BACK:
                found[-1] = (start, word.end, turned(polarity))
        elif strength is None:
            if word in nots or word.startswith("n'"):
                negated, negated_at = REACH + 1, word.start
        elif strength:
            start = negated_at if negated else word.start
            found.append((start, words[at + length - 1].end, turned(strength) if negated else strength))
            negated, place = 0, at + length - 1
        negated = max(negated - 1, 0)
        at += length
    if not found:
        found += [(w.start, w.end, STRAY) for w in words if w in nots or w in afters][:1]
    return found


def matched(words: list[Token], at: int, known: WordList, language: str) -> tuple[int, float | None]:
    """How many tokens from `at` are one entry of the list, and its strength; None when there is none."""
    word = words[at]
    if word.kind != "word":
        return 1, SIGNS.get(word)
    for rest in known.phrases.get(word, ()):
        there = words[at + 1 : at + 1 + len(rest)]
        if len(there) == len(rest) and all(fits(*pair) for pair in zip(there, rest, strict=True)):
            phrase = " ".join((word, *rest))
            return 1 + len(rest), known.stems[phrase[:-1]] if phrase.endswith("*") else known.words[phrase]
    strength = known.strength(word)
    if strength is None and "'" in word:
        strength = known.strength(word.partition("'")[2])
    if strength is None and language == "ar":
        for article in ARTICLES:
            if word.startswith(article) and len(word) > len(article) + 2:
                strength = known.strength(word[len(article) :])
                break
    return 1, strength


def fits(word: str, entry: str) -> bool:
    return word.startswith(entry[:-1]) if entry.endswith("*") else word == entry


def turned(polarity: float) -> float:
    return polarity * (FLIPPED_PRAISE if polarity > 0 else FLIPPED_BLAME)


def spaceless(text: str, known: WordList) -> Iterator[tuple[int, int, float, list[Found]]]:
    """The clauses of a language without spaces, matched sign by sign, the longest entry first."""
    first, weight, turns = 0, 1.0, known.lists.get("but", frozenset())
    for at, sign in enumerate(text + "\n"):
        if sign not in CLAUSE_ENDS:
            continue
        clause = text[first:at]
        if clause.strip():
            weight = TURNED if any(turn in clause for turn in turns) else 1.0
            yield first, at, weight, list(matches(text, first, at, known))
        first = at + 1


def matches(text: str, first: int, last: int, known: WordList) -> Iterator[Found]:
    before, after = known.lists.get("not", frozenset()), known.lists.get("after", frozenset())
    for hit in known.pattern.finditer(text, first, last):
        polarity, start, end = known.words[hit[0]], *hit.span()
        if not polarity:
            continue
        is_denied = any(text.endswith(word, first, start) for word in before)
        if is_denied or any(word in text[end : min(last, end + SIGNS_AFTER)] for word in after):
            polarity = turned(polarity)
        yield start, end, polarity
    for at in range(first, last):
        if text[at] in SIGNS:
            yield at, at + 1, SIGNS[text[at]]
