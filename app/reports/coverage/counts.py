"""People by role and tier, from those known to those heard, and accounts nobody answered from.

Known is who has not left and was not erased, at accounts that are customers. A person counts once: as heard if any ask
sent in the days was answered, else as one who may still answer if any is open, else as silent (declined is silent too).
Rehearsals, absences and asks that reached nobody are left out, as in the response rate. No tier counts as tier 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from functools import reduce

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact, ContactRole, ContactStatus, Stage
from app.core.clock import Today
from app.delivery.models import Invitation, Suppression
from app.reports.accounts.directory import why_not
from app.reports.participation import ANSWERED, OPEN, REACHED, start_of
from app.reports.periods import Period
from app.reports.statistics.nps import Interval, wilson

GONE = (ContactStatus.LEFT, ContactStatus.ERASED)
PAGE_SIZE = 50


class Kind(StrEnum):
    """By what people are counted, as the glossary calls it."""

    KNOWN = "people_known"
    ASKABLE = "people_askable"
    ASKED = "people_reached"
    ANSWERED = "people_heard"
    SILENT = "people_unheard"
    OPEN = "people_waiting"


class Gap(StrEnum):
    """By what accounts are counted: all, those somebody answered from, and what is missing at the others."""

    ALL = "accounts_known"
    HEARD = "accounts_answering"
    UNHEARD = "accounts_unheard"
    UNASKED = "accounts_unasked"
    NO_DECISION_MAKER = "accounts_without_decision_maker"


@dataclass(frozen=True)
class Cover:
    """Whose people or accounts, and on which days they were asked; all of `role`, `tier` and `owner_id` may be open."""

    days: Period
    role: ContactRole | None = None
    tier: int | None = None
    owner_id: int | None = None


@dataclass(frozen=True)
class People:
    """How many people of a role and tier, by how far we got with them; None stands for all roles or tiers."""

    role: ContactRole | None = None
    tier: int | None = None
    people_known: int = 0
    people_askable: int = 0
    people_reached: int = 0
    people_heard: int = 0
    people_unheard: int = 0
    people_waiting: int = 0

    def number(self, kind: Kind) -> int:
        return getattr(self, kind.value)

    @property
    def closed(self) -> int:
        return self.people_heard + self.people_unheard

    @property
    def rate(self) -> float | None:
        """People heard of those whose asks are over, 0..1; None while none is."""
        return self.people_heard / self.closed if self.closed else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.people_heard, self.closed)


@dataclass(frozen=True)
class Accounts:
    """How many accounts of a tier, by whether anybody was heard from them; None stands for all tiers."""

    tier: int | None = None
    accounts_known: int = 0
    accounts_answering: int = 0
    accounts_unheard: int = 0
    accounts_unasked: int = 0
    accounts_without_decision_maker: int = 0

    def number(self, gap: Gap) -> int:
        return getattr(self, gap.value)


@dataclass(frozen=True)
class Person:
    """One row behind a number: somebody, and the last moment they were asked in the days."""

    contact: Contact
    account: Account
    kind: Kind
    asked_at: datetime | None


@dataclass(frozen=True)
class Home:
    """One account behind a number, with its people by how far we got with them."""

    account: Account
    people: People


def people(session: Session, chosen: Cover, today: Today) -> list[People]:
    """A cell for each role and tier in which somebody is known, in the order of roles."""
    each = persons(chosen, today)
    columns = [each.c[kind.value] for kind in Kind if kind is not Kind.KNOWN]
    query = sa.select(each.c.role, each.c.tier, sa.func.count(), *(sa.func.sum(column) for column in columns))
    found = [
        People(ContactRole(role), tier, *map(int, numbers))
        for role, tier, *numbers in session.execute(query.group_by(each.c.role, each.c.tier))
    ]
    places = list(ContactRole)
    return sorted(found, key=lambda cell: (places.index(cell.role), cell.tier))


def total(cells: Iterable[People] | Iterable[Accounts], of: type, **named) -> People | Accounts:
    """The sum of some cells of a kind, under another name."""
    numbers = [field.name for field in fields(of) if field.name not in {"role", "tier"}]

    def both(one, other):
        return of(**named, **{name: getattr(one, name) + getattr(other, name) for name in numbers})

    return reduce(both, cells, of(**named))


def accounts(session: Session, chosen: Cover, today: Today) -> list[Accounts]:
    """A cell for each tier that has accounts."""
    each = homes(chosen, today)
    columns = [each.c[gap.value] for gap in Gap if gap is not Gap.ALL]
    query = sa.select(each.c.tier, sa.func.count(), *(sa.func.sum(column) for column in columns))
    query = query.group_by(each.c.tier).order_by(each.c.tier)
    return [Accounts(tier, *map(int, numbers)) for tier, *numbers in session.execute(query)]


def rows(
    session: Session, chosen: Cover, kind: Kind, today: Today, *, start: int = 0, size: int | None = PAGE_SIZE
) -> Sequence[Person]:
    """The people behind a number, by account and name; all of them without a `size`."""
    each = persons(chosen, today)
    by_name = sa.func.lower(Account.name), Account.id, sa.func.lower(Contact.last_name), Contact.id
    kept = each.c[kind.value] == 1 if kind is not Kind.KNOWN else sa.true()
    query = (
        sa.select(Contact, Account, each)
        .join_from(each, Contact, Contact.id == each.c.contact_id)
        .join(Account, Account.id == each.c.account_id)
        .where(kept)
        .order_by(*by_name)
        .offset(start)
        .limit(size)
    )
    return [Person(row[0], row[1], furthest(row), row.asked_at) for row in session.execute(query)]


def furthest(row: sa.Row) -> Kind:
    """How far we got with somebody."""
    order = (Kind.ANSWERED, Kind.OPEN, Kind.SILENT, Kind.ASKABLE)
    return next((kind for kind in order if row._mapping[kind.value]), Kind.KNOWN)


def account_rows(
    session: Session, chosen: Cover, gap: Gap, today: Today, *, start: int = 0, size: int | None = PAGE_SIZE
) -> Sequence[Home]:
    """The accounts behind a number, those of most ARR first."""
    each = homes(chosen, today)
    kept = each.c[gap.value] == 1 if gap is not Gap.ALL else sa.true()
    most = Account.arr.is_(None), Account.arr.desc(), sa.func.lower(Account.name), Account.id
    query = sa.select(Account, each).join_from(each, Account, Account.id == each.c.account_id).where(kept)
    query = query.options(sa.orm.joinedload(Account.owner)).order_by(*most).offset(start).limit(size)
    return [
        Home(row[0], People(None, row.tier, *(int(getattr(row, kind.value)) for kind in Kind)))
        for row in session.execute(query)
    ]


def persons(chosen: Cover, today: Today) -> sa.Subquery:
    """One row for each person known, with 0 or 1 for each kind."""
    asks = asks_of(chosen.days, today)
    is_asked = asks.c.contact_id.is_not(None)
    is_answered = sa.func.coalesce(asks.c.is_answered, 0)
    is_open = sa.func.coalesce(asks.c.is_open, 0)
    marks = {
        Kind.ASKABLE: why_not(today).is_(None),
        Kind.ASKED: is_asked,
        Kind.ANSWERED: is_answered == 1,
        Kind.SILENT: sa.and_(is_asked, is_answered == 0, is_open == 0),
        Kind.OPEN: sa.and_(is_answered == 0, is_open == 1),
    }
    tier = sa.func.coalesce(Account.tier, 2)
    query = (
        sa.select(
            Contact.id.label("contact_id"),
            Account.id.label("account_id"),
            Contact.role.label("role"),
            tier.label("tier"),
            asks.c.asked_at,
            *(sa.case((mark, 1), else_=0).label(kind.value) for kind, mark in marks.items()),
        )
        .select_from(Contact)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Suppression, Suppression.email_key == Contact.email_key)
        .outerjoin(asks, asks.c.contact_id == Contact.id)
        .where(Contact.status.not_in(GONE), *of_customers(chosen))
    )
    return (query.where(Contact.role == chosen.role) if chosen.role else query).subquery()


def of_customers(chosen: Cover) -> list[sa.ColumnElement[bool]]:
    found = [Account.stage != Stage.LOST]
    if chosen.tier:
        found.append(sa.func.coalesce(Account.tier, 2) == chosen.tier)
    if chosen.owner_id is not None:
        found.append(Account.owner_id == chosen.owner_id)
    return found


def asks_of(days: Period, today: Today) -> sa.Subquery:
    """One row for each person whom an ask sent in the days has reached."""
    answered, still_open = (
        sa.func.max(sa.case((Invitation.state.in_(states), 1), else_=0)) for states in (ANSWERED, OPEN)
    )
    return (
        sa.select(
            Invitation.contact_id,
            answered.label("is_answered"),
            still_open.label("is_open"),
            sa.func.max(Invitation.sent_at).label("asked_at"),
        )
        .where(
            Invitation.is_rehearsal.is_(False),
            sa.not_(Invitation.is_away),
            Invitation.state.in_(REACHED),
            Invitation.sent_at >= start_of(days.start, today.zone),
            Invitation.sent_at < start_of(days.end, today.zone),
        )
        .group_by(Invitation.contact_id)
        .subquery()
    )


def homes(chosen: Cover, today: Today) -> sa.Subquery:
    """One row for each account, those with nobody known among them: 0 or 1 for each gap, and its people by kind."""
    each = persons(chosen, today)
    of_kind = {
        kind: sa.func.coalesce(
            sa.func.sum(each.c[kind.value]) if kind is not Kind.KNOWN else sa.func.count(each.c.contact_id), 0
        )
        for kind in Kind
    }
    decides = sa.func.coalesce(
        sa.func.sum(sa.case((each.c.role == ContactRole.DECISION_MAKER, 1), else_=0)), 0
    )
    asked, answered = of_kind[Kind.ASKED], of_kind[Kind.ANSWERED]
    marks = {
        Gap.HEARD: answered > 0,
        Gap.UNHEARD: answered == 0,
        Gap.UNASKED: asked == 0,
        Gap.NO_DECISION_MAKER: decides == 0,
    }
    tier = sa.func.coalesce(Account.tier, 2)
    return (
        sa.select(
            Account.id.label("account_id"),
            tier.label("tier"),
            *(sa.case((mark, 1), else_=0).label(gap.value) for gap, mark in marks.items()),
            *(number.label(kind.value) for kind, number in of_kind.items()),
        )
        .select_from(Account)
        .outerjoin(each, each.c.account_id == Account.id)
        .where(*of_customers(chosen))
        .group_by(Account.id)
        .subquery()
    )
