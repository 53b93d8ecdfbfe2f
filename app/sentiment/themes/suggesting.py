"""Phrases that many comments use and no theme knows: more frequent among detractors, rising, or simply frequent.

A phrase is up to three words between stop words, counted by people. Over-representation is the log-odds ratio of
detractors against promoters with half an answer added to each cell, told from chance at 95 %; rising compares with as
many days before. The same comments always give the same phrases.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.responses.models import Response
from app.sentiment.models import Ground, StoredReading, Suggestion, ThemeEdition
from app.sentiment.themes.dictionary import Matcher, themes
from app.sentiment.themes.stopwords import stopwords

DAYS = 180
EVERY = timedelta(hours=20)
MOST_COMMENTS = 20_000
FEWEST_PEOPLE = 3
MOST_SUGGESTED, MOST_WEIGHED = 24, 600
SAME = 0.75
Z = 1.96
LONGEST = 3
PARTS = re.compile(r"[.,;:!?()\[\]\"“”«»\n/|–—]+|\s-\s")
WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
SPACELESS = frozenset({"ja", "zh", "th"})


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


def suggest_when_due(session: Session, *, today: date, now: datetime) -> int:
    """Suggest anew when that is a day ago or somebody has asked for it; how many phrases."""
    row = session.get(ThemeEdition, 1)
    if row is None or (row.suggested_at is not None and now - row.suggested_at < EVERY):
        return 0
    row.suggested_at = now
    return suggest(session, Matcher(themes(session)), today=today)


def suggest(session: Session, matcher: Matcher, *, today: date) -> int:
    """Count anew and put what was found in place of what was suggested; what was dismissed stays dismissed."""
    found = suggestions(comments(session, today), matcher, since=today - timedelta(days=DAYS))
    dismissed = set(
        session.execute(
            sa.select(Suggestion.language, Suggestion.phrase).where(Suggestion.dismissed_at.is_not(None))
        )
    )
    session.execute(sa.delete(Suggestion).where(Suggestion.dismissed_at.is_(None)))
    fresh = [row for row in found if (row["language"], row["phrase"]) not in dismissed]
    session.add_all([Suggestion(**row) for row in fresh])
    session.flush()
    return len(fresh)


def comments(session: Session, today: date) -> list[Spoken]:
    """The newest comments of twice the days, those of rehearsals and perhaps of machines left out."""
    reviewed = sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None))
    language = sa.func.coalesce(StoredReading.language, Response.language)
    query = (
        sa.select(Response.comment, language, Response.contact_id, Response.day, Response.score)
        .join(StoredReading, StoredReading.response_id == Response.id)
        .where(Response.is_rehearsal.is_(False), reviewed, Response.comment != "")
        .where(Response.day > today - timedelta(days=2 * DAYS))
        .order_by(Response.submitted_at.desc(), Response.id.desc())
        .limit(MOST_COMMENTS)
    )
    return [Spoken(*row) for row in session.execute(query)]


def suggestions(spoken: Sequence[Spoken], matcher: Matcher, *, since: date) -> list[dict]:
    """The rows to suggest, the most telling first (pure)."""
    counts, people = counted(spoken, since)
    rows = []
    for (language, phrase), count in counts.items():
        if len(count.now) < FEWEST_PEOPLE or matcher.of(language).find(phrase):
            continue
        detractors, promoters = people[language]
        odds, error = log_odds(len(count.detractors), detractors, len(count.promoters), promoters)
        n, before = len(count.now), len(count.before)
        is_heavy = len(count.detractors) >= 3 and odds > Z * error
        is_rising = n - before > Z * math.sqrt(n + before)
        ground = Ground.DETRACTORS if is_heavy else Ground.RISING if is_rising else Ground.FREQUENT
        numbers = {"n": n, "before": before, "detractors": len(count.detractors)}
        numbers |= {"promoters": len(count.promoters), "log_odds": round(odds, 3)}
        rows.append({"language": language, "phrase": phrase, "ground": ground} | numbers)
    return ranked(without_parts(ranked(rows)[:MOST_WEIGHED]))[:MOST_SUGGESTED]


def counted(
    spoken: Iterable[Spoken], since: date
) -> tuple[dict[tuple[str, str], Count], dict[str, tuple[int, int]]]:
    """People by phrase and language, and how many detractors and promoters each language has."""
    counts: dict[tuple[str, str], Count] = defaultdict(Count)
    people: dict[str, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    for one in spoken:
        if one.language in SPACELESS:
            continue
        is_now = one.day > since
        side = None if one.score is None else 0 if one.score <= 6 else 1 if one.score >= 9 else None
        if is_now and side is not None:
            people[one.language][side].add(one.contact_id)
        for phrase in set(phrases(one.words, one.language)):
            count = counts[one.language, phrase]
            (count.now if is_now else count.before).add(one.contact_id)
            if is_now and side is not None:
                (count.promoters if side else count.detractors).add(one.contact_id)
    return counts, {language: (len(low), len(high)) for language, (low, high) in people.items()} | {
        language: (0, 0) for language, _phrase in counts if language not in people
    }


def phrases(text: str, language: str) -> Iterator[str]:
    """Up to three words in a row without a stop word among them; single words of four letters and more."""
    stop = stopwords(language)
    for part in PARTS.split(text[:4000].lower()):
        run: list[str] = []
        for word in [*WORD.findall(part), None]:
            if word is not None and word not in stop and len(word) > 2:
                run.append(word)
                for length in range(1, min(LONGEST, len(run)) + 1):
                    if length > 1 or len(word) > 3:
                        yield " ".join(run[-length:])
            else:
                run = []


def log_odds(low: int, all_low: int, high: int, all_high: int) -> tuple[float, float]:
    """Of detractors against promoters, and its standard error."""
    cells = (low + 0.5, max(0, all_low - low) + 0.5, high + 0.5, max(0, all_high - high) + 0.5)
    return math.log(cells[0] * cells[3] / (cells[1] * cells[2])), math.sqrt(sum(1 / cell for cell in cells))


def without_parts(rows: list[dict]) -> list[dict]:
    """Of phrases that stand in one another the longer one, where it is nearly as frequent, else the shorter."""
    kept = []
    for row in rows:
        others = [o for o in rows if o is not row and o["language"] == row["language"]]
        words = f" {row['phrase']} "
        is_part = any(words in f" {o['phrase']} " and o["n"] >= SAME * row["n"] for o in others)
        is_rare = any(f" {o['phrase']} " in words and row["n"] < SAME * o["n"] for o in others)
        if not is_part and not is_rare:
            kept.append(row)
    return kept


def ranked(rows: list[dict]) -> list[dict]:
    order = [Ground.DETRACTORS, Ground.RISING, Ground.FREQUENT]
    return sorted(
        rows, key=lambda row: (order.index(row["ground"]), -row["n"], row["language"], row["phrase"])
    )
