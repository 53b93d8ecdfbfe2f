"""A lane: the way to one mail server, over a handful of connections that one thread turns in.

The caller offers envelopes, collects reports, and for each envelope the server waits for (verdict None)
either releases the body or withdraws, before it collects again. Reports come in batches as wide as the
lane, so that one commit can serve all connections. A recipient domain that is slow to answer, or has not yet
been quick, can hold half of the connections at most; the others keep their pace. Of a domain that is slow, or that
has a limit, only a few envelopes stay in the lane; the others are given back with the time they should wait, and
leave their room to others.
"""

from __future__ import annotations

import selectors
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping

from app.delivery.mail.smtp.backoff import Backoff
from app.delivery.mail.smtp.connection import Connection, Envelope, Phase, Report
from app.delivery.mail.smtp.faults import Stage, Verdict
from app.delivery.mail.smtp.pacing import DomainRates
from app.delivery.mail.smtp.server import LaneFault, Server

DEPTH = 16  # Envelopes taken in per connection, so that a slow domain does not hide the others.
SETTLE_SECONDS = 0.005  # How long a batch waits for its last reports.
SLOW_SECONDS = 1.0
SLOW_MEMORY_SECONDS = 60.0
MOST_QUICK = 1000  # Domains remembered; one that is forgotten shows once more that it is quick.
SLOW_PER_SECOND = 2.0  # How fast the mails of a slow domain, which wait outside, come back for a try.


