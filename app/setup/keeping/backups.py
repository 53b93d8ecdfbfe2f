"""Making backups and restoring them.

A backup is one moment of the database while it is in use: SQLite by its online backup, PostgreSQL by pg_dump in the
snapshot that the checksums are read in. A restored copy is held: it sends nothing until it is released, because the
installation it was taken from may still be sending.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.core.database import migrating
from app.core.database.migrating import head, revision
from app.core.errors import Refused
from app.core.installation import Installation
from app.extensions import db
from app.setup.keeping import archive, postgres_tools
from app.setup.keeping.archive import DATABASE, KEY
from app.setup.keeping.contents import Contents, contents, differences

ENDING = ".backup"
ENGINE_TABLES = "procrastinate_*"


def make(path: Path, *, now: datetime) -> tuple[Path, dict[str, Any]]:
    """Write a backup to `path`, or into the folder `path` under the name of the moment; the file and its facts."""
    target = path / f"justask-{now:%Y%m%dT%H%M%SZ}{ENDING}" if path.is_dir() else path
    if target.exists():
        raise Refused(f"{target} exists already; nothing is overwritten.")
    try:
        with tempfile.TemporaryDirectory(prefix=".justask-", dir=target.parent) as folder:
            parts = {DATABASE: Path(folder) / DATABASE}
            facts = dump(parts[DATABASE])
            key = settings().instance / KEY
            if key.is_file():
                parts[KEY] = key
            facts |= {"made_at": now.isoformat(), "key": fingerprint(settings().SECRET_KEY)}
            archive.pack(target, parts, facts)
    except OSError as error:
        raise Refused(f"The backup could not be written: {error}") from error
    return target, facts


def thin_out(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest `keep` backups of a folder; which."""
    old = sorted(folder.glob(f"justask-*{ENDING}"))[:-keep]
    for path in old:
        path.unlink()
    return old


def dump(target: Path) -> dict[str, Any]:
    return dump_sqlite(target) if settings().is_sqlite else dump_postgresql(target)


def dump_sqlite(target: Path) -> dict[str, Any]:
    source = Path(str(db.engine.url.database))
    if not source.is_file():
        raise Refused(f"There is no database at {source} yet.")
    reading = sqlite3.connect(f"file:{source}?mode=ro", uri=True)
    writing = sqlite3.connect(target)
    try:
        reading.backup(writing)
        writing.execute("PRAGMA journal_mode=DELETE")
        said = writing.execute("PRAGMA quick_check(1)").fetchone()[0]
    finally:
        reading.close()
        writing.close()
    if said != "ok":
        raise Refused(f"The database file is damaged, and so would be its backup: {said}")
    with engine_of(target) as engine, engine.connect() as connection:
        return facts_of(connection, "sqlite")


def dump_postgresql(target: Path) -> dict[str, Any]:
    once = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.connect().execution_options(**once) as connection:
        snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
        postgres_tools.run(
            db.engine,
            "pg_dump",
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--exclude-table-data={ENGINE_TABLES}",
            f"--snapshot={snapshot}",
            f"--file={target}",
            server=postgres_tools.server_version(connection),
        )
        return facts_of(connection, "postgresql")


def facts_of(connection: sa.Connection, kind: str) -> dict[str, Any]:
    return {"kind": kind, "schema": revision(connection), "tables": contents(connection)}


def restore(path: Path, *, now: datetime) -> dict[str, Any]:
    """Put a backup into this installation, which must have no data; what the backup says of itself.

    Counts and checksums are compared before anything is put in place. A backup of an older schema is migrated.
    """
    folder = settings().instance
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=folder) as place:
        facts = archive.unpack(path, Path(place))
        kind = "sqlite" if settings().is_sqlite else "postgresql"
        if facts["kind"] != kind:
            raise Refused(
                f"The backup is of {facts['kind']}, this installation is on {kind}. Restore it on {facts['kind']}, then"
                " use justask db move."
            )
        refuse_unknown(facts["schema"])
        refuse_unless_empty(db.engine)
        if settings().is_sqlite:
            restore_sqlite(Path(place) / DATABASE, facts, now)
        else:
            restore_postgresql(Path(place) / DATABASE, facts, now)
        facts["is_key_put"] = put_key(Path(place) / KEY)
        facts["is_key_ours"] = facts["is_key_put"] or facts["key"] == fingerprint(settings().SECRET_KEY)
    return facts


def restore_sqlite(source: Path, facts: dict[str, Any], now: datetime) -> None:
    with engine_of(source) as engine:
        with engine.connect() as connection:
            compare(connection, facts)
        with engine.begin() as connection:
            hold(connection, now)
    target = Path(str(db.engine.url.database))
    db.session.remove()
    db.engine.dispose()
    for left in (target, Path(f"{target}-wal"), Path(f"{target}-shm")):
        left.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
    migrating.upgrade()


def restore_postgresql(source: Path, facts: dict[str, Any], now: datetime) -> None:
    with db.engine.connect() as connection:
        server = postgres_tools.server_version(connection)
        others = connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        )
    if others:
        raise Refused(
            f"{others} other programs are connected to that database; stop JustAsk everywhere first."
        )
    arguments = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    name = str(db.engine.url.database)
    postgres_tools.run(db.engine, "pg_restore", *arguments, f"--dbname={name}", str(source), server=server)
    with db.engine.begin() as connection:
        compare(connection, facts)
        hold(connection, now)
    migrating.upgrade()


def compare(connection: sa.Connection, facts: dict[str, Any]) -> None:
    """Refused when what was restored is not what was backed up; an older schema can be compared by its file alone."""
    if facts["schema"] != head():
        return
    if found := differences(facts["tables"], contents(connection)):
        raise Refused("What was restored differs from what was backed up: " + "; ".join(found))


def hold(connection: sa.Connection, now: datetime) -> None:
    connection.execute(sa.update(Installation.__table__).values(held_at=now))


def put_key(source: Path) -> bool:
    """Keep the backup's key as this installation's, unless its settings name one; whether it was done."""
    target = settings().instance / KEY
    if not source.is_file() or not target.is_file() or target.read_text().strip() != settings().SECRET_KEY:
        return False
    os.replace(source, target)
    return True


def refuse_unless_empty(engine: sa.Engine) -> None:
    """Refused when the database has any table of ours, or of anybody."""
    if settings().is_sqlite and not Path(str(engine.url.database)).exists():
        return
    if names := sa.inspect(engine).get_table_names():
        raise Refused(
            f"There is data here already ({len(names)} tables); a backup is restored into an empty database only."
        )


def refuse_unknown(schema: str) -> None:
    if not migrating.is_known(schema):
        raise Refused(f"The backup has the schema {schema}, which is newer than this version of JustAsk.")


def fingerprint(key: str) -> str:
    """Says whether two keys are the same and nothing else about them."""
    return hmac.new(key.encode(), b"justask backup", hashlib.sha256).hexdigest()[:16]


@contextmanager
def engine_of(path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{path}", hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


def moment_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def settings():
    return current_app.extensions["settings"]


__all__ = ["Contents", "make", "restore", "thin_out"]
