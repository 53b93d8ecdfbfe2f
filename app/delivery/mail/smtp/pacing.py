"""How many mails a second single domains are given, and how long their others wait. Moments are seconds of a clock.

Big mail services defer a sender who comes too fast. The limit of a domain holds in any second however it is cut, as the
other side counts: a mail begins only while those on their way, and those that were replied to within the last second and
a bit, are fewer than the limit. When exactly a mail arrives between its beginning and its reply does not matter then,
however busy this machine or the network is.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence

EVERY_OTHER = "*"
WINDOW_SECONDS = 1.05  # A second of the other side's clock, which may run a little differently.
LONGEST_WAIT_SECONDS = 600.0
MOST_KNOWN = 1000  # A limit for every other domain would else keep each one that was ever written to.


def read_limits(entries: Sequence[str]) -> dict[str, int]:
    """Limits from entries such as `gmail.com=5` and `*=20`; ValueError for anything else."""
    found = {}
    for entry in entries:
        domain, _, number = entry.partition("=")
        if not domain.strip() or not number.strip().isdecimal() or int(number) < 1:
            raise ValueError(entry)
        found[domain.strip().lower()] = int(number)
    return found


class DomainRates:
    """The mails of one lane, by domain: which are on their way, which came to an end, when the others were told to wait."""

    def __init__(self, limits: Mapping[str, int]):
        self.limits = limits
        self._begun: dict[int, str] = {}
        self._under_way: Counter[str] = Counter()
        self._ended: dict[str, deque[float]] = {}
        self._booked: dict[str, float] = {}
        self._most = MOST_KNOWN

    def limit(self, domain: str) -> int | None:
        """Mails a second, None for no limit."""
        return self.limits.get(domain) or self.limits.get(EVERY_OTHER)

    def begin(self, key: int, domain: str) -> None:
        if self.limit(domain):
            self._begun[key] = domain
            self._under_way[domain] += 1

    def end(self, key: int, now: float) -> None:
        """The mail was taken, or came to another end."""
        domain = self._begun.pop(key, None)
        if domain:
            self._under_way[domain] -= 1
            self._ended.setdefault(domain, deque(maxlen=self.limit(domain))).append(now)
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Let go of what binds no domain any more, each time that twice as many are known as bound one before."""
        if max(len(self._ended), len(self._booked)) <= self._most:
            return
        self._ended = {d: moments for d, moments in self._ended.items() if moments[-1] + WINDOW_SECONDS > now}
        self._booked = {d: until for d, until in self._booked.items() if until > now}
        self._under_way = +self._under_way
        self._most = max(MOST_KNOWN, 2 * len(self._ended), 2 * len(self._booked))

    def free_at(self, domain: str, now: float) -> float:
        """From when on the domain takes one more; infinity while that depends on mails under way."""
        limit = self.limit(domain)
        if not limit:
            return now
        ended = [
            moment + WINDOW_SECONDS for moment in self._ended.get(domain, ()) if moment + WINDOW_SECONDS > now
        ]
        over = self._under_way[domain] + len(ended) - limit
        if over < 0:
            return now
        return ended[over] if over < len(ended) else float("inf")

    def book(self, domain: str, kept: int, now: float, per_second: float) -> float:
        """How many seconds one more mail of the domain should wait outside the lane, which keeps `kept` of them."""
        at = max(self._booked.get(domain, 0.0), now + kept / per_second)
        self._booked[domain] = at + 1 / per_second
        self._forget(now)
        return min(at - now, LONGEST_WAIT_SECONDS)

    def unbook(self, domain: str) -> None:
        """The domain is quick again: its next mails need not wait behind those that were put off."""
        self._booked.pop(domain, None)
