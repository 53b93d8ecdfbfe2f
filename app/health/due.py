"""The mark that an account's score must be computed anew; pages compute it live until the worker has.

The mark carries the moment of the latest reason. Whoever computes the score reads the mark first and afterwards deletes
it only if it still carries that moment, so that a reason which arrives meanwhile is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.orm import Session

from app.core.database import upserts
from app.core.database.prepared import Prepared, connection_of
from app.health.models import ScoreDue


def mark(on: Session | Connection, account_id: int, *, now: datetime) -> None:
    """Mark the account's score as due, in the caller's transaction."""
    connection = connection_of(on)
    marking(connection.dialect.name).run(connection, account_id=account_id, now=now)


def mark_all(session: Session, account_ids: Iterable[int], *, now: datetime) -> None:
    """As `mark`, for many accounts. In the order of their ids, so that two such marks never wait for each other."""
    connection = session.connection()
    for account_id in sorted(account_ids):
        marking(connection.dialect.name).run(connection, account_id=account_id, now=now)


@cache
def marking(database: str) -> Prepared:
    """The statement that marks, on `database`."""
    statement = upserts.insert(database, ScoreDue).values(
        account_id=bindparam("account_id"), since=bindparam("now")
    )
    return Prepared(
        statement.on_conflict_do_update(
            index_elements=[ScoreDue.account_id], set_={"since": statement.excluded.since}
        )
    )


def marks(session: Session, *, limit: int) -> list[tuple[int, datetime]]:
    """Accounts whose score is due with the moment of the latest reason, the longest waiting first."""
    query = sa.select(ScoreDue.account_id, ScoreDue.since).order_by(ScoreDue.since).limit(limit)
    return [(account_id, since) for account_id, since in session.execute(query)]


def settle(session: Session, account_id: int, since: datetime) -> None:
    """Take the mark away, unless a later reason has replaced it meanwhile."""
    session.execute(sa.delete(ScoreDue).where(ScoreDue.account_id == account_id, ScoreDue.since == since))
