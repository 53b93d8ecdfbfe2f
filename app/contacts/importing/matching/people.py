"""The people that the rows of one chunk may mean, and who was met in a file so far."""

from __future__ import annotations

from collections import defaultdict

from flask_babel import gettext as _

from app.contacts.importers.rows import ContactRow
from app.contacts.importing.merging import Person
from app.contacts.importing.stores import Database

BLOCK = 1 << 15


class People:
    """The known people of a chunk, found by id, by address within an account, or by name where there is neither."""

    def __init__(self, store: Database, rows: list[ContactRow]):
        self.system = store.system
        self.all: dict[int, Person] = {}
        self._by_id: dict[str, Person] = {}
        self._by_address: dict[str, list[Person]] = defaultdict(list)
        self._by_name: dict[tuple[int | None, str, str], Person] = {}
        found, keys = store.find_people([row.external_id for row in rows if row.external_id])
        addresses = {row.email_key for row in rows} | {person.email_key for person in found}
        found += store.find_by_address(addresses - {"", None})
        found += store.find_nameless({row.last_name for row in rows if not row.email_key})
        by_key = {}
        for person in found:
            if person.id not in by_key:
                by_key[person.id] = person
                self._know(person)
        self._by_id |= {key: by_key[person_id] for key, person_id in keys.items() if person_id in by_key}

    def _know(self, person: Person) -> None:
        self.all[id(person)] = person
        if person.external_id:
            self._by_id.setdefault(person.external_id, person)
        if person.email_key:
            self._by_address[person.email_key].append(person)
        else:
            self._by_name.setdefault((person.account_id, person.first_name, person.last_name), person)

    def add(self, person: Person) -> Person:
        self.all[id(person)] = person
        return person

    def at(self, email_key: str) -> list[Person]:
        """Everybody with this address, at whatever account."""
        return self._by_address.get(email_key, [])

    def meant_by(self, row: ContactRow, account_id: int | None) -> tuple[Person | None, str | None]:
        """The person a row means, or why that cannot be told; neither for somebody new."""
        person = self._by_id.get(row.external_id) if row.external_id else None
        if person is None:
            return self._by_address_or_name(row, account_id)
        home = person.account_id if account_id is None else account_id
        key = row.email_key or person.email_key
        if key and any(p is not person and p.account_id == home for p in self.at(key)):
            return None, _("Another person of the same account has this address already.")
        return person, None

    def _by_address_or_name(
        self, row: ContactRow, account_id: int | None
    ) -> tuple[Person | None, str | None]:
        if not row.email_key:
            return self._by_name.get((account_id, row.first_name, row.last_name)), None
        known = self.at(row.email_key)
        here = [p for p in known if p.account_id == account_id]
        if here:
            return here[0], None
        if account_id is not None:
            return next((p for p in known if p.account_id is None), None), None
        if len(known) > 1:
            return None, _("Somebody with this address works at several accounts; give the account.")
        return (known[0] if known else None), None

    def identify(self, person: Person, row: ContactRow) -> None:
        """Keep the id of a row with its person, as their own or as the one the file's system gave."""
        if not row.external_id or self._by_id.get(row.external_id) is person:
            return
        if not person.external_id:
            person.put("external_id", row.external_id)
        self._by_id[row.external_id] = person
        if self.system and not person.new_key:
            person.new_key = row.external_id

    def settle(self, person: Person, former: str | None) -> None:
        """Note a new address, or the name of somebody without one, so that later rows find the person."""
        if former and former != person.email_key:
            self._by_address[former].remove(person)
        if person.email_key and person not in self._by_address[person.email_key]:
            self._by_address[person.email_key].append(person)
        elif not person.email_key:
            self._by_name.setdefault((person.account_id, person.first_name, person.last_name), person)


class Met:
    """Ids of people met in a file: a bit each, because a file may hold a million."""

    def __init__(self) -> None:
        self._blocks: dict[int, bytearray] = {}

    def add(self, key: int) -> None:
        block, place = divmod(key, BLOCK)
        bits = self._blocks.setdefault(block, bytearray(BLOCK // 8))
        bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, key: int) -> bool:
        block, place = divmod(key, BLOCK)
        bits = self._blocks.get(block)
        return bits is not None and bool(bits[place >> 3] & (1 << (place & 7)))
