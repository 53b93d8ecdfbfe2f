"""Buttons pressed in the worst moment of sending: whoever comes second waits, and nobody waits in a circle."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import Contact
from app.core import outbox, outbox_rows
from app.core.audit import SYSTEM
from app.core.database import transactions
from app.core.outbox import Step
from app.delivery import sender, waves
from app.delivery.asking import bulk
from app.delivery.models import InvitationState, Wave
from app.delivery.sending.postman import Postman
from app.delivery.watching import alarms
from app.extensions import db
from tests.delivery.test_hard_days import ANA
from tests.delivery.test_sending import asks, states

pytestmark = pytest.mark.parametrize(
    "database_kind", ["postgresql"]
)  # SQLite has one writer, who waits for nobody.

PATIENCE = 30  # Seconds; only what is broken takes them.
WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Other:
    """Somebody else, who does one thing over a connection of their own while a worker sends."""

    def __init__(self, app, now):
        self.app, self.now, self.engine, self.thread = app, now, db.engine, None
        self.over, self.faults = threading.Event(), []

    def cancel(self, wave):
        self._begin(
            lambda session, number: waves.cancel(session, session.get(Wave, number), actor=ANA, now=self.now),
            wave.id,
        )

    def erase(self, person):
        self._begin(
            lambda session, number: journey.person_erased(
                session, session.get(Contact, number), now=self.now, actor=SYSTEM
            ),
            person.id,
        )

    def _begin(self, work, number):
        if self.thread is None:
            self.thread = threading.Thread(target=self._do, args=(work, number))
            self.thread.start()

    def _do(self, work, number):
        try:
            with self.app.app_context():
                transactions.write(db.session)
                work(db.session, number)
                db.session.commit()
        except Exception as error:
            self.faults.append(error)
        finally:
            self.over.set()

    def until_it_waits(self):
        """Until the database says that somebody waits for a lock, or they are through."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            while not self.over.wait(0.002) and connection.scalar(WAITING) == 0:
                pass


@pytest.fixture
def other(app, office, monkeypatch):
    said = []
    monkeypatch.setattr(outbox.log, "warning", lambda *words: said.append(words[-1]))
    monkeypatch.setattr(outbox, "RETRY_PAUSE_SECONDS", 0.01)
    somebody = Other(app, office.now)
    yield somebody
    somebody.thread.join(PATIENCE)
    assert somebody.faults == []
    assert "DeadlockDetected" not in said


def test_a_wave_is_cancelled_while_its_mails_are_claimed(office, sink, session, other, monkeypatch):
    """Each of the two has locked the first of what it wants when it goes on to the second."""
    wave = office.wave(4)
    office.queue()
    is_half_done, may_go_on, read = threading.Event(), threading.Event(), Postman.read

    def halting(verb):
        def halfway(*given, **named):
            verb(*given, **named)
            is_half_done.set()
            assert may_go_on.wait(PATIENCE)

        return halfway

    def after_the_claim(postman, session, rows, now):
        may_go_on.set()
        other.until_it_waits()
        return read(postman, session, rows, now)

    monkeypatch.setattr(bulk, "cancel_unsent", halting(bulk.cancel_unsent))
    monkeypatch.setattr(outbox_rows, "cancel", halting(outbox_rows.cancel))
    monkeypatch.setattr(Postman, "read", after_the_claim)
    other.cancel(wave)
    assert is_half_done.wait(PATIENCE)
    sender.send_due(session, office.mailer, now=office.now)
    may_go_on.set()
    other.thread.join(PATIENCE)
    session.rollback()
    assert states(session, wave) == {InvitationState.CANCELLED: 4}
    assert not sink.counts


class Together(Postman):
    """Hands on what happened only when that is known of so many mails."""

    count = 2

    def collect(self, patience):
        found = []
        while len(found) < self.count:
            found += super().collect(patience)
        return found


@pytest.mark.parametrize("reply", ["550 5.7.1 not here", "550 5.1.1 no such user"])
def test_a_wave_is_cancelled_while_the_first_of_its_mails_is_refused(
    app, office, sink, session, other, monkeypatch, reply
):
    """The sender has locked the second ask, which is ready, and wants the first; one that bounces stops the wave too."""
    wave = office.wave(2)
    office.queue()
    first, second = asks(session, wave)
    sink.on("rcpt", reply, to=first.contact.email)
    monkeypatch.setattr(alarms, "LEAST_TRIED", 1)

    class Watched(Together):
        def look(self, connection, ready, now):
            found = super().look(connection, ready, now)
            if self.count == 1:
                other.cancel(wave)
                other.until_it_waits()
            return found

        def collect(self, patience):
            found = super().collect(patience)
            self.count = 1
            return found

    def tell(outcome):
        if outcome.state is InvitationState.BOUNCED:
            alarms.bounced(session, outcome.invitation_id, now=office.now)

    sender.carry(session, Watched(office.mailer), now=office.now, tell=tell)
    other.thread.join(PATIENCE)
    session.rollback()
    found = [ask.state for ask in asks(session, wave)]
    assert found[0] in (InvitationState.REFUSED, InvitationState.BOUNCED, InvitationState.CANCELLED)
    assert sink.counts[second.contact.email] == (found[1] is InvitationState.SENT)


def test_a_person_is_erased_while_it_is_written_that_their_mail_is_out(office, sink, session, other):
    """The sender has locked the mail and wants the ask; whoever erases wants both as well."""
    wave = office.wave(1)
    office.queue()
    person = asks(session, wave)[0].contact

    class Watched(Postman):
        def keep_books(self, session, outcomes, leaving, now):
            if any(outcome.result.step is Step.SENT for outcome in outcomes):
                other.erase(person)
                other.until_it_waits()
            return super().keep_books(session, outcomes, leaving, now)

    sender.carry(session, Watched(office.mailer), now=office.now)
    other.thread.join(PATIENCE)
    session.rollback()
    assert states(session, wave) == {InvitationState.CANCELLED: 1}
    assert set(sink.counts.values()) == {1}
