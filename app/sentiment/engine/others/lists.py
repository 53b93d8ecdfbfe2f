"""The word lists of the languages that are read without trained weights: `words/LANGUAGE.txt`.

A line begins with a strength (-3..3) or the name of a list, and goes on with words. `word*` stands for every word that
begins so; `two_words` for several. The names: `not` (turns what comes after it), `after` (turns what came before it),
`but` (the clause after it weighs more), `though` (the clause after it weighs less), `nothing` (answers that name
nothing), `common` (words that show the language).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parents[1] / "words"
STRENGTHS = {"-3": -0.9, "-2": -0.6, "-1": -0.3, "0": 0.0, "+1": 0.3, "+2": 0.6, "+3": 0.9}
SPACELESS = frozenset(("ja", "zh"))
SHORTEST_STEM, LONGEST_STEM = 2, 14


@dataclass(slots=True)
class WordList:
    """What the words of one language say."""

    words: dict[str, float] = field(default_factory=dict)
    stems: dict[str, float] = field(default_factory=dict)
    phrases: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    lists: dict[str, frozenset[str]] = field(default_factory=dict)
    pattern: re.Pattern | None = None

    def strength(self, word: str) -> float | None:
        """-1..1; None for a word that is not on the list."""
        found = self.words.get(word)
        if found is not None:
            return found
        for end in range(min(len(word), LONGEST_STEM), SHORTEST_STEM - 1, -1):
            found = self.stems.get(word[:end])
            if found is not None:
                return found
        return None


@cache
def word_list(language: str) -> WordList:
    """The list of a language in `languages()`."""
    made, lists = WordList(), defaultdict(set)
    for line in (WORDS / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, *entries = line.split()
            for entry in entries:
                if name in STRENGTHS:
                    add(made, entry.replace("ё", "е"), STRENGTHS[name])
                else:
                    lists[name].add(entry.replace("_", " "))
    made.lists = {name: frozenset(words) for name, words in lists.items()}
    for longer in made.phrases.values():
        longer.sort(key=len, reverse=True)
    if language in SPACELESS:
        longest_first = sorted(made.words, key=len, reverse=True)
        made.pattern = re.compile("|".join(map(re.escape, longest_first)))
    return made


def add(to: WordList, entry: str, strength: float) -> None:
    if "_" in entry:
        first, *rest = entry.split("_")
        to.phrases.setdefault(first, []).append(tuple(rest))
        entry = entry.replace("_", " ")
    if entry.endswith("*"):
        to.stems[entry[:-1]] = strength
    else:
        to.words[entry] = strength


@cache
def languages() -> frozenset[str]:
    """The languages with a list, English not counted."""
    return frozenset(path.stem for path in WORDS.glob("??.txt")) - {"en"}
