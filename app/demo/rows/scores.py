"""The scores of the demo's past, closer together the nearer they are to today, by the product's own formula.

Facts carry days, so today's facts tell every past day; only role, stage and use must be put back to what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from app.contacts.models import Stage
from app.demo.company.population import Firm
from app.demo.rows.customers import Home, stages
from app.health import snapshots
from app.health.facts import AccountFacts, Person, Usage
from app.health.formula import score_account, stage_on
from app.health.gathering import gather
from app.health.models import Snapshot

DAYS, WEEKS, FORTNIGHTS = 31, 24, 26
"""How many of the last days have a snapshot, of the weeks before them, and of the fortnights before those."""
COMPUTED = time(23, 55)
COLUMNS = tuple(column.name for column in Snapshot.__table__.columns if column.name != "id")


def add_scores(home: Home, firms: list[Firm]) -> None:
    """All snapshots up to and with today, account by account and day by day."""
    known = gather(home.session, list(home.accounts.values()), as_of=home.today, zone=home.zone)
    rows = []
    for firm in firms:
        rows += past(home, firm, known[home.accounts[firm.key]])
    home.add(Snapshot, rows)


def past(home: Home, firm: Firm, known: AccountFacts) -> Iterator[dict]:
    """The snapshots of one account; each remembers the colours of the one before."""
    before = None
    for day in days(home.today):
        if day >= firm.started_on:
            told = snapshots.tell(score_account(as_it_was(home, firm, known, day)), before)
            before = Snapshot(account_id=home.accounts[firm.key], on=day)
            snapshots.keep(before, told, min(datetime.combine(day, COMPUTED, home.zone), home.now))
            yield {name: getattr(before, name) for name in COLUMNS}


def days(today: date) -> list[date]:
    """The days that have a snapshot, oldest first."""
    daily = range(DAYS + 1)
    weekly = range(DAYS + 7, DAYS + 7 * WEEKS + 1, 7)
    fortnightly = range(weekly[-1] + 14, weekly[-1] + 14 * FORTNIGHTS + 1, 14)
    return [today - timedelta(days=ago) for ago in sorted([*daily, *weekly, *fortnightly], reverse=True)]


def as_it_was(home: Home, firm: Firm, known: AccountFacts, day: date) -> AccountFacts:
    """The facts of the account on a past day."""
    dated = [
        (str(row["stage"]), row["from_on"]) for row in stages(home, firm) if row["stage"] is not Stage.LOST
    ]
    reported = [row for row in home.use[firm.key] if row["as_of"] <= day]
    newest = max(reported, key=lambda row: row["as_of"], default=None)
    return replace(
        known,
        as_of=day,
        people=tuple(in_role(home, firm, person, day) for person in known.people),
        usage=Usage(newest["score"], newest["as_of"]) if newest else None,
        stage=stage_on(day, dated, firm.renewal_on),
    )


def in_role(home: Home, firm: Firm, person: Person, day: date) -> Person:
    """The person in the role held on that day."""
    found = next(p for p in firm.people if home.contacts[p.key] == person.id)
    return replace(person, role=str(found.role_on(day))) if found.new_role else person
