"""Bringing a file of people into the database: chunk by chunk, restartable, and without undoing anybody's no.

The verb is a generator: it yields after each chunk what it touched, and the door commits there. What was
committed stays right when the import dies; the same file again finishes it, and changes nothing a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.importers.reading import Reading
from app.contacts.importers.report import Report, good_rows
from app.contacts.importers.rows import ContactRow, Issue
from app.contacts.importing.matching.flags import Flags
from app.contacts.importing.matching.homes import Homes
from app.contacts.importing.matching.owners import Owners
from app.contacts.importing.matching.people import Met, People
from app.contacts.importing.merging import Moment, Touched, inherit, merge, new_person, unsubscribe
from app.contacts.importing.stores import Database, DryRun
from app.contacts.models import ContactStatus
from app.core.installation import installation

ROWS_PER_COMMIT = 2000
Suppressed = Callable[[Collection[str]], Mapping[str, str]]


def import_contacts(
    session: Session,
    reading: Reading,
    report: Report,
    *,
    now: datetime,
    today: date,
    suppressed: Suppressed = lambda email_keys: {},
) -> Iterator[Touched]:
    """Create and update people, and the accounts that only their rows know; yields what was touched.

    `suppressed` tells why addresses may not be written to, whoever carries them. A report that says dry run makes it
    one: nothing is written, and a reading transaction is enough.
    """
    run = Arrivals.of(session, reading, report, now=now, today=today, suppressed=suppressed)
    for rows in good_rows(reading, report, ROWS_PER_COMMIT):
        yield run.take(rows)


class Arrivals:
    """One import of people, from chunk to chunk."""

    def __init__(self, store: Database, homes: Homes, report: Report, suppressed: Suppressed):
        self.store = store
        self.homes = homes
        self.report = report
        self.suppressed = suppressed
        self.met = Met()

    @classmethod
    def of(
        cls,
        session: Session,
        reading: Reading,
        report: Report,
        *,
        now: datetime,
        today: date,
        suppressed: Suppressed,
    ) -> Arrivals:
        """An import of the people in a file, of whatever kind; a report that says dry run makes it one."""
        preset = reading.layout.preset
        system = preset.name if preset.has_own_ids else None
        moment = Moment(now, today, installation(session).zone)
        store = (DryRun if report.is_dry_run else Database)(session, system, moment)
        return cls(store, Homes(store, Owners.load(session), report), report, suppressed)

    def take(self, rows: list[ContactRow]) -> Touched:
        """Bring in one chunk."""
        self.store.begin()
        homes = self.homes.of(rows)
        people = People(self.store, rows)
        suppressed = self.suppressed([row.email_key for row in rows if row.email_key])
        flags = Flags(self.store, rows, people.all.values())
        met = set()
        for row, home in zip(rows, homes, strict=True):
            met.add(self._take_row(row, home, people, flags, suppressed, met))
        changed = [p for p in people.all.values() if p.is_new or p.is_changed or p.new_key]
        self.store.save_people(changed)
        flags.save()
        for person in met - {None}:
            self.met.add(person.id)
        touched = Touched(
            frozenset(person.account_id for person in changed if person.account_id),
            frozenset(person.id for person in changed if person.has_newly_opted_out),
        )
        for person in changed:
            person.is_new = person.is_changed = person.has_new_role = person.has_newly_opted_out = False
            person.new_key = None
        return touched

    def _take_row(
        self,
        row: ContactRow,
        home: int | None,
        people: People,
        flags: Flags,
        suppressed: Mapping[str, str],
        met: set,
    ):
        """The person of a row, brought up to it; None when the row was skipped."""
        known, problem = people.meant_by(row, home)
        is_erased = ContactStatus.ERASED in {row.status, known and known.status}
        if problem or is_erased or suppressed.get(row.email_key or "") == ContactStatus.ERASED:
            return self._skip(row, problem or _("This person was erased and is not brought back."))
        person = known or people.add(new_person(row, home))
        is_again = person in met or (known is not None and known.id is not None and known.id in self.met)
        was_changed, person.is_changed = person.is_changed, False
        former = person.email_key
        no = flags.no_of(person, row)
        outcome = merge(person, row, home, self.store.moment, no=no, is_again=is_again)
        people.identify(person, row)
        people.settle(person, former)
        if person.email_key != former:
            inherit(person, people.at(person.email_key), suppressed, self.store.moment.now)
        if no and no.holds and person.email_key:
            for other in people.at(person.email_key):
                unsubscribe(other, self.store.moment.now)
        self.report.note_all(outcome.issues)
        self.report.count(is_new=known is None, is_changed=person.is_changed)
        person.is_changed |= was_changed
        if not is_again:
            self._count_askable(person.status, outcome.reasons)
        return person

    def _count_askable(self, status: ContactStatus, reasons: set[str]) -> None:
        reasons = reasons if status is ContactStatus.ACTIVE else reasons | {status.value}
        self.report.not_askable.update(reasons)
        self.report.askable += not reasons

    def _skip(self, row: ContactRow, reason: str) -> None:
        self.report.skipped += 1
        self.report.note_all([Issue(row.line, "", row.email or row.external_id, reason)])
