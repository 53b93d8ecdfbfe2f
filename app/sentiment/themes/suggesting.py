"""Phrases that many comments use and no theme knows: more frequent among detractors, rising, or simply frequent.

Phrases (`phrasing.py`) are counted by people. Forms of one phrase, and phrases that share a word and mostly the people
who used them, are one suggestion. Over-representation is the log-odds ratio of detractors against promoters with half an
answer added to each cell, told from chance at 95 %; rising compares with as many days before. The same comments always
give the same phrases.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.responses.models import Response
from app.sentiment import texts
from app.sentiment.models import Ground, StoredReading, Suggestion, ThemeEdition
from app.sentiment.themes.dictionary import Matcher, themes
from app.sentiment.themes.matching import LONGEST_PHRASE
from app.sentiment.themes.phrasing import RUNS, form_of, phrases

DAYS = 180
EVERY = timedelta(hours=20)
MOST_COMMENTS = 20_000
FEWEST_PEOPLE = 3
MOST_SUGGESTED, MOST_WEIGHED = 24, 600
SAME = 0.75
Z = 1.96
TOGETHER = 0.6
"""Of the people who used the rarer of two phrases, the share that used both, from which on they are one matter."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A comment as it is counted."""

    words: str
    language: str
    contact_id: int
    day: date
    score: int | None


@dataclass(slots=True)
class Count:
    """The people who used a phrase lately, and before."""

    now: set[int] = field(default_factory=set)
    before: set[int] = field(default_factory=set)
    detractors: set[int] = field(default_factory=set)
    promoters: set[int] = field(default_factory=set)

    def take(self, other: Count) -> None:
        """Count the people of another phrase too, each once."""
        self.now |= other.now
        self.before |= other.before
        self.detractors |= other.detractors
        self.promoters |= other.promoters


@dataclass(slots=True)
class Group:
    """Phrases that are one matter, and everybody who used one of them."""

    language: str
    phrases: list[str]
    count: Count

    @property
    def size(self) -> int:
        return len(self.count.now)


def suggest_when_due(session: Session, *, today: date, now: datetime) -> int:
    """Suggest anew when that is a day ago or somebody has asked for it; how many phrases."""
    row = session.get(ThemeEdition, 1)
    if row is None or (row.suggested_at is not None and now - row.suggested_at < EVERY):
        return 0
    row.suggested_at = now
    return suggest(session, Matcher(themes(session)), today=today)


def suggest(session: Session, matcher: Matcher, *, today: date) -> int:
    """Count anew and put what was found in place of what was suggested; what was dismissed stays dismissed."""
    dismissed = {
        (row.language, phrase)
        for row in session.scalars(sa.select(Suggestion).where(Suggestion.dismissed_at.is_not(None)))
        for phrase in (row.phrase, *row.variants)
    }
    since = today - timedelta(days=DAYS)
    fresh = suggestions(comments(session, today), matcher, since=since, dismissed=dismissed)
    session.execute(sa.delete(Suggestion).where(Suggestion.dismissed_at.is_(None)))
    session.add_all([Suggestion(**row) for row in fresh])
    session.flush()
    return len(fresh)


def comments(session: Session, today: date) -> list[Spoken]:
    """The newest texts of twice the days, those of rehearsals and perhaps of machines left out."""
    reading = StoredReading
    query = (
        texts.select(texts.said, reading.language, Response.contact_id, reading.day, reading.score)
        .where(reading.is_counted, reading.day > today - timedelta(days=2 * DAYS))
        .order_by(reading.day.desc(), reading.response_id.desc(), reading.id.desc())
        .limit(MOST_COMMENTS)
    )
    return [Spoken(*row) for row in session.execute(query)]


def suggestions(
    spoken: Sequence[Spoken],
    matcher: Matcher,
    *,
    since: date,
    dismissed: Collection[tuple[str, str]] = frozenset(),
) -> list[dict]:
    """The rows to suggest, the most telling first (pure)."""
    counts, people = counted(spoken, since)
    frequent = [
        Group(language, [phrase], count)
        for (language, phrase), count in counts.items()
        if len(count.now) >= FEWEST_PEOPLE
        and len(phrase) <= LONGEST_PHRASE
        and (language, phrase) not in dismissed
        and not matcher.of(language).find(phrase)
    ]
    frequent.sort(key=lambda group: (-group.size, group.language, group.phrases))
    groups = matters(without_parts(forms(frequent)[:MOST_WEIGHED]))
    return ranked([row_of(group, *people.get(group.language, (0, 0))) for group in groups])[:MOST_SUGGESTED]


