"""Where an open task stands in the queue, in points, and what these points are made of.

Whoever waits for our answer comes first. Then the priority that the task was opened with (kind, role and tier, see
triggers) is lifted by what is at stake now: an overdue clock, a renewal that is near, and the account's ARR. So an
overdue trifle does not stand before a large customer who leaves. `standing` is kept with the task, so that a page of
a hundred thousand tasks is read from an index; a job brings it up to date as time passes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account
from app.core.clock import day_of
from app.core.installation import installation
from app.followups.models import WAITING, Task
from app.followups.queue import is_open, overdue

OVERDUE, RENEWAL_NEAR = 25, 15
RENEWAL_DAYS = 90
ARR_STEPS = ((250_000, 10), (50_000, 5))
"""ARR from which on an account adds so many points, in its own currency; tiers say more about size than exchange rates."""
AT_ONCE = 2_000


def standing_of(now: datetime, today: date) -> sa.ColumnElement[int]:
    """The points of a task joined with its account, as SQL."""
    renews = Account.renewal_on.between(today, today + timedelta(days=RENEWAL_DAYS))
    arr = sa.case(*((Account.arr >= least, points) for least, points in ARR_STEPS), else_=0)
    return (
        Task.priority
        + sa.case((Task.replied_at.is_not(None), WAITING), else_=0)
        + sa.case((overdue(now), OVERDUE), else_=0)
        + sa.case((renews, RENEWAL_NEAR), else_=0)
        + arr
    )


def refresh(session: Session, *, now: datetime, most: int = AT_ONCE) -> Iterator[int]:
    """Bring the standing of open tasks up to date, at most so many in one pass; gives how many at each safe point.

    Nothing else of them changes.
    """
    due = standing_of(now, day_of(now, installation(session).zone))
    query = sa.select(Task.id, due).join(Task.account).where(is_open, Task.standing != due).limit(most)
    changed: dict[int, list[int]] = defaultdict(list)
    for task_id, points in session.execute(query):
        changed[points].append(task_id)
    for points, ids in changed.items():
        move = sa.update(Task).where(Task.id.in_(ids)).values(standing=points, updated_at=Task.updated_at)
        session.execute(move, execution_options={"synchronize_session": False})
        yield len(ids)


def days_to_renewal(task: Task, today: date) -> int | None:
    """Days until a renewal that is near enough to lift the task; None otherwise."""
    left = (task.account.renewal_on - today).days if task.account.renewal_on else None
    return left if left is not None and 0 <= left <= RENEWAL_DAYS else None


def is_much(task: Task) -> bool:
    """Whether the account's ARR lifts the task."""
    return task.account.arr is not None and task.account.arr >= ARR_STEPS[-1][0]
