"""Where an import of people finds and keeps them: the database, or for a dry run a layer in memory above it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.importing.matching.placing import Place, spellings
from app.contacts.importing.merging import Moment, Person
from app.contacts.models import (
    SEARCHED,
    Account,
    AccountDomain,
    AccountKey,
    AccountStage,
    Contact,
    ContactKey,
    ContactStatus,
    DatedRole,
    Stage,
)
from app.contacts.wishes import elsewhere
from app.core.database.bulk import add_rows, new_ids
from app.core.database.finding import plain

COLUMNS = (
    *("id", "external_id", "account_id", "email", "email_key", "first_name", "last_name", "title", "role"),
    *(
        "language",
        "time_zone",
        "country",
        "status",
        "left_on",
        "not_askable",
        "unsubscribed_at",
        "bounced_at",
    ),
)
KEPT = COLUMNS[1:]
MOST_PARAMETERS = 10_000
ONE_IMPORT_AT_A_TIME = 4_711_001
LISTS = "lists"  # files that no system with ids of its own has written
MERGED = "merged"  # the ids of accounts and people that were merged into others, whichever system gave them

accounts, contacts = Account.__table__, Contact.__table__
account_keys, contact_keys = AccountKey.__table__, ContactKey.__table__
PLACE = (accounts.c.id, accounts.c.external_id, accounts.c.name, accounts.c.owner_id)
PERSON = tuple(contacts.c[name] for name in COLUMNS)


def among(column: sa.ColumnElement) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam("wanted", expanding=True))


PLACES_BY_ID = sa.select(*PLACE).where(among(accounts.c.external_id))
PLACES_BY_NAME = sa.select(*PLACE).where(among(accounts.c.name))
PLACES_BY_KEY = (
    sa.select(*PLACE, account_keys.c.key)
    .join_from(account_keys, accounts)
    .where(account_keys.c.system.in_((sa.bindparam("system"), MERGED)), among(account_keys.c.key))
)
SYSTEMS = sa.select(account_keys.c.account_id, account_keys.c.system).where(among(account_keys.c.account_id))
DOMAINS = sa.select(AccountDomain.domain, AccountDomain.account_id).where(among(AccountDomain.domain))
PEOPLE_BY_ID = sa.select(*PERSON).where(among(contacts.c.external_id))
PEOPLE_BY_ADDRESS = sa.select(*PERSON).where(among(contacts.c.email_key))
PEOPLE_WITHOUT_ADDRESS = sa.select(*PERSON).where(
    contacts.c.email_key.is_(None), contacts.c.status != ContactStatus.ERASED, among(contacts.c.last_name)
)
PEOPLE_BY_KEY = (
    sa.select(*PERSON, contact_keys.c.key)
    .join_from(contact_keys, contacts)
    .where(contact_keys.c.system.in_((sa.bindparam("system"), MERGED)), among(contact_keys.c.key))
    .order_by(contact_keys.c.system != MERGED)
)
CHANGE_CONTACT = (
    sa.update(contacts)
    .where(contacts.c.id == sa.bindparam("b_id"))
    .values({name: sa.bindparam(f"b_{name}") for name in (*KEPT, "found_as", "updated_at")})
)
ADOPT_ACCOUNT = (
    sa.update(accounts)
    .where(accounts.c.id == sa.bindparam("b_id"))
    .values(external_id=sa.bindparam("b_external_id"), updated_at=sa.bindparam("b_updated_at"))
)
GIVE_OWNER = (
    sa.update(accounts)
    .where(accounts.c.id == sa.bindparam("b_id"), accounts.c.owner_id.is_(None))
    .values(owner_id=sa.bindparam("b_owner_id"), updated_at=sa.bindparam("b_updated_at"))
)


def lock_imports(session: Session) -> None:
    """Let no second import in until the transaction ends; SQLite's write gate does so anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_IMPORT_AT_A_TIME)))


