"""A rule tried on the past year: how often it would have raised an alert, and at which accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Stage
from app.health.alerting.conditions.spells import Past, episodes
from app.health.alerting.past import YEAR, days_of_year, median_arr, past_of
from app.health.alerting.settings import Setting

MOST_ACCOUNTS = 1000
CHUNK = 250


@dataclass(frozen=True)
class Fired:
    """One account at which a rule would have raised alerts, on these days, newest first."""

    account: Account
    days: Sequence[date]


@dataclass(frozen=True)
class Outcome:
    """What one rule would have done: `fired` by account, those with most alerts first."""

    setting: Setting
    fired: Sequence[Fired]

    @property
    def alerts(self) -> int:
        return sum(len(one.days) for one in self.fired)


@dataclass(frozen=True)
class Trial:
    """Outcomes by rule, over the days [start, end]; `looked` of `total` accounts were looked at, the largest by ARR."""

    start: date
    end: date
    looked: int
    total: int
    outcomes: Mapping[str, Outcome]


def raised_on(past: Past, setting: Setting, *, since: date) -> list[date]:
    """The days of the past since then on which the rule would have raised an alert about the account, newest first."""
    begun = (spell.start for spell in episodes(setting.rule.find(past, setting.limits)))
    return sorted((day for day in begun if since <= day <= past.today), reverse=True)


def try_out(
    session: Session, wanted: Iterable[Setting], *, today: date, zone: ZoneInfo, most: int = MOST_ACCOUNTS
) -> Trial:
    """How often each setting would have raised an alert over the past twelve months. Reads only.

    The past is known from today: people in the roles they have now, renewals as they stand now.
    """
    wanted, since = list(wanted), today - YEAR + timedelta(days=1)
    here = sa.select(Account.id).where(Account.stage != Stage.LOST)
    largest = here.order_by(Account.arr.desc().nulls_last(), Account.id).limit(most)
    ids = list(session.scalars(largest))
    total = session.scalar(sa.select(sa.func.count()).select_from(here.subquery())) or 0
    found: dict[str, dict[int, list[date]]] = {setting.rule.key: {} for setting in wanted}
    for past in pasts(session, ids, today=today, zone=zone):
        for setting in wanted:
            if days := raised_on(past, setting, since=since):
                found[setting.rule.key][past.account_id] = days
    accounts = named(session, {id for fired in found.values() for id in fired})
    outcomes = {s.rule.key: Outcome(s, ordered(found[s.rule.key], accounts)) for s in wanted}
    return Trial(since, today, len(ids), total, outcomes)


def pasts(session: Session, ids: Sequence[int], *, today: date, zone: ZoneInfo) -> Iterator[Past]:
    """The past year of each account, some at a time, so that memory stays flat."""
    days, median = days_of_year(today), median_arr(session)
    for place in range(0, len(ids), CHUNK):
        part = ids[place : place + CHUNK]
        yield from past_of(session, part, today=today, zone=zone, days=days, median=median).values()


def named(session: Session, ids: set[int]) -> dict[int, Account]:
    ordered_ids = sorted(ids)
    chunks = (ordered_ids[place : place + CHUNK] for place in range(0, len(ordered_ids), CHUNK))
    rows = (row for part in chunks for row in session.scalars(sa.select(Account).where(Account.id.in_(part))))
    return {account.id: account for account in rows}


def ordered(fired: Mapping[int, list[date]], accounts: Mapping[int, Account]) -> list[Fired]:
    found = [Fired(accounts[id], days) for id, days in fired.items() if id in accounts]
    return sorted(found, key=lambda one: (-len(one.days), one.account.name, one.account.id))
