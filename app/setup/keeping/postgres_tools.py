"""pg_dump and pg_restore, as found on this machine, and the connection told to them without a word on their command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa

from app.core.errors import Refused

USUAL = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "service": "PGSERVICE",
}


def tool(name: str, server: int) -> str:
    """The program of that name that is new enough for a server of that main version; Refused when there is none."""
    usual = [str(path / name) for pattern in USUAL for path in Path("/").glob(pattern[1:])]
    versions = {path: version_of(path) for path in [shutil.which(name), *sorted(usual, reverse=True)] if path}
    for path, version in versions.items():
        if version >= server:
            return path
    known = ", ".join(str(version) for version in versions.values() if version) or "none"
    raise Refused(
        f"{name} {server} or newer is needed for this PostgreSQL server, found here: {known}. Install PostgreSQL's client"
        f" programs of that version (Debian: postgresql-client-{server}), or put them on the PATH."
    )


def version_of(path: str) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"(\d+)", said)
    return int(found.group(1)) if found else 0


def run(engine: sa.Engine, name: str, *arguments: str, server: int) -> None:
    """Run the program on the engine's database; Refused with its own words when it fails."""
    given = engine.dialect.create_connect_args(engine.url)[1]
    environment = os.environ | {NAMES[key]: str(value) for key, value in given.items() if key in NAMES}
    command = [tool(name, server), "--no-password", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"{name} failed: {done.stderr.strip() or f'it left with {done.returncode}'}")


def server_version(connection: sa.Connection) -> int:
    """The main version of the server, such as 16."""
    return connection.dialect.server_version_info[0]
