"""The queue's own tables, brought by its library and kept at its version. Only `justask db upgrade` loads this.

Which version they have stands in the comment of their main table, so that an update of the library applies the steps
since, in order.
"""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import psycopg
import sqlalchemy as sa
from procrastinate.schema import SchemaManager, migrations_path

from app.core.database.transactions import writer

NAME = "procrastinate"
TABLE = "procrastinate_jobs"
NOTED = re.compile(rf"{NAME} (\d+)\.(\d+)\.(\d+)")
Version = tuple[int, ...]


def ensure(engine: sa.Engine, lock: int) -> bool:
    """Make the tables, or bring them up to the installed library, one process at a time; whether anything was done."""
    wanted = installed_version()
    with writer(engine).begin() as connection:
        connection.execute(sa.text("SET LOCAL lock_timeout = 0"))
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        present = present_version(connection)
        if present == wanted:
            return False
        driver: psycopg.Connection = connection.connection.dbapi_connection
        for script in scripts(present, wanted):
            driver.execute(script)
        driver.execute(f"COMMENT ON TABLE {TABLE} IS '{NAME} {'.'.join(map(str, wanted))}'")
    return True


def installed_version() -> Version:
    return tuple(int(part) for part in version(NAME).split(".")[:3])


def present_version(connection: sa.Connection) -> Version | None:
    """Which version the tables have, the installed one when nothing is noted; None when there are none."""
    if connection.scalar(sa.select(sa.func.to_regclass(TABLE))) is None:
        return None
    comment = connection.scalar(sa.text(f"SELECT obj_description('{TABLE}'::regclass)"))
    noted = NOTED.fullmatch(comment or "")
    return tuple(int(part) for part in noted.groups()) if noted else installed_version()


def scripts(present: Version | None, wanted: Version) -> list[str]:
    if present is None:
        return [SchemaManager.get_schema()]
    steps = sorted(Path(migrations_path).glob("*.sql"))
    return [step.read_text("utf-8") for step in steps if present < version_of(step) <= wanted]


def version_of(step: Path) -> Version:
    """Steps are named like 03.04.00_50_post_what_they_do.sql."""
    return tuple(int(part) for part in step.name.partition("_")[0].split("."))