class Lane:
    """See the module. `rate` is the most mails begun per second, 0 for no limit; `domain_rates` the most that reach
    single domains. A domain that takes `slow_seconds` for a reply counts as slow.
    """

    def __init__(
        self,
        server: Server,
        connections: int = 8,
        *,
        rate: float = 0,
        domain_rates: Mapping[str, int] | None = None,
        slow_seconds: float = SLOW_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        backoff: Backoff | None = None,
    ):
        self.server = server
        self.width = connections
        self.clock = clock
        self.backoff = backoff or Backoff(server.name, connections)
        self._slow_seconds = slow_seconds
        self._pause = 1 / rate if rate else 0.0
        self._rates = DomainRates(domain_rates or {})
        self._next_start = float("-inf")
        self._connections: list[Connection] = []
        self._writing: set[Connection] = set()
        self._by_key: dict[int, Connection] = {}
        self._pending: deque[Envelope] = deque()
        self._reports: list[Report] = []
        self._was_returned: set[int] = set()
        self._slow: dict[str, float] = {}
        self._quick: set[str] = set()
        self._selector = selectors.DefaultSelector()

    @property
    def name(self) -> str:
        return self.server.name

    @property
    def fault(self) -> LaneFault | None:
        """Why the lane does not carry, until a mail gets through again."""
        return self.backoff.fault

    @property
    def refusals(self) -> int:
        """How often in a row the server refused us in a way that waiting alone will not end."""
        return self.backoff.refusals

    @property
    def rest_seconds(self) -> float:
        """How long a faulty lane is still left alone."""
        return self.backoff.rest_seconds(self.clock())

    @property
    def domain_rates(self) -> Mapping[str, int]:
        """The limits of domains, empty without any."""
        return self._rates.limits

    def limit(self, domain: str) -> int | None:
        """Mails a second to a domain, None for no limit."""
        return self._rates.limit(domain)

    def seconds_to_wait(self, domain: str) -> float:
        """How long one more mail of a limited domain should wait that another worker writes to now."""
        return self._rates.book(domain, 0, self.clock(), self._rates.limit(domain))

    @property
    def can_be_halved(self) -> bool:
        """Whether two lanes could carry what this one does: none keeps a limit that is for both, none is at fault."""
        return self.width > 1 and not (self._pause or self._rates.limits or self.fault)

    def halves(self) -> list[Lane]:
        """Two lanes that share the connections of this one, which rests meanwhile, and its judgement of the server."""
        half = self.width // 2
        given = {"slow_seconds": self._slow_seconds, "clock": self.clock, "backoff": self.backoff}
        return [Lane(self.server, width, **given) for width in (self.width - half, half)]

    @property
    def room(self) -> int:
        """How many more envelopes can be offered now."""
        return 0 if self.rest_seconds else max(0, self.width * DEPTH - len(self._pending))

    @property
    def is_empty(self) -> bool:
        """True when every envelope offered has been reported to its end."""
        return not (self._pending or self._by_key or self._reports)

    def offer(self, envelopes: Iterable[Envelope]) -> None:
        """Take envelopes in; each ends in exactly one report with a verdict."""
        self._pending.extend(envelopes)

    def collect(self, patience: float = 1.0) -> list[Report]:
        """Work until a batch of reports is together, or for `patience` seconds."""
        until = self.clock() + patience
        self._put_off()
        self._start()
        while (now := self.clock()) < until and self._has_work(now):
            self._turn(max(0.0, min(until, now + 1.0, self._next_beginning(now)) - now))
            self._start()
            if self._reports:
                until = min(until, self.clock() + SETTLE_SECONDS)
        reports, self._reports = self._reports, []
        return reports

    def release(self, keys: Iterable[int]) -> None:
        """The bodies of these envelopes may go."""
        now = self.clock()
        for key in keys:
            connection = self._by_key[key]
            # Without a second chance: the caller marked it.
            self._heard(connection, connection.send_body(now))

    def withdraw(self, keys: Iterable[int]) -> None:
        """These envelopes must not go after all. They get no further report."""
        for key in keys:
            connection = self._by_key.pop(key)
            self._rates.end(key, self.clock())
            connection.withdraw()
            self._watch(connection)

    def recall(self) -> list[Report]:
        """Give back what no connection has begun, for an end in good order."""
        recalled = [Report(envelope.key, Verdict.RETURNED, Stage.OPEN) for envelope in self._pending]
        self._pending.clear()
        return recalled

    def close(self) -> None:
        """Say goodbye on every connection that carries nothing; close the others."""
        for connection in self._connections.copy():
            connection.quit()
            self._watch(connection)

    def _has_work(self, now: float) -> bool:
        """True when a reply is owed, or a mail waits for its time alone."""
        if any(connection.waits for connection in self._connections):
            return True
        return not self._reports and now < self._next_beginning(now) < float("inf")

    def _next_beginning(self, now: float) -> float:
        """From when on the limits let a mail begin; infinity when none waits, or for something else."""
        if not self._pending:
            return float("inf")
        domains = {envelope.domain for envelope in self._pending} if self._rates.limits else ()
        by_domain = min((self._rates.free_at(domain, now) for domain in domains), default=now)
        begins = max(self._next_start, by_domain)
        return begins if begins > now else float("inf")

    # Beginning mails

    def _start(self) -> None:
        while self._pending and not self.rest_seconds and self.clock() >= self._next_start:
            connection = self._idle_connection()
            envelope = self._next() if connection else None
            if envelope is None:
                break
            now = self.clock()
            self._next_start = max(now, self._next_start + self._pause) if self._pause else now
            self._by_key[envelope.key] = connection
            self._rates.begin(envelope.key, envelope.domain)
            self._heard(connection, connection.announce(envelope, now), envelope)
        if self.rest_seconds:
            self._reports += self.recall()

    def _next(self) -> Envelope | None:
        """The first envelope whose domain neither holds its share of the lane with slow replies nor is at its limit."""
        crowded, now = self._crowded_domains(), self.clock()
        for position, envelope in enumerate(self._pending):
            if envelope.domain not in crowded and self._rates.free_at(envelope.domain, now) <= now:
                del self._pending[position]
                return envelope
        return None

    def _put_off(self) -> None:
        """Give back, once the lane is half full, what would only wait in it while others could go."""
        if len(self._pending) <= self.width * DEPTH // 2 or not (self._rates.limits or self._slow):
            return
        now, kept, staying = self.clock(), Counter(), deque()
        for envelope in self._pending:
            domain = envelope.domain
            limit = self._rates.limit(domain)
            per_second = limit or (SLOW_PER_SECOND if domain in self._slow else 0)
            most = 2 * limit if limit else self.width
            if per_second and kept[domain] >= most:
                wait = self._rates.book(domain, most, now, per_second)
                wait = wait if limit else min(wait, SLOW_MEMORY_SECONDS)  # It may be quick again by then.
                self._reports.append(Report(envelope.key, Verdict.RETURNED, Stage.OPEN, wait=wait))
            else:
                kept[domain] += 1
                staying.append(envelope)
        self._pending = staying

    def _crowded_domains(self) -> set[str]:
        """Domains that hold their share of the connections, being slow or not known to be quick."""
        now = self.clock()
        late = [c for c in self._connections if c.waits and now - c.since > self._slow_seconds]
        self._slow.update((c.envelope.domain, now + SLOW_MEMORY_SECONDS) for c in late)
        if self._slow:
            self._slow = {domain: until for domain, until in self._slow.items() if until > now}
            self._quick -= self._slow.keys()
        held = [c.envelope.domain for c in self._connections if c.envelope]
        known = Counter(domain for domain in held if domain not in self._quick)
        return {domain for domain, count in known.items() if count >= self._share}

    @property
    def _share(self) -> int:
        return max(1, self.width // 2)

    def _note_pace(self, connection: Connection, envelope: Envelope, report: Report) -> None:
        """A server that says at once what became of a mail is quick for this domain."""
        if report.stage is Stage.BODY and self.clock() - connection.since <= self._slow_seconds:
            if len(self._quick) >= MOST_QUICK:
                self._quick.clear()
            self._quick.add(envelope.domain)
            if self._slow.pop(envelope.domain, None):
                self._rates.unbook(envelope.domain)

    def _idle_connection(self) -> Connection | None:
        for connection in self._connections:
            if connection.phase is Phase.IDLE:
                return connection
        if len(self._connections) >= min(self.width, self.backoff.limit(self.clock())):
            return None
        try:
            connection = Connection(self.server.open(), self.clock())
        except LaneFault as fault:
            self.backoff.not_opened(fault, len(self._connections), self.clock())
            return None
        self._connections.append(connection)
        self._selector.register(connection, selectors.EVENT_READ, connection)
        return connection

    # Hearing from connections

    def _turn(self, patience: float) -> None:
        for ready, mask in self._selector.select(patience):
            connection = ready.data
            envelope = connection.envelope
            report = connection.write() if mask & selectors.EVENT_WRITE else None
            if report is None and mask & selectors.EVENT_READ and connection.phase is not Phase.CLOSED:
                report = connection.read()
            self._heard(connection, report, envelope)
        now = self.clock()
        for connection in self._connections.copy():
            if connection.is_overdue(now):
                self._heard(connection, connection.give_up())

    def _heard(self, connection: Connection, report: Report | None, envelope: Envelope | None = None) -> None:
        """Note what a connection has to say about its envelope, and what it now waits for."""
        self._watch(connection)
        if report is None:
            return
        if report.verdict is None:
            self._reports.append(report)
            return
        self._by_key.pop(report.key, None)
        self._rates.end(report.key, self.clock())
        if envelope:
            self._note_pace(connection, envelope, report)
        self._reports = [earlier for earlier in self._reports if earlier.key != report.key]
        self.backoff.heard(connection, report, self.clock())
        if envelope and self._has_second_chance(connection, report):
            self._was_returned.add(report.key)
            self._pending.appendleft(envelope)
            return
        self._was_returned.discard(report.key)
        self._reports.append(report)

    def _has_second_chance(self, connection: Connection, report: Report) -> bool:
        """A mail the server broke off before its body goes first on the next connection.

        Once, if the connection was fresh; a connection that carried others before may just be used up.
        """
        if report.verdict is not Verdict.RETURNED or self.rest_seconds:
            return False
        return connection.finished > 0 or report.key not in self._was_returned

    def _watch(self, connection: Connection) -> None:
        if connection.phase is Phase.CLOSED:
            if connection in self._connections:
                self._selector.unregister(connection)
                self._connections.remove(connection)
                self._writing.discard(connection)
            return
        if connection.wants_to_write is not (connection in self._writing):
            self._writing ^= {connection}
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.wants_to_write else 0)
            self._selector.modify(connection, wanted, connection)
