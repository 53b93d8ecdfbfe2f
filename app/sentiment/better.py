"""The engine that comes as an extra: the same readings, better and in any language, for background jobs only.

The default engine reads each comment in the request that brings it; where the extra is installed, a job reads it again
with this one. Without the extra nothing is missing but accuracy. Both are pure, and neither knows the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.sentiment import reading as default
from app.sentiment.engine.english.heads import heads
from app.sentiment.engine.heard import Heard
from app.sentiment.engine.others.lists import languages
from app.sentiment.engine.plain import plain
from app.sentiment.engine.tokens import tokens
from app.sentiment.engine.vectors import hearing, model
from app.sentiment.engine.vectors.head import head
from app.sentiment.models import Label
from app.sentiment.reading import CLEAR, Clause, Reading, Reason

EXTRA = "multilingual"
ENGINE = model.PACKAGE
RULES = "1"
"""Goes up with every change of this engine that changes readings."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Who reads: its name and version, as readings keep them, and how."""

    name: str
    version: str
    read: Callable[..., Reading]

    @property
    def names(self) -> tuple[str, str]:
        return self.name, self.version


def read(
    text: str, *, lang: str | None = None, intent: str | None = None, with_evidence: bool = True
) -> Reading:
    """Read `text` as `reading.read` does. Errors of the model, which can be absent, are the caller's to take.

    A language without a word list is read as well. Evidence holds the clauses, each with how it sounds by itself, where
    there are several, and else the words; without it the reading is the same, in a third of the time.
    """
    plainly = default.read(text, lang=lang, intent=intent, with_clauses=False)
    language = plainly.language
    if language is None or plainly.reason in (Reason.EMPTY, Reason.NO_WORDS):
        return plainly
    shown = plain(text)
    words = tokens(shown)
    if not any(word.kind == "word" for word in words):
        return plainly
    if language == "en" or language in languages():
        is_asked = intent in default.NOTHING_MEANS or language != "en"
        if is_asked and default.is_nothing(shown, words, language):
            return plainly
    heard = hearing.hear(shown, words, language, with_words=with_evidence)
    found = default.reading(text, heard, language, heard.stretches)
    is_split = with_evidence and len(found.clauses) > 1
    return replace(found, evidence=evidence(found, heard)) if is_split else found


def evidence(of: Reading, heard: Heard) -> tuple[dict[str, Any], ...]:
    """All clauses, those first that moved the whole most; `sounds` is how one sounds by itself."""
    moved = {(word.start, word.end): word.polarity for word in heard.words}
    found = [
        {
            "words": clause.text.strip().lower(),
            "polarity": default.rounded(moved[clause.start, clause.end]),
            "start": clause.start,
            "end": clause.end,
            "sounds": clause.polarity,
        }
        for clause in of.clauses
    ]
    return tuple(sorted(found, key=lambda one: -abs(one["polarity"])))


def clauses_in(text: str, evidence: Iterable[Mapping[str, Any]]) -> tuple[Clause, ...]:
    """The clauses that a stored reading of this engine kept with its evidence, in their order."""
    found = [one for one in evidence if "sounds" in one]
    return tuple(
        Clause(one["start"], one["end"], text[one["start"] : one["end"]], one["sounds"], label(one["sounds"]))
        for one in sorted(found, key=lambda one: one["start"])
    )


def label(polarity: float) -> Label:
    if abs(polarity) < CLEAR:
        return Label.NEUTRAL
    return Label.POSITIVE if polarity > 0 else Label.NEGATIVE


def present() -> Engine:
    """The engine that readings are to be by: this one where the release that its weights are for is installed."""
    return better() if model.release() == head().release else DEFAULT


def better() -> Engine:
    """Its version names that of the default engine too, which it asks what the words say."""
    own = f"{head().release}+{RULES}.{head().version}"
    return Engine(ENGINE, f"{own}~{default.RULES}.{heads().version}", read)


DEFAULT = Engine(default.ENGINE, default.VERSION, default.read)
