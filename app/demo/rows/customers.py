"""Rows of the demo's customers: accounts with stages and goals, their people with dated roles, their use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import (
    Account,
    AccountDomain,
    AccountStage,
    Contact,
    ContactStatus,
    DatedRole,
    Goal,
    Stage,
)
from app.core.database import bulk
from app.delivery.models import Suppression
from app.demo.company.companies import REGIONS, SIZES, Company
from app.demo.company.population import Firm, Person
from app.demo.company.stories import at
from app.demo.events.asking import Asking, History
from app.health.models import Adoption

ONBOARDING = timedelta(days=90)
RENEWAL = timedelta(days=120)
YEAR = timedelta(days=365)
HISTORY_DAYS = 560
USE_EVERY_DAYS = 14
GOAL_DAYS = 500
NEW_GOAL_AGO = timedelta(days=150)
SOURCE = "demo"


@dataclass
class Home:
    """Where rows go, and the ids that the rows of the demo's records have got."""

    session: Session
    now: datetime
    today: date
    zone: ZoneInfo
    seed: int
    staff: list[int] = field(default_factory=list)
    accounts: dict[int, int] = field(default_factory=dict)
    contacts: dict[int, int] = field(default_factory=dict)
    use: dict[int, list[dict]] = field(default_factory=dict)
    goals: dict[int, list[tuple[date, int]]] = field(default_factory=dict)
    waves: dict[int, int] = field(default_factory=dict)
    asks: dict[int, int] = field(default_factory=dict)
    responses: dict[int, int] = field(default_factory=dict)

    def add(self, model: type, rows: list[dict]) -> list[int]:
        """Insert rows of a table that has an id; their ids."""
        table: sa.Table = model.__table__
        ids = list(bulk.new_ids(self.session, table, len(rows)))
        bulk.add_rows(self.session, table, [{"id": id} | row for id, row in zip(ids, rows, strict=True)])
        return ids

    def morning(self, day: date) -> datetime:
        """A moment of that day at which clerks enter things."""
        return datetime.combine(day, time(7, 30), self.zone)


def add_customers(home: Home, firms: list[Firm], asking: Asking) -> None:
    """All accounts and people; the asks tell who unsubscribed and whose address is dead."""
    ids = home.add(Account, [account(home, firm) for firm in firms])
    home.accounts = {firm.key: id for firm, id in zip(firms, ids, strict=True)}
    domains = [{"account_id": home.accounts[f.key], "domain": f"{f.company.domain}.example"} for f in firms]
    bulk.add_rows(home.session, AccountDomain.__table__, domains)
    home.add(AccountStage, [row for firm in firms for row in stages(home, firm)])
    add_goals(home, firms)
    home.use = {firm.key: use(home, firm) for firm in firms}
    home.add(Adoption, [row for rows in home.use.values() for row in rows])
    everybody = [(firm, person) for firm in firms for person in firm.people]
    rows = [contact(home, firm, person, asking.history.get(person.key)) for firm, person in everybody]
    ids = home.add(Contact, rows)
    home.contacts = {person.key: id for (_, person), id in zip(everybody, ids, strict=True)}
    home.add(DatedRole, [row for _, person in everybody for row in roles(home, person)])
    bulk.add_rows(home.session, Suppression.__table__, suppressions(asking, everybody))


def account(home: Home, firm: Firm) -> dict:
    company = firm.company
    begun = home.morning(firm.started_on)
    return {
        "external_id": f"DEMO-{1001 + firm.key}",
        "name": company.name,
        "tier": company.tier,
        "segment": segment(company),
        "stage": stage_on(firm, home.today),
        "arr": company.arr,
        "currency": "EUR",
        "owner_id": None if company.owner is None else home.staff[company.owner],
        "started_on": firm.started_on,
        "renewal_on": firm.renewal_on,
        "is_demo": True,
        "created_at": begun,
        "updated_at": begun,
    }


def segment(company: Company) -> dict[str, str]:
    return {"industry": company.industry, "region": REGIONS[company.country], "size": SIZES[company.tier]}


def stage_on(firm: Firm, day: date) -> Stage:
    """Where a customer stood in its life on a day."""
    if firm.lost_on and firm.lost_on <= day:
        return Stage.LOST
    if day < firm.started_on + ONBOARDING:
        return Stage.ONBOARDING
    following = next((on for on in renewals(firm) if on > day), firm.renewal_on)
    return Stage.RENEWAL if following - RENEWAL <= day else Stage.STEADY


