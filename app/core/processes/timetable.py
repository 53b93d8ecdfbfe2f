"""The timetable: every scheduled job in one list.

What time brings is found by a query over rows (`due_at <= now`), so a missed pass is late, never lost. An engine decides
when and where a pass begins: `embedded` on one machine, `procrastinate` on many; a job is the same under both.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

RARE_SECONDS = 600

# Jobs wait in three queues, so that a long wave keeps nobody's score waiting and housekeeping is not starved by either.
MAIL, WORK, HOUSEKEEPING = "mail", "work", "housekeeping"

stopping = threading.Event()


@dataclass(frozen=True)
class Job:
    """A job of the timetable: run every `seconds`; `work(now)` returns how many items it did.

    A pass runs alone, over all workers of the installation, unless the job `is_shared`: then its rows are claimed one by
    one, and several workers do them together.
    """

    name: str
    seconds: int
    work: Callable[..., int]
    meaning: str
    queue: str = WORK
    is_shared: bool = False


TIMETABLE: list[Job] = []


def every(seconds: int, *, queue: str = "", is_shared: bool = False) -> Callable:
    """Put a function on the timetable under its own name; its docstring says what it is for.

    What runs every ten minutes or less often is housekeeping unless another `queue` is named.
    """
    queue = queue or (HOUSEKEEPING if seconds >= RARE_SECONDS else WORK)

    def add(work: Callable[..., int]) -> Callable[..., int]:
        meaning = (work.__doc__ or "").strip().partition("\n")[0]
        TIMETABLE.append(Job(work.__name__, seconds, work, meaning, queue, is_shared))
        return work

    return add


def job_named(name: str) -> Job:
    """The job of that name; KeyError when the timetable has none."""
    return {job.name: job for job in TIMETABLE}[name]
