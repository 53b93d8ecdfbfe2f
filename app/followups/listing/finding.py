"""Which follow-ups stand on a page of the queue, and what its rows say, by statements that are compiled once.

Open follow-ups of one customer stand together where the most urgent of them stands, so that two unhappy people at one
customer are one conversation. What is closed, what somebody looks for by name and what is of one customer anyway stands
row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import aliased

from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core.database.prepared import Prepared, among
from app.followups.models import Task, TaskKind
from app.followups.promises.models import Promise
from app.followups.queue import (
    ALL,
    PAGE_SIZE,
    QueueFilter,
    day_end,
    filtered,
    next_due,
    next_due_of,
    owned_by,
    stands_in,
    taken,
)
from app.responses.models import Response

FOLDED, SOME, TOP = 2, 100, 4 * PAGE_SIZE
QUOTED = 160
"""Of a comment, so many characters are read: more than a row shows."""


class Place(NamedTuple):
    """A follow-up on a page, and how many stand together with it, itself among them."""

    task_id: int
    account_id: int
    together: int = 1


@dataclass(frozen=True)
class Group:
    """The follow-up that stands in the queue, those folded beneath it, and how many there are in all.

    `raw` are the rows of these as the driver gave them, which say the same as long as they are equal; `read` makes of one
    a row of `ROWS`.
    """

    raw: tuple[tuple, ...]
    together: int
    read: Callable[[tuple], Any]

    @property
    def task_id(self) -> int:
        return self.raw[0][PLACE_OF["id"]]

    @property
    def standing(self) -> int:
        return self.raw[0][PLACE_OF["standing"]]

    @cached_property
    def first(self) -> Any:
        return self.read(self.raw[0])

    @cached_property
    def others(self) -> Sequence[Any]:
        return [self.read(row) for row in self.raw[1:]]


def is_by_customer(chosen: QueueFilter) -> bool:
    """Whether the follow-ups of one customer stand together."""
    return not (chosen.closed or chosen.words or chosen.account_id)


def page(
    connection: Connection, chosen: QueueFilter, *, now: datetime, zone: ZoneInfo, start: int
) -> list[Group]:
    """One page, and one group more when there is a next one."""
    places = by_customer(connection, chosen, now, zone, start) if is_by_customer(chosen) else []
    if not is_by_customer(chosen):
        places = one_by_one(connection, chosen, now, zone, start)
    found, read = ROWS.raw(connection, among=[one.task_id for one in places])
    rows = {row[PLACE_OF["id"]]: row for row in found}
    groups: dict[int, list[Place]] = {}
    for one in places:
        groups.setdefault(one.account_id if is_by_customer(chosen) else one.task_id, []).append(one)
    return [Group(tuple(rows[one.task_id] for one in own), own[0].together, read) for own in groups.values()]


def one_by_one(
    connection: Connection, chosen: QueueFilter, now: datetime, zone: ZoneInfo, start: int
) -> list[Place]:
    """The rows of a list in which nothing stands together; such a list is rare, so its statement is made anew."""
    order = [Task.closed_at.desc()] if chosen.closed else [Task.standing.desc(), next_due]
    query = filtered(sa.select(Task.id, Task.account_id), chosen, now=now, zone=zone)
    found = connection.execute(query.order_by(*order, Task.id).offset(start).limit(PAGE_SIZE + 1))
    return [Place(*row) for row in found]


def by_customer(
    connection: Connection, chosen: QueueFilter, now: datetime, zone: ZoneInfo, start: int
) -> list[Place]:
    """Customers in the order of what is most urgent at each, with the first few follow-ups of each in their order."""
    kept, given = with_values(chosen, now, zone)
    accounts = on_top(connection, kept, given) if not start else None
    if accounts is None:
        accounts = [row.account_id for row in kept.first.rows(connection, start=start, **given)]
    found: dict[int, list[Place]] = {account_id: [] for account_id in accounts}
    if accounts:
        together = dict(kept.together.rows(connection, among=accounts, **given))
        each = kept.each if connection.dialect.name == "sqlite" else kept.ranked
        for row in each.rows(connection, among=accounts, **given):
            found[row.account_id].append(Place(row.id, row.account_id, together[row.account_id]))
    return [one for places in found.values() for one in places]


def on_top(connection: Connection, kept: Statements, given: dict[str, Any]) -> list[int] | None:
    """The customers of the first page, mostly found among the first few follow-ups; None where these are of too few.

    Finding customers as such looks for something more urgent at each, which takes several times as long.
    """
    found = kept.top.raw(connection, **given)[0]
    accounts = list(dict.fromkeys(account_id for (account_id,) in found))
    return accounts[: PAGE_SIZE + 1] if len(accounts) > PAGE_SIZE or len(found) < TOP else None


def customers(connection: Connection, chosen: QueueFilter, *, now: datetime, zone: ZoneInfo) -> int:
    """At how many customers the follow-ups of a filter are; many of them are counted every 20 seconds at most."""
    key = ("customers", str(connection.engine.url), chosen, day_end(now, zone))
    kept, given = with_values(chosen, now, zone)
    return taken(
        key, lambda: kept.customers.row(connection, **given)[0], is_much=lambda found: found > SOME, now=now
    )


def with_values(chosen: QueueFilter, now: datetime, zone: ZoneInfo) -> tuple[Statements, dict[str, Any]]:
    """The statements of a filter and the values of their parameters."""
    shape, values = shaped(chosen)
    values |= {"now": now, "tonight": day_end(now, zone)}
    kept = statements(shape)
    return kept, {name: value for name, value in values.items() if name in kept.parameters}


NOW, TONIGHT = (sa.bindparam(name, type_=Task.due_at.type) for name in ("now", "tonight"))
OWNER = sa.bindparam("owner", type_=Task.owner_id.type)
KIND = sa.bindparam("kind", type_=Task.kind.type)
SOMEBODY = 0


def shaped(chosen: QueueFilter) -> tuple[QueueFilter, dict[str, Any]]:
    """A filter without its values, by which its statements are kept, and the values by the names of their parameters."""
    owner = chosen.owner if isinstance(chosen.owner, str) else SOMEBODY
    kind = None if chosen.kind is None else TaskKind.ALERT
    shape = replace(chosen, owner=owner, kind=kind, covered=(SOMEBODY,) if chosen.covered else ())
    return shape, {"owner": chosen.owner, "kind": chosen.kind, "owners": [chosen.owner, *chosen.covered]}


def meant(
    shape: QueueFilter, task: type[Task] = Task, *, at_customer: bool = False
) -> list[sa.ColumnElement[bool]]:
    """The conditions of a filter with parameters in the place of its values.

    Where the few follow-ups `at_customer` are to be read, the owner is compared so that no index serves: SQLite would take
    the index of an owner, who has thousands.
    """
    asked = replace(shape, owner=ALL, covered=(), kind=None if shape.kind is None else KIND)
    column = task.owner_id + 0 if at_customer else task.owner_id
    owner = OWNER if shape.owner == SOMEBODY else shape.owner
    whose = [among(column, "owners")] if shape.covered else owned_by(column, owner)
    return [*stands_in(asked, NOW, TONIGHT, task), *whose]


@dataclass(frozen=True)
class Statements:
    """`top`: the customers of the first few follow-ups. `first`: those of a page.

    `together`: how many follow-ups each of these has. `each` and `ranked`: the first few of them, in their order; SQLite
    asks one customer after the other in a third of the time in which it ranks all, PostgreSQL takes ages for that.
    `customers`: how many customers there are on all pages.
    """

    top: Prepared
    first: Prepared
    together: Prepared
    each: Prepared
    ranked: Prepared
    customers: Prepared
    parameters: Collection[str]


@lru_cache(maxsize=64)
def statements(shape: QueueFilter) -> Statements:
    """Those of all filters that differ in their values alone."""
    other = aliased(Task)
    sooner = sa.tuple_(next_due_of(other), other.id) < sa.tuple_(next_due, Task.id)
    before = sa.or_(other.standing > Task.standing, sa.and_(other.standing == Task.standing, sooner))
    ahead = sa.exists().where(
        other.account_id == Task.account_id, before, *meant(shape, other, at_customer=True)
    )
    order, conditions = (Task.standing.desc(), next_due, Task.id), meant(shape)
    first = sa.select(Task.account_id).where(*conditions, sa.not_(ahead.correlate(Task))).order_by(*order)
    place = sa.func.row_number().over(partition_by=Task.account_id, order_by=order)
    theirs = (among(Task.account_id), *meant(shape, at_customer=True))
    ranks = sa.select(Task.id, Task.account_id, place.label("place")).where(*theirs).subquery()
    few = sa.select(other.id).where(other.account_id == Account.id, *meant(shape, other, at_customer=True))
    few = (
        few.order_by(other.standing.desc(), next_due_of(other), other.id).limit(FOLDED + 1).correlate(Account)
    )
    each = sa.select(Task.id, Task.account_id).select_from(Account).join(Task, Task.id.in_(few))
    return Statements(
        Prepared(sa.select(Task.account_id).where(*conditions).order_by(*order).limit(TOP)),
        Prepared(first.limit(PAGE_SIZE + 1).offset(sa.bindparam("start", type_=sa.Integer))),
        Prepared(sa.select(Task.account_id, sa.func.count()).where(*theirs).group_by(Task.account_id)),
        Prepared(each.where(among(Account.id)).order_by(*order)),
        Prepared(sa.select(ranks).where(ranks.c.place <= FOLDED + 1).order_by(ranks.c.place)),
        Prepared(sa.select(sa.func.count(Task.account_id.distinct())).where(*conditions)),
        frozenset(sa.and_(*conditions).compile().params),
    )


ROWS = Prepared(
    sa.select(
        Task.id,
        Task.kind,
        Task.account_id,
        Task.owner_id,
        Task.state,
        Task.standing,
        Task.reason,
        Task.first_touch_due_at,
        Task.first_touched_at,
        Task.due_at,
        Task.closed_at,
        Task.replied_at,
        Task.snoozed_until,
        Task.is_rehearsal,
        Account.name.label("account"),
        Account.tier,
        sa.type_coerce(Account.arr, sa.Double).label("arr"),
        Account.currency,
        Account.renewal_on,
        Task.contact_id,
        Contact.first_name,
        Contact.last_name,
        Contact.email,
        Contact.role,
        Contact.status,
        sa.func.coalesce(sa.func.nullif(Staff.name, ""), Staff.email).label("owner"),
        Response.score,
        Response.language,
        sa.func.substr(Response.comment, 1, QUOTED).label("comment"),
        Promise.way,
        Promise.due_on,
        Promise.until_at,
        Promise.touched_at.label("kept_at"),
    )
    .select_from(Task)
    .join(Account, Account.id == Task.account_id)
    .outerjoin(Contact, Contact.id == Task.contact_id)
    .outerjoin(Staff, Staff.id == Task.owner_id)
    .outerjoin(Response, Response.id == Task.response_id)
    .outerjoin(Promise, sa.and_(Promise.task_id == Task.id, Promise.withdrawn_at.is_(None)))
    .where(among(Task.id))
    .order_by(Promise.asked_at)
)
PLACE_OF = {column.key: place for place, column in enumerate(ROWS.statement.selected_columns)}