def row_of(group: Group, detractors: int, promoters: int) -> dict:
    """What is stored of a group, in a language that so many detractors and promoters wrote in."""
    count, (phrase, *variants) = group.count, group.phrases
    odds, error = log_odds(len(count.detractors), detractors, len(count.promoters), promoters)
    n, before = group.size, len(count.before)
    is_heavy = len(count.detractors) >= 3 and odds > Z * error
    is_rising = n - before > Z * math.sqrt(n + before)
    ground = Ground.DETRACTORS if is_heavy else Ground.RISING if is_rising else Ground.FREQUENT
    numbers = {"n": n, "before": before, "detractors": len(count.detractors)}
    numbers |= {"promoters": len(count.promoters), "log_odds": round(odds, 3)}
    said = {"language": group.language, "phrase": phrase, "variants": variants}
    return said | {"ground": ground} | numbers


def counted(
    spoken: Iterable[Spoken], since: date
) -> tuple[dict[tuple[str, str], Count], dict[str, tuple[int, int]]]:
    """People by phrase and language, and how many detractors and promoters each language has."""
    counts: dict[tuple[str, str], Count] = defaultdict(Count)
    people: dict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for one in spoken:
        is_now = one.day > since
        side = None if one.score is None else 0 if one.score <= 6 else 1 if one.score >= 9 else None
        if is_now and side is not None:
            people[one.language][side].add(one.contact_id)
        for phrase in set(phrases(one.words, one.language)):
            count = counts[one.language, phrase]
            (count.now if is_now else count.before).add(one.contact_id)
            if is_now and side is not None:
                (count.promoters if side else count.detractors).add(one.contact_id)
    return counts, {language: (len(low), len(high)) for language, (low, high) in people.items()}


def log_odds(low: int, all_low: int, high: int, all_high: int) -> tuple[float, float]:
    """Of detractors against promoters, and its standard error."""
    cells = (low + 0.5, max(0, all_low - low) + 0.5, high + 0.5, max(0, all_high - high) + 0.5)
    return math.log(cells[0] * cells[3] / (cells[1] * cells[2])), math.sqrt(sum(1 / cell for cell in cells))


def forms(groups: list[Group]) -> list[Group]:
    """Forms of one phrase together, named by the most frequent; `groups` come with the most frequent first."""
    found: dict[tuple, Group] = {}
    for group in groups:
        key = group.language, form_of(group.phrases[0])
        if key in found:
            found[key].phrases += group.phrases
            found[key].count.take(group.count)
        else:
            found[key] = group
    return list(found.values())


def without_parts(groups: list[Group]) -> list[Group]:
    """Of phrases that stand in one another the longer one, where it is nearly as frequent, else the shorter."""
    kept = []
    for group in groups:
        others = [one for one in groups if one is not group and one.language == group.language]
        is_part = any(stands_in(group, one) and one.size >= SAME * group.size for one in others)
        is_rare = any(stands_in(one, group) and group.size < SAME * one.size for one in others)
        if not is_part and not is_rare:
            kept.append(group)
    return kept


def stands_in(part: Group, whole: Group) -> bool:
    """Whether one phrase is a part of the other: whole words, or signs where a language has no spaces."""
    space = "" if part.language in RUNS else " "
    one, other = part.phrases[0], whole.phrases[0]
    return len(one) < len(other) and f"{space}{one}{space}" in f"{space}{other}{space}"


def matters(groups: list[Group]) -> list[Group]:
    """Phrases with a word in common that mostly the same people used are one matter."""
    kept: list[Group] = []
    for group in sorted(groups, key=lambda one: (-one.size, one.language, one.phrases)):
        home = next((one for one in kept if belong_together(one, group)), None)
        if home is None:
            kept.append(group)
        else:
            home.phrases += group.phrases
            home.count.take(group.count)
    return kept


def belong_together(one: Group, other: Group) -> bool:
    if one.language != other.language:
        return False
    both = len(one.count.now & other.count.now)
    if both < TOGETHER * min(one.size, other.size):
        return False
    if one.language in RUNS:
        return not set(one.phrases[0]).isdisjoint(other.phrases[0])
    return not set(form_of(one.phrases[0])).isdisjoint(form_of(other.phrases[0]))


def ranked(rows: list[dict]) -> list[dict]:
    order = [Ground.DETRACTORS, Ground.RISING, Ground.FREQUENT]
    return sorted(
        rows, key=lambda row: (order.index(row["ground"]), -row["n"], row["language"], row["phrase"])
    )
