"""Adding many rows at once, by the quickest way each database has, in the caller's transaction.

Ids are taken beforehand, because asking a database to return the ids of thousands of inserted rows costs more than
inserting them.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session


def new_ids(session: Session, table: sa.Table, count: int) -> Sequence[int]:
    """`count` unused ids of `table`. On SQLite they stay unused only in a writing transaction, which nobody shares."""
    if not count:
        return ()
    if session.get_bind().dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        statement = sa.select(sa.func.nextval(sequence)).select_from(sa.func.generate_series(1, count))
        return session.scalars(statement).all()
    first = (session.scalar(sa.select(sa.func.max(table.c.id))) or 0) + 1
    return range(first, first + count)


def add_rows(session: Session, table: sa.Table, rows: list[dict]) -> None:
    """Insert rows that all have the same columns, and every column the database does not fill by itself."""
    if not rows:
        return
    if session.get_bind().dialect.name == "postgresql":
        _copy(session, table, rows)
    else:
        session.execute(sa.insert(table), rows)


def _copy(session: Session, table: sa.Table, rows: list[dict]) -> None:
    """PostgreSQL's COPY on the connection of the session, so that the rows belong to its transaction."""
    connection = session.connection()
    dialect = connection.dialect
    columns = [table.c[name] for name in rows[0]]
    readers = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column.name) for column in columns)
    cursor = connection.connection.cursor()
    with cursor, cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as copy:
        for row in rows:
            values = row.values()
            copy.write_row([v if r is None else r(v) for r, v in zip(readers, values, strict=True)])
