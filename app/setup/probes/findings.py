"""What a test found out, in words with what to do; and running tests within a time limit.

Words are lazy, because tests run in threads that know nothing of the reader's language.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.errors import Refused

log = logging.getLogger(__name__)
LIMIT_SECONDS = 10.0


class State(StrEnum):
    """Good; works but could hurt; does not work; could not be found out."""

    GOOD = "good"
    CARE = "care"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """`evidence` is what the other side said, word for word; it never holds a password."""

    state: State
    words: str
    fix: str = ""
    evidence: str = ""


def good(words: str, evidence: str = "") -> Finding:
    return Finding(State.GOOD, words, evidence=evidence)


def care(words: str, fix: str, evidence: str = "") -> Finding:
    return Finding(State.CARE, words, fix, evidence)


def bad(words: str, fix: str, evidence: str = "") -> Finding:
    return Finding(State.BAD, words, fix, evidence)


def unknown(words: str, fix: str = "", evidence: str = "") -> Finding:
    return Finding(State.UNKNOWN, words, fix, evidence)


TOO_SLOW = bad(
    _l("There was no result within ten seconds."),
    _l("A firewall may swallow the connection, or the name may be slow to look up. Try again in a minute."),
)
BROKEN = unknown(_l("This test broke on our side."), _l("The log of the server says why."))


class Desk:
    """Runs tests, one press at a time, so that slow servers take one thread of a process at most."""

    def __init__(self, seconds: float = LIMIT_SECONDS):
        self.seconds = seconds
        self.free = threading.Lock()

    def run(self, probes: Mapping[str, Callable[[], Finding]]) -> dict[str, Finding]:
        """Run all probes at once; each has a finding within the limit. Refused while others still run.

        What is too slow is left to end by itself; until then nobody can start another test.
        """
        if not self.free.acquire(blocking=False):
            raise Refused(_("Another test is still running. Try again in ten seconds."))
        found: dict[str, Finding] = {}
        threads = [
            threading.Thread(target=note, args=(found, name, probe), daemon=True)
            for name, probe in probes.items()
        ]
        for thread in threads:
            thread.start()
        threading.Thread(target=self._free_after, args=(threads,), daemon=True).start()
        deadline = time.monotonic() + self.seconds
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return {name: found.get(name, TOO_SLOW) for name in probes}

    def _free_after(self, threads: list[threading.Thread]) -> None:
        for thread in threads:
            thread.join()
        self.free.release()


def note(found: dict[str, Finding], name: str, probe: Callable[[], Finding]) -> None:
    try:
        found[name] = probe()
    except Exception as error:
        log.error("the test %s broke: %s", name, type(error).__name__)
        found[name] = BROKEN
