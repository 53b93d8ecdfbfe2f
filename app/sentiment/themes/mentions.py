"""Finding which themes the stored texts speak of, in batches: a text is looked at soon after it came, and again
when it was edited, corrected or read anew, or when the dictionary has another edition."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database import bulk
from app.sentiment import better, texts
from app.sentiment.models import Label, Mention, StoredReading, Theme
from app.sentiment.reading import Clause, read
from app.sentiment.texts import Text
from app.sentiment.themes.dictionary import Matcher
from app.sentiment.themes.matching import Found

BATCH = 100
BULK = {"synchronize_session": False}


def waiting(session: Session, edition: int) -> int:
    """How many comments have not been looked through with this edition."""
    query = sa.select(sa.func.count()).select_from(StoredReading).where(StoredReading.edition < edition)
    return session.scalar(query) or 0


def is_waiting(session: Session, edition: int) -> bool:
    query = sa.select(StoredReading.id).where(StoredReading.edition < edition).limit(1)
    return session.scalar(query) is not None


def step(session: Session, matcher: Matcher, edition: int, *, size: int = BATCH) -> int:
    """Look through the next comments; how many there were."""
    query = (
        texts.select()
        .where(StoredReading.edition < edition)
        .order_by(StoredReading.edition, StoredReading.id.desc())
        .limit(size)
        .with_for_update(of=StoredReading, key_share=True)
    )
    rows = [Text(*row) for row in session.execute(query)]
    ids = [one.reading.id for one in rows]
    found = [row for one in rows for row in mentions(matcher, one)]
    session.execute(sa.delete(Mention).where(Mention.reading_id.in_(ids)), execution_options=BULK)
    if found:
        bulk.add_rows(session, Mention.__table__, found)
    themed = {row["reading_id"] for row in found}
    for one in rows:
        one.reading.edition, one.reading.is_themed = edition, one.reading.id in themed
    session.flush()
    session.expire_all()
    return len(rows)


def mentions(matcher: Matcher, text: Text) -> list[dict]:
    """A row for each theme of a text, with the polarity and label of the clauses that speak of it."""
    reading, response, words = text
    places = matcher.of(reading.language, response.language).find(words)
    if not places:
        return []
    clauses = clauses_of(text)
    by_theme: dict[int, list[Clause]] = {}
    for place in places:
        here = by_theme.setdefault(place.theme_id, [])
        clause = clause_of(clauses, place)
        if clause is not None and clause not in here:
            here.append(clause)
    same = {
        name: getattr(reading, name) for name in ("response_id", "account_id", "day", "score", "is_counted")
    }
    same["reading_id"] = reading.id
    return [
        {"theme_id": theme_id, **same, **sound(reading, said, is_whole=len(clauses) <= 1)}
        for theme_id, said in by_theme.items()
    ]


def clauses_of(text: Text) -> tuple[Clause, ...]:
    """The clauses as the engine heard them that read the text; the better one has kept them."""
    reading, response, words = text
    if reading.engine == better.ENGINE:
        return better.clauses_in(words, reading.evidence)
    return read(words, lang=response.language, intent=reading.intent).clauses


def clause_of(clauses: tuple[Clause, ...], place: Found) -> Clause | None:
    """The clause in which the phrase begins."""
    return next((clause for clause in clauses if clause.start <= place.start < clause.end), None)


def sound(reading: StoredReading, clauses: list[Clause], *, is_whole: bool) -> dict:
    """How a theme is spoken of. Where the comment is one clause, what holds of it holds of the theme."""
    if is_whole or not clauses:
        return {"polarity": reading.polarity, "label": reading.said}
    polarity = round(sum(clause.polarity for clause in clauses) / len(clauses), 4)
    labels = {clause.label for clause in clauses}
    if {Label.NEGATIVE, Label.POSITIVE} <= labels:
        return {"polarity": polarity, "label": Label.MIXED}
    strong = labels - {Label.NEUTRAL, Label.UNKNOWN}
    return {"polarity": polarity, "label": strong.pop() if strong else labels.pop()}


def of(session: Session, reading_ids: list[int]) -> dict[int, list[Mention]]:
    """The mentions of each of these texts."""
    found: dict[int, list[Mention]] = {}
    query = sa.select(Mention).where(Mention.reading_id.in_(reading_ids)).order_by(Mention.theme_id)
    for row in session.scalars(query):
        found.setdefault(row.reading_id, []).append(row)
    return found


def names(session: Session, reading_ids: list[int]) -> dict[int, list[str]]:
    """The themes in use of each of these texts, as other programs are told them: by key, else by name."""
    query = sa.select(Mention.reading_id, Theme.key, Theme.name).join(Theme, Theme.id == Mention.theme_id)
    query = query.where(Mention.reading_id.in_(reading_ids), Theme.is_active).order_by(Theme.name)
    found: dict[int, list[str]] = {}
    for reading_id, key, name in session.execute(query):
        found.setdefault(reading_id, []).append(key or name)
    return found


def about(names: list[str]) -> sa.Select:
    """The ids of answers in which a text speaks of one of the themes in use with these keys or names."""
    query = sa.select(Mention.response_id).join(Theme, Theme.id == Mention.theme_id)
    return query.where(Theme.is_active, sa.func.coalesce(Theme.key, Theme.name).in_(names))


def find_now(session: Session, matcher: Matcher, edition: int) -> int:
    """All that is waiting, at once and in the caller's transaction: for the demo and for tests."""
    done = 0
    while count := step(session, matcher, edition, size=500):
        done += count
    return done
