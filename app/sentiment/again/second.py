"""The second reading of fresh comments: where the better engine is installed, it reads them soon after the default one has.

Comments of the last days only: what is older is history, which is read again when somebody asks for it (`rereading`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.processes import workers
from app.responses.models import Response
from app.sentiment import better
from app.sentiment.again import batches
from app.sentiment.models import Label, StoredReading
from app.sentiment.readings import sure
from app.sentiment.texts import Text

JOB = "read_better"
FRESH, NOT_IMPORTED = timedelta(days=2), timedelta(days=60)

Heard = tuple[Text, Label | None, Label | None]
"""A text, with the labels that held before and hold now, None where an engine was not sure."""


def step(session: Session, *, now: datetime, size: int = batches.SLOW_BATCH) -> Iterator[list[Heard]]:
    """The next fresh comments, the newest first; commit at each yield. What is yielded last is what was heard, nothing
    where no comment waits or the better engine is not installed."""
    engine = better.present()
    if engine.name == better.DEFAULT.name:
        return
    skip = [int(item) for item in workers.waiting_items(session, JOB, now=now) if item.isdigit()]
    recent = sa.select(Response.id).where(
        Response.updated_at >= now - FRESH, Response.submitted_at >= now - NOT_IMPORTED
    )
    seen = batches.look(
        session,
        StoredReading.response_id.in_(recent),
        StoredReading.id.not_in(skip),
        # Not by the indexes of engines and ids, which lead through all of history.
        StoredReading.engine + "" == better.DEFAULT.name,
        order=(StoredReading.id + 0).desc(),
        size=size,
    )
    if not seen:
        return
    yield []
    heard, failed = batches.heard(seen, engine)
    for id, error in failed.items():
        workers.failed(session, JOB, str(id), error, now=now)
    found = []
    for text in batches.unchanged(session, seen, heard):
        reading = text.reading
        before = reading.corrected or sure(reading.label, reading.confidence)
        batches.replace(session, reading, heard[reading.id], engine, now=now)
        workers.succeeded(session, JOB, str(reading.id))
        found.append((text, before, reading.corrected or sure(reading.label, reading.confidence)))
    session.flush()
    yield found
