"""What colleagues say of a reading: corrections and confirmations as dated rows, the last one that stands wins.

The reading itself stays as the engine left it, so that the share of wrong ones can be counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.audit import Actor
from app.core.errors import Refused
from app.responses.models import Response
from app.sentiment.models import Correction, Label, StoredReading

LONGEST_WHY = 500


def reading_of(session: Session, response_id: int, *, lock: bool = False) -> StoredReading:
    """The reading of a comment; Refused when there is no comment."""
    of_comment = StoredReading.response_id == response_id, StoredReading.question_id.is_(None)
    query = sa.select(StoredReading).where(*of_comment)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise Refused(_("There is no comment here, so there is nothing to correct."))
    return found


def correct(
    session: Session,
    reading: StoredReading,
    label: Label,
    *,
    why: str = "",
    is_drawn: bool = False,
    by: Actor,
    now: datetime,
) -> Correction:
    """`reading` sounds as `label` says; the same label as the engine's says that the engine was right."""
    row = Correction(
        response_id=reading.response_id,
        question_id=reading.question_id,
        reading_id=reading.id,
        engine=reading.engine,
        version=reading.version,
        language=reading.language,
        heard=reading.label,
        was=reading.said,
        label=label,
        why=why.strip()[:LONGEST_WHY],
        is_drawn=is_drawn,
        at=now,
        by_id=by.id if by.kind == "staff" else None,
        by=by.name,
    )
    session.add(row)
    reading.corrected = label
    touched(session, reading, now)
    return row


def undo(session: Session, reading: StoredReading, *, by: Actor, now: datetime) -> Correction:
    """Take back the last correction that stands; what stood before it holds again. Refused when there is none."""
    standing = standing_of(session, reading)
    if not standing:
        raise Refused(_("Nobody has corrected this reading, or it was taken back already."))
    last = standing[0]
    last.undone_at, last.undone_by = now, by.name
    reading.corrected = standing[1].label if len(standing) > 1 else None
    touched(session, reading, now)
    return last


def standing_of(session: Session, reading: StoredReading) -> Sequence[Correction]:
    """The corrections of these words that nobody took back, the newest first."""
    query = sa.select(Correction).where(Correction.reading_id == reading.id, Correction.undone_at.is_(None))
    return session.scalars(query.order_by(Correction.at.desc(), Correction.id.desc())).all()


def touched(session: Session, reading: StoredReading, now: datetime) -> None:
    """Other programs ask for what has changed since, and its themes may sound otherwise."""
    reading.edition = 0
    session.flush()
    answers = sa.update(Response).where(Response.id == reading.response_id)
    session.execute(answers.values(updated_at=now), execution_options={"synchronize_session": False})
