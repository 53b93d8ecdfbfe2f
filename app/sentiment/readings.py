"""The stored readings: one for each text of an answer, written with the answer it belongs to."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.orm import Session

from app.core.database.prepared import Prepared
from app.responses.models import Response
from app.responses.recording import Recorded, Said
from app.sentiment.models import Intent, Label, Mention, StoredReading
from app.sentiment.reading import ENGINE, VERSION, Reading
from app.sentiment.texts import WRITTEN, Heard

SURE = 0.5
Labels = tuple[Label | None, Label | None]


def keep(connection: Connection, answer: Recorded, heard: Heard, *, now: datetime) -> None:
    """Store what was heard in the texts of a first answer."""
    said = (None, *answer.said.others)
    rows = [row_of(answer, place, *one, now) for place, one in heard.items() if place in said]
    if len(rows) == 1:
        INSERT.run(connection, **rows[0])
    elif rows:
        INSERT.run_many(connection, rows)


def replace(connection: Connection, answer: Recorded, heard: Heard, *, now: datetime) -> None:
    """Store what was heard in an answer that takes the place of another."""
    DELETE_ALL.run(connection, response_id=answer.response_id)
    keep(connection, answer, heard, now=now)


def revise(connection: Connection, answer: Recorded, heard: Heard, *, now: datetime) -> Labels:
    """Store what was heard in a changed answer; texts that stayed the same keep their readings.

    Returns the labels of the comment that held before and hold now, None where the engine was not sure. A colleague's
    correction stays while the words stay the same.
    """
    gone = changed_words(answer.before, answer.said)
    for place in gone:
        DELETE_FURTHER.run(connection, response_id=answer.response_id, question_id=place)
    keep(connection, answer, {place: heard[place] for place in gone if place in heard}, now=now)
    if answer.said.score != answer.before.score:
        RESCORE.run(connection, response_id=answer.response_id, score=answer.said.score)
    return comment(connection, answer, heard.get(None), now=now)


def comment(
    connection: Connection, answer: Recorded, given: tuple[Reading, Intent] | None, *, now: datetime
) -> Labels:
    """Store what was heard in the comment of a changed answer; None (no comment) leaves no reading, or, with the same
    words, the one that is there."""
    before, heard = None, given and given[0]
    row = row_of(answer, None, *given, now) if given else {}
    if answer.said.comment == answer.before.comment:
        kept = UPDATE.row(connection, **row) if heard else None
        if heard is None or kept is not None:
            label = kept and (kept.corrected or sure(heard.label, heard.confidence))
            return label, label
    else:
        gone = DELETE_COMMENT.row(connection, response_id=answer.response_id)
        before = gone and (gone.corrected or sure(gone.label, gone.confidence))
    if heard is None:
        return before, None
    INSERT.run(connection, **row)
    return before, sure(heard.label, heard.confidence)


def changed_words(before: Said, said: Said) -> list[int]:
    """The further questions to which other words stand now than before."""
    old, new = (
        {id: given.words for id, given in one.others.items() if given.kind == WRITTEN and given.words}
        for one in (before, said)
    )
    return [id for id in {**old, **new} if old.get(id) != new.get(id)]


def sure(label: Label, confidence: float | None) -> Label | None:
    """The label, where it is likelier than all others together: what less is known of sends nobody anywhere."""
    return label if confidence is None or confidence >= SURE else None


def label_of(heard: Heard) -> Label | None:
    """The label of the comment; None without one, and where the engine was not sure."""
    given = heard.get(None)
    return given and sure(given[0].label, given[0].confidence)


def recount(session: Session, response: Response) -> None:
    """Readings and mentions count where their answer does."""
    for table in (StoredReading, Mention):
        rows = sa.update(table).where(table.response_id == response.id).values(is_counted=response.counts)
        session.execute(rows, execution_options={"synchronize_session": False})


def row_of(answer: Recorded, place: int | None, heard: Reading, intent: Intent, now: datetime) -> dict:
    return {
        "response_id": answer.response_id,
        "question_id": place,
        "account_id": answer.ask.account_id,
        "day": answer.day,
        "score": answer.said.score,
        "is_counted": answer.counts,
        "intent": intent,
        "polarity": heard.polarity,
        "label": heard.label,
        "confidence": heard.confidence,
        "language": heard.language or answer.ask.language,
        "evidence": list(heard.evidence),
        "now": now,
    }


_of_answer = ("account_id", "day", "score", "is_counted", "intent")
_heard = {
    "engine": ENGINE,
    "version": VERSION,
    "polarity": bindparam("polarity"),
    "label": bindparam("label"),
    "confidence": bindparam("confidence"),
    "language": bindparam("language"),
    "evidence": bindparam("evidence"),
    "read_at": bindparam("now"),
    **{name: bindparam(name) for name in _of_answer},
}
_is_here = StoredReading.response_id == bindparam("response_id")
DELETE_ALL = Prepared(sa.delete(StoredReading).where(_is_here))
DELETE_FURTHER = Prepared(
    sa.delete(StoredReading).where(_is_here, StoredReading.question_id == bindparam("question_id"))
)
DELETE_COMMENT = Prepared(
    sa.delete(StoredReading)
    .where(_is_here, StoredReading.question_id.is_(None))
    .returning(StoredReading.label, StoredReading.corrected, StoredReading.confidence)
)
INSERT = Prepared(
    sa.insert(StoredReading).values(
        response_id=bindparam("response_id"), question_id=bindparam("question_id"), **_heard, edition=0
    )
)
UPDATE = Prepared(
    sa.update(StoredReading)
    .where(_is_here, StoredReading.question_id.is_(None))
    .values(**_heard, edition=0)
    .returning(StoredReading.corrected)
)
RESCORE = Prepared(sa.update(StoredReading).where(_is_here).values(score=bindparam("score"), edition=0))