class Database:
    """People and accounts as they are stored. Everything happens in the caller's transaction."""

    def __init__(self, session: Session, system: str | None, moment: Moment):
        self.session = session
        self.system = system
        self.moment = moment

    def begin(self) -> None:
        """Start a chunk, in a transaction of its own."""
        lock_imports(self.session)

    def find_places(self, ids: Collection[str], names: Collection[str]) -> list[tuple[Place, list[str]]]:
        """Accounts with one of these ids or names, each with the ids it was found by."""
        found: dict[int, Place] = {}
        keys: dict[int, list[str]] = defaultdict(list)
        spelled = [spelling for key in ids for spelling in spellings(key)]
        for row in self._rows(PLACES_BY_ID, spelled):
            found[row.id] = Place(*row)
            keys[row.id].append(row.external_id)
        for row in self._rows(PLACES_BY_KEY, spelled, system=self.system or MERGED):
            found.setdefault(row.id, Place(*row[:4]))
            keys[row.id].append(row.key)
        for row in self._rows(PLACES_BY_NAME, names):
            found.setdefault(row.id, Place(*row))
        for row in self._rows(SYSTEMS, found):
            found[row.account_id].systems.add(row.system)
        return [(place, keys[key]) for key, place in found.items()]

    def find_domains(self, domains: Collection[str]) -> list[tuple[str, int]]:
        return [tuple(row) for row in self._rows(DOMAINS, domains)]

    def find_people(self, ids: Collection[str]) -> tuple[list[Person], dict[str, int]]:
        """People with one of these ids, and which id of the file's system, or of a double, belongs to whom."""
        found = {row.id: Person(*row) for row in self._rows(PEOPLE_BY_ID, ids)}
        keys: dict[str, int] = {}
        for row in self._rows(PEOPLE_BY_KEY, ids, system=self.system or MERGED):
            found.setdefault(row.id, Person(*row[:-1]))
            keys[row.key] = row.id
        return list(found.values()), keys

    def find_by_address(self, email_keys: Collection[str]) -> list[Person]:
        return [Person(*row) for row in self._rows(PEOPLE_BY_ADDRESS, email_keys)]

    def find_nameless(self, last_names: Collection[str]) -> list[Person]:
        """People without an address, who can only be told by their name and account."""
        return [Person(*row) for row in self._rows(PEOPLE_WITHOUT_ADDRESS, last_names)]

    def find_flags(self, people: Collection[int]) -> dict[int, datetime]:
        """Since when files of this system have said of people that they want no mail."""
        return elsewhere.known(self.session, self.flagging, people)

    def find_own_words(self, people: Collection[int]) -> dict[int, datetime]:
        """When people last wished here themselves how to be asked."""
        return elsewhere.own_words(self.session, people)

    def keep_flags(self, told: dict[int, datetime | None]) -> None:
        elsewhere.keep(self.session, self.flagging, told)

    @property
    def flagging(self) -> str:
        return self.system or LISTS

    def add_places(self, places: list[Place]) -> None:
        if not places:
            return
        for place, key in zip(places, new_ids(self.session, accounts, len(places)), strict=True):
            place.id = key
        add_rows(self.session, accounts, [self._account(place) for place in places])
        today = self.moment.today
        stages = [{"account_id": place.id, "stage": Stage.STEADY, "from_on": today} for place in places]
        add_rows(self.session, AccountStage.__table__, stages)
        self._add_account_keys(places)

    def adopt_places(self, places: list[Place]) -> None:
        """Give accounts that were matched by name the id by which the file knows them."""
        fresh = [place for place in places if place.external_id is None]
        if fresh:
            now = self.moment.now
            values = [{"b_id": p.id, "b_external_id": p.new_key, "b_updated_at": now} for p in fresh]
            self.session.execute(ADOPT_ACCOUNT, values)
        if self.system:
            self._add_account_keys(places)

    def give_owners(self, places: list[Place]) -> None:
        if places:
            now = self.moment.now
            values = [{"b_id": p.id, "b_owner_id": p.owner_id, "b_updated_at": now} for p in places]
            self.session.execute(GIVE_OWNER, values)

    def save_people(self, people: Iterable[Person]) -> None:
        """Write who changed, then who is new: a new person may take an address that another has just given up."""
        people = list(people)
        changed = [p for p in people if p.is_changed and not p.is_new]
        if changed:
            self.session.execute(CHANGE_CONTACT, [self._change(person) for person in changed])
        new = [p for p in people if p.is_new]
        for person, key in zip(new, new_ids(self.session, contacts, len(new)), strict=True):
            person.id = key
        add_rows(self.session, contacts, [self._contact(person) for person in new])
        today = self.moment.today
        roles = [{"contact_id": p.id, "role": p.role, "from_on": today} for p in people if p.has_new_role]
        add_rows(self.session, DatedRole.__table__, roles)
        keys = [{"contact_id": p.id, "system": self.system, "key": p.new_key} for p in people if p.new_key]
        add_rows(self.session, contact_keys, keys)

    def _add_account_keys(self, places: list[Place]) -> None:
        keys = [{"account_id": p.id, "system": self.system, "key": p.new_key} for p in places if p.new_key]
        add_rows(self.session, account_keys, keys)

    def _account(self, place: Place) -> dict:
        now, today = self.moment.now, self.moment.today
        return {
            "id": place.id,
            "external_id": place.external_id,
            "name": place.name,
            "found_as": plain(place.name),
            "owner_id": place.owner_id,
            "segment": {},
            "stage": Stage.STEADY,
            "currency": "USD",
            "started_on": today,
            "is_demo": False,
            "created_at": now,
            "updated_at": now,
        }

    def _contact(self, person: Person) -> dict:
        now = self.moment.now
        values = {name: getattr(person, name) for name in COLUMNS} | {"found_as": found_as(person)}
        return values | {"is_demo": False, "created_at": now, "updated_at": now}

    def _change(self, person: Person) -> dict:
        values = {f"b_{name}": getattr(person, name) for name in COLUMNS}
        return values | {"b_found_as": found_as(person), "b_updated_at": self.moment.now}

    def _rows(self, statement: sa.Select, wanted: Iterable, **given) -> Iterable[sa.Row]:
        """The rows of a statement whose values are looked up in portions that every database takes."""
        values = list(dict.fromkeys(wanted))
        for start in range(0, len(values), MOST_PARAMETERS):
            part = values[start : start + MOST_PARAMETERS]
            yield from self.session.execute(statement, {"wanted": part, **given}).all()


