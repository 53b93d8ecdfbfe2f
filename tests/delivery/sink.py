"""An SMTP server for tests that misbehaves as told and remembers what reached it.

A rule says what happens at a stage: a reply such as "450 4.2.0 later", or one of the verbs DROP (hang up
without a word), RESET (the same with a TCP reset), KEEP_THEN_DROP (take the mail, hang up before saying
so), SAY_250_THEN_DROP and SAY_250_THEN_RESET. At the stage "354" the mail was announced and its body is about to come.
"""

import asyncio
import socket
import struct
import threading
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult

DROP, RESET, KEEP_THEN_DROP = "drop", "reset", "keep-then-drop"
SAY_250_THEN_DROP, SAY_250_THEN_RESET = "250-then-drop", "250-then-reset"
SAY_250 = (SAY_250_THEN_DROP, SAY_250_THEN_RESET)


@dataclass
class Rule:
    """What to do at a stage, for one recipient or all, a number of times or always."""

    stage: str
    action: str
    to: str | None = None
    times: int | None = None
    seconds: float = 0
    played: int = 0

    def fits(self, stage: str, to: str | None) -> bool:
        is_spent = self.times is not None and self.played >= self.times
        return self.stage == stage and not is_spent and (self.to is None or (to or "").endswith(self.to))


@dataclass
class Taken:
    """A mail the server took responsibility for."""

    sender: str
    to: str
    data: bytes
    at: float

    @property
    def message(self):
        return message_from_bytes(self.data, policy=policy.default)


@dataclass
class Sink:
    rules: list[Rule] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    servers: list = field(default_factory=list)

    def on(self, stage: str, action: str = "", **options) -> Rule:
        rule = Rule(stage, action, **options)
        self.rules.append(rule)
        return rule

    def start(self, **options) -> "Sink":
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(
            lambda loop, context: None
        )  # Connections dropped on purpose complain.
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        implicit = options.pop("implicit_tls", None)
        self.server = self._run(
            self.loop.create_server(lambda: self._serve(**options), "127.0.0.1", 0, ssl=implicit)
        )
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def stop(self) -> None:
        self._run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _serve(self, **options) -> "_Server":
        self.servers.append(_Server(self, _Handler(self), loop=self.loop, **options))
        return self.servers[-1]

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _end(self) -> None:
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for server in self.servers:
            if server.transport:
                server.transport.abort()
        await asyncio.sleep(0)

    @property
    def counts(self) -> Counter:
        return Counter(taken.to for taken in self.taken)

    def find(self, stage: str, to: str | None = None) -> Rule | None:
        for rule in self.rules:
            if rule.fits(stage, to):
                rule.played += 1
                return rule
        return None


class _Server(SMTP):
    def __init__(self, sink: Sink, handler, **options):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Sign-in without TLS is what some tests are about.
            super().__init__(
                handler,
                ident="sink",
                enable_SMTPUTF8="SMTPUTF8" not in sink.withheld,
                auth_require_tls=False,
                command_call_limit=None,
                **options,
            )
        self.sink = sink
        self.greeted = False

    def connection_made(self, transport):
        if not self.greeted:
            self.sink.connections += 1
            self.sink.open_now += 1
            self.sink.most_open = max(self.sink.most_open, self.sink.open_now)
        super().connection_made(transport)

    def connection_lost(self, error):
        self.sink.open_now -= 1
        super().connection_lost(error)

    async def push(self, status):
        text = status if isinstance(status, str) else status.decode()
        if not self.greeted:
            self.greeted = True
            text = await self.play("connect", None) or text
        elif text.startswith("354"):
            await super().push(text)
            await self.play("354", self.envelope.rcpt_tos[-1])
            return
        await super().push(text)
        if text.startswith("421"):
            await self.hang_up()

    async def play(self, stage: str, to: str | None) -> str | None:
        rule = self.sink.find(stage, to)
        if rule is None:
            return None
        if rule.seconds:
            await asyncio.sleep(rule.seconds)
        if rule.action in (DROP, RESET):
            await self.hang_up(reset=rule.action == RESET)
        return rule.action or None

    async def hang_up(self, reset: bool = False):
        transport = self.transport or self._original_transport
        if reset:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()
        await asyncio.sleep(60)  # connection_lost ends this coroutine.


class _Handler:
    def __init__(self, sink: Sink):
        self.sink = sink

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        self.sink.commands.append("EHLO")
        refusal = await server.play("ehlo", None)
        offered = [line for line in responses[:-1] if line[4:] not in self.sink.withheld]
        return (
            [refusal] if refusal else [*offered, *(f"250-{e}" for e in self.sink.extensions), responses[-1]]
        )

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.sink.commands.append(f"MAIL {address} {' '.join(options)}")
        refusal = await server.play("mail", None)
        if not refusal:
            envelope.mail_from = address
        return refusal or "250 2.1.0 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        self.sink.commands.append(f"RCPT {address}")
        refusal = await server.play("rcpt", address)
        if not refusal:
            envelope.rcpt_tos.append(address)
        return refusal or "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        (to,) = envelope.rcpt_tos
        rule = self.sink.find("body", to)
        if rule and rule.seconds:
            await asyncio.sleep(rule.seconds)
        if rule is None or rule.action in ("", KEEP_THEN_DROP, *SAY_250):
            self.sink.taken.append(Taken(envelope.mail_from, to, envelope.content, time.monotonic()))
        if rule is None:
            return "250 2.0.0 taken"
        if rule.action in SAY_250:
            await server.push("250 2.0.0 taken")
        if rule.action in (DROP, RESET, KEEP_THEN_DROP, *SAY_250):
            await server.hang_up(reset=rule.action in (RESET, SAY_250_THEN_RESET))
        return rule.action or "250 2.0.0 taken"


def only(user: str, password: str):
    """An authenticator that knows one person."""

    def check(server, session, envelope, mechanism, given):
        good = (given.login, given.password) == (user.encode(), password.encode())
        return AuthResult(success=good, handled=good)

    return check


def refusing_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def blackhole() -> tuple[socket.socket, int]:
    """A listening socket that accepts and then stays silent."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept_quietly, args=(listener, []), daemon=True).start()
    return listener, listener.getsockname()[1]


def _accept_quietly(listener: socket.socket, held: list) -> None:
    try:
        while True:
            held.append(listener.accept())
    except OSError:
        for connection, _ in held:
            connection.close()
