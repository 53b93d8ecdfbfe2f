"""One post to a webhook, of a chat or of another program: to the very address that was looked at, following nowhere.

It goes over TLS, has fifteen seconds for everything, and of the answer no more than its beginning is read.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.integrations.calling.places import Place

PATIENCE_SECONDS = 10.0
LONGEST_SECONDS = 15.0
MOST_READ = 2000
LONGEST_REST = 3600.0


@dataclass(frozen=True)
class Answer:
    """What the other side said; `retry_after` in seconds where it asked for patience."""

    code: int
    words: str
    retry_after: float = 0.0


class PinnedConnection(http.client.HTTPConnection):
    """Connects to an address, and speaks to the name. `http.client` knows no proxies and follows no redirects."""

    def __init__(self, place: Place, patience: float):
        super().__init__(place.host, place.port, timeout=patience)
        self.place = place

    def connect(self) -> None:
        self.sock = socket.create_connection((self.place.address, self.place.port), self.timeout)
        if self.place.is_tls:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.place.host)

    @property
    def default_port(self) -> int:
        """By which the Host header leaves out the port."""
        return 443 if self.place.is_tls else 80


def post(
    place: Place,
    body: bytes,
    more: Mapping[str, str] | None = None,
    *,
    patience: float = PATIENCE_SECONDS,
    longest: float = LONGEST_SECONDS,
) -> Answer:
    """Post JSON, with `more` headers, and read the beginning of the answer. Raises OSError or HTTPException when there is none in time.

    A server that sends a letter now and then would never be too slow for a single wait, so all of it has a limit too.
    """
    connection = PinnedConnection(place, patience)
    guard = threading.Timer(longest, cut, [connection])
    guard.daemon = True
    guard.start()
    try:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "JustAsk",
            "Connection": "close",
            **(more or {}),
        }
        connection.request("POST", place.path, body, headers)
        answer = connection.getresponse()
        words = answer.read(MOST_READ).decode("utf-8", "replace")
        rest = seconds(answer.headers.get("Retry-After", ""), answer.headers.get("Date", ""))
        return Answer(answer.status, words, rest)
    finally:
        guard.cancel()
        connection.close()


def cut(connection: PinnedConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def seconds(value: str, told_at: str) -> float:
    """For how long a Retry-After asks, in seconds: 0 when it cannot be read or is past, an hour at most.

    It gives seconds or a moment (RFC 9110, 10.2.3). A moment is held against the Date of the same answer, `told_at`, so
    that clocks which differ do no harm.
    """
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_REST)
    until, said_at = moment(value), moment(told_at)
    if until is None or said_at is None:
        return 0.0
    return min(max((until - said_at).total_seconds(), 0.0), LONGEST_REST)


def moment(value: str) -> datetime | None:
    """The moment that a header names; one without a zone is meant in UTC."""
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
