"""When a lane rests: which failures speak of the server, and for how long it is left alone. Pure.

A connection that fails before it finished a single mail is a strike, once per generation of connections:
eight that break together are one. The second strike in a row starts a rest, which doubles from 5 s to
5 min, so that a server that is down is not hammered. A server that took a mail within the last second
gets more strikes: some answer 421 to every new sender-recipient pair once, and lose no time by it.
"""

from app.delivery.mail.smtp.connection import Connection, Report
from app.delivery.mail.smtp.faults import Verdict, is_policy
from app.delivery.mail.smtp.server import LaneFault

FIRST_REST_SECONDS = 5.0
LONGEST_REST_SECONDS = 300.0
STRIKES = 2
STRIKES_OF_A_WORKING_SERVER = 8
WORKING_SECONDS = 1.0
NARROW_SECONDS = 60.0
POLICY_RUN = 10  # refusals by policy in a row after which the server is taken to refuse us, not them


class Backoff:
    """The judgement of one lane over its server. Moments are seconds of the lane's clock."""

    def __init__(self, name: str, width: int):
        self.name = name
        self.width = width
        self.fault: LaneFault | None = None
        self._strikes, self._rests, self._policy_run = 0, 0, 0
        self.refusals = 0  # in a row: rests for a fault that lasts
        self._last_strike = self._last_success = self._rest_until = self._narrow_until = float("-inf")
        self._narrow = width

    def rest_seconds(self, now: float) -> float:
        return max(0.0, self._rest_until - now)

    def limit(self, now: float) -> int:
        """How many connections may be open: one while a faulty lane is tried again."""
        if self.fault:
            return 1
        return self._narrow if now < self._narrow_until else self.width

    def wake(self) -> None:
        """End the rest: somebody changed the settings or asks for a try now."""
        self._rest_until = float("-inf")

    def not_opened(self, fault: LaneFault, open_connections: int, now: float) -> None:
        """No further connection. A server that keeps serving the others merely allows fewer of them."""
        if open_connections:
            self._narrow, self._narrow_until = open_connections, now + NARROW_SECONDS
        else:
            self._rest(fault, now)

    def heard(self, connection: Connection, report: Report, now: float) -> None:
        """Judge a report that has a verdict."""
        if report.verdict in (Verdict.RETURNED, Verdict.IN_DOUBT):
            self._strike(connection, report, now)
            return
        is_policy_refusal = report.verdict is Verdict.REFUSED and report.reply and is_policy(report.reply)
        self._policy_run = self._policy_run + 1 if is_policy_refusal else 0
        if self._policy_run >= POLICY_RUN:
            self._policy_run = 0
            words = f"{self.name} refuses our mail to everybody: {report.words}"
            self._rest(LaneFault("policy", words, lasts=True), now)
        elif not is_policy_refusal and not self.rest_seconds(now):
            self._strikes = self._rests = self.refusals = 0
            self._last_success, self.fault = now, None

    def _strike(self, connection: Connection, report: Report, now: float) -> None:
        said = report.words or "the connection broke."
        if report.reply and report.reply.code >= 500:
            self._rest(LaneFault("mail", f"{self.name} refuses our mail: {said}", lasts=True), now)
        elif not connection.finished and connection.opened_at > self._last_strike:
            self._strikes, self._last_strike = self._strikes + 1, now
            is_working = now - self._last_success < WORKING_SECONDS
            if self._strikes >= (STRIKES_OF_A_WORKING_SERVER if is_working else STRIKES):
                self._rest(LaneFault("mail", f"{self.name} takes no mail now: {said}"), now)

    def _rest(self, fault: LaneFault, now: float) -> None:
        if self.rest_seconds(now):
            return
        self.fault = fault
        self.refusals = self.refusals + 1 if fault.lasts else 0
        self._rest_until = now + min(FIRST_REST_SECONDS * 2**self._rests, LONGEST_REST_SECONDS)
        self._rests = min(self._rests + 1, 16)
