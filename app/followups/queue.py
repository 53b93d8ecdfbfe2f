"""The queue of open tasks: what it shows, in which order, and how many of each there are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.auth.models import RoleName, Staff
from app.contacts.models import ACCOUNT_WORDS, PERSON_WORDS
from app.core.database.finding import every_word
from app.core.database.prepared import Prepared, among
from app.core.database.reading import watched
from app.followups.models import Task, TaskKind, TaskState

PAGE_SIZE = 30
CHUNK = 500
AHEAD = 9
ONE_SESSION = timedelta(hours=12)
NOBODY = "nobody"
ALL = "all"
MANY, FRESH, MOST_TAKEN = 1_000, timedelta(seconds=20), 200
TAKEN: dict[tuple, tuple[datetime, Any]] = {}
Figure = TypeVar("Figure")


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


def next_due_of(task: type[Task]) -> sa.ColumnElement[datetime]:
    """The nearer of the two clocks that still run, as SQL."""
    return sa.case((task.first_touched_at.is_(None), task.first_touch_due_at), else_=task.due_at)


next_due = next_due_of(Task)
is_open = Task.closed_at.is_(None)
has_reply = Task.replied_at.is_not(None)


def overdue(now: datetime, task: type[Task] = Task) -> sa.ColumnElement[bool]:
    """Open and past either clock, as SQL."""
    late_touch = sa.and_(task.first_touched_at.is_(None), task.first_touch_due_at < now)
    return sa.and_(task.closed_at.is_(None), sa.or_(late_touch, task.due_at < now))


def visible(now: datetime, task: type[Task] = Task) -> sa.ColumnElement[bool]:
    """Open and not put aside; an overdue task shows through its snooze."""
    awake = sa.or_(task.snoozed_until.is_(None), task.snoozed_until <= now)
    return sa.and_(task.closed_at.is_(None), sa.or_(awake, overdue(now, task)))


def put_aside(now: datetime, task: type[Task] = Task) -> sa.ColumnElement[bool]:
    """Open and put aside until later; what is overdue is not, it shows among what is to be done."""
    return sa.and_(task.closed_at.is_(None), sa.not_(visible(now, task)))


def state_of(chosen: QueueFilter, now: datetime, task: type[Task] = Task) -> sa.ColumnElement[bool]:
    """Closed, put aside, or what is to be done; who looks for a name finds every open task."""
    if chosen.closed:
        return task.closed_at.is_not(None)
    if chosen.aside:
        return put_aside(now, task)
    return task.closed_at.is_(None) if chosen.words else visible(now, task)


def day_end(now: datetime, zone: ZoneInfo) -> datetime:
    """The end of today in `zone`."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=1)


def owned_by(
    column: sa.ColumnElement, owner: int | str, covered: Collection[int] = ()
) -> list[sa.ColumnElement[bool]]:
    """Whose tasks: everybody's, nobody's, or one person's and those of people for whom that one stands in."""
    if isinstance(owner, str):
        return [column.is_(None)] if owner == NOBODY else []
    return [column.in_([owner, *covered]) if covered else column == owner]


def conditions(chosen: QueueFilter, *, now: datetime, zone: ZoneInfo) -> list[sa.ColumnElement[bool]]:
    """The WHERE of a filter."""
    named_so = [named(chosen.words)] if chosen.words else []
    return [*stands_in(chosen, now, day_end(now, zone)), *named_so]


def stands_in(
    chosen: QueueFilter, now: datetime, tonight: datetime, task: type[Task] = Task
) -> list[sa.ColumnElement[bool]]:
    """What of a filter a task alone says, without the names beside it. The values may be parameters of a statement."""
    found = [state_of(chosen, now, task), *owned_by(task.owner_id, chosen.owner, chosen.covered)]
    if chosen.kind is not None:
        found.append(task.kind == chosen.kind)
    if chosen.account_id is not None:
        found.append(task.account_id == chosen.account_id)
    if chosen.due == "overdue":
        found.append(overdue(now, task))
    if chosen.due == "today":
        found += [next_due_of(task) < tonight, sa.not_(overdue(now, task))]
    if chosen.due == "waiting":
        found.append(task.replied_at.is_not(None))
    if chosen.due == "new":
        found.append(task.state == TaskState.NEW)
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
    """The task that is opened after `after`: another one of the same customer, for these are one conversation; else the
    most urgent one of the next customer; behind the last it begins again at the first.

    A customer stands where the most urgent of their tasks does, as in the queue. `after` need not stand there any more:
    closed or put aside, it is passed at the place where it stood.
    """
    if chosen.closed:
        behind = tasks(session, chosen, now=now, zone=zone, size=0, behind=after)
    else:
        same = of_customer(session, chosen, after, now=now, zone=zone)
        place = min([after, *same], key=place_of)
        later = [task for task in same if task.is_open and place_of(task) > place_of(after)]
        behind = later or next_customer(session, chosen, place, now=now, zone=zone)
    found = behind or tasks(session, chosen, now=now, zone=zone, size=1)
    return next((task for task in found if task.id != after.id), None)


def place_of(task: Task) -> tuple[int, datetime, int]:
    """Where a task stands in the order of the queue; the first is the least."""
    return -task.standing, task.due_at if task.first_touched_at else task.first_touch_due_at, task.id


