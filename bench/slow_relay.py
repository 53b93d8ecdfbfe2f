"""A mail relay that takes its time: each mail is taken after a wait, as by a relay that is far away or scans it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

GREETING = b"250-relay.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
MOST_OCTETS = 1024 * 1024
END = b"\r\n.\r\n"


@dataclass
class Taken:
    """A mail that was taken: for whom, its octets, and when its taking was told, by the monotonic clock."""

    to: str
    data: bytes
    at: float


@dataclass
class SlowRelay:
    """Waits `seconds` before it says that it took a mail."""

    seconds: float
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    open_now: int = 0
    most_open: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            writer.write(b"220 relay.example ESMTP\r\n")
            await self.obey(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    async def obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(GREETING)
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                data = await reader.readuntil(END)
                await asyncio.sleep(self.seconds)
                # Who hung up meanwhile is in doubt whether it was taken; it was not.
                if reader.at_eof():
                    return
                self.taken.append(Taken(to, data, time.monotonic()))
                writer.write(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                await writer.drain()
                return
            else:
                to = line.decode().partition("<")[2].partition(">")[0] if verb == b"RCPT" else to
                writer.write(b"250 2.1.0 ok\r\n")
            await writer.drain()


@contextmanager
def running(seconds: float, kind: type[SlowRelay] = SlowRelay) -> Iterator[SlowRelay]:
    """The relay on a free port of this machine, in a thread of its own."""
    relay, loop = kind(seconds), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(relay.talk, "127.0.0.1", 0, limit=MOST_OCTETS)

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        asyncio.run_coroutine_threadsafe(end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
