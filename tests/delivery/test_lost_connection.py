"""The database breaks off while it is told what became of mails: that is told once more, and nobody is in doubt."""

from __future__ import annotations

import os
import socket

import pytest

from app.delivery import sender
from app.delivery.models import InvitationState
from tests.delivery.test_sending import states

pytestmark = pytest.mark.parametrize("database_kind", ["postgresql"])


class CutOff(sender.Postman):
    """Loses the connection once, in the middle of a transaction."""

    looks = 0

    def look(self, connection, ready, now):
        found = super().look(connection, ready, now)
        self.looks += 1
        if self.looks == 2:
            with socket.socket(fileno=os.dup(connection.connection.dbapi_connection.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
        return found


def test_what_the_server_took_is_recorded_although_the_connection_broke(office, sink, session):
    wave = office.wave(12)
    office.queue()
    carrier = CutOff(office.mailer)
    assert sender.carry(session, carrier, now=office.now) == 12
    session.commit()
    assert carrier.looks > 2
    assert states(session, wave) == {InvitationState.SENT: 12}
    assert set(sink.counts.values()) == {1}
