"""The timetable: every scheduled job in one list, and the two verbs by which engines run it.

What time brings is found by a query over rows (`due_at <= now`), so a missed tick is late, never lost. A job takes
the present moment, finds what is due, does each item and commits each; one that raises is recorded and tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Job:
    """A job of the timetable: run every `seconds`; `work(now)` returns how many items it did."""

    name: str
    seconds: int
    work: Callable[[datetime], int]
    meaning: str


TIMETABLE: tuple[Job, ...] = ()
