"""Bodies of requests, taken in whole before the application begins: slow clients cost a waiting thread, not a turn.

The web server gives each request a thread and hands the body on as it comes. Here many threads may wait for bodies while
few are at work; one that waits for the disk lets another begin. A body that ends early, as where the connection was
lost, is refused: half a form would be taken for the whole, a 1 for the 10 that was chosen. One whose length is not named
is refused too, since the web server does not say whether such a body was ended or cut off. One that takes too long is
ended by `dawdling`, which closes its connection.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO

from app.core.web.dawdling import Dawdlers

RETRY_AFTER_SECONDS = 10
WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
AT_ONCE = 64 * 1024
LIMIT = 32 * 1024 * 1024
WAITING = 128
Begin = Callable[..., Any]
# Where the request of this thread took its turn, while it has it.
HERE = threading.local()


class Bodies:
    """`app` behind it works for `turns` requests at a time; `waiting` more may be sending their bodies.

    Bodies announced as longer than `limit` bytes are left to the application, which refuses them unread. `dawdlers` is
    told of each body that comes.
    """

    def __init__(
        self,
        app: Callable,
        turns: int,
        limit: int,
        waiting: int = WAITING,
        dawdlers: Dawdlers | None = None,
    ):
        self.app, self.limit, self.dawdlers = app, limit, dawdlers or Dawdlers()
        self.turns: SimpleQueue[None] = SimpleQueue()
        for _turn in range(turns):
            self.turns.put(None)
        self.room = threading.BoundedSemaphore(waiting)

    def __call__(self, environ: dict, begin: Begin) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in WITHOUT_BODY:
            return self.at_work(environ, begin)
        length = announced(environ)
        if length is None:
            return refusal(begin, "411 Length Required", "Please send this with its length (Content-Length).")
        if length == 0 or length > self.limit:
            return self.at_work(environ, begin)
        if not self.room.acquire(blocking=False):
            return refusal(
                begin, "503 Service Unavailable", "Too many are sending at once. Please try again."
            )
        ticket = self.dawdlers.begins(environ.get("REMOTE_ADDR", ""), length, time.monotonic())
        try:
            body = taken(environ["wsgi.input"], length)
        finally:
            is_late = self.dawdlers.ends(ticket, time.monotonic())
            self.room.release()
        if body is None and is_late:
            return refusal(begin, "408 Request Timeout", "This took too long. Please try again.")
        if body is None:
            return refusal(begin, "400 Bad Request", "This came in part only.")
        with body:
            return self.at_work(environ | {"wsgi.input": body}, begin)

    def at_work(self, environ: dict, begin: Begin) -> Iterable[bytes]:
        self.turns.get()
        HERE.turns = self.turns
        try:
            return self.app(environ, begin)
        finally:
            step_aside()


def step_aside() -> None:
    """Let another request begin: for one that will wait for long, and has little left to do afterwards."""
    turns, HERE.turns = getattr(HERE, "turns", None), None
    if turns is not None:
        turns.put(None)


def announced(environ: dict) -> int | None:
    """The length that the request names, 0 for one without a body; None for one that comes in pieces."""
    named = environ.get("CONTENT_LENGTH") or ""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return None
    if named.isdecimal():
        return int(named)
    # In HTTP/2 a body needs no header to come.
    may_come = (
        environ.get("SERVER_PROTOCOL", "").startswith("HTTP/2") and environ["REQUEST_METHOD"] != "DELETE"
    )
    return None if named or may_come else 0


def taken(source: BinaryIO, length: int) -> BinaryIO | None:
    """The body from its beginning; None when it ended early."""
    body = BytesIO() if length <= AT_ONCE else SpooledTemporaryFile(AT_ONCE)  # noqa: SIM115 the caller closes it
    try:
        while piece := source.read(min(AT_ONCE, length - body.tell())):
            body.write(piece)
    except OSError:  # The connection was lost.
        return None
    if body.tell() != length:
        return None
    body.seek(0)
    return body


def refusal(begin: Begin, status: str, words: str) -> list[bytes]:
    """An answer without the application: nobody has had a turn."""
    text = words.encode()
    begin(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(text))),
            ("Cache-Control", "no-store"),
            ("Retry-After", str(RETRY_AFTER_SECONDS)),
        ],
    )
    return [text]
