"""Changing the schema with Alembic. Only commands do that, so whoever serves pages need not load it."""

from __future__ import annotations

import re
import sqlite3
import warnings
from importlib import import_module
from pathlib import Path

import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import Migrate
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from app.core.database.place import refuse_network
from app.core.errors import Refused
from app.extensions import db

FOLDER = Path(__file__).resolve().parents[3] / "migrations"
QUEUE_TABLES = "app.core.processes.engines.queue_tables"
MIGRATION_LOCK = 7_305_117_300
# A column, object or table twice; a column, object or table missing (PostgreSQL, appendix A).
SCHEMA_STATES = frozenset({"42701", "42710", "42P07", "42703", "42704", "42P01"})
STEPS_BACK = re.compile(r"-[1-9]\d*")
UNREAD = ".*expression-based index"
migrate = Migrate(directory=str(FOLDER), render_as_batch=True, compare_type=True)


def upgrade() -> None:
    """Bring the application's database to this version's schema, and the job queue's tables where one is used.

    Refused, with nothing changed, where the schema is not what the database says, or a newer version's.
    """
    begin()
    present = refuse_newer()
    try:
        flask_migrate.upgrade()
    except (OperationalError, ProgrammingError) as error:
        if not is_of_schema(error):
            raise
        db.engine.dispose()  # The connection of a migration on SQLite looks at no foreign keys.
        raise Refused(
            f"The database says that its schema is {present or 'still none'}, and something in it is otherwise:"
            f" {str(error.orig).strip().splitlines()[0]}. So looks a copy that was taken while a migration ran, or a"
            " database that was changed by hand. Nothing was changed. Take the copy again with `justask backup`, or"
            " restore a backup."
        ) from error
    if current_app.extensions["settings"].ENGINE == "procrastinate":
        import_module(QUEUE_TABLES).ensure(db.engine, MIGRATION_LOCK)


def is_of_schema(error: DBAPIError) -> bool:
    """Whether a table or column is there that a statement makes, or is not there that it needs; rights are no such thing."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in SCHEMA_STATES
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def downgrade(revision: str) -> None:
    """Go back to an earlier schema, which `-1` and the like name as well; Refused when there is none of that name."""
    begin()
    if not (revision == "base" or STEPS_BACK.fullmatch(revision) or (revision and is_known(revision))):
        raise Refused(f"There is no schema {revision!r}; this version's is {head()}. Nothing was changed.")
    flask_migrate.downgrade(revision=revision)


def check() -> None:
    """SystemExit when the models differ from what the migrations make; indexes of expressions SQLite cannot tell us."""
    begin()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", UNREAD)
        flask_migrate.check()


def head() -> str:
    """The schema of this version."""
    return ScriptDirectory(str(FOLDER)).get_current_head() or ""


def revision(connection: Connection) -> str:
    """The schema that a database has; empty when it has none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_known(schema: str) -> bool:
    """Whether this version knows that schema; one that it does not is a newer version's."""
    return schema in {"", *(step.revision for step in ScriptDirectory(str(FOLDER)).walk_revisions())}


def refuse_newer() -> str:
    """The schema of the application's database; Refused when it is that of a newer version, or lies where it must not."""
    refuse_network(db.engine)
    with db.engine.connect() as connection:
        present = revision(connection)
    if not is_known(present):
        raise Refused(
            f"The database has the schema {present} of a newer version of JustAsk; this one ends at {head()}. Start the"
            " newer version, or restore a backup. Nothing was changed."
        )
    return present


def refuse_unless_current() -> None:
    """Refused when the application's database has another schema than this version needs."""
    present = refuse_newer()
    if present != head():
        raise Refused(
            f"The database has the schema {present or 'nothing'}, this version needs {head()}. Run: justask db upgrade"
        )


def is_ours(table: str) -> bool:
    """Whether we migrate that table; the job queue's are made and kept by its library."""
    return not table.startswith("procrastinate_")


def begin() -> None:
    if "migrate" not in current_app.extensions:
        migrate.init_app(current_app._get_current_object(), db)
