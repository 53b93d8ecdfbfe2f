"""The queue of open tasks: what it shows, in which order, and how many of each there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.auth.models import RoleName, Staff
from app.contacts.models import ACCOUNT_WORDS, PERSON_WORDS
from app.core.database.finding import every_word
from app.followups.models import Task, TaskKind, TaskState

PAGE_SIZE = 30
CHUNK = 500
NOBODY = "nobody"
ALL = "all"
MANY, FRESH, MOST_TAKEN = 5_000, timedelta(seconds=20), 200
TAKEN: dict[tuple, tuple[datetime, QueueCounts]] = {}


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue to show. `owner` is a staff id, "nobody" or "all"; `due` is waiting, overdue, today or new.

    `aside`: what is put aside instead of what is to be done. Who looks for words finds both. `covered` are those for whom
    the owner stands in: what is theirs belongs to this queue too.
    """

    owner: int | str = ALL
    kind: TaskKind | None = None
    due: str | None = None
    words: str = ""
    closed: bool = False
    aside: bool = False
    account_id: int | None = None
    covered: tuple[int, ...] = ()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kind or self.due or self.words or self.account_id)


@dataclass(frozen=True)
class QueueCounts:
    """How many open tasks a person has: all that are not put aside, and of these those on which a customer waits for
    our answer, overdue, due today and new; then those that are put aside."""

    open: int
    waiting: int
    overdue: int
    today: int
    new: int
    aside: int = 0


next_due = sa.case((Task.first_touched_at.is_(None), Task.first_touch_due_at), else_=Task.due_at)
is_open = Task.closed_at.is_(None)
has_reply = Task.replied_at.is_not(None)


def overdue(now: datetime) -> sa.ColumnElement[bool]:
    """Open and past either clock, as SQL."""
    late_touch = sa.and_(Task.first_touched_at.is_(None), Task.first_touch_due_at < now)
    return sa.and_(is_open, sa.or_(late_touch, Task.due_at < now))


def visible(now: datetime) -> sa.ColumnElement[bool]:
    """Open and not put aside; an overdue task shows through its snooze."""
    awake = sa.or_(Task.snoozed_until.is_(None), Task.snoozed_until <= now)
    return sa.and_(is_open, sa.or_(awake, overdue(now)))


def put_aside(now: datetime) -> sa.ColumnElement[bool]:
    """Open and put aside until later; what is overdue is not, it shows among what is to be done."""
    return sa.and_(is_open, sa.not_(visible(now)))


def state_of(chosen: QueueFilter, now: datetime) -> sa.ColumnElement[bool]:
    """Closed, put aside, or what is to be done; who looks for a name finds every open task."""
    if chosen.closed:
        return sa.not_(is_open)
    if chosen.aside:
        return put_aside(now)
    return is_open if chosen.words else visible(now)


def day_end(now: datetime, zone: ZoneInfo) -> datetime:
    """The end of today in `zone`."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def owned_by(owner: int | str, covered: Collection[int] = ()) -> list[sa.ColumnElement[bool]]:
    """Whose tasks: everybody's, nobody's, or one person's and those of people for whom that one stands in."""
    if owner == ALL:
        return []
    if covered:
        return [Task.owner_id.in_([owner, *covered])]
    return [Task.owner_id.is_(None) if owner == NOBODY else Task.owner_id == owner]


def conditions(chosen: QueueFilter, *, now: datetime, zone: ZoneInfo) -> list[sa.ColumnElement[bool]]:
    """The WHERE of a filter."""
    found = [state_of(chosen, now), *owned_by(chosen.owner, chosen.covered)]
    if chosen.kind:
        found.append(Task.kind == chosen.kind)
    if chosen.account_id:
        found.append(Task.account_id == chosen.account_id)
    if chosen.due == "overdue":
        found.append(overdue(now))
    if chosen.due == "today":
        found += [next_due < day_end(now, zone), sa.not_(overdue(now))]
    if chosen.due == "waiting":
        found.append(has_reply)
    if chosen.due == "new":
        found.append(Task.state == TaskState.NEW)
    if chosen.words:
        found.append(named(chosen.words))
    return found


def named(words: str) -> sa.ColumnElement[bool]:
    """Tasks whose account and contact carry these words in their names; of no contact, the account alone."""
    return every_word(words, ACCOUNT_WORDS, PERSON_WORDS)


def tasks(
    session: Session,
    chosen: QueueFilter,
    *,
    now: datetime,
    zone: ZoneInfo,
    start: int = 0,
    size: int = PAGE_SIZE,
    behind: Task | None = None,
) -> list[Task]:
    """One page of the queue, one row more than `size` when there is a next page.

    The highest standing comes first (followups/ranking), then the nearer date; closed ones newest first. `behind` leaves
    out everything up to that task. The rows are found by an index before anything is read beside them.
    """
    order = [Task.closed_at.desc()] if chosen.closed else [Task.standing.desc(), next_due]
    passed = stands_behind(behind, chosen) if behind else []
    found = filtered(sa.select(Task.id), chosen, now=now, zone=zone).where(*passed).order_by(*order, Task.id)
    ids = list(session.scalars(found.offset(start).limit(size + 1)))
    beside = (Task.account, Task.contact, Task.owner, Task.response)
    query = sa.select(Task).where(Task.id.in_(ids)).options(*(joinedload(one) for one in beside))
    by_id = {task.id: task for task in session.scalars(query)} if ids else {}
    return [by_id[id] for id in ids]