def found_as(person: Person) -> str:
    return plain(*[getattr(person, name) for name in SEARCHED[Contact]])


class DryRun(Database):
    """The database, only read, under what the file would have changed so far. Ids made up here are negative."""

    def __init__(self, session: Session, system: str | None, moment: Moment):
        super().__init__(session, system, moment)
        self._ids = count(-1, -1)
        self._places: dict[int, tuple[Place, list[str]]] = {}
        self._people: dict[int, Person] = {}
        self._ids_by: dict[tuple[str, str], list[int]] = defaultdict(list)

    def begin(self) -> None:
        """A dry run waits for nobody."""

    def find_places(self, ids: Collection[str], names: Collection[str]) -> list[tuple[Place, list[str]]]:
        stored = {place.id: (place, keys) for place, keys in super().find_places(ids, names)}
        wanted, names = {spellings(key)[0] for key in ids}, set(names)
        for key, (place, keys) in self._places.items():
            if key in stored or place.name in names or wanted & {spellings(k)[0] for k in keys}:
                stored[key] = (place, keys)
        return list(stored.values())

    def find_people(self, ids: Collection[str]) -> tuple[list[Person], dict[str, int]]:
        stored, keys = super().find_people(ids)
        keys |= {key: self._ids_by["key", key][0] for key in ids if ("key", key) in self._ids_by}
        return self._over(stored, "external_id", ids, more=keys.values()), keys

    def find_by_address(self, email_keys: Collection[str]) -> list[Person]:
        found = self._over(super().find_by_address(email_keys), "email_key", email_keys)
        return [person for person in found if person.email_key in email_keys]

    def find_nameless(self, last_names: Collection[str]) -> list[Person]:
        found = self._over(super().find_nameless(last_names), "last_name", last_names)
        return [person for person in found if not person.email_key]

    def _over(
        self, stored: list[Person], attribute: str, wanted: Iterable[str], more: Iterable[int] = ()
    ) -> list[Person]:
        """What is stored, with what the file would have changed or added laid over it."""
        found = {p.id: self._people.get(p.id, p) for p in stored}
        ids = [key for value in wanted for key in self._ids_by.get((attribute, value), ())]
        found |= {key: self._people[key] for key in (*ids, *more) if key in self._people}
        return list(found.values())

    def add_places(self, places: list[Place]) -> None:
        for place in places:
            place.id = next(self._ids)
            self._places[place.id] = (place, [place.external_id] if place.external_id else [])

    def adopt_places(self, places: list[Place]) -> None:
        for place in places:
            self._places[place.id] = (place, [place.new_key, place.external_id or place.new_key])

    def give_owners(self, places: list[Place]) -> None:
        for place in places:
            self._places.setdefault(place.id, (place, [place.external_id] if place.external_id else []))

    def save_people(self, people: Iterable[Person]) -> None:
        for person in people:
            if person.is_new:
                person.id = next(self._ids)
            if person.is_new or person.is_changed:
                self._remember(person)
            if person.new_key:
                self._ids_by["key", person.new_key].append(person.id)

    def keep_flags(self, told: dict[int, datetime | None]) -> None:
        """Nothing is kept of a dry run."""

    def _remember(self, person: Person) -> None:
        self._people[person.id] = person
        for attribute in ("external_id", "email_key", "last_name"):
            value = getattr(person, attribute)
            if value and person.id not in self._ids_by[attribute, value]:
                self._ids_by[attribute, value].append(person.id)
