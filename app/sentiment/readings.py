"""The stored readings: one for each comment, written with the answer it belongs to."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from app.core.database.prepared import Prepared
from app.sentiment.models import Label, StoredReading
from app.sentiment.reading import ENGINE, VERSION, Reading

SURE = 0.5


def keep(
    connection: Connection,
    response_id: int,
    heard: Reading | None,
    *,
    is_edit: bool,
    is_same_words: bool = False,
    now: datetime,
) -> tuple[Label | None, Label | None]:
    """Store what was heard in the comment of a response; None (no comment) leaves no reading, or, with the same words,
    the one that is there.

    Returns the labels that held before and hold now, None where the engine was not sure. A colleague's correction stays while the words stay the same.
    """
    before = None
    if is_same_words and heard is None:
        return None, None
    if is_edit and is_same_words:
        kept = UPDATE.row(connection, **values_of(response_id, heard, now))
        if kept is not None:
            label = kept.corrected or sure(heard.label, heard.confidence)
            return label, label
    elif is_edit:
        gone = DELETE.row(connection, response_id=response_id)
        before = gone and (gone.corrected or sure(gone.label, gone.confidence))
    if heard is None:
        return before, None
    INSERT.run(connection, **values_of(response_id, heard, now))
    return before, sure(heard.label, heard.confidence)


def sure(label: Label, confidence: float | None) -> Label | None:
    """The label, where it is likelier than all others together: what less is known of sends nobody anywhere."""
    return label if confidence is None or confidence >= SURE else None


def values_of(response_id: int, heard: Reading, now: datetime) -> dict:
    return {
        "response_id": response_id,
        "polarity": heard.polarity,
        "label": heard.label,
        "confidence": heard.confidence,
        "language": heard.language,
        "evidence": list(heard.evidence),
        "now": now,
    }


_heard = {
    "engine": ENGINE,
    "version": VERSION,
    "polarity": bindparam("polarity"),
    "label": bindparam("label"),
    "confidence": bindparam("confidence"),
    "language": bindparam("language"),
    "evidence": bindparam("evidence"),
    "read_at": bindparam("now"),
}
DELETE = Prepared(
    sa.delete(StoredReading)
    .where(StoredReading.response_id == bindparam("response_id"))
    .returning(StoredReading.label, StoredReading.corrected, StoredReading.confidence)
)
INSERT = Prepared(sa.insert(StoredReading).values(response_id=bindparam("response_id"), **_heard, edition=0))
UPDATE = Prepared(
    sa.update(StoredReading)
    .where(StoredReading.response_id == bindparam("response_id"))
    .values(**_heard, edition=0)
    .returning(StoredReading.corrected)
)