def filtered(query: sa.Select, chosen: QueueFilter, *, now: datetime, zone: ZoneInfo) -> sa.Select:
    """`query` over the tasks that a filter names; accounts and people are looked at only for words."""
    if chosen.words:
        query = query.join(Task.account).outerjoin(Task.contact)
    return query.where(*conditions(chosen, now=now, zone=zone))


def count(session: Session, chosen: QueueFilter, *, now: datetime, zone: ZoneInfo) -> int:
    """How many tasks a filter names."""
    return session.scalar(filtered(sa.select(sa.func.count(Task.id)), chosen, now=now, zone=zone)) or 0


def every(
    session: Session, chosen: QueueFilter, *, now: datetime, zone: ZoneInfo, size: int = CHUNK
) -> Iterator[Task]:
    """All tasks of a filter in the order of their ids, read in chunks, so that memory stays flat."""
    after = 0
    while True:
        query = (
            sa.select(Task)
            .join(Task.account)
            .outerjoin(Task.contact)
            .where(*conditions(chosen, now=now, zone=zone), Task.id > after)
            .order_by(Task.id)
            .options(joinedload(Task.account), joinedload(Task.contact), joinedload(Task.owner))
            .limit(size)
        )
        found = list(session.scalars(query))
        yield from found
        if len(found) < size:
            return
        after = found[-1].id
        session.expunge_all()


def next_task(
    session: Session, chosen: QueueFilter, *, now: datetime, zone: ZoneInfo, after: Task
) -> Task | None:
    """The task of the queue that stands behind `after`; behind the last one it begins again at the first.

    `after` need not stand there any more: closed or put aside, it is passed at the place where it stood.
    """
    behind = tasks(session, chosen, now=now, zone=zone, size=0, behind=after)
    found = behind or tasks(session, chosen, now=now, zone=zone, size=1)
    return next((task for task in found if task.id != after.id), None)


def stands_behind(task: Task, chosen: QueueFilter) -> list[sa.ColumnElement[bool]]:
    """What comes later than `task` in the order of the queue, as SQL."""
    if chosen.closed:
        same = sa.and_(Task.closed_at == task.closed_at, Task.id > task.id)
        return [sa.or_(Task.closed_at < task.closed_at, same) if task.closed_at else sa.false()]
    due_at = task.due_at if task.first_touched_at else task.first_touch_due_at
    place = (sa.literal(due_at, Task.due_at.type), task.id)
    later = sa.tuple_(next_due, Task.id) > sa.tuple_(*place)
    return [Task.standing <= task.standing, sa.or_(Task.standing < task.standing, later)]


def is_nothing_yet(session: Session) -> bool:
    """Whether no follow-up was ever opened, for whomever and in whatever state."""
    return not session.scalar(sa.select(sa.exists().select_from(Task)))


def counts(
    session: Session, owner: int | str, *, now: datetime, zone: ZoneInfo, covered: Collection[int] = ()
) -> QueueCounts:
    """The counts over the queue of an owner. Of more than 5,000 open tasks they are taken every 20 seconds at most."""
    key = (str(session.get_bind().url), owner, tuple(covered), day_end(now, zone))
    taken_at, found = TAKEN.get(key, (None, None))
    if taken_at is None or not timedelta(0) <= now - taken_at < FRESH:
        found = counted(session, owner, now=now, zone=zone, covered=covered)
        if found.open > MANY:
            TAKEN[key] = now, found
            if len(TAKEN) > MOST_TAKEN:
                TAKEN.clear()
    return found


def number_of(chosen: QueueFilter, counts: QueueCounts) -> int | None:
    """How many tasks a filter names, where a count over the queue says so already."""
    if chosen.kind or chosen.words or chosen.account_id or chosen.closed or (chosen.aside and chosen.due):
        return None
    return getattr(counts, "aside" if chosen.aside else chosen.due or "open")


def counted(
    session: Session, owner: int | str, *, now: datetime, zone: ZoneInfo, covered: Collection[int] = ()
) -> QueueCounts:
    """The counts in one query, which looks at every open task of the owner."""
    late = overdue(now)
    today = sa.and_(next_due < day_end(now, zone), sa.not_(late))

    def how_many(*conditions: sa.ColumnElement[bool]) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*conditions), 1), else_=0)), 0)

    shown = visible(now)
    query = sa.select(
        how_many(shown),
        how_many(shown, has_reply),
        how_many(shown, late),
        how_many(shown, today),
        how_many(shown, Task.state == TaskState.NEW),
        how_many(put_aside(now)),
    ).where(is_open, *owned_by(owner, covered))
    return QueueCounts(*(int(number) for number in session.execute(query).one()))


def workers(session: Session, task: Task) -> list[Staff]:
    """People a task may be handed to: who may work on it, and whoever has it now."""
    return [one for one in owners(session) if one.may(RoleName.CSM) or one.id == task.owner_id]


def able_to_work(session: Session) -> list[Staff]:
    """People whose role includes working on tasks, by name."""
    return [one for one in owners(session) if one.may(RoleName.CSM)]


def owners(session: Session) -> list[Staff]:
    """People who may own tasks, by name."""
    return list(session.scalars(sa.select(Staff).where(Staff.active).order_by(Staff.name, Staff.email)))
