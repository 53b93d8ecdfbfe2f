"""What an engine hears in a text, before it becomes a reading."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.sentiment.engine.sureness import Lines


@dataclass(frozen=True, slots=True)
class Word:
    """text[start:end] moved the polarity by `polarity`, -1..1."""

    start: int
    end: int
    polarity: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """A clause, text[start:end]; it weighs more after a "but" and less after an "although"."""

    start: int
    end: int
    polarity: float
    words: tuple[Word, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Heard:
    """Polarity -1..1; `chances` of negative, neutral and positive, summing to 1; `is_known` with any word we know.

    `lines` say by label how often such chances came true.
    """

    polarity: float
    chances: tuple[float, float, float]
    words: list[Word] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    is_known: bool = True
    lines: Lines = field(default_factory=dict)
