"""What tests of sending share: a live installation, a server that can misbehave, and waves to send."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import tokens
from app.core.installation import installation
from app.delivery import sender
from app.delivery.mail.mailbox import Mailbox, MailboxLane
from app.delivery.mail.mailer import Mailer
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.server import Server
from app.delivery.models import InvitationState, WaveState
from app.delivery.sending import closing, posting
from tests import make
from tests.conftest import NOW
from tests.delivery.sink import Sink

SIGNER = tokens.Signer(["k" * 40])


class Office:
    """Sends what a test asks for, and remembers what it was told."""

    def __init__(self, session, settings, lane, shelf):
        self.session, self.settings, self.now = session, settings, NOW
        self.mailer = Mailer(lane, shelf, SIGNER, "surveys@justask.example")
        self.notices = []

    def wave(self, people=3, **given):
        """A wave that sends, with one planned ask for each person."""
        contacts = people if isinstance(people, list) else [make.contact() for _ in range(people)]
        wave = make.wave(state=WaveState.SENDING, **given)
        for person in contacts:
            make.invitation(wave=wave, contact=person, state=InvitationState.PLANNED, sent_at=None)
        self.session.commit()
        return wave

    def queue(self):
        for _ in posting.queue_due(self.session, self.settings, now=self.now):
            self.session.commit()

    def remind(self):
        for _ in closing.remind_due(self.session, self.settings, now=self.now):
            self.session.commit()

    def expire(self):
        found = []
        for invitation in closing.expire_due(self.session, now=self.now):
            found.append(invitation.id)
            self.session.commit()
        return found

    def send(self, **options):
        self.mailer.lane.backoff.wake()
        ended = sender.send_due(
            self.session, self.mailer, now=self.now, on_outcome=self.notices.append, **options
        )
        closing.finish_waves(self.session, now=self.now)
        sender.note_way(self.session, self.mailer, now=self.now)
        self.session.commit()
        return ended

    def later(self, **delta):
        self.now += timedelta(**delta)


@pytest.fixture
def sink():
    sink = Sink(extensions=["PIPELINING"]).start()
    yield sink
    sink.stop()


@pytest.fixture
def office(session, settings, sink, tmp_path):
    """A live installation whose mail goes to the sink over four connections."""
    installation(session).live_at = NOW
    installation(session).company = "Vendor"
    session.commit()
    lane = Lane(Server("127.0.0.1", sink.port, timeout=5), 4)
    office = Office(session, settings, lane, MailboxLane(Mailbox(tmp_path / "mailbox")))
    yield office
    lane.close()
