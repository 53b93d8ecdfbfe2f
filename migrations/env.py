"""How Alembic reaches the database: through the application's engine, one migration at a time for everybody."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import text

from app.core.database.migrating import MIGRATION_LOCK, is_ours


def run() -> None:
    database = current_app.extensions["migrate"].db
    with database.engine.execution_options(justask_writing=True).connect() as connection:
        if connection.dialect.name == "sqlite":
            # Rebuilding a table must not cascade, and the pragma is deaf inside a transaction.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            compare_type=True,
            include_name=lambda name, kind, parents: kind != "table" or is_ours(name),
            transaction_per_migration=False,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            context.run_migrations()
        connection.commit()
        if connection.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


run()
