"""Whether the no in a row holds: since when its system has said it, and what the person wished here since."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.contacts.importers.rows import ContactRow
from app.contacts.importing.merging import No, Person
from app.contacts.importing.stores import Database
from app.contacts.wishes import elsewhere
from app.core.clock import day_of


class Flags:
    """What one chunk of a file says of people who want no mail. Nothing is looked up for rows that say nothing."""

    def __init__(self, store: Database, rows: list[ContactRow], people: Iterable[Person]):
        self.store = store
        says_no = any(row.has_opted_out for row in rows)
        says_any = says_no or any(row.takes_mail for row in rows)
        self._known = store.find_flags([p.id for p in people if p.id]) if says_any else {}
        asked = [p.id for p in people if p.id and not p.unsubscribed_at] if says_no else ()
        self._own_words = store.find_own_words(asked)
        self._told: dict[int, tuple[Person, datetime | None]] = {}

    def no_of(self, person: Person, row: ContactRow) -> No | None:
        """What the row says against mail to a person, and whether it holds; None when it says nothing against it."""
        known = self._known.get(person.id)
        if not row.has_opted_out:
            if row.takes_mail and known:
                self._told.setdefault(id(person), (person, None))
            return None
        moment = self.store.moment
        since = elsewhere.since(known, row.opted_out_on, now=moment.now, zone=moment.zone)
        self._told[id(person)] = (person, since)
        spoke_at = self._own_words.get(person.id)
        is_open = not person.unsubscribed_at
        if is_open and spoke_at and elsewhere.is_taken_back(since, spoke_at):
            return No(day_of(spoke_at, moment.zone))
        return No()

    def save(self) -> None:
        """Keep what was new, once new people have their ids."""
        told = {person.id: since for person, since in self._told.values()}
        news = {id: since for id, since in told.items() if since != self._known.get(id)}
        if news:
            self.store.keep_flags(news)
