"""Finding, and making where need be, the accounts at which the people of a chunk work."""

from __future__ import annotations

from flask_babel import gettext as _

from app.contacts.importers.report import Report
from app.contacts.importers.rows import ContactRow, Issue
from app.contacts.importing.matching.owners import Owners
from app.contacts.importing.matching.placing import MailDomains, Place, Places
from app.contacts.importing.stores import Database
from app.core import text


class Homes:
    """The accounts of people, over all chunks of one file."""

    def __init__(self, store: Database, owners: Owners, report: Report):
        self.store = store
        self.owners = owners
        self.report = report
        self.domains = MailDomains()
        self._ownership_known: set[int] = set()

    def of(self, rows: list[ContactRow]) -> list[int | None]:
        """The id of each row's account; None where nobody can tell, with the reason in the report.

        First come the accounts that rows name; then the mail domain decides for the others, for which those count.
        """
        places = Places(self.store.system)
        ids = {row.account_external_id for row in rows} - {""}
        names = {row.account_name for row in rows} - {""}
        for place, keys in self.store.find_places(ids, names):
            places.know(place, keys)
        found = [self._named(row, places) for row in rows]
        self._save(places, rows, found)
        self._look_up_domains(rows, found)
        for number, row in enumerate(rows):
            if found[number] is None:
                found[number] = self._unnamed(row, places)
        self._save(places, rows, found)
        return [place and (place if isinstance(place, int) else place.id) for place in found]

    def _named(self, row: ContactRow, places: Places) -> Place | None:
        place, issues = places.of(row)
        self.report.note_all(issues)
        return place

    def _look_up_domains(self, rows: list[ContactRow], found: list[Place | None]) -> None:
        for row, place in zip(rows, found, strict=True):
            if place and row.email_key:
                self.domains.see(row.email_key, place.id)
        wanted = {
            text.domain_of(r.email_key) for r, p in zip(rows, found, strict=True) if p is None and r.email_key
        }
        self.domains.note(self.store.find_domains(wanted))

    def _unnamed(self, row: ContactRow, places: Places) -> Place | int | None:
        """An account by the mail domain of a row; else a new one by the name in it."""
        fitting = self.domains.of(row.email_key) if row.email_key else set()
        if len(fitting) == 1:
            (account_id,) = fitting
            words = _(
                "No account of this id or name; the mail domain belongs to one account, which was taken."
            )
            self._note(row, row.account_name, words)
            return account_id
        if row.account_name and not places.by_name.get(row.account_name):
            return places.make(row)
        if row.account_name and places.by_name[row.account_name][0].is_new:
            return places.by_name[row.account_name][0]
        if len(fitting) > 1:
            self._note(row, row.email, _("No account given, and several accounts have this mail domain."))
        elif not row.account_name:
            self._note(row, "", _("No account given, and none has the mail domain of this address."))
        return None

    def _note(self, row: ContactRow, value: str, reason: str) -> None:
        self.report.note_all([Issue(row.line, "", value, reason)])

    def _save(self, places: Places, rows: list[ContactRow], found: list[Place | int | None]) -> None:
        """Write the accounts made and adopted, and give owners to those that have none."""
        for place in places.new:
            place.owner_id = self._owner(place.owner_named)
        self.report.accounts_created += len(places.new)
        self.store.add_places(places.new)
        self.store.adopt_places(places.adopted)
        for place in (*places.new, *places.adopted):
            place.is_new, place.new_key = False, None
        self._ownership_known.update(place.id for place in places.new)
        places.new, places.adopted = [], []
        self.store.give_owners(self._newly_owned(rows, found))

    def _newly_owned(self, rows: list[ContactRow], found: list[Place | int | None]) -> list[Place]:
        owned = []
        for row, place in zip(rows, found, strict=True):
            if not isinstance(place, Place) or not row.account_owner or place.id in self._ownership_known:
                continue
            self._ownership_known.add(place.id)
            if place.owner_id is None and (owner_id := self._owner(row.account_owner)):
                place.owner_id = owner_id
                owned.append(place)
        return owned

    def _owner(self, named: str) -> int | None:
        owner_id = self.owners.match(named)
        if named and owner_id is None:
            self.report.owners_unmatched[named] += 1
        return owner_id
