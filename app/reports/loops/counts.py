"""Counting promises and ended follow-ups of some days; the same figures for the page, its list and the API.

A promise belongs to the day on which it was made. It is kept by the first touch of that person, by anybody of us, before
the day ends that the person read; whoever was named in it answers for it. Rehearsals are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.auth.models import Staff
from app.core.database.prepared import Prepared
from app.followups.models import Task, TaskState
from app.followups.promises.models import Promise, PromiseState
from app.followups.settling import asking
from app.reports.loops import clocks
from app.reports.loops.clocks import Clocks


@dataclass(frozen=True)
class Days:
    """The days that are looked at, `end` not among them, and what they are cut by. `owner_id` 0: nobody was named."""

    start: date
    end: date
    zone: ZoneInfo
    owner_id: int | None = None
    state: PromiseState | None = None

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        begin, end = (
            datetime.combine(day, time(), self.zone).astimezone(UTC) for day in (self.start, self.end)
        )
        return begin, end


class GivenDays(NamedTuple):
    """Days whose bounds are parameters of a prepared statement."""

    bounds: tuple[sa.BindParameter, sa.BindParameter]


GIVEN = GivenDays(tuple(sa.bindparam(name, type_=Task.opened_at.type) for name in ("begin", "until")))


def given(days: Days) -> dict[str, datetime]:
    """What such a statement is given for these days."""
    return dict(zip(("begin", "until"), days.bounds, strict=True))


@dataclass(frozen=True)
class Tally:
    """Promises by what became of them. `kept_late` of the broken ones were followed by a touch after their day."""

    kept: int = 0
    broken: int = 0
    open: int = 0
    withdrawn: int = 0
    kept_late: int = 0

    @property
    def made(self) -> int:
        return self.kept + self.broken + self.open + self.withdrawn

    @property
    def share_kept(self) -> float | None:
        """Kept of those that can be judged by now: 0 to 1; None while there are none."""
        judged = self.kept + self.broken
        return self.kept / judged if judged else None

    def __add__(self, other: Tally) -> Tally:
        names = ("kept", "broken", "open", "withdrawn", "kept_late")
        return Tally(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class OfOwner:
    """The promises in one name; no `owner` where the company promised as a whole, or the person is gone."""

    owner: Staff | None
    name: str
    tally: Tally


@dataclass(frozen=True)
class Closing:
    """Follow-ups on answers, by what has become of them by now: `told` of the `closed` ones ended with the customer knowing.

    `asked` of them were asked by mail whether it is settled, and `confirmed` of these said that it is.
    """

    opened: int = 0
    closed: int = 0
    told: int = 0
    asked: int = 0
    confirmed: int = 0
    told_only: int = 0

    @property
    def open(self) -> int:
        return self.opened - self.closed

    @property
    def not_told(self) -> int:
        return self.closed - self.told

    @property
    def closed_by_us(self) -> int:
        """Closed, and no customer has confirmed it, whether told or not."""
        return self.closed - self.confirmed

    @property
    def share_confirmed(self) -> float | None:
        """Confirmed of those who were asked: 0 to 1; None where nobody was."""
        return self.confirmed / self.asked if self.asked else None

    @property
    def share_told(self) -> float | None:
        """Told of all that were opened: 0 to 1; None without any."""
        return self.told / self.opened if self.opened else None


@dataclass(frozen=True)
class Loops:
    """What the report shows."""

    total: Tally
    owners: list[OfOwner]
    closing: Closing
    clocks: Clocks


def loops(session: Session, days: Days, *, now: datetime) -> Loops:
    """Promises made, and follow-ups on answers opened, in these days, and where they stand now."""
    owners = by_owner(session, days, now=now)
    total = sum((one.tally for one in owners), Tally())
    clock_cells = by_clocks().row(session.connection(), **given(days), now=now)
    return Loops(total, owners, closing(session, days), clocks.of(clock_cells))


@cache
def by_clocks() -> Prepared:
    return Prepared(clocks.counted(opened_on_answers(GIVEN)), tuple)


def by_owner(session: Session, days: Days, *, now: datetime) -> list[OfOwner]:
    """By the name that was read, those with most broken promises first."""
    tallies: dict[tuple[int | None, str], Tally] = {}
    for staff_id, name, found, number, late in by_owners().rows(session.connection(), **given(days), now=now):
        key = staff_id, "" if staff_id else name
        tallies[key] = tallies.get(key, Tally()) + Tally(**{found: number}, kept_late=late or 0)
    people = {
        s.id: s
        for s in session.scalars(sa.select(Staff).where(Staff.id.in_([k[0] for k in tallies if k[0]])))
    }
    owners = [
        OfOwner(people.get(staff_id), people[staff_id].display_name if staff_id in people else name, tally)
        for (staff_id, name), tally in tallies.items()
    ]
    return sorted(owners, key=lambda one: (-one.tally.broken, -one.tally.made, one.name))


@cache
def by_owners() -> Prepared:
    """How many promises of the given days are in which state at `now`, by whom they name."""
    state = Promise.state(clocks.NOW)
    is_late = sa.and_(state == PromiseState.BROKEN.value, Promise.touched_at.is_not(None))
    rows = (
        made(GIVEN)
        .with_only_columns(
            Promise.staff_id.label("staff_id"),
            Promise.staff_name.label("name"),
            state.label("state"),
            sa.cast(is_late, sa.Integer).label("is_late"),
        )
        .subquery()
    )
    found = sa.select(
        rows.c.staff_id, sa.func.max(rows.c.name), rows.c.state, sa.func.count(), sa.func.sum(rows.c.is_late)
    ).group_by(rows.c.staff_id, sa.case((rows.c.staff_id.is_(None), rows.c.name), else_=""), rows.c.state)
    return Prepared(found, tuple)


def made(days: Days | GivenDays) -> sa.Select:
    """The promises of these days, whatever became of them."""
    begin, end = days.bounds
    return sa.select(Promise).where(
        Promise.asked_at >= begin, Promise.asked_at < end, Promise.is_rehearsal.is_(False)
    )


def rows(days: Days, *, now: datetime) -> sa.Select:
    """The promises behind the figures, cut by owner and state; the newest first."""
    query = made(days).order_by(Promise.asked_at.desc(), Promise.id.desc())
    if days.owner_id is not None:
        query = query.where(Promise.staff_id == (days.owner_id or None))
    if days.state is not None:
        query = query.where(Promise.state(now) == days.state.value)
    return query.options(
        joinedload(Promise.contact),
        joinedload(Promise.account),
        joinedload(Promise.staff),
        joinedload(Promise.task),
    )


def how_many(session: Session, days: Days, *, now: datetime) -> int:
    query = rows(days, now=now).with_only_columns(Promise.id).order_by(None).options()
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def every(session: Session, days: Days, *, now: datetime) -> Iterator[Promise]:
    """All of them, for a file."""
    yield from session.scalars(rows(days, now=now), execution_options={"yield_per": 500})


def closing(session: Session, days: Days) -> Closing:
    return Closing(*by_ends().row(session.connection(), **given(days)))


@cache
def by_ends() -> Prepared:
    is_closed = Task.state == TaskState.CLOSED
    is_told = sa.and_(is_closed, Task.customer_told.is_(True))
    is_confirmed = asking.is_confirmed()
    wanted = (is_closed, is_told, asking.was_asked(), is_confirmed, sa.and_(is_told, sa.not_(is_confirmed)))
    counted = sa.select(sa.func.count(), *(sa.func.count(sa.case((one, 1))) for one in wanted))
    return Prepared(counted.where(*opened_on_answers(GIVEN)), tuple)


def opened_on_answers(days: Days | GivenDays) -> tuple[sa.ColumnElement[bool], ...]:
    """The follow-ups on answers that were opened in these days, as SQL over tasks."""
    begin, end = days.bounds
    return (
        Task.response_id.is_not(None),
        Task.is_rehearsal.is_(False),
        Task.opened_at >= begin,
        Task.opened_at < end,
    )
