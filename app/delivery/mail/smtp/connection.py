"""One signed-in SMTP connection that carries one mail at a time and never blocks.

A mail goes in two halves, so that the caller can commit in between: `announce` brings it up to the
server's 354, `send_body` sends the rest. The server knows of no mail before the final dot, so whatever
breaks in the first half is safe to repeat; what breaks in the second is in doubt unless the server spoke.
"""

import re
import smtplib
import ssl
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from app.delivery.mail.smtp.faults import Reply, Stage, Verdict, verdict

REPLY_SECONDS = 300.0  # RFC 5321 section 4.5.3.2 asks for at least this much patience with a command
FINAL_SECONDS = 600.0  # and for this much with the reply to the final dot.
_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_LONGEST_REPLY = 100_000
_CHUNK = 65_536
_REPLY = re.compile(r"[2-5]\d\d(?:[ -]|$)")
_DOTTED_LINE = re.compile(rb"\n\.")
_UNSAFE = re.compile(r"[\x00-\x20<>\x7f]")


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail to hand over. `key` is the caller's; `data` has CRLF line ends."""

    key: int
    sender: str
    recipient: str
    data: bytes
    domain: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "domain", self.recipient.rpartition("@")[2].lower())


class Report(NamedTuple):
    """What became of an envelope; `verdict` None means the server waits for the body.

    One that was given back because others must go first should wait for so many seconds.
    """

    key: int
    verdict: Verdict | None
    stage: Stage
    reply: Reply | None = None
    words: str = ""
    wait: float = 0.0


class Phase(StrEnum):
    IDLE = "idle"
    ANNOUNCING = "announcing"
    READY = "ready"
    BODY = "body"
    CLOSED = "closed"


