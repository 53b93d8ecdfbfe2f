"""Sixty-four clients that send a byte now and then, half of them in the middle of a form, while others want a page.

A page must not wait for them. Run: `make soak ARGS=dawdlers`.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from datetime import timedelta

from app.core import clock
from app.extensions import db
from bench import installations, servers
from bench.client import percentile
from tests.faults.answers import post
from tests.faults.grounds import Ground

LONGEST = 5.0
PAUSE = 0.25


class Dawdlers(threading.Thread):
    """Clients that begin a request and never come to its end; each sends one byte in every pause."""

    def __init__(self, port: int, token: str, clients: int):
        super().__init__(daemon=True)
        form = (
            f"POST /a/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20000\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nscore=9&comment="
        )
        head = f"GET /a/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
        for number, one in enumerate(self.sockets):
            one.sendall((form if number % 2 else head).encode())
        self.is_over = threading.Event()

    def run(self) -> None:
        while not self.is_over.wait(PAUSE):
            for one in list(self.sockets):
                try:
                    one.sendall(b"x")
                except OSError:
                    self.sockets.remove(one)
        for one in self.sockets:
            one.close()


def run(ground: Ground, clients: int = 64, pages: int = 300) -> dict:
    """How long pages and answers took beside them; AssertionError when one had to wait for a slow client."""
    with ground.database() as url, ground.installed(url) as app:
        settings = app.extensions["settings"]
        wave = installations.wave(pages + 1, sent_at=clock.now() - timedelta(hours=1))
        tokens = installations.tokens_of(settings, wave)
        db.session.commit()
        with servers.running(servers.PRODUCT, settings) as server:
            alone = times(server.port, tokens[: pages // 2])
            slow = Dawdlers(server.port, tokens[-1], clients)
            slow.start()
            beside = times(server.port, tokens[pages // 2 : -1])
            slow.is_over.set()
            slow.join(LONGEST)
    if max(beside) > LONGEST:
        raise AssertionError(f"somebody waited {max(beside):.1f} s beside {clients} slow clients")
    return {
        "slow clients": clients,
        "alone: median ms": round(1000 * percentile(alone, 0.5), 1),
        "beside them: median ms": round(1000 * percentile(beside, 0.5), 1),
        "longest ms": round(1000 * max(beside)),
    }


def times(port: int, tokens: list[str]) -> list[float]:
    """Seconds that each page with its answer took, one after the other."""
    taken = []
    for number, token in enumerate(tokens):
        began = time.monotonic()
        status = get(port, token), post(port, token, number)
        taken.append(time.monotonic() - began)
        if status != (200, 303):
            raise AssertionError(f"page and answer ended in {status}")
    return taken


def get(port: int, token: str) -> int | str:
    """The status of a page, or what broke."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/a/{token}")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
