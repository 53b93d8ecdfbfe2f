"""PostgreSQL for benchmarks, and what a process takes of memory, now and at most."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.databases import postgres_in


@contextmanager
def postgresql(url: str = "") -> Iterator[str]:
    """The database at `url`, or an empty one on a server of our own that forgets nothing at a power cut."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="justask-bench-pg-") as folder:
        server = postgres_in(Path(folder))
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench")
            yield f"postgresql+psycopg://postgres@/bench?host={folder}"
        finally:
            server.cleanup()


def held() -> float:
    """What this process holds now of memory of its own, in MB; files that it reads do not count."""
    status = Path(f"/proc/{os.getpid()}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) / 1024


class Peak:
    """The most memory that this process has held since `Peak()`, in MB; Linux keeps count of it."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")

    @property
    def mb(self) -> float:
        status = Path(f"/proc/{os.getpid()}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
