"""Bodies of requests that come slowly, in part or not at all, before an application that must not wait for them."""

from __future__ import annotations

import threading
from io import BytesIO

import pytest

from app.core.web.bodies import AT_ONCE, Bodies

LIMIT = 4 * AT_ONCE


class Pipe:
    """A body that comes as it is fed; its end is None."""

    def __init__(self):
        self.came, self.asked, self.piece = threading.Event(), threading.Event(), b""

    def read(self, size: int) -> bytes:
        self.asked.set()
        assert self.came.wait(30)
        piece, self.piece = self.piece[:size], self.piece[size:]
        return piece


@pytest.fixture
def served():
    """`served(body, length)` is the status and what the application read; None where it was not called."""

    def application(environ, begin):
        begin("200 OK", [])
        return [environ["wsgi.input"].read()]

    behind = Bodies(application, turns=1, limit=LIMIT, waiting=1)

    def call(source, length=None, method="POST", **more):
        said = []
        environ = {"REQUEST_METHOD": method, "wsgi.input": source} | more
        if length is not None:
            environ["CONTENT_LENGTH"] = str(length)
        body = b"".join(behind(environ, lambda status, headers: said.append(status)))
        return said[0][:3], body

    return call


@pytest.mark.parametrize("size", [0, 1, AT_ONCE, AT_ONCE + 1, LIMIT])
def test_a_whole_body_reaches_the_application(served, size):
    body = bytes(range(256)) * (size // 256 + 1)
    assert served(BytesIO(body[:size]), size) == ("200", body[:size])


def test_half_a_body_reaches_nobody(served):
    assert served(BytesIO(b"score=1"), 8)[0] == "400"


def test_a_body_without_a_length_is_refused_since_its_end_is_not_known(served):
    pieces = {"HTTP_TRANSFER_ENCODING": "chunked"}
    for more in (pieces, pieces | {"length": 7}, {"SERVER_PROTOCOL": "HTTP/2.0"}):
        assert served(BytesIO(b"score=1"), **more)[0] == "411"
    for more in ({"SERVER_PROTOCOL": "HTTP/1.1"}, {"SERVER_PROTOCOL": "HTTP/2.0", "method": "DELETE"}):
        assert served(BytesIO(), **more) == ("200", b"")


def test_what_is_announced_as_too_long_is_left_unread(served):
    source = BytesIO(b"x" * 10)
    assert served(source, LIMIT + 1) == ("200", b"x" * 10)


def test_others_have_their_turn_while_a_body_comes_and_too_many_are_told(served):
    slow, found = Pipe(), []
    waiting = threading.Thread(target=lambda: found.append(served(slow, 8)))
    waiting.start()
    assert slow.asked.wait(30)
    assert served(BytesIO(), method="GET")[0] == "200"
    assert served(BytesIO(b"score=10"), 8)[0] == "503"
    slow.piece = b"score=10"
    slow.came.set()
    waiting.join(30)
    assert found == [("200", b"score=10")]
    assert served(BytesIO(b"score=10"), 8)[0] == "200"
