"""Bodies that take too long: whose connection brings next to nothing is closed, so that nobody holds a place for ever.

The web server reads a body where it cannot be interrupted and does not say by which connection it comes. So while a body
of an address is overdue, the connections of that address are looked at twice, and those over which hardly anything came
in between are closed for reading. One that is only kept open loses nothing by that, and one whose upload is large but
brisk stays. Works where the system tells of a connection how many bytes came (Linux); elsewhere nothing is closed.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress

PATIENCE = 60.0  # Seconds that any body may take.
BYTES_PER_SECOND = 10_000  # What every further second must bring.
BETWEEN_LOOKS = 40.0  # Longer than any answer of ours is waited for.
OPEN_FILES = "/proc/self/fd"
# Of Linux' `struct tcp_info`: eight single bytes, 24 words of four, three counters of eight, then the bytes received.
RECEIVED = struct.Struct("=8x96x24xQ")
MAPPED = "::ffff:"  # Before an IPv4 address on a socket of IPv6.
Came = dict[tuple, int]


class Dawdlers:
    """The bodies under way, each with its address and the moment from which it is overdue."""

    def __init__(self, port: int = 0):
        """`port` is ours: connections to any other, such as that of a database, are never touched."""
        self.port = port
        self.under_way: dict[object, tuple[str, float]] = {}
        self.seen: tuple[float, Came] = (0.0, {})

    def begins(self, address: str, length: int, now: float) -> object:
        """A body of `length` bytes begins to come; `now` in seconds of any steady clock. Hand the result to `ends`."""
        ticket = object()
        self.under_way[ticket] = (address.removeprefix(MAPPED), now + PATIENCE + length / BYTES_PER_SECOND)
        return ticket

    def ends(self, ticket: object, now: float) -> bool:
        """Whether it was overdue."""
        return self.under_way.pop(ticket)[1] < now

    def look(self, now: float) -> int:
        """Close what has brought next to nothing since the last look; gives how many were closed."""
        late = {address for address, until in list(self.under_way.values()) if until < now}
        before, known = self.seen
        came: Came = {}
        closed = 0
        for connection in connections(self.port) if late else ():
            with closing(connection), suppress(OSError):  # It may end at any moment.
                place = connection.getpeername()
                if place[0].removeprefix(MAPPED) not in late:
                    continue
                came[place] = received(connection)
                if place in known and came[place] - known[place] < BYTES_PER_SECOND * (now - before):
                    connection.shutdown(socket.SHUT_RD)
                    closed += 1
        self.seen = now, came
        return closed

    def watch(self) -> None:
        """Look again and again, in a thread of its own, while this process lives."""
        threading.Thread(target=self.keep_looking, name="dawdlers", daemon=True).start()

    def keep_looking(self) -> None:
        while True:
            time.sleep(BETWEEN_LOOKS)
            self.look(time.monotonic())


def connections(port: int) -> Iterator[socket.socket]:
    """The TCP connections of this process to a port of its own, each by a further descriptor that is to be closed."""
    for name in os.listdir(OPEN_FILES) if os.path.isdir(OPEN_FILES) else ():
        with suppress(OSError):  # Not one that anybody is connected to, or no longer.
            if os.readlink(f"{OPEN_FILES}/{name}").startswith("socket:"):
                found = socket.socket(fileno=os.dup(int(name)))
                if is_to(found, port):
                    yield found
                else:
                    found.close()


def is_to(found: socket.socket, port: int) -> bool:
    is_tcp = found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM
    return (
        is_tcp
        and found.getsockname()[1] == port
        and not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    )


def received(connection: socket.socket) -> int:
    """How many bytes have come over it."""
    return RECEIVED.unpack(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, RECEIVED.size))[0]
