"""A small load generator: keep-alive connections in one process, each answer timed and counted by its status.

It costs about 30 us of CPU for each request. Both sides of a comparison pay that alike, which draws their ratio a little
towards one; the CPU of the servers, printed beside each ratio, is free of it.
"""

from __future__ import annotations

import math
import re
import select
import socket
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
HEAD_END = b"\r\n\r\n"
PATIENCE = 60
HEADERS = (
    "Host: localhost\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml\r\n"
    "Accept-Language: en\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
)


@dataclass
class Load:
    """What came of a number of requests."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    def require(self, status: int) -> None:
        """AssertionError unless every answer had this status: a form that answers with errors looks fast."""
        if set(self.statuses) != {status}:
            raise AssertionError(f"every answer should have been {status}: {dict(self.statuses)}")


class Line:
    """One connection and the answer that is coming in over it."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.got = b""

    def ask(self, request: bytes) -> None:
        self.got, self.began = b"", time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int | None:
        """The status once the answer is whole."""
        part = self.socket.recv(262144)
        if not part:
            raise ConnectionError(f"the server hung up after {self.got[:200]!r}")
        self.got = self.got + part if self.got else part
        end = self.got.find(HEAD_END)
        if end < 0 or len(self.got) < end + len(HEAD_END) + length(self.got[:end]):
            return None
        return int(self.got[9:12])


def length(head: bytes) -> int:
    """The bytes of the body that this head announces."""
    found = LENGTH.search(head)
    return int(found[1]) if found else 0


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\n{HEADERS}\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """A form that a browser sends."""
    kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{HEADERS}{kind}\r\n".encode() + body


def run(port: int, requests: Iterable[bytes], *, connections: int = 16, seconds: float = PATIENCE) -> Load:
    """Send `requests`, one at a time over each connection, until they or the `seconds` are used up."""
    source, load, lines = iter(requests), Load(), {}
    watch = select.epoll()
    try:
        for _ in range(connections):
            line = Line(port)
            lines[line.socket.fileno()] = line
            watch.register(line.socket, select.EPOLLIN)
        drive(watch, lines, source, load, seconds)
    finally:
        watch.close()
        for line in lines.values():
            line.socket.close()
    return load


def drive(
    watch: select.epoll, lines: dict[int, Line], source: Iterator[bytes], load: Load, seconds: float
) -> None:
    began = now = time.perf_counter()
    waiting = 0
    for line in lines.values():
        request = next(source, None)
        if request is not None:
            line.ask(request)
            waiting += 1
    while waiting:
        for number, _event in watch.poll(PATIENCE):
            line = lines[number]
            status = line.status()
            if status is None:
                continue
            now = time.perf_counter()
            load.statuses[status] += 1
            load.latencies.append(now - line.began)
            request = next(source, None) if now - began < seconds else None
            if request is None:
                waiting -= 1
            else:
                line.ask(request)
    load.seconds = now - began


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest of `values` that at least this `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]
