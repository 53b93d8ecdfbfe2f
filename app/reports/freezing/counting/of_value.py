"""Counting the value report: its headline, a row for each period, and its groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.reports.freezing.counting.counted import Counted, Standpoint, days_of
from app.reports.freezing.document import Document, Figure, Row, Table
from app.reports.freezing.rolls import MOST_KEPT, Register
from app.reports.periods import ONE_DAY, Every, Period
from app.reports.trend import HEADLINE_DAYS
from app.reports.values.telling import VALUE_HEAD, ValueReport, report, series, value_and_interval
from app.reports.values.trend import last_values, valued
from app.responses.models import Response

Address = Mapping[str, str]
POINTS = ("value_mean", "value_low", "value_high", "value_people")
ANSWERS = ("value_answers", "valued_high", "valued_middle", "valued_low")
ASKS = ("value_asks_closed", "value_asks_answered", "value_response_rate")
GROUPS = (
    "value_answers",
    "value_mean",
    "value_low",
    "value_high",
    "valued_high",
    "valued_middle",
    "valued_low",
)


def value_of(session: Session, address: Address, at: Standpoint) -> Counted:
    period, every, dim = days_of(address), Every(address["every"]), address.get("by")
    found = report(
        session, start=period.start, end=period.end, every=every, today=at.today, zone=at.zone, dim=dim
    )
    tables = period_tables(found, every, at)
    if dim:
        tables.append(segment_table(found, dim, at))
    end = at.today + ONE_DAY
    window = Period(end - timedelta(days=HEADLINE_DAYS), end)
    roll = {"valuing": last_of_each(session, window), "value_answers": answers(session, period)}
    return Counted(Document(figures(found), tuple(tables)), roll)


def figures(found: ValueReport) -> tuple[Figure, ...]:
    now, then, change = found.headline, found.before, found.change
    both = min(now.n, then.n)
    compared = (("value_change", change.diff), ("value_change_p", change.p)) if change else ()
    return (
        *(Figure(key, value, now.n) for key, value in zip(POINTS, value_and_interval(now), strict=False)),
        Figure("value_people", now.n, now.n),
        Figure("value_before", then.mean, then.n),
        Figure("value_people_before", then.n, then.n),
        *(Figure(key, value, both) for key, value in compared),
        Figure("value_answers", found.answers, found.answers),
        Figure("value_asks_closed", found.closed, found.closed),
        Figure("value_asks_answered", found.answered, found.closed),
        Figure("value_response_rate", found.rate, found.closed),
    )


def period_tables(found: ValueReport, every: Every, at: Standpoint) -> list[Table]:
    periods = [point.period for point in found.trend]
    told = [dict(zip(VALUE_HEAD, values, strict=True)) for values in series(found)]

    def table(name: str, title: str, columns: tuple[str, ...], group: str) -> Table:
        rows = [
            Row(str(one["from"]), at.period_words(period, every), tuple(one[column] for column in columns))
            for period, one in zip(periods, told, strict=True)
        ]
        return Table(name, title, _("Period"), columns, tuple(rows), group)

    return [
        table("value", _("Value by period"), POINTS, "value_people"),
        table("composition", _("Answers by period"), ANSWERS, "value_answers"),
        table("rate", _("Asks by period"), ASKS, "value_asks_closed"),
    ]


def segment_table(found: ValueReport, dim: str, at: Standpoint) -> Table:
    names, rows = at.segment_names(dim), []
    for point in sorted(found.segments, key=lambda one: (-one.sums.n, one.key)):
        sums = point.sums
        values = sums.n, *value_and_interval(sums), sums.high, sums.middle, sums.low
        rows.append(Row(point.key, names(dim, point.key), values))
    title, is_naming = _("By group"), dim == "owner"
    return Table("segments", title, _("Group"), GROUPS, tuple(rows), "value_answers", is_naming)


def last_of_each(session: Session, period: Period) -> Register:
    return register(session, last_values(period))


def answers(session: Session, period: Period) -> Register:
    columns = Response.contact_id, Response.account_id, Response.id, Response.value_points
    days = valued(), Response.day >= period.start, Response.day < period.end
    return register(session, sa.select(*columns).where(*days))


def register(session: Session, query: sa.Select) -> Register:
    """By answer its points, person and account."""
    rows = session.execute(query.limit(MOST_KEPT + 1))
    return {id: f"{points:g}|{contact}|{account}" for contact, account, id, points in rows}
