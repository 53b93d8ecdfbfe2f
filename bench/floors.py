"""What the product's pages are measured against: the least that Flask can do on the same web server.

`/` says hello; a form sent to `/answer` becomes one row in an SQLite file that is on the disk before it is answered.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from flask import Flask, Response, request

import config
from app.core.processes import server

FILE = "floor.db"
app = Flask(__name__)
local = threading.local()


@app.get("/")
def hello() -> str:
    return "hello"


@app.post("/answer")
def answer() -> Response:
    values = (request.form["score"], request.form["comment"])
    connection().execute("INSERT INTO answers (score, comment) VALUES (?, ?)", values)
    return Response(status=303, headers={"Location": "/"})


def connection() -> sqlite3.Connection:
    """One for each thread, as a pool would have it."""
    if not hasattr(local, "connection"):
        local.connection = opened(config.load().instance / FILE)
    return local.connection


def opened(path: Path) -> sqlite3.Connection:
    """Every statement is a transaction of its own, and durable."""
    found = sqlite3.connect(path, isolation_level=None, timeout=30)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        found.execute(f"PRAGMA {pragma}")
    return found


def count(instance: Path) -> int:
    """The rows that were written."""
    return opened(instance / FILE).execute("SELECT count(*) FROM answers").fetchone()[0]


def main() -> None:
    settings = config.load()
    opened(settings.instance / FILE).execute("CREATE TABLE answers (id INTEGER PRIMARY KEY, score, comment)")
    server.serve_web(settings, "bench.floors:app")


if __name__ == "__main__":
    main()