def of_customer(
    session: Session, chosen: QueueFilter, task: Task, *, now: datetime, zone: ZoneInfo
) -> list[Task]:
    """The other tasks of the queue at the account of `task`, in order, and those closed there in this session of work."""
    mine = replace(chosen, account_id=task.account_id)
    just_closed = sa.and_(
        Task.account_id == task.account_id,
        Task.closed_at > now - ONE_SESSION,
        *owned_by(Task.owner_id, chosen.owner, chosen.covered),
    )
    is_wanted = sa.or_(sa.and_(*conditions(mine, now=now, zone=zone)), just_closed)
    query = sa.select(Task).join(Task.account).outerjoin(Task.contact).where(is_wanted, Task.id != task.id)
    return sorted(session.scalars(query), key=place_of)


def next_customer(
    session: Session, chosen: QueueFilter, after: Task, *, now: datetime, zone: ZoneInfo
) -> list[Task]:
    """The first task behind `after` that is the most urgent of its customer; those of customers passed already are none."""
    while True:
        found = tasks(session, chosen, now=now, zone=zone, size=AHEAD, behind=after)
        first = first_of_each(session, chosen, {task.account_id for task in found}, now=now, zone=zone)
        for task in found:
            if task.account_id != after.account_id and first[task.account_id] == task.id:
                return [task]
        if len(found) <= AHEAD:
            return []
        after = found[-1]


def first_of_each(
    session: Session, chosen: QueueFilter, account_ids: Collection[int], *, now: datetime, zone: ZoneInfo
) -> dict[int, int]:
    """By account, its task that stands first in the queue."""
    order = Task.standing.desc(), next_due, Task.id
    place = sa.func.row_number().over(partition_by=Task.account_id, order_by=order).label("place")
    ranked = sa.select(Task.account_id, Task.id, place).where(Task.account_id.in_(account_ids))
    each = filtered(ranked, chosen, now=now, zone=zone).subquery()
    rows = session.execute(sa.select(each.c.account_id, each.c.id).where(each.c.place == 1))
    return dict(map(tuple, rows))


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
    """The counts over the queue of an owner. Of more than 1,000 open tasks they are taken every 20 seconds at most."""
    key = ("counts", str(session.get_bind().url), owner, tuple(covered), day_end(now, zone))
    return taken(
        key,
        lambda: counted(session, owner, now=now, zone=zone, covered=covered),
        is_much=lambda found: found.open > MANY,
        now=now,
    )


def taken(
    key: tuple, count: Callable[[], Figure], *, is_much: Callable[[Figure], bool], now: datetime
) -> Figure:
    """What `count` gives; where that took much counting, the same again for 20 seconds."""
    place = watched.mark()
    taken_at, found = TAKEN.get(key, (None, None))
    if taken_at is None or not timedelta(0) <= now - taken_at < FRESH:
        taken_at, found = now, count()
        if not is_much(found):
            return found
        TAKEN[key] = taken_at, found
        if len(TAKEN) > MOST_TAKEN:
            TAKEN.clear()
    watched.instead_of_those_since(place, taken_at + FRESH)
    return found


def counted(
    session: Session, owner: int | str, *, now: datetime, zone: ZoneInfo, covered: Collection[int] = ()
) -> QueueCounts:
    """The counts in one query, which looks at every open task of the owner."""
    whose = owner if isinstance(owner, str) else "some"
    given = {"now": now, "tonight": day_end(now, zone)}
    if whose == "some":
        given["owners"] = [owner, *covered]
    return QueueCounts(*(int(number) for number in how_many(whose).row(session.connection(), **given)))


@cache
def how_many(whose: str) -> Prepared:
    """The statement of the counts: of everybody's tasks, of nobody's, or of some people's.

    What holds of a task is found once, and counted outside: databases would work it out for every count anew.
    """
    now, tonight = (sa.bindparam(name, type_=Task.due_at.type) for name in ("now", "tonight"))
    owners = [among(Task.owner_id, "owners")] if whose == "some" else owned_by(Task.owner_id, whose)
    facts = {
        "aside": put_aside(now),
        "late": overdue(now),
        "waits": has_reply,
        "tonight": next_due < tonight,
        "new": Task.state == TaskState.NEW,
    }
    each = sa.select(*(sa.case((fact, 1), else_=0).label(name) for name, fact in facts.items()))
    of = each.where(is_open, *owners).offset(0).subquery().c
    shown = 1 - of.aside
    numbers = (shown, shown * of.waits, of.late, shown * of.tonight * (1 - of.late), shown * of.new, of.aside)
    return Prepared(sa.select(*(sa.func.coalesce(sa.func.sum(number), 0) for number in numbers)))


def workers(session: Session, task: Task) -> list[Staff]:
    """People a task may be handed to: who may work on it, and whoever has it now."""
    return [one for one in owners(session) if one.may(RoleName.CSM) or one.id == task.owner_id]


def able_to_work(session: Session) -> list[Staff]:
    """People whose role includes working on tasks, by name."""
    return [one for one in owners(session) if one.may(RoleName.CSM)]


def owners(session: Session) -> list[Staff]:
    """People who may own tasks, by name."""
    return list(session.scalars(sa.select(Staff).where(Staff.active).order_by(Staff.name, Staff.email)))
