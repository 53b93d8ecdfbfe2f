"""Finding the phrases of a dictionary in a text (pure): one compiled alternation, in time linear in the text.

A phrase is words in any case, with or without accents; `*` at the end of a word stands for the rest of it. Phrases are
never regular expressions. In scripts without spaces a phrase is found anywhere. An exclusion takes away what it covers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_TEXT = 4000
LONGEST_PHRASE = 60
GAP, REST, END = "gap", "rest", "end"
BETWEEN = r"[\s\-–/'’.]{1,3}"
GAPS = re.compile(BETWEEN)
SPLIT = re.compile(r"[\s\-–/'’.]+")
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
ARABIC = re.compile("[\u0600-\u06ff]")
PREFIXES = ("", "ال", "وال", "بال", "لل", "و", "ب", "ل", "في ")


class Folding(dict):
    """Small letters without accents, sign by sign, so that places in the text stay what they are."""

    def __missing__(self, code: int) -> str:
        sign = chr(code).casefold()
        base = unicodedata.normalize("NFKD", sign)[:1]
        self[code] = folded = (
            base if base.isascii() and base.isalpha() else (sign if len(sign) == 1 else sign[0])
        )
        return folded


FOLDING = Folding()


def folded(text: str) -> str:
    """As long as the text."""
    return text.translate(FOLDING)


@dataclass(frozen=True, slots=True)
class Entry:
    """A phrase of a theme, or one that takes phrases of the theme away."""

    theme_id: int
    phrase: str
    is_exclusion: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """text[start:end] speaks of the theme."""

    theme_id: int
    start: int
    end: int


class Dictionary:
    """Compiled phrases; `find` says where a text speaks of which theme."""

    def __init__(self, entries: Iterable[Entry]):
        self.spaced: dict = {}
        self.unspaced: dict = {}
        for entry in entries:
            for phrase in spelled(entry.phrase):
                tree = self.unspaced if UNSPACED.match(phrase) else self.spaced
                plant(tree, phrase, entry)
        branches = [(r"(?<!\w)", self.spaced, False), ("", self.unspaced, True)]
        shapes = [before + pattern(tree, is_open) for before, tree, is_open in branches if tree]
        self.starts = re.compile("|".join(f"(?={shape})" for shape in shapes)) if shapes else None

    def find(self, text: str) -> list[Found]:
        """By place; of the phrases of a theme that cover each other the longest."""
        if self.starts is None:
            return []
        plain = folded(text[:LONGEST_TEXT])
        hits = [hit for at in self.starts.finditer(plain) for hit in self.hits(plain, at.start())]
        taken = [(e.theme_id, start, end) for e, start, end in hits if e.is_exclusion]
        kept = [(e.theme_id, start, end) for e, start, end in hits if not e.is_exclusion]
        kept = [one for one in kept if not any(covers(other, one) for other in taken)]
        widest = {one for one in kept if not any(other != one and covers(other, one) for other in kept)}
        return [Found(*one) for one in sorted(widest, key=lambda one: (one[1], one[2], one[0]))]

    def hits(self, plain: str, start: int) -> Iterator[tuple[Entry, int, int]]:
        """Every phrase that begins at `start`."""
        for tree, is_open in ((self.spaced, False), (self.unspaced, True)):
            if is_open or start == 0 or not is_word(plain[start - 1]):
                for entry, end in walk(tree, plain, start, is_open):
                    yield entry, start, end


def covers(wide: tuple[int, int, int], one: tuple[int, int, int]) -> bool:
    return wide[0] == one[0] and wide[1] <= one[1] and wide[2] >= one[2]


def is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def spelled(phrase: str) -> list[str]:
    """The phrase as it may stand in a text: in Arabic articles and prepositions are part of the word."""
    plain = folded(phrase.strip())[:LONGEST_PHRASE]
    if not any(map(is_word, plain)):
        return []
    return [prefix + plain for prefix in PREFIXES] if ARABIC.match(plain) else [plain]


def plant(tree: dict, phrase: str, entry: Entry) -> None:
    for number, word in enumerate(part for part in SPLIT.split(phrase) if part.strip("*")):
        if number:
            tree = tree.setdefault(GAP, {})
        for sign in word.rstrip("*").replace("*", ""):
            tree = tree.setdefault(sign, {})
        if word.endswith("*"):
            tree = tree.setdefault(REST, {})
    tree.setdefault(END, []).append(entry)


def pattern(tree: dict, is_open: bool) -> str:
    """The tree as an alternation in which every sign is decided by the one after it, so that nothing is tried twice."""
    ways = []
    for sign, below in tree.items():
        if sign == END:
            ways.append("" if is_open else r"(?!\w)")
        elif sign == GAP:
            ways.append(BETWEEN + pattern(below, is_open))
        elif sign == REST:
            ways.append(r"\w*" + pattern(below, is_open))
        else:
            ways.append(re.escape(sign) + pattern(below, is_open))
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(sorted(ways, key=bool, reverse=True))})"


def walk(tree: dict, plain: str, at: int, is_open: bool) -> Iterator[tuple[Entry, int]]:
    """The entries whose phrase stands at a place, with their ends."""
    for entry in tree.get(END, ()):
        if is_open or at == len(plain) or not is_word(plain[at]):
            yield entry, at
    if GAP in tree and (gap := GAPS.match(plain, at)):
        yield from walk(tree[GAP], plain, gap.end(), is_open)
    if REST in tree:
        end = at
        while end < len(plain) and is_word(plain[end]):
            end += 1
        yield from walk(tree[REST], plain, end, is_open)
    if at < len(plain) and plain[at] in tree:
        yield from walk(tree[plain[at]], plain, at + 1, is_open)
