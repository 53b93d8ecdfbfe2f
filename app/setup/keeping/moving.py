"""From one machine's SQLite to PostgreSQL, in one step: every table, counted and compared, nothing changed in the old one.

While the copy is made nobody writes to the old database: the step holds its write gate, so pages go on showing and
answers are kept in their form with a 503. All of it is one transaction in the new database, which is held afterwards:
it sends nothing until it is released.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from psycopg import sql as words
from sqlalchemy import Connection

import config
from app import create_app
from app.core.database import migrating, transactions
from app.core.database.migrating import head, revision
from app.core.errors import Refused
from app.extensions import db
from app.setup.keeping.backups import hold
from app.setup.keeping.contents import CHUNK, Contents, contents, differences, rows_of, tables

SEEDED = {"alembic_version", "favour_offers", "formula_versions", "installation", "roles"}


def move(url: str, *, now: datetime) -> Contents:
    """Copy this installation into the empty PostgreSQL database at `url`; what both hold."""
    settings: config.Settings = current_app.extensions["settings"]
    if not settings.is_sqlite:
        raise Refused("This installation is on PostgreSQL already; move it with a backup.")
    if not url.startswith("postgresql+psycopg://"):
        raise Refused(
            "The place to move to must be given as postgresql+psycopg://USER:PASSWORD@HOST/DATABASE."
        )
    target = dataclasses.replace(settings, DATABASE_URL=url)
    with transactions.writer(db.engine).connect() as source:
        source.execute(sa.select(sa.literal(1)))
        if revision(source) != head():
            raise Refused("This database's schema is not that of this version: run justask db upgrade first.")
        app = create_app(target)
        with app.app_context():
            try:
                return copy(source, db.engine, now)
            finally:
                db.session.remove()
                db.engine.dispose()


def copy(source: Connection, engine: sa.Engine, now: datetime) -> Contents:
    try:
        names = sa.inspect(engine).get_table_names()
    except sa.exc.OperationalError as error:
        raise Refused(f"The database cannot be reached: {error.orig}") from error
    if not names:
        migrating.upgrade()
    with engine.begin() as target:
        refuse_unless_empty(target)
        for table in reversed(tables()):
            target.execute(sa.delete(table))
        for table in tables():
            pour(source, target, table)
        set_sequences(target)
        wanted = contents(source)
        if found := differences(wanted, contents(target)):
            raise Refused("The copy differs, so nothing was kept of it: " + "; ".join(found))
        hold(target, now)
        gather_statistics(target)
    return wanted


def refuse_unless_empty(target: Connection) -> None:
    """A database that was only migrated is empty too; an earlier try may have left it so."""
    present = set(sa.inspect(target).get_table_names())
    if revision(target) != head() or not {table.name for table in tables()} <= present:
        raise Refused("The database to move to holds other tables. Give an empty one.")
    filled = [
        name
        for name in sorted(present - SEEDED)
        if target.scalar(sa.select(sa.exists().select_from(sa.table(name))))
    ]
    if filled:
        raise Refused(
            f"The database to move to holds data already ({', '.join(filled[:5])}). Give an empty one."
        )


def pour(source: Connection, target: Connection, table: sa.Table) -> None:
    """All rows of a table by COPY, each value as the new database's driver wants it."""
    columns = list(table.columns)
    writers = [column.type.dialect_impl(target.dialect).bind_processor(target.dialect) for column in columns]
    names = words.SQL(", ").join(words.Identifier(column.name) for column in columns)
    command = words.SQL("COPY {} ({}) FROM STDIN").format(words.Identifier(table.name), names)
    cursor = target.connection.dbapi_connection.cursor()
    with cursor, cursor.copy(command) as stream:
        for row in rows(source, table):
            cells = zip(writers, row, strict=True)
            stream.write_row([write(cell) if write and cell is not None else cell for write, cell in cells])


def rows(source: Connection, table: sa.Table) -> Iterator[sa.Row]:
    yield from source.execute(sa.select(table), execution_options={"yield_per": CHUNK})


def set_sequences(target: Connection) -> None:
    """Let every counter go on behind the highest number that was copied."""
    for table in tables():
        for column in table.primary_key.columns:
            name = target.scalar(
                sa.select(
                    sa.func.pg_get_serial_sequence(words.Identifier(table.name).as_string(), column.name)
                )
            )
            if name:
                highest = target.scalar(sa.select(sa.func.max(column)))
                target.execute(sa.select(sa.func.setval(name, highest or 1, highest is not None)))


def gather_statistics(target: Connection) -> None:
    """Have PostgreSQL look at all tables: by itself it would do so minutes later, and plan badly until then."""
    names = words.SQL(", ").join(words.Identifier(table.name) for table in tables())
    target.exec_driver_sql(words.SQL("ANALYZE {}").format(names).as_string())


__all__ = ["move", "rows_of"]
