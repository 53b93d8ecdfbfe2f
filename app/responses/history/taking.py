"""Taking in past asks from a file: each becomes an ask of the ledger with its answer, its silence or its bounce.

They count like any other, in scores, trends, participation and quarantine, from the days on which they happened. What
lies in the past sends nobody anywhere: no mail leaves and no task opens. The same file again changes nothing; a later
one may add the answer to an ask that was still open, or correct one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.contacts.importers.layout import Kind
from app.contacts.importers.past import PastAsk
from app.contacts.importers.reading import Reading
from app.contacts.importers.report import Report, good_rows
from app.contacts.importers.rows import Issue
from app.contacts.importing.contacts import Arrivals, Suppressed
from app.contacts.importing.files import import_rows
from app.contacts.importing.matching.people import People
from app.contacts.importing.merging import Person, Touched
from app.contacts.models import ContactStatus
from app.core import clock, tokens
from app.core.database.bulk import add_rows, new_ids
from app.core.installation import installation
from app.delivery import invitations
from app.delivery.models import Invitation, InvitationChange, InvitationState, Purpose
from app.responses import asks
from app.responses.history.shelves import AskKey, Lying, Shelves, folded, survey_key
from app.responses.models import Response
from app.responses.recording import Said
from app.surveys import rules

ROWS_PER_COMMIT = 200
REASON = "history import"
Told = Callable[..., object]
"""What a moment of the journey does with an answer of the past: `(connection, ask, said, at=, now=)`."""


def import_any(
    session: Session,
    reading: Reading,
    report: Report,
    *,
    now: datetime,
    suppressed: Suppressed,
    told: Told,
) -> Iterator[Touched]:
    """Bring in a file of whatever kind, or foretell it when the report says dry run; yields at safe points."""
    if reading.kind is not Kind.HISTORY:
        return import_rows(session, reading, report, now=now, suppressed=suppressed)
    return import_history(session, reading, report, now=now, suppressed=suppressed, told=told)


def import_history(
    session: Session,
    reading: Reading,
    report: Report,
    *,
    now: datetime,
    suppressed: Suppressed,
    told: Told,
) -> Iterator[Touched]:
    """Take past asks in; yields what was touched at safe points. People and accounts nobody knew yet are made."""
    run = _Run(session, reading, report, now, suppressed, told)
    for rows in good_rows(reading, report, ROWS_PER_COMMIT):
        yield run.take(rows)
    if run.people.created:
        words = _("People who are new with this file: %(n)s. See who of them is still there.")
        report.notes.append(words % {"n": run.people.created})


@dataclass(frozen=True)
class Entry:
    """A row with its person, and the ask it is known as, if it is."""

    row: PastAsk
    person: Person
    known: Lying | None

    @property
    def said(self) -> Said | None:
        return Said(**self.row.said, comment=self.row.comment) if self.row.answered_at else None


class _Run:
    """One import of past asks, from chunk to chunk. `seen` are the asks of earlier lines, with what these said."""

    def __init__(
        self,
        session: Session,
        reading: Reading,
        report: Report,
        now: datetime,
        suppressed: Suppressed,
        told: Told,
    ):
        self.session, self.report, self.now, self.told = session, report, now, told
        facts = installation(session)
        self.zone, self.language = facts.zone, facts.language
        self.people = Report.of(reading, is_dry_run=report.is_dry_run)
        today = clock.day_of(now, self.zone)
        self.arrivals = Arrivals.of(
            session, reading, self.people, now=now, today=today, suppressed=suppressed
        )
        self.shelves = Shelves(session, survey_key(reading.layout), now=now)
        self.seen: dict[AskKey, tuple[Any, ...]] = {}

    def take(self, rows: list[PastAsk]) -> Touched:
        """Take one chunk in."""
        self.arrivals.store.begin()
        found = self._entries(self._until_now(rows))
        changed = [entry for entry in found if self._is_changed(entry)]
        if self.report.is_dry_run or not changed:
            return Touched()
        known = [entry.known.id for entry in changed if entry.known]
        invitations.hold(self.session, Invitation.id.in_(known))
        for entry in changed:
            if entry.known and entry.said is None:
                self._move(entry)
        new = [entry for entry in changed if entry.known is None]
        answered = dict(zip(self._add(new), new, strict=True))
        answered |= {entry.known.id: entry for entry in changed if entry.known}
        self._answer({id: entry for id, entry in answered.items() if entry.said})
        return Touched(frozenset(entry.person.account_id for entry in changed))

    def _until_now(self, rows: list[PastAsk]) -> list[PastAsk]:
        found = [row.by(self.now, self.zone) for row in rows]
        for issue in found:
            if isinstance(issue, Issue):
                self.report.reject(issue)
        return [row for row in found if isinstance(row, PastAsk)]

    def _entries(self, rows: list[PastAsk]) -> list[Entry]:
        """The rows with their people, who are added where nobody knows them; the others are refused or left alone."""
        persons = [row.person for row in rows]
        homes = self.arrivals.homes.of(persons)
        people = People(self.arrivals.store, persons)
        unknown = [
            person
            for person, home in zip(persons, homes, strict=True)
            if home is not None and people.meant_by(person, home) == (None, None)
        ]
        if unknown:
            self.arrivals.take(unknown)
            people = People(self.arrivals.store, persons)
        self._carry_over()
        meant = []
        for row, home in zip(rows, homes, strict=True):
            person, problem = people.meant_by(row.person, home)
            if self._can_be_taken(row, person, home, problem):
                meant.append((row, person))
        return self._known(meant)

    def _carry_over(self) -> None:
        """What the search for people and accounts has to say, each thing once."""
        self.report.note_all(dict.fromkeys(self.people.issues))
        self.people.issues.clear()
        self.report.accounts_created = self.people.accounts_created
        self.report.askable, self.report.not_askable = self.people.askable, self.people.not_askable

    def _can_be_taken(
        self, row: PastAsk, person: Person | None, home: int | None, problem: str | None
    ) -> bool:
        if problem:
            self._skip(row, problem)
            return False
        if home is None and (person is None or person.account_id is None):
            words = _("Nobody can tell at which account this person is; name it.")
            self.report.reject(Issue(row.line, "account_name", row.account_name, words, is_rejected=True))
            return False
        if person is None or person.status is ContactStatus.ERASED:
            self._skip(row, _("This person was erased and is not brought back."))
            return False
        return True

    def _skip(self, row: PastAsk, reason: str) -> None:
        self.report.skipped += 1
        self.report.note_all([Issue(row.line, "email", row.person.email, reason)])

    def _known(self, meant: list[tuple[PastAsk, Person]]) -> list[Entry]:
        ids = {person.id for _row, person in meant}
        mailboxes = {person.email_key for _row, person in meant if person.email_key}
        known = self.shelves.known(ids, mailboxes)
        return [Entry(row, person, known.get(self._key(row, person))) for row, person in meant]

    def _key(self, row: PastAsk, person: Person) -> AskKey:
        return person.id, folded(row.survey), self.shelves.day(row.sent_at)

    def _is_changed(self, entry: Entry) -> bool:
        """Whether a row says anything new, counted as what it is; of two lines about one ask the first counts."""
        key, row = self._key(entry.row, entry.person), entry.row
        tells = (row.is_delivered, row.answered_at, entry.said)
        before = self.seen.setdefault(key, tells)
        if before is not tells:
            if before == tells:
                self.report.unchanged += 1
                words = _("An earlier line tells of the same ask.")
                self.report.note_all([Issue(row.line, "email", row.person.email, words)])
            else:
                words = _("An earlier line tells of the same ask, and otherwise; that one counts.")
                self._skip(row, words)
            return False
        is_changed = entry.known is None or self._differs(entry)
        self.report.count(is_new=entry.known is None, is_changed=is_changed)
        return is_changed

    def _differs(self, entry: Entry) -> bool:
        """Whether a row says otherwise than what is known; that an answer is known counts more than a silence."""
        known = entry.known
        if known.said is not None and entry.said is None:
            words = _("The answer to this ask is known already; it stays.")
            self.report.note_all([Issue(entry.row.line, "answered", "", words)])
            return False
        if entry.said is not None:
            return entry.said != known.said
        is_bounced = known.state is InvitationState.BOUNCED
        return is_bounced is entry.row.is_delivered

    def _add(self, entries: list[Entry]) -> list[int]:
        """Write the asks down as they stood before any answer; their ids."""
        table = Invitation.__table__
        waves = [
            self.shelves.wave(e.row.survey, e.row.sent_at, e.person.id, e.person.email_key) for e in entries
        ]
        ids = list(new_ids(self.session, table, len(entries)))
        rows = [
            self._invitation(id, entry, wave.id, wave.version_id)
            for id, entry, wave in zip(ids, entries, waves, strict=True)
        ]
        add_rows(self.session, table, rows)
        changes = [change for row in rows for change in changes_of(row)]
        add_rows(self.session, InvitationChange.__table__, changes)
        return ids

    def _invitation(self, id: int, entry: Entry, wave_id: int, version_id: int) -> dict[str, Any]:
        row, person = entry.row, entry.person
        unset = ("suppressed_reason", "free_at", "deferred_until", "due_at", "remind_at", "declined_at")
        return {
            "id": id,
            "wave_id": wave_id,
            "contact_id": person.id,
            "account_id": person.account_id,
            "version_id": version_id,
            "nonce": tokens.new_nonce(),
            "asked_as": person.email_key,
            "language": person.language or self.language,
            "purpose": Purpose.PROGRAM,
            "sent_at": row.sent_at,
            "reminders_left": 0,
            "answered_at": None,
            "declined_as": None,
            "complained_at": None,
            "created_at": self.now,
            "updated_at": self.now,
            **dict.fromkeys(unset),
            **dict.fromkeys(("is_rehearsal", "is_late", "is_auto_reply"), False),
            **stands(row, self.now),
        }

    def _move(self, entry: Entry) -> None:
        """What was taken for a silence came back after all, or the other way round."""
        known, now = entry.known, self.now
        values = stands(entry.row, now) | {"updated_at": now}
        session = self.session
        session.execute(sa.update(Invitation).where(Invitation.id == known.id).values(values))
        change = {"invitation_id": known.id, "from_state": known.state, "state": values["state"], "at": now}
        session.add(InvitationChange(**change, reason=REASON))

    def _answer(self, answered: dict[int, Entry]) -> None:
        """Record the answers as of their days; programs that ask what is new find them as of today."""
        self.session.flush()
        connection = self.session.connection()
        for id, entry in answered.items():
            if entry.known:
                self._keep_open(connection, entry)
            ask = asks.by_id(connection, id)
            self.told(connection, ask, entry.said, at=entry.row.answered_at, now=self.now)
        for table, column in ((Response, Response.invitation_id), (Invitation, Invitation.id)):
            touch = sa.update(table).where(column.in_(list(answered))).values(updated_at=self.now)
            self.session.execute(touch, execution_options={"synchronize_session": False})

    def _keep_open(self, connection: Connection, entry: Entry) -> None:
        """An ask that was open elsewhere until it was answered is open here until then."""
        at = max(entry.known.closes_at, entry.row.answered_at)
        closes = sa.update(Invitation).where(Invitation.id == entry.known.id).values(closes_at=at)
        connection.execute(closes)


def stands(row: PastAsk, now: datetime) -> dict[str, Any]:
    """How an ask stands by a row, its answer left out, which is recorded afterwards."""
    closes_at = max(rules.DEFAULTS.closes_at(row.sent_at), row.answered_at or row.sent_at)
    found = {"closes_at": closes_at, "closed_at": None, "silent_at": None}
    if not row.is_delivered:
        return found | {"state": InvitationState.BOUNCED, "closed_at": row.sent_at}
    if row.answered_at or closes_at > now:
        return found | {"state": InvitationState.SENT}
    return found | {"state": InvitationState.SILENT, "closed_at": closes_at, "silent_at": closes_at}


def changes_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of a new past ask in the ledger, each on its day."""
    steps = [(None, InvitationState.SENT, row["sent_at"])]
    if row["state"] is not InvitationState.SENT:
        steps.append((InvitationState.SENT, row["state"], row["closed_at"]))
    return [
        {"invitation_id": row["id"], "from_state": before, "state": state, "at": at, "reason": REASON}
        for before, state, at in steps
    ]
