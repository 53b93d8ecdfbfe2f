"""The written words of the demo: comments of customers by language, notes of success managers; each said once.

The files stand in `words/`; their first lines tell how to read them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from app.contacts.models import ContactRole

FOLDER = Path(__file__).parent / "words"
COMMENT = re.compile(r"(value )?(\d+)-(\d+) (\w+)(?:@([\w-]+))?: (.+)")
# What somebody of that role rather talks about, or hardly ever.
LEANINGS = {
    ContactRole.DECISION_MAKER: {
        "price": 4,
        "value": 5,
        "contract": 4,
        "csm": 2,
        "mobile": 0.1,
        "usability": 0.3,
    },
    ContactRole.CHAMPION: {"reporting": 2, "csm": 2, "value": 2, "support": 2},
    ContactRole.ADMIN: {"integration": 6, "support": 2, "bug": 2, "price": 0.1, "value": 0.3},
    ContactRole.POWER_USER: {"usability": 2, "gap": 2, "price": 0.1, "contract": 0.1, "billing": 0.1},
    ContactRole.USER: {
        "mobile": 3,
        "usability": 3,
        "price": 0.1,
        "contract": 0.1,
        "billing": 0.1,
        "csm": 0.5,
    },
}
SPECIAL = {"recovery", "back"}
SIZES = {"small", "large"}
OWN_WEIGHT, TOPICAL_WEIGHT, USUAL_WEIGHT = 12, 8, 1


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]


@dataclass(frozen=True)
class Comment:
    """Something a customer may say with a score from `low` to `high`; `only` is the domain or size it belongs to."""

    is_value: bool
    low: int
    high: int
    topic: str
    only: str | None
    words: str


@cache
def comments(language: str) -> tuple[Comment, ...]:
    found = [COMMENT.fullmatch(line).groups() for line in lines(FOLDER / "comments" / f"{language}.txt")]
    return tuple(
        Comment(bool(value), int(low), int(high), topic, only, words)
        for value, low, high, topic, only, words in found
    )


@cache
def languages() -> frozenset[str]:
    return frozenset(path.stem for path in (FOLDER / "comments").glob("*.txt"))


@dataclass(frozen=True)
class Speaker:
    """Who says something, at which customer (its domain, small or large) and in what mood; `special` are the moments whose words fit only them."""

    language: str
    role: ContactRole
    places: Set[str] = frozenset()
    topics: Set[str] = frozenset()
    special: Set[str] = frozenset()


class Voices:
    """Picks comments that fit score, role and moment; no comment is used twice."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def comment(self, speaker: Speaker, score: int, *, is_value: bool, rng: Random) -> Comment | None:
        """A comment that was not said before, or None when all that fit are used up."""
        fitting = [
            comment
            for comment in comments(speaker.language)
            if comment.is_value is is_value
            and comment.low <= score <= comment.high
            and comment.words not in self.used
            and (comment.only is None or comment.only in speaker.places)
            and (comment.topic not in SPECIAL or comment.topic in speaker.special)
        ]
        if not fitting:
            return None
        chosen = rng.choices(fitting, [weight(comment, speaker) for comment in fitting])[0]
        self.used.add(chosen.words)
        return chosen


def weight(comment: Comment, speaker: Speaker) -> float:
    """How likely this speaker says this comment, against the others that fit."""
    leaning = LEANINGS.get(speaker.role, {}).get(comment.topic, USUAL_WEIGHT)
    if comment.topic in SPECIAL or (comment.only and comment.only not in SIZES):
        return OWN_WEIGHT * leaning
    return TOPICAL_WEIGHT if comment.topic in speaker.topics else leaning


@cache
def notes() -> dict[str, tuple[str, ...]]:
    """The notes by moment, and by moment and topic."""
    found = defaultdict(list)
    for line in lines(FOLDER / "followups.txt"):
        moment, _, words = line.partition(": ")
        found[moment].append(words)
    return {moment: tuple(words) for moment, words in found.items()}


def note(
    moment: str, rng: Random, *, topic: str | None = None, said: Set[str] = frozenset(), **names: str
) -> str:
    """A note for the moment, of that topic where there is one, with its names filled in; not one of `said` again."""
    known = notes()
    topic = topic if topic and f"topic {topic}" in known else "usability"
    choices = known.get(f"{moment} {topic}") or known.get(moment) or known[f"{moment} usability"]
    names |= {"topic_words": known[f"topic {topic}"][0], "gap": rng.choice(known["gap"])}
    filled = [words.format(**names) for words in choices]
    return rng.choice([words for words in filled if words not in said] or filled)
