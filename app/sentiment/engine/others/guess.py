"""Which language a comment is written in: its script first, then the survey's own language, then the commonest words.

A comment of a few words is taken to be in the language it was asked in, unless its letters say otherwise.
"""

from __future__ import annotations

import re
from functools import cache

from app.sentiment.engine.others.lists import WORDS
from app.sentiment.engine.tokens import Token

SCRIPTS = {
    "latin": re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "cyrillic": re.compile(r"[\u0400-\u052f]"),
    "arabic": re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]"),
    "kana": re.compile(r"[\u3041-\u30ff]"),
    "han": re.compile(r"[\u3400-\u9fff]"),
    "hangul": re.compile(r"[\uac00-\ud7af]"),
    "devanagari": re.compile(r"[\u0900-\u097f]"),
    "greek": re.compile(r"[\u0370-\u03ff]"),
    "hebrew": re.compile(r"[\u0590-\u05ff]"),
    "thai": re.compile(r"[\u0e00-\u0e7f]"),
}
WRITTEN_IN = {
    "cyrillic": ("ru", "uk", "bg", "sr", "mk", "be", "kk"),
    "arabic": ("ar", "fa", "ur", "ps"),
    "kana": ("ja",),
    "han": ("zh", "ja"),
    "hangul": ("ko",),
    "devanagari": ("hi", "mr", "ne"),
    "greek": ("el",),
    "hebrew": ("he",),
    "thai": ("th",),
}
NOT_LATIN = frozenset(language for languages in WRITTEN_IN.values() for language in languages)
NOT_RUSSIAN, NOT_ARABIC = re.compile("[іїєґўјљњќѓ]", re.IGNORECASE), re.compile("[پچژگٹڈے]")
LETTER = re.compile(r"[^\W\d_]")
ENOUGH_LETTERS = 25
LOOKED_AT = 600
"""So many letters and words at the beginning decide."""


def language_of(text: str, words: list[Token], asked: str | None) -> str | None:
    """The language of a plain text asked for in `asked`; None when the script is nobody's we know.

    A text without any letter is in the language it was asked in.
    """
    head = text[:LOOKED_AT]
    if head.isascii():
        return of_latin(words, letters_of(words), asked)
    letters = {script: len(pattern.findall(head)) for script, pattern in SCRIPTS.items()}
    known, every = sum(letters.values()), len(LETTER.findall(head))
    if every and 2 * known < every:
        return None
    if not every:
        return asked or "en"
    script = max(letters, key=lambda name: letters[name])
    if script in ("han", "kana") and letters["kana"] * 8 > letters["han"]:
        script = "kana"
    if script != "latin":
        return of_script(script, head, asked)
    return of_latin(words, every, asked)


def letters_of(words: list[Token]) -> int:
    """How many letters the words have; counted until there are enough."""
    letters = 0
    for word in words[:ENOUGH_LETTERS]:
        if word.kind == "word":
            letters += len(word)
            if letters >= ENOUGH_LETTERS:
                break
    return letters


def of_latin(words: list[Token], letters: int, asked: str | None) -> str:
    """A text without any letter is in the language it was asked in, and so is one of a few words."""
    if asked and (not letters or (letters < ENOUGH_LETTERS and asked not in NOT_LATIN)):
        return asked
    return by_common_words(words, asked)


def of_script(script: str, text: str, asked: str | None) -> str | None:
    """The language asked in if it is written so, else the first one that is."""
    languages = WRITTEN_IN[script]
    if asked in languages:
        return asked
    if script == "cyrillic" and NOT_RUSSIAN.search(text):
        return "uk"
    if script == "arabic" and NOT_ARABIC.search(text):
        return "fa"
    return languages[0]


def by_common_words(words: list[Token], asked: str | None) -> str:
    """The language with most of its commonest words here; the one asked in unless another clearly has more."""
    own = asked if asked and asked not in NOT_LATIN else "en"
    counts = {own: 0}
    common = spoken()
    for word in words[:LOOKED_AT]:
        for language in common.get(word, ()):
            counts[language] = counts.get(language, 0) + 1
    most = max(counts.values())
    if most - counts[own] < 2 or most < 1.5 * counts[own]:
        return own
    return max(language for language, count in counts.items() if count == most)


@cache
def spoken() -> dict[str, tuple[str, ...]]:
    """The commonest words with the languages they are common in."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (WORDS / "common.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, *words = line.split()
            for word in words:
                found[word] = (*found.get(word, ()), language)
    return found
