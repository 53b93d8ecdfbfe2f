"""The list of accounts: which ones a filter names, in which order, and what stands in a row.

Filters and order read the stored scores, so that they are one query at ten thousand accounts; the scores shown are
always the present ones. Accounts whose score is due are judged by their present colour, as long as they are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload

from app.contacts.models import ACCOUNT_WORDS, Account, AccountDomain, Stage
from app.core.clock import Today, day_of
from app.core.database.finding import holds
from app.followups.models import Task
from app.followups.queue import ALL, NOBODY, is_open
from app.health import snapshots
from app.health.models import Colour, ScoreDue, Snapshot
from app.health.snapshots import NAMES, Told
from app.reports.accounts.figures import Figures, figures
from app.responses.models import Response

PAGE_SIZE = 50
MOST_JUDGED_LIVE = 100
CSV_CHUNK = 2000
SORTS = ("name", "arr", "renewal", "tasks", "answer", *NAMES)
CSV_HEAD = (
    *("id", "external_id", "account", "tier", "stage", "arr", "currency", "owner", "renewal_on"),
    *(f"{name}{end}" for name in NAMES for end in ("", "_colour")),
    *(
        "promoters",
        "passives",
        "detractors",
        "open_tasks",
        "overdue_tasks",
        "last_answer_on",
        "silent_people",
    ),
)


@dataclass(frozen=True)
class AccountFilter:
    """Which accounts, and in which order. `owner` is a staff id, "nobody" or "all"; `by` names the score of `colour`."""

    words: str = ""
    tier: int | None = None
    stage: Stage | None = None
    owner: int | str = ALL
    colour: Colour | None = None
    by: str = "health"
    has_tasks: bool = False
    renews_within: int | None = None
    sort: str = "name"

    @property
    def is_narrowed(self) -> bool:
        return bool(
            self.words
            or self.tier
            or self.stage
            or self.owner != ALL
            or self.colour
            or self.has_tasks
            or self.renews_within
        )


@dataclass(frozen=True)
class Row:
    """One account of the list."""

    account: Account
    told: Told
    figures: Figures


newest = aliased(Snapshot)
LAST_DAY = sa.select(sa.func.max(newest.on)).where(newest.account_id == Account.id).scalar_subquery()
OPEN_TASKS = sa.select(sa.func.count()).where(Task.account_id == Account.id, is_open).scalar_subquery()
LAST_ANSWER = (
    sa.select(sa.func.max(Response.submitted_at))
    .where(
        Response.account_id == Account.id, Response.is_rehearsal.is_(False), Response.dismissed_at.is_(None)
    )
    .scalar_subquery()
)


def count(session: Session, chosen: AccountFilter, today: Today) -> int:
    """How many accounts the filter names."""
    return session.scalar(narrowed(session, sa.select(sa.func.count(Account.id)), chosen, today)) or 0


def page(
    session: Session, chosen: AccountFilter, today: Today, *, start: int = 0, size: int = PAGE_SIZE
) -> list[Row]:
    """The accounts from place `start` on, with all that a row shows."""
    return rows(session, places(session, chosen, today, start=start, size=size), today)


def places(
    session: Session, chosen: AccountFilter, today: Today, *, start: int = 0, size: int = PAGE_SIZE
) -> list[int]:
    """The ids of the accounts from place `start` on."""
    query = narrowed(session, sa.select(Account.id), chosen, today).order_by(*order(chosen), Account.id)
    return list(session.scalars(query.offset(start).limit(size)))


def rows(session: Session, ids: Sequence[int], today: Today) -> list[Row]:
    """The rows of these accounts, in this order, in a fixed number of queries."""
    query = sa.select(Account).where(Account.id.in_(ids)).options(joinedload(Account.owner))
    accounts = {account.id: account for account in session.scalars(query)}
    told = snapshots.scores_of(session, ids, today=today.day, zone=today.zone)
    beside = figures(session, ids, today=today.day, now=today.now)
    return [Row(accounts[id], told[id], beside[id]) for id in ids if id in accounts]


def narrowed(session: Session, query: sa.Select, chosen: AccountFilter, today: Today) -> sa.Select:
    """`query` over accounts, with the filter and the newest stored scores where they are needed."""
    if chosen.colour or chosen.sort in NAMES:
        is_newest = sa.and_(Snapshot.account_id == Account.id, Snapshot.on == LAST_DAY)
        query = query.select_from(Account).outerjoin(Snapshot, is_newest)
    found = [*plain(chosen, today.day)]
    if chosen.colour:
        found.append(coloured(session, chosen, today))
    return query.where(*found)


def plain(chosen: AccountFilter, today: date) -> Iterator[sa.ColumnElement[bool]]:
    """The conditions on the account itself. No tier counts as tier 2."""
    if chosen.words:
        yield named(chosen.words)
    if chosen.tier:
        yield sa.func.coalesce(Account.tier, 2) == chosen.tier
    if chosen.stage:
        yield Account.stage == chosen.stage
    if chosen.owner != ALL:
        yield Account.owner_id.is_(None) if chosen.owner == NOBODY else Account.owner_id == chosen.owner
    if chosen.has_tasks:
        yield sa.exists().where(Task.account_id == Account.id, is_open)
    if chosen.renews_within:
        yield Account.renewal_on.between(today, today + timedelta(days=chosen.renews_within))


def named(words: str) -> sa.ColumnElement[bool]:
    """Accounts with these words in their name, their id or a mail domain; wildcards are letters."""
    domain = sa.exists().where(
        AccountDomain.account_id == Account.id, AccountDomain.domain.icontains(words, autoescape=True)
    )
    name = holds(words, ACCOUNT_WORDS)
    return sa.or_(name, Account.external_id.icontains(words, autoescape=True), domain)


def coloured(session: Session, chosen: AccountFilter, today: Today) -> sa.ColumnElement[bool]:
    """Accounts whose score has the colour: as stored, and as it is now for those where something has just happened."""
    column = getattr(Snapshot, f"{chosen.by}_colour")
    stored = sa.func.coalesce(column, Colour.GREY) == chosen.colour
    due = list(session.scalars(sa.select(ScoreDue.account_id).limit(MOST_JUDGED_LIVE + 1)))
    if not due or len(due) > MOST_JUDGED_LIVE:
        return stored
    told = snapshots.current_of(session, due, today=today.day, zone=today.zone)
    now = [id for id, scores in told.items() if scores.colour(chosen.by) == chosen.colour]
    return sa.or_(sa.and_(stored, Account.id.not_in(due)), Account.id.in_(now))


def order(chosen: AccountFilter) -> list[sa.ColumnElement]:
    """What to sort by; what is not known comes last. Scores start with the lowest, because these need somebody."""
    name = sa.func.lower(Account.name)
    if chosen.sort in NAMES:
        return [*known_first(getattr(Snapshot, chosen.sort)), name]
    by = {
        "arr": [Account.arr.is_(None), Account.arr.desc()],
        "renewal": known_first(Account.renewal_on),
        "tasks": [OPEN_TASKS.desc()],
        "answer": known_first(LAST_ANSWER),
    }
    return [*by.get(chosen.sort, []), name]


def known_first(column: sa.ColumnElement) -> list[sa.ColumnElement]:
    return [column.is_(None), column]


def every(session: Session, chosen: AccountFilter, today: Today) -> Iterator[tuple]:
    """The whole list for a file, in the order of the page, by parts: a fixed number of queries for each two thousand."""
    query = narrowed(session, sa.select(Account.id), chosen, today).order_by(*order(chosen), Account.id)
    ids = list(session.scalars(query))
    for start in range(0, len(ids), CSV_CHUNK):
        part = rows(session, ids[start : start + CSV_CHUNK], today)
        yield from [csv_row(row, today.zone) for row in part]
        session.expunge_all()


def csv_row(row: Row, zone: ZoneInfo) -> tuple:
    account, told, beside = row.account, row.told, row.figures
    scores = [(unrounded(told.score(name)), told.colour(name).value) for name in NAMES]
    return (
        *(
            account.id,
            account.external_id or "",
            account.name,
            account.tier,
            account.stage.value,
        ),
        *(account.arr, account.currency, account.owner.display_name if account.owner else ""),
        account.renewal_on,
        *(cell for pair in scores for cell in pair),
        *(beside.bands.promoters, beside.bands.passives, beside.bands.detractors),
        *(beside.open_tasks, beside.overdue_tasks),
        day_of(beside.last_answer_at, zone) if beside.last_answer_at else "",
        beside.silent,
    )


def unrounded(score: float | None) -> float | str:
    return "" if score is None else score
