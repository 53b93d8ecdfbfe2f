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
from decimal import Decimal
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account
from app.core.clock import day_of
from app.core.database.prepared import Prepared
from app.core.installation import installation
from app.followups.models import WAITING, Task, TaskKind
from app.followups.queue import MANY, is_open, overdue, taken

OVERDUE, RENEWAL_NEAR = 25, 15
RENEWAL_DAYS = 90
ARR_STEPS = ((250_000, 10), (50_000, 5))
"""ARR from which on an account adds so many points, in its own currency; tiers say more about size than exchange rates."""
AT_ONCE = 2_000
NOBODYS = -1_000_000
"""Below every standing: where there are too few tasks to compare, all of them stand above it."""


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


class Level(StrEnum):
    """How a task stands among all that are open."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Levels(NamedTuple):
    """Where the levels begin: high above the one standing, medium from the other on; `among` so many open tasks.

    A level is a share and no number of points, because what lifts tasks lifts most of them at times: many are overdue
    after a holiday, and then none of them says more than the others. High are at most a tenth of all that are open, of
    equal ones none; medium is the third with the most at stake, with all that equal the last of it.
    """

    high: int
    medium: int
    among: int

    def of(self, standing: int) -> Level:
        return Level.HIGH if standing > self.high else Level.MEDIUM if standing >= self.medium else Level.LOW


HOW_MANY = Prepared(sa.select(sa.func.count()).select_from(Task).where(is_open))
AT_PLACE = Prepared(
    sa.select(Task.standing)
    .where(is_open)
    .order_by(Task.standing.desc())
    .limit(1)
    .offset(sa.bindparam("place", type_=sa.Integer))
)


def levels(connection: sa.Connection, *, now: datetime) -> Levels:
    """Those of now; of many open tasks they are worked out every 20 seconds at most."""
    key = ("levels", str(connection.engine.url))
    return taken(key, partial(levels_among, connection), is_much=lambda found: found.among > MANY, now=now)


def levels_among(connection: sa.Connection) -> Levels:
    among = HOW_MANY.row(connection)[0]
    high, medium = (standing_at(connection, place) for place in (max(1, among // 10), among // 3))
    return Levels(high, medium, among)


def standing_at(connection: sa.Connection, place: int) -> int:
    """The standing of the open task before which so many stand; nobody's where there are no more."""
    row = AT_PLACE.row(connection, place=place)
    return row.standing if row else NOBODYS


class Stakes(NamedTuple):
    """What lifts a task in the queue now. `arr` in the account's own currency, None where it lifts nothing."""

    kind: TaskKind
    is_waiting: bool
    is_overdue: bool
    is_key: bool
    tier: int
    arr: Decimal | float | None
    currency: str
    renews_soon: bool


def stakes_of(task: Task, now: datetime, today: date) -> Stakes:
    """Those of a task."""
    account = task.account
    return Stakes(
        kind=task.kind,
        is_waiting=task.replied_at is not None,
        is_overdue=task.is_overdue(now=now),
        is_key=task.contact is not None and task.contact.role.is_key,
        tier=account.effective_tier,
        arr=lifting(account.arr),
        currency=account.currency,
        renews_soon=is_near(account.renewal_on, today),
    )


def is_near(renewal_on: date | None, today: date) -> bool:
    """Whether a renewal is near enough to lift a task."""
    return renewal_on is not None and 0 <= (renewal_on - today).days <= RENEWAL_DAYS


def lifting(arr: Decimal | float | None) -> Decimal | float | None:
    """The ARR where it is enough to lift a task."""
    return arr if arr is not None and arr >= ARR_STEPS[-1][0] else None
