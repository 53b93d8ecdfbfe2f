"""The stored readings: one for each response, engine and version, written with the answer it belongs to."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from app.core.database.prepared import Prepared
from app.sentiment.models import StoredReading
from app.sentiment.reading import ENGINE, VERSION, Reading


def keep(
    connection: Connection, response_id: int, heard: Reading | None, *, is_edit: bool, now: datetime
) -> None:
    """Store what was heard in the comment of a response; None (no comment) leaves no reading."""
    if is_edit:
        DELETE.run(connection, response_id=response_id)
    if heard is not None:
        INSERT.run(
            connection,
            response_id=response_id,
            polarity=heard.polarity,
            label=heard.label,
            language=heard.language,
            evidence=list(heard.evidence),
            now=now,
        )


DELETE = Prepared(sa.delete(StoredReading).where(StoredReading.response_id == bindparam("response_id")))
INSERT = Prepared(
    sa.insert(StoredReading).values(
        response_id=bindparam("response_id"),
        engine=ENGINE,
        version=VERSION,
        polarity=bindparam("polarity"),
        label=bindparam("label"),
        language=bindparam("language"),
        evidence=bindparam("evidence"),
        read_at=bindparam("now"),
    )
)
