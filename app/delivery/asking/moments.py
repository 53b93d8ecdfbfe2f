"""When each person of an audience would be asked: one moment for each time zone, joined to the people by SQL.

Also the functions of moments that SQL of the cadence needs, in both databases' words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app.contacts.models import Account, Contact
from app.core.database.columns import UtcDateTime
from app.delivery.sending import windows
from app.delivery.sending.windows import ONE_DAY, Window
from app.surveys.rules import Rules

UNKNOWN = ""
FEW_ZONES = 60
ZONE = sa.func.coalesce(sa.func.nullif(Contact.time_zone, ""), Account.time_zone, UNKNOWN)


@dataclass(frozen=True)
class Due:
    """When people of one zone (`UNKNOWN`: of none that is known) are asked, and the installation's day of it."""

    zone: str
    at: datetime
    day_from: datetime
    day_until: datetime


def due(name: str, first: datetime, window: Window | None, here: ZoneInfo) -> Due:
    """When people of that zone are asked who may be asked from `first` on."""
    at = window.next(first, windows.zone(name, here)) if window else first
    day = at.astimezone(here).date()
    midnights = [datetime.combine(d, time(), here).astimezone(UTC) for d in (day, day + ONE_DAY)]
    return Due(name, at, *midnights)


def dues(
    session: Session,
    people: sa.Select,
    first: Callable[[ZoneInfo], datetime],
    window: Window | None,
    here: ZoneInfo,
) -> tuple[Due, ...]:
    """The moments of all zones in which these people live, who may be asked from `first` of their zone on.

    Without a window everybody's is the one of this installation.
    """
    names = {UNKNOWN}
    if window is not None:
        # Joined, because PostgreSQL would read everybody once for each part of a wave to find whose ids are among them.
        given = people.subquery("people")
        there = given.join(Contact, Contact.id == given.c.id)
        there = there.outerjoin(Account, Account.id == Contact.account_id)
        names.update(session.scalars(sa.select(ZONE).distinct().select_from(there)))
    return tuple(due(name, first(windows.zone(name, here)), window, here) for name in sorted(names))


COLUMNS = (
    "at",
    "day_from",
    "day_until",
    "floor_before",
    "any_before",
    "declined_before",
    "same_before",
    "period_before",
)


def table(of: Iterable[Due], rules: Rules) -> sa.CTE:
    """The moments as rows: by `zone`, with the moments before which a former ask stands in nobody's way any more."""
    waits = (
        timedelta(hours=rules.floor_hours),
        timedelta(days=rules.any_days),
        timedelta(days=rules.after_decline_days),
        timedelta(days=rules.same_survey_days),
        timedelta(days=rules.account_days),
    )
    columns = [sa.column("zone", sa.String), *[sa.column(name, UtcDateTime()) for name in COLUMNS]]
    rows = [(d.zone, d.at, d.day_from, d.day_until, *[d.at - wait for wait in waits]) for d in of]
    if len(rows) > FEW_ZONES:
        return sa.values(*columns, name="moments").data(rows).cte("dues")
    # SQLAlchemy writes a statement with VALUES anew each time, which takes longer than to judge a few people.
    selects = [
        sa.select(*[sa.literal(v, c.type).label(c.name) for v, c in zip(row, columns, strict=True)])
        for row in rows
    ]
    return (sa.union_all(*selects) if len(selects) > 1 else selects[0]).cte("dues")


FOREVER = 2**58
"""Later than the ticks of any moment, and still a whole number when some bits are added below it."""


class ticks(FunctionElement):
    """`ticks(moment, seconds)`: the moment so many seconds after another one as a whole number; NULL of NULL.

    Numbers are compared and kept with less work than moments. SQLite counts milliseconds, PostgreSQL microseconds, and
    `moment_of` turns them back.
    """

    type = sa.BigInteger()
    inherit_cache = True


class moment_of(FunctionElement):
    """`moment_of(ticks)`: the moment that a number of ticks stands for; NULL of NULL."""

    type = UtcDateTime()
    inherit_cache = True


class greatest(FunctionElement):
    """`greatest(numbers...)`: the largest of several numbers, none of them NULL."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(ticks, "sqlite")
def _ticks_sqlite(element, compiler, **options) -> str:
    moment, seconds = (compiler.process(part, **options) for part in element.clauses)
    return f"(CAST(julianday({moment}) * 86400000 + 0.5 AS INTEGER) + ({seconds}) * 1000)"


@compiles(ticks)
def _ticks(element, compiler, **options) -> str:
    moment, seconds = (compiler.process(part, **options) for part in element.clauses)
    return f"(CAST(date_part('epoch', {moment}) * 1000000 AS BIGINT) + CAST({seconds} AS BIGINT) * 1000000)"


@compiles(moment_of, "sqlite")
def _moment_of_sqlite(element, compiler, **options) -> str:
    number = compiler.process(element.clauses, **options)
    return f"(strftime('%Y-%m-%d %H:%M:%f', ({number}) / 86400000.0) || '000')"


@compiles(moment_of)
def _moment_of(element, compiler, **options) -> str:
    number = compiler.process(element.clauses, **options)
    return f"(TIMESTAMPTZ 'epoch' + ({number}) * INTERVAL '1 microsecond')"


@compiles(greatest, "sqlite")
def _greatest_sqlite(element, compiler, **options) -> str:
    return f"max({compiler.process(element.clauses, **options)})"


@compiles(greatest)
def _greatest(element, compiler, **options) -> str:
    return f"greatest({compiler.process(element.clauses, **options)})"


class latest(FunctionElement):
    """`latest(moments...)`: the last of them, NULLs passed over; NULL when all are."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(latest, "sqlite")
def _latest_sqlite(element, compiler, **options) -> str:
    parts = [f"coalesce({compiler.process(part, **options)}, '')" for part in element.clauses]
    return f"nullif(max({', '.join(parts)}), '')"


@compiles(latest)
def _latest(element, compiler, **options) -> str:
    return f"greatest({', '.join(compiler.process(part, **options) for part in element.clauses)})"
