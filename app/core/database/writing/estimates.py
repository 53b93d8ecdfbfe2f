"""What PostgreSQL believes of tables that grow by large parts, by which it plans the statements that read them.

It looks at a table by itself a minute after much has changed, and not at what is not committed then: so it may take a
table that somebody is just filling for empty, while a large audience is written down, and go through all of it once for
each account. Who writes large parts has it look before each part that needs it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

LEAST_PAGES = 128  # What is smaller is read in a millisecond, however often.
# It scales what it found by the size of the file. Hence a table needs a look when it has doubled since, was never
# looked at, or was taken for empty although something lies in it.
STALE = sa.text(
    """
    SELECT relname
    FROM pg_class, LATERAL (SELECT pg_relation_size(oid) / current_setting('block_size')::int) AS file(pages)
    WHERE oid = ANY (CAST(:tables AS regclass[])) AND pages >= :least AND (reltuples <= 0 OR pages >= 2 * relpages)
    ORDER BY relname
    """
)


def refresh(session: Session, *tables: sa.Table) -> list[str]:
    """Have PostgreSQL look at those of the tables of which it believes what is no more; which these were.

    Within the transaction, so that its own rows count too. One that somebody else is looking at is left to them.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return []
    given = {"tables": [table.name for table in tables], "least": LEAST_PAGES}
    names = list(connection.scalars(STALE, given))
    if names:
        connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {', '.join(names)}")
    return names
