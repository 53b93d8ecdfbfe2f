"""Where in a comment the words stand that drove its reading, so that a page can mark them (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WORDS = re.compile(r"[\w'’]+|[^\w\s]")
BETWEEN = r"[\s\W]{1,4}"
MOST = 30


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the comment's own text; polarity -1..1 where it drove the reading, else None."""

    text: str
    polarity: float | None = None

    @property
    def tone(self) -> str:
        """bad, good or plain, as pages name it."""
        if not self.polarity:
            return "plain"
        return "good" if self.polarity > 0 else "bad"


def marked(text: str, evidence: Iterable[Mapping[str, Any]]) -> list[Piece]:
    """`text` cut into pieces, which joined are the text again; every place of an evidence's words is one of them.

    Evidence may name its place (`start`, `end`); else its words are looked for, in any case, as whole words.
    """
    places = sorted(places_of(text, list(evidence)[:MOST]), key=lambda p: (p[0], -p[1]))
    pieces, at = [], 0
    for start, end, polarity in places:
        if start < at:
            continue
        if start > at:
            pieces.append(Piece(text[at:start]))
        pieces.append(Piece(text[start:end], polarity))
        at = end
    if at < len(text) or not pieces:
        pieces.append(Piece(text[at:]))
    return pieces


def places_of(text: str, evidence: list[Mapping[str, Any]]) -> list[tuple[int, int, float]]:
    found, polarities = [], {}
    for one in evidence:
        start, end = one.get("start"), one.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
            found.append((start, end, one.get("polarity") or 0.0))
        elif parts := tuple(WORDS.findall(str(one.get("words", "")).casefold()))[:8]:
            polarities.setdefault(parts, one.get("polarity") or 0.0)
    if polarities:
        longest = sorted(polarities, key=lambda parts: -sum(map(len, parts)))
        spelled = "|".join(f"({pattern_of(parts)})" for parts in longest)
        for hit in re.finditer(spelled, text, re.IGNORECASE):
            found.append((hit.start(), hit.end(), polarities[longest[hit.lastindex - 1]]))
    return found


def pattern_of(parts: tuple[str, ...]) -> str:
    spelled = BETWEEN.join(map(re.escape, parts))
    before = r"(?<!\w)" if parts[0][0].isascii() and parts[0][0].isalnum() else ""
    after = r"(?!\w)" if parts[-1][-1].isascii() and parts[-1][-1].isalnum() else ""
    return before + spelled + after
