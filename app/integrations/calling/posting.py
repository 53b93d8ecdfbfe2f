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

from app.integrations.calling.places import Place

PATIENCE_SECONDS = 10.0
LONGEST_SECONDS = 15.0
MOST_READ = 2000


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
        return Answer(answer.status, words, seconds(answer.headers.get("Retry-After", "")))
    finally:
        guard.cancel()
        connection.close()


def cut(connection: PinnedConnection) -> None:
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def seconds(value: str) -> float:
    return min(float(value), 3600.0) if value.isascii() and value.isdigit() and len(value) < 6 else 0.0
