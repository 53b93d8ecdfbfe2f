"""Bodies that never come to their end, on connections of our own and beside ones that must not be touched."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack

import pytest

from app.core.web.bodies import Bodies
from app.core.web.dawdling import BETWEEN_LOOKS, PATIENCE, Dawdlers

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="other systems do not tell how many bytes came"
)
HERE = "127.0.0.1"
LATE = PATIENCE + 1


@pytest.fixture
def port():
    """`port.connect()` gives both ends of a connection to it: the client's and ours."""
    with ExitStack() as open_ones:
        listener = open_ones.enter_context(socket.create_server((HERE, 0)))

        class Port:
            number = listener.getsockname()[1]

            def connect(self) -> tuple[socket.socket, socket.socket]:
                client = open_ones.enter_context(socket.create_connection((HERE, self.number)))
                ours = open_ones.enter_context(listener.accept()[0])
                ours.settimeout(10)
                return client, ours

        yield Port()


def test_what_brings_nothing_is_closed_once_its_body_is_overdue(port):
    client, ours = port.connect()
    client.sendall(b"score=1")
    dawdlers = Dawdlers(port.number)
    ticket = dawdlers.begins(HERE, 0, now=0)
    assert dawdlers.look(PATIENCE - 1) == 0
    assert dawdlers.look(LATE) == 0
    client.sendall(b"0")
    assert dawdlers.look(LATE + BETWEEN_LOOKS) == 1
    assert ours.recv(100) == b"score=10"
    assert ours.recv(100) == b""
    assert dawdlers.ends(ticket, LATE)
    assert dawdlers.under_way == {}


def test_only_connections_of_that_address_to_our_port_that_were_slow_are_closed(port):
    dawdlers = Dawdlers(port.number)
    slow, brisk = port.connect(), port.connect()
    with socket.create_server((HERE, 0)) as other, socket.create_connection(other.getsockname()) as outgoing:
        dawdlers.begins("203.0.113.9", 0, now=0)
        dawdlers.look(LATE)
        assert dawdlers.look(LATE + 1) == 0
        dawdlers.begins(f"::ffff:{HERE}", 0, now=0)
        dawdlers.look(LATE + 2)
        brisk[0].sendall(b"x" * 30_000)
        assert brisk[1].recv(30_000, socket.MSG_WAITALL)
        new = port.connect()
        assert dawdlers.look(LATE + 3) == 1
        assert slow[1].recv(1) == b""
        for client, ours in (brisk, new):
            client.sendall(b"y")
            assert ours.recv(1) == b"y"
        with other.accept()[0] as there:
            there.sendall(b"z")
            assert outgoing.recv(1) == b"z"


def test_a_long_body_may_take_longer(port):
    port.connect()
    dawdlers = Dawdlers(port.number)
    dawdlers.begins(HERE, 1_000_000, now=0)
    dawdlers.look(LATE)
    assert dawdlers.look(LATE + BETWEEN_LOOKS) == 0
    dawdlers.look(LATE + 100)
    assert dawdlers.look(LATE + 100 + BETWEEN_LOOKS) == 1


def test_whoever_took_too_long_is_told(port, monkeypatch):
    _client, ours = port.connect()
    dawdlers, said = Dawdlers(port.number), []
    moments = iter((0.0, LATE))
    monkeypatch.setattr("app.core.web.bodies.time.monotonic", lambda: next(moments))

    class Source:
        def read(self, size: int) -> bytes:
            dawdlers.look(LATE)
            dawdlers.look(LATE + BETWEEN_LOOKS)
            return ours.recv(size)

    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "8", "REMOTE_ADDR": HERE, "wsgi.input": Source()}
    behind = Bodies(None, turns=1, limit=100, dawdlers=dawdlers)
    assert b"too long" in b"".join(behind(environ, lambda status, headers: said.append(status)))
    assert said == ["408 Request Timeout"]
