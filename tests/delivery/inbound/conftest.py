"""What tests of incoming mail share: an ask that was sent, with its mail in the outbox, and a way to let mails in."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from app.core.installation import installation
from app.core.outbox_rows import OutboxState, put
from app.delivery.inbound import jobs
from app.delivery.inbound.models import InboundMail
from app.delivery.mail.verp import ReturnPaths
from app.delivery.models import Invitation
from app.delivery.sending.posting import INVITATION, REMINDER, ref_of
from tests import make
from tests.conftest import NOW


@dataclass
class Sent:
    """A mail of ours that left: the ask, its Message-ID and its return path."""

    ask: Invitation
    message_id: str
    path: str

    @property
    def person(self) -> str:
        return self.ask.contact.email


class Post:
    """Sends asks and takes what comes back."""

    def __init__(self, session, settings):
        self.session, self.settings, self.now = session, settings, NOW
        self.paths = ReturnPaths([settings.SECRET_KEY], "bounces.justask.example")

    def sent(self, number=0, **given) -> Sent:
        ask = given.pop("ask", None) or make.invitation(**given)
        message_id = f"{ask.id * 16 + number:032x}@justask.example"
        row = {
            "kind": REMINDER if number else INVITATION,
            "ref": ref_of(ask.id, number),
            "recipient": ask.contact.email,
            "message_id": message_id,
            "due_at": NOW,
            "state": OutboxState.SENT,
        }
        put(self.session, [row], now=NOW)
        self.session.commit()
        return Sent(ask, message_id, self.paths.make(message_id))

    def take(self, raw: bytes) -> InboundMail | None:
        """Let a mail in as the job does; the row it left, if it is a new one."""
        is_new = jobs.let_in(self.session, self.settings, raw, now=self.now)
        return self.newest() if is_new else None

    def newest(self) -> InboundMail:
        return self.session.scalars(sa.select(InboundMail).order_by(InboundMail.id.desc()).limit(1)).one()


@pytest.fixture
def post(session, settings):
    installation(session).live_at = NOW
    session.commit()
    return Post(session, settings)