def renewals(firm: Firm) -> list[date]:
    """The days on which the contract, of a year each time, was renewed or is to be, oldest first."""
    found = [firm.renewal_on]
    while found[0] - YEAR - RENEWAL > firm.started_on + ONBOARDING:
        found.insert(0, found[0] - YEAR)
    return found


def stages(home: Home, firm: Firm) -> list[dict]:
    """The dated stages that `stage_on` goes through."""
    end = firm.lost_on or home.today
    terms = [day for on in renewals(firm) for day in (on - RENEWAL, on) if day < end]
    begins = [firm.started_on, firm.started_on + ONBOARDING, *terms, firm.lost_on]
    days = sorted(day for day in begins if day and day <= home.today)
    return [
        {"account_id": home.accounts[firm.key], "stage": stage_on(firm, day), "from_on": day} for day in days
    ]


def add_goals(home: Home, firms: list[Firm]) -> None:
    rows = []
    for firm in firms:
        begun = max(firm.started_on, home.today - timedelta(days=GOAL_DAYS))
        changed = home.today - NEW_GOAL_AGO if firm.company.next_goal else None
        rows.append(goal(home, firm, firm.company.goal, begun, changed))
        if changed:
            rows.append(goal(home, firm, firm.company.next_goal, changed, None))
    for row, id in zip(rows, home.add(Goal, rows), strict=True):
        home.goals.setdefault(row["account_id"], []).append((row["from_on"], id))


def goal(home: Home, firm: Firm, words: str, begun: date, ended: date | None) -> dict:
    return {
        "account_id": home.accounts[firm.key],
        "words": words,
        "from_on": begun,
        "ended_on": ended,
        "source": "staff",
        "created_at": home.morning(begun),
    }


def use(home: Home, firm: Firm) -> list[dict]:
    """The Adoption score every second week, as a usage system would send it."""
    rng = Random(f"{home.seed} use {firm.key}")
    end = (home.today - firm.lost_on).days if firm.lost_on else 1 + firm.key % 6
    begin = min(HISTORY_DAYS, (home.today - firm.started_on).days)
    return [
        {
            "account_id": home.accounts[firm.key],
            "score": round(min(100.0, max(0.0, at(firm.story.use, ago) + rng.gauss(0, 2.2))), 1),
            "as_of": home.today - timedelta(days=ago),
            "source": SOURCE,
            "created_at": home.morning(home.today - timedelta(days=ago)),
        }
        for ago in range(end, begin + 1, USE_EVERY_DAYS)
    ]


def contact(home: Home, firm: Firm, person: Person, history: History | None) -> dict:
    off_at = {history.is_off: history.off_at} if history and history.is_off else {}
    known = home.morning(person.known_on)
    return {
        "external_id": f"DEMO-P{10001 + person.key}",
        "account_id": home.accounts[firm.key],
        "email": person.email,
        "email_key": person.email_key,
        "first_name": person.first,
        "last_name": person.last,
        "title": person.title,
        "role": person.role_now,
        "language": person.language,
        "time_zone": person.country.zone,
        "country": person.country.name,
        "status": status(person, history),
        "left_on": person.left_on,
        "not_askable": None,
        "unsubscribed_at": off_at.get("unsubscribed"),
        "bounced_at": off_at.get("bounced"),
        "erased_at": None,
        "is_demo": True,
        "created_at": known,
        "updated_at": known,
    }


def status(person: Person, history: History | None) -> ContactStatus:
    if person.left_on:
        return ContactStatus.LEFT
    return ContactStatus(history.is_off) if history and history.is_off else ContactStatus.ACTIVE


def roles(home: Home, person: Person) -> list[dict]:
    dated = [(person.role, person.known_on), *([person.new_role] if person.new_role else [])]
    return [{"contact_id": home.contacts[person.key], "role": role, "from_on": day} for role, day in dated]


def suppressions(asking: Asking, everybody: list[tuple[Firm, Person]]) -> list[dict]:
    """Addresses that must not be written to again."""
    off = [(p, asking.history[p.key]) for _, p in everybody if p.key in asking.history]
    return [
        {"email_key": person.email_key, "reason": history.is_off, "at": history.off_at}
        for person, history in off
        if history.is_off
    ]
