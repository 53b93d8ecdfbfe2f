"""Workers as threads of the test."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from app import passes
from app.core.processes import timetable

PATIENCE = 20


@contextmanager
def working(app, count: int = 1):
    """So many workers, as threads; afterwards told to stop, and every one has ended."""
    threads = [threading.Thread(target=passes.work, args=(app,)) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        timetable.stopping.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
