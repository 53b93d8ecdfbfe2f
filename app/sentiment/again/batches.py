"""Some comments at a time: looked up, read with no transaction open, and written where nobody has changed them since.

Reading may take a second, and while a transaction is open nobody's answer can be saved; so there are three steps, and
whoever takes them commits after the first and the last.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.responses.models import Response
from app.sentiment import texts
from app.sentiment.better import DEFAULT, Engine
from app.sentiment.engine.vectors.model import Unreadable
from app.sentiment.models import Intent, StoredReading
from app.sentiment.reading import Reading
from app.sentiment.texts import Text

BATCH, SLOW_BATCH = 50, 10
BULK = {"synchronize_session": False}


class Seen(NamedTuple):
    """A text with the reading it had when it was looked up."""

    id: int
    engine: str
    version: str
    words: str
    language: str | None
    intent: Intent


def size_for(engine: Engine) -> int:
    return BATCH if engine.name == DEFAULT.name else SLOW_BATCH


def look(
    session: Session, *conditions: sa.ColumnElement[bool], order: sa.UnaryExpression, size: int
) -> list[Seen]:
    """Texts whose readings meet the conditions."""
    columns = (StoredReading.id, StoredReading.engine, StoredReading.version)
    query = texts.select(*columns, texts.said, Response.language, StoredReading.intent)
    query = query.where(*conditions, texts.said != "").order_by(order).limit(size)
    return [Seen(*row) for row in session.execute(query)]


def heard(seen: Iterable[Seen], engine: Engine) -> tuple[dict[int, Reading], dict[int, Unreadable]]:
    """What the engine hears in each, and of which it made nothing; no database is asked."""
    found, failed = {}, {}
    for one in seen:
        try:
            found[one.id] = engine.read(one.words, lang=one.language, intent=one.intent)
        except Unreadable as error:
            failed[one.id] = error
    return found, failed


def unchanged(session: Session, seen: Iterable[Seen], found: Container[int]) -> list[Text]:
    """The readings that were found anew, of the same words and by the same engine still; nobody else changes them from
    here on."""
    known = {one.id: one for one in seen if one.id in found}
    query = texts.select().where(StoredReading.id.in_(known)).order_by(StoredReading.id)
    query = query.with_for_update(of=StoredReading, key_share=True).execution_options(populate_existing=True)
    return [
        one for one in (Text(*row) for row in session.execute(query)) if is_same(one, known[one.reading.id])
    ]


def is_same(now: Text, then: Seen) -> bool:
    return (now.reading.engine, now.reading.version, now.words) == (then.engine, then.version, then.words)


def replace(session: Session, reading: StoredReading, found: Reading, by: Engine, *, now: datetime) -> None:
    """The reading anew; a correction stays. Other programs are told where the label is another."""
    is_other = found.label is not reading.label
    reading.engine, reading.version = by.names
    reading.polarity, reading.label = found.polarity, found.label
    reading.confidence, reading.language = found.confidence, found.language or reading.language
    reading.evidence, reading.read_at, reading.edition = list(found.evidence), now, 0
    if is_other:
        answers = sa.update(Response).where(Response.id == reading.response_id)
        session.execute(answers.values(updated_at=now), execution_options=BULK)
