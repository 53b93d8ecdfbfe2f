"""Both clocks of follow-ups, each measured by itself: until the first touch, and until the end.

What is late stays late: a task that was put aside, or opened again, is judged by its due dates all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.followups.models import Task


@dataclass(frozen=True)
class Clock:
    """Follow-ups by one clock. Those still `running` are in time so far; a `needless` one was closed in time without a touch."""

    met: int = 0
    missed: int = 0
    running: int = 0
    needless: int = 0

    @property
    def share_met(self) -> float | None:
        """Met of those that can be judged: 0 to 1; None while there are none."""
        judged = self.met + self.missed
        return self.met / judged if judged else None


@dataclass(frozen=True)
class Clocks:
    """The two clocks over the same follow-ups."""

    first_touch: Clock
    resolution: Clock


NOW = sa.bindparam("now", type_=Task.due_at.type)


def counted(where: Sequence[sa.ColumnElement[bool]]) -> sa.Select:
    """How the follow-ups that `where` names stand by each clock at the parameter `now`."""
    touched = Task.first_touched_at
    until = sa.func.coalesce(touched, Task.closed_at, NOW)
    is_touch_late = until > Task.first_touch_due_at
    end = sa.func.coalesce(Task.closed_at, NOW)
    is_end_late = end > Task.due_at
    cells = (
        sa.and_(touched.is_not(None), sa.not_(is_touch_late)),
        is_touch_late,
        sa.and_(touched.is_(None), Task.closed_at.is_(None), sa.not_(is_touch_late)),
        sa.and_(touched.is_(None), Task.closed_at.is_not(None), sa.not_(is_touch_late)),
        sa.and_(Task.closed_at.is_not(None), sa.not_(is_end_late)),
        is_end_late,
        sa.and_(Task.closed_at.is_(None), sa.not_(is_end_late)),
    )
    return sa.select(*(sa.func.count(sa.case((cell, 1))) for cell in cells)).where(*where)


def of(row: Sequence[int]) -> Clocks:
    """The clocks of what `counted` finds."""
    return Clocks(Clock(*row[:4]), Clock(*row[4:]))
