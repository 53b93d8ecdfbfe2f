"""The carrier of mails: takes outbox rows to the mail server, or to the mailbox page during rehearsal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.core.installation import installation
from app.core.outbox import Carrier, Letter, Outcome, Result, Row, Step
from app.delivery import letters
from app.delivery.mail.compiling import Compiled, Person
from app.delivery.mail.headers import BadAddress, wire_address
from app.delivery.mail.mailer import Mailer, is_allowed
from app.delivery.mail.smtp.connection import Envelope, Report
from app.delivery.mail.smtp.faults import Stage, Verdict
from app.delivery.models import InvitationState
from app.delivery.sending import asks, books, traces
from app.delivery.sending.asks import FLOOR, PAUSED, REHEARSAL, WINDOW, Ask
from app.delivery.sending.posting import (
    CASE,
    INVITATION,
    OF_ASKS,
    REMINDER,
    STAFF,
    TOLD,
    TRIAL,
    invitation_id_of,
    sender_of,
    wording_of,
)
from app.delivery.telling import tidings
from app.delivery.telling.tidings import TidingOutcome
from app.delivery.timing.calendars import Calendar
from app.delivery.timing.handing_over import Abreast, Caps

FRESH = timedelta(seconds=1)
# Each owner of accounts may be a sender in each language; a letter made ready takes some 15 KB.
MOST_LETTERS = 256
PERSONAL_STAGES = frozenset({Stage.RCPT, Stage.DATA, Stage.BODY})
STEPS = {
    Verdict.SENT: Step.SENT,
    Verdict.RETRY: Step.RETRY,
    Verdict.REFUSED: Step.REFUSED,
    Verdict.NO_SUCH_ADDRESS: Step.REFUSED,
    Verdict.IN_DOUBT: Step.IN_DOUBT,
    Verdict.RETURNED: Step.RETURNED,
}


class Postman(Carrier):
    """See `app.core.outbox.Carrier`; one for each turn of sending. `abreast` when another one sends at the same time."""

    kinds = (INVITATION, REMINDER, STAFF, TOLD, TRIAL, CASE)

    def __init__(self, mailer: Mailer, abreast: Abreast | None = None):
        self.mailer = mailer
        self.abreast = abreast
        self.is_live = False
        self.read_at: datetime | None = None
        self.allowed: frozenset[str] = frozenset()
        self.colleagues: frozenset[str] = frozenset()
        self.asks: dict[int, Ask | None] = {}
        self.letters: dict[int, Compiled] = {}
        self.shelved: set[int] = set()
        self.results: list[Result] = []
        self.ending: list[int] = []
        self.books = books.Books()
        self.caps = abreast.caps if abreast else Caps()
        self.calendar: Calendar | None = None

    @property
    def room(self) -> int:
        return self.mailer.lane.room

    def read(self, session: Session, rows: Sequence[Row], now: datetime) -> list[Result]:
        """What the mails need. During rehearsal those of strangers go to the mailbox page."""
        if self.read_at is None or now - self.read_at > FRESH:
            self._read_facts(session)
            self.read_at = now
            self.calendar = Calendar(session)
        needed = {row.letter_id for row in rows}
        if len(self.letters) > MOST_LETTERS:
            self.letters = {number: made for number, made in self.letters.items() if number in needed}
        wanted = needed - self.letters.keys()
        for letter in session.scalars(sa.select(Letter).where(Letter.id.in_(wanted))) if wanted else ():
            self.letters[letter.id] = Compiled(wording_of(letter), sender_of(letter))
        return self.look(session.connection(), rows, now)

    def _read_facts(self, session: Session) -> None:
        facts = installation(session)
        self.is_live = facts.is_live
        self.allowed = self.mailer.allowed | frozenset(facts.allowed_recipients)
        real = sa.select(Staff.email).where(Staff.active, Staff.is_demo.is_(False))
        self.colleagues = frozenset(session.scalars(real))

    def wait(self, ready: Sequence[Row]) -> None:
        if self.abreast:
            known = [self.asks.get(invitation_id_of(row.ref)) for row in ready if row.kind in OF_ASKS]
            self.abreast.take(self, [ask for ask in known if ask])

    def hold(self, connection: Connection, ready: Sequence[Row], ended: Sequence[Row]) -> None:
        ending, is_read = _about(ended), bool(_about(ready))
        self.ending = ending if is_read else []
        if not is_read and len(ending) > 1:
            asks.hold(connection, ending)

    def take_over(self, connection: Connection, rows: Sequence[Row]) -> None:
        asks.hold(connection, _about(rows), waits=False)

    def look(self, connection: Connection, ready: Sequence[Row], now: datetime) -> list[Result]:
        of_asks = [row for row in ready if row.kind in OF_ASKS]
        about, self.ending, ending = _about(ready), [], self.ending
        self.asks.update(dict.fromkeys(about) | asks.read(connection, about, beside=ending))
        results, paused = [], set()
        if self.is_live:
            results += [_of_rehearsal(row) for row in ready if row.values.get("is_rehearsal")]
        for row in of_asks:
            ask = self.asks[invitation_id_of(row.ref)]
            stop = self._objection(ask, row, now)
            if stop:
                results.append(Result(row.id, stop[0], stop[1], is_try=False))
                paused |= {ask.wave_id} if stop[1] == PAUSED else set()
            elif row.tries == 0 and (wait := self._wait(ask, row, now)):
                results.append(Result(row.id, Step.RETURNED, WINDOW, is_try=False, wait=wait))
        results += self._too_soon(ready, {result.id for result in results}, now)
        results += self._too_many(connection, ready, {result.id for result in results}, now)
        if paused:
            results = self._judged_again(connection, results, paused, of_asks)
        if self.mailer.lane.domain_rates:
            stopped = {result.id for result in results}
            leaving = [row for row in ready if row.id not in stopped and self._may_leave(row)]
            results += self._out_of_turn(connection, leaving, now)
        return results

    def _objection(self, ask: Ask | None, row: Row, now: datetime) -> tuple[Step, str] | None:
        if row.kind == TOLD:
            return tidings.objection(ask, row, is_live=self.is_live)
        return asks.objection(ask, is_reminder=row.kind == REMINDER, is_live=self.is_live, now=now)

    def _too_soon(self, rows: Sequence[Row], stopped: set[int], now: datetime) -> list[Result]:
        """The first mails to people whom another wave or a reminder wrote to meanwhile."""
        found = []
        for row in rows:
            if row.kind != INVITATION or row.id in stopped:
                continue
            ask = self.asks[invitation_id_of(row.ref)]
            until = ask.mailed_at and ask.mailed_at + self.calendar.floor(ask)
            if until and until > now:
                found.append(self._put_off(row, ask, FLOOR, until))
        return found

    def _too_many(
        self, connection: Connection, rows: Sequence[Row], stopped: set[int], now: datetime
    ) -> list[Result]:
        """The first mails to people at whose account enough were asked meanwhile."""
        alike = defaultdict(list)
        for row in rows:
            ask = self.asks[invitation_id_of(row.ref)] if row.kind == INVITATION else None
            if ask and ask.is_capped and row.id not in stopped:
                alike[self.calendar.rules(ask)].append((row, ask))
        today, found = self.calendar.today(now), []
        for rules, some in alike.items():
            judged = self.caps.judge(connection, [ask.account_id for _, ask in some], rules, today)
            found += [
                self._put_off(row, ask, verdict.reason.value, verdict.free_at)
                for (row, ask), verdict in zip(some, judged, strict=True)
                if verdict.reason
            ]
        return found

    def _put_off(self, row: Row, ask: Ask, reason: str, until: datetime) -> Result:
        self.asks[ask.id] = ask._replace(put_off_until=until)
        return Result(row.id, Step.CANCELLED, reason, is_try=False)

    def _judged_again(
        self, connection: Connection, results: list[Result], paused: set[int], rows: Sequence[Row]
    ) -> list[Result]:
        """A mail is held back only by a pause that lasts until this is written; else nobody would ever let it go."""
        still = asks.still_paused(connection, paused)
        known = {row.id: self.asks[invitation_id_of(row.ref)] for row in rows}
        return [
            Result(result.id, Step.RETURNED, is_try=False, wait=FRESH.total_seconds())
            if result.reason == PAUSED and known[result.id].wave_id not in still
            else result
            for result in results
        ]

    def _out_of_turn(self, connection: Connection, rows: Sequence[Row], now: datetime) -> list[Result]:
        """The mails of limited domains that another worker writes to at present."""
        lane = self.mailer.lane
        known = ((row.id, domain_of(row.recipient)) for row in rows)
        domains = {number: domain for number, domain in known if domain and lane.limit(domain)}
        ours = self.mailer.turns.hold(connection, set(domains.values()), now=now) if domains else set()
        return [
            Result(number, Step.RETURNED, is_try=False, wait=lane.seconds_to_wait(domain))
            for number, domain in domains.items()
            if domain not in ours
        ]

    def _wait(self, ask: Ask, row: Row, now: datetime) -> float:
        """Seconds until the window opens for a mail that was not tried yet; a server that asked for patience gets it.

        A wave that was paused, or longer than its window, does not go on at night. What is told rests on an answer, whose
        wave may have ignored its window; so it goes by that of reminders, and by none in a rehearsal.
        """
        if self.calendar is None or (row.kind == TOLD and not self.is_live):
            return 0
        return (self.calendar.opening(ask, now, is_reminder=row.kind != INVITATION) - now).total_seconds()

    def offer(self, rows: Sequence[Row], now: datetime) -> None:
        """Finish each mail and give it to the lane it belongs on."""
        for row in rows:
            try:
                envelope = self._envelope(row, now)
            except (BadAddress, ValueError, KeyError) as error:
                self.results.append(Result(row.id, Step.REFUSED, f"This mail cannot be made: {error}"))
                continue
            if self._may_leave(row):
                self.mailer.lane.offer([envelope])
            else:
                self.shelved.add(row.id)
                self.mailer.shelf.offer([envelope])

    def collect(self, patience: float) -> list[Result]:
        if self.mailer.leaves_the_machine:
            shelf = self.mailer.shelf.collect()
            self.results += [self._shelved_result(report) for report in shelf]
        if not self.results:
            self.results += [_result(report) for report in self.mailer.lane.collect(patience)]
        results, self.results = self.results, []
        return results

    def keep_books(
        self, session: Session, outcomes: Sequence[Outcome], leaving: Sequence[Row], now: datetime
    ) -> list[books.MailOutcome | TidingOutcome]:
        notices = self.books.keep(session, outcomes, leaving, self.asks, now)
        for row in leaving:
            if row.kind == INVITATION:
                ask = self.asks[invitation_id_of(row.ref)]
                self.asks[ask.id] = ask._replace(state=InvitationState.SENDING)
                self.caps.left(ask.account_id)
        if not (self.is_live and self.mailer.leaves_the_machine):
            traces.sweep(session, self.mailer.shelf.mailbox, [outcome.row.id for outcome in outcomes])
        for outcome in outcomes:
            self.shelved.discard(outcome.row.id)
            if outcome.row.kind in OF_ASKS:
                self.asks.pop(invitation_id_of(outcome.row.ref), None)
        return notices

    def release(self, ids: Iterable[int]) -> None:
        if self.abreast:
            self.abreast.give_back(self)
        for lane, keys in self._by_lane(ids):
            lane.release(keys)

    def withdraw(self, ids: Iterable[int]) -> None:
        for lane, keys in self._by_lane(ids):
            lane.withdraw(keys)

    def recall(self) -> None:
        self.results += [_result(report) for report in self.mailer.lane.recall()]
        if self.mailer.leaves_the_machine:
            self.results += [_result(report) for report in self.mailer.shelf.recall()]

    def close(self) -> None:
        if self.abreast:
            self.abreast.give_back(self)
        self.mailer.close()

    def _by_lane(self, ids: Iterable[int]):
        ids = list(ids)
        yield self.mailer.lane, [number for number in ids if number not in self.shelved]
        if self.shelved:
            yield self.mailer.shelf, [number for number in ids if number in self.shelved]

    def _envelope(self, row: Row, now: datetime) -> Envelope:
        values = row.values
        if row.kind in OF_ASKS:
            own = letters.personal(values.get("first_name", ""), values["account"])
            token = self.mailer.signer.token(self.asks[invitation_id_of(row.ref)].nonce)
            values = values | own | {"token": token}
        person = Person(values["name"], row.recipient)
        data = self.letters[row.letter_id].finish(person, values, message_id=row.message_id, now=now)
        return Envelope(row.id, self.mailer.return_path(row.message_id), wire_address(row.recipient), data)

    def _may_leave(self, row: Row) -> bool:
        """During rehearsal only those on the list get real mail, and colleagues what is meant for colleagues."""
        if self.is_live or not self.mailer.leaves_the_machine:
            return True
        is_to_colleagues = row.kind in (STAFF, TRIAL)
        known = self.allowed | self.colleagues if is_to_colleagues else self.allowed
        return is_allowed(row.recipient, known)

    def _shelved_result(self, report: Report) -> Result:
        """What lies on the shelf is held: it was not sent to the person, and waits for the installation to go live."""
        if report.verdict is Verdict.SENT:
            return Result(report.key, Step.HELD, REHEARSAL, is_try=False)
        return _result(report)


def _about(rows: Iterable[Row]) -> list[int]:
    """The invitations that rows are about."""
    return [invitation_id_of(row.ref) for row in rows if row.kind in OF_ASKS]


def domain_of(address: str) -> str:
    """The domain as servers see it; empty for what is no address, which is refused when the mail is made."""
    try:
        return wire_address(address).rpartition("@")[2].lower()
    except BadAddress:
        return ""


def _of_rehearsal(row: Row) -> Result:
    """What was written in the rehearsal and waits still when the installation goes live is not for real people."""
    return Result(row.id, Step.CANCELLED, REHEARSAL, is_try=False)


def _result(report: Report) -> Result:
    if report.verdict is None:
        return Result(report.key, Step.READY)
    reply = report.reply
    enhanced = reply.enhanced if reply else None
    is_ours = report.stage not in PERSONAL_STAGES or (reply is not None and reply.code >= 500)
    return Result(
        report.key,
        STEPS[report.verdict],
        report.words,
        reply.code if reply else None,
        ".".join(map(str, enhanced)) if enhanced else None,
        is_try=not (report.verdict is Verdict.RETURNED and is_ours),
        is_dead=report.verdict is Verdict.NO_SUCH_ADDRESS,
        wait=report.wait,
    )