class Connection:
    """See the module. Reports are returned by its methods; each envelope ends in exactly one."""

    def __init__(self, opened: smtplib.SMTP, now: float):
        self.opened = opened  # smtplib closes the socket when this is forgotten.
        self.sock = opened.sock
        self.sock.setblocking(False)
        self.opened_at = now
        self.finished = 0  # mails that reached a verdict of their own on this connection
        self.phase = Phase.IDLE
        self.envelope: Envelope | None = None
        self.since = self.opened_at
        self.can_pipeline = opened.has_extn("pipelining")
        self.can_utf8 = opened.has_extn("smtputf8")
        self.can_8bit = opened.has_extn("8bitmime")
        self.size_limit = _number(opened.esmtp_features.get("size", ""))
        self._has_size = opened.has_extn("size")
        self._in, self._out = bytearray(), bytearray()
        self._lines: list[str] = []
        self._expected: deque[Stage | None] = deque()
        self._unsent: deque[tuple[Stage, bytes]] = deque()
        self._verdict: tuple[Verdict, Stage, Reply] | None = None
        self._needs_reset = False

    def fileno(self) -> int:
        return self.sock.fileno()

    @property
    def wants_to_write(self) -> bool:
        return bool(self._out)

    @property
    def waits(self) -> bool:
        """True while the server owes a reply."""
        return self.phase in (Phase.ANNOUNCING, Phase.BODY)

    def announce(self, envelope: Envelope, now: float) -> Report | None:
        """Begin a mail. A report comes back at once when this server cannot take it at all."""
        if objection := self._objection(envelope):
            return objection
        self.envelope, self.phase, self.since = envelope, Phase.ANNOUNCING, now
        self._verdict = None
        commands = [] if not self._needs_reset else [(None, b"RSET\r\n")]
        commands += [
            (Stage.MAIL, self._mail_command(envelope)),
            (Stage.RCPT, f"RCPT TO:<{envelope.recipient}>\r\n".encode()),
            (Stage.DATA, b"DATA\r\n"),
        ]
        self._needs_reset = True
        self._unsent = deque(commands)
        self._send_commands()
        return self.write()

    def send_body(self, now: float) -> Report | None:
        """Send the body to a server that said 354, unless it has gone away meanwhile."""
        if report := self.read():
            return report
        self.phase, self.since = Phase.BODY, now
        self._expected.append(Stage.BODY)
        self._out += _stuffed(self.envelope.data)
        return self.write()

    def withdraw(self) -> None:
        """Leave a server that said 354 without a body: only closing does that."""
        self.close()

    def write(self) -> Report | None:
        """Send what the socket takes now."""
        try:
            while self._out:
                del self._out[: self.sock.send(self._out[:_CHUNK] if len(self._out) > _CHUNK else self._out)]
        except _WOULD_BLOCK:
            return None
        except OSError:
            return self.read() or self._lost("The connection broke.")  # The server may have said why.
        return None

    def read(self) -> Report | None:
        """Take what has arrived; a report when the mail in hand came to READY or to its end."""
        is_lost = self._receive()
        report = None
        while report is None and self.phase is not Phase.CLOSED and (reply := self._next_reply()):
            report = self._take(reply)
        if is_lost or len(self._in) > _LONGEST_REPLY:
            if report is None or report.verdict is None:
                return self._lost("The connection broke.")
            self.close()
        return report

    def is_overdue(self, now: float) -> bool:
        """True when the server has kept us waiting longer than RFC 5321 asks us to bear."""
        return self.waits and now - self.since >= self._patience

    def give_up(self) -> Report | None:
        """Close an overdue connection."""
        return self._lost(f"No reply within {self._patience:.0f} s.")

    @property
    def _patience(self) -> float:
        return FINAL_SECONDS if self.phase is Phase.BODY else REPLY_SECONDS

    def quit(self) -> None:
        """Say goodbye without waiting for the answer."""
        if self.phase is Phase.IDLE:
            self._out += b"QUIT\r\n"
            self.write()
        self.close()

    def close(self) -> None:
        self.phase = Phase.CLOSED
        self.opened.close()

    def _objection(self, envelope: Envelope) -> Report | None:
        if self.size_limit and len(envelope.data) > self.size_limit:
            words = f"The mail has {len(envelope.data)} octets, the server takes at most {self.size_limit}."
            return Report(envelope.key, Verdict.REFUSED, Stage.MAIL, None, words)
        if _UNSAFE.search(envelope.recipient) or _UNSAFE.search(envelope.sender):
            return Report(
                envelope.key, Verdict.REFUSED, Stage.MAIL, None, "Not an address mail can be sent to."
            )
        if not (envelope.recipient.isascii() and envelope.sender.isascii()) and not self.can_utf8:
            words = (
                "Before the @ of the address stand letters beyond ASCII,"
                " which this mail server does not carry (it offers no SMTPUTF8)."
            )
            return Report(envelope.key, Verdict.REFUSED, Stage.MAIL, None, words)
        return None

    def _mail_command(self, envelope: Envelope) -> bytes:
        options = f" SIZE={len(envelope.data)}" if self._has_size else ""
        if not envelope.recipient.isascii() or not envelope.sender.isascii():
            options += " SMTPUTF8 BODY=8BITMIME" if self.can_8bit else " SMTPUTF8"
        return f"MAIL FROM:<{envelope.sender}>{options}\r\n".encode()

    def _send_commands(self) -> None:
        """The next command, or all of them where the server allows it (RFC 2920)."""
        while self._unsent:
            stage, line = self._unsent.popleft()
            self._expected.append(stage)
            self._out += line
            if not self.can_pipeline:
                return

    def _receive(self) -> bool:
        """Fill the buffer; True when the connection is gone."""
        try:
            while chunk := self.sock.recv(_CHUNK):
                self._in += chunk
                if len(chunk) < _CHUNK and not isinstance(self.sock, ssl.SSLSocket):
                    return False
        except _WOULD_BLOCK:
            return False
        except OSError:
            return True
        return True

    def _next_reply(self) -> Reply | None:
        while (end := self._in.find(b"\n")) >= 0:
            line = self._in[:end].decode("utf-8", "replace").rstrip("\r")
            del self._in[: end + 1]
            if not _REPLY.match(line):
                self._lines.clear()
                return Reply(0, f"not an SMTP reply: {line[:80]!r}")
            self._lines.append(line[4:])
            if line[3:4] != "-":
                text, self._lines = " ".join(self._lines), []
                return Reply(int(line[:3]), text)
        return None

    def _take(self, reply: Reply) -> Report | None:
        if not self._expected:
            return self._unasked()
        stage = self._expected.popleft()
        if stage is Stage.BODY:
            return self._end(verdict(stage, reply), stage, reply)
        if stage is Stage.DATA and reply.code == 354:
            return self._invited(reply)
        if stage and (stage is Stage.DATA or not 200 <= reply.code < 300):
            self._verdict = self._verdict or (verdict(stage, reply), stage, reply)
            self._unsent.clear()
            if reply.code in (0, 421):
                self._expected.clear()
        self._send_commands()
        if not self._expected and not self._unsent and self._verdict:
            return self._end(*self._verdict)
        return self.write()

    def _invited(self, reply: Reply) -> Report | None:
        """354: ready, unless the only recipient was refused; then an end without a body is due."""
        if self._verdict:
            self._expected.append(None)
            self._out += b".\r\n"
            return self.write()
        self.phase = Phase.READY
        return Report(self.envelope.key, None, Stage.DATA, reply)

    def _end(self, outcome: Verdict, stage: Stage, reply: Reply) -> Report:
        key = self.envelope.key
        self.envelope, self.phase = None, Phase.IDLE
        if outcome is Verdict.RETURNED or reply.code == 0:
            self.close()
        else:
            self.finished += 1
            self._needs_reset = outcome is not Verdict.SENT
        return Report(key, outcome, stage, reply, reply.words)

    def _unasked(self) -> Report | None:
        """A server that speaks out of turn says goodbye (421) or is not to be trusted with a mail."""
        return self._lost("The server spoke out of turn.")

    def _lost(self, words: str) -> Report | None:
        phase, envelope, known = self.phase, self.envelope, self._verdict
        self.close()
        self.envelope = None
        if envelope is None:
            return None
        if phase is Phase.BODY:
            return Report(envelope.key, Verdict.IN_DOUBT, Stage.BODY, None, words)
        if known:
            return Report(envelope.key, known[0], known[1], known[2], known[2].words)
        stage = next((s for s in self._expected if s), Stage.DATA)
        return Report(envelope.key, Verdict.RETURNED, stage, None, words)


def _stuffed(data: bytes) -> bytes:
    """The body as it goes over the wire: leading dots doubled, the final dot at the end."""
    if data.startswith(b"."):
        data = b"." + data
    if _DOTTED_LINE.search(data):  # Most mails have none, and the search takes half of what replacing takes.
        data = data.replace(b"\n.", b"\n..")
    return data + (b".\r\n" if data.endswith(b"\r\n") else b"\r\n.\r\n")


def _number(text: str) -> int:
    return int(text) if text.strip().isdigit() else 0
