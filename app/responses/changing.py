"""What a change of an answer means: the form opens empty, because a link may be in other hands, so empty says nothing."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from app.responses.asks import Ask
from app.responses.recording import FIELDS, REVISIONS, Said, said_before


def filled_up(connection: Connection, ask: Ask, said: Said, attempt: str | None) -> Said:
    """`said` with what it leaves empty as it stands recorded; a form that is sent again says what it said then."""
    if not ask.is_heard:
        return said
    return said_once(connection, ask, said, attempt) or over(said_before(connection, ask), said)


def over(before: Said, said: Said) -> Said:
    """What is said now, laid over what stood there."""
    given = {name: value for name in FIELDS if (value := getattr(said, name)) not in (None, "")}
    return replace(before, **given, others={**before.others, **said.others})


def said_once(connection: Connection, ask: Ask, said: Said, attempt: str | None) -> Said | None:
    """What an earlier version under the same attempt came to, if it is this one."""
    for revision in REVISIONS.rows(connection, response_id=ask.response_id) if attempt else ():
        once = Said.from_json(revision.said)
        if revision.said["attempt"] == attempt and over(once, said) == once:
            return once
    return None
