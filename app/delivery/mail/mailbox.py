"""The built-in mailbox: a lane whose mails go nowhere and are kept as .eml files to look at.

This is where mail goes until a server is set, and where the mails of a rehearsal stay. Files, not rows,
because a mail holds usable links and the database must not. The folder is readable by
the product's own user alone.
"""

import os
import re
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from app.delivery.mail.smtp.connection import Envelope, Report
from app.delivery.mail.smtp.faults import Stage, Verdict

BATCH = 8  # as wide as the lane of a server, so that both commit alike
KEPT = 5000
_NAME = re.compile(r"\d{19}-[0-9a-f]{8}\.eml")


@dataclass(frozen=True)
class KeptMail:
    """One line of the mailbox page."""

    name: str
    kept_at: datetime
    to: str
    subject: str


class Mailbox:
    """A folder of mails, newest first."""

    def __init__(self, folder: Path):
        self.folder = folder

    def keep(self, data: bytes) -> str:
        """Write one mail and return its name. It appears whole or not at all."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():019d}-{secrets.token_hex(4)}.eml"
        draft = self.folder / f".{name}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
        draft.rename(self.folder / name)
        return name

    def names(self) -> list[str]:
        """The names of all mails, newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((name for name in os.listdir(self.folder) if _NAME.fullmatch(name)), reverse=True)

    def clear(self) -> None:
        """Throw away every mail."""
        for name in self.names():
            (self.folder / name).unlink(missing_ok=True)

    def lines(self, limit: int = 50, *, before: str = "", search: str = "") -> Iterator[KeptMail]:
        """Up to `limit` mails older than the one named `before` whose To or Subject holds `search`."""
        found = 0
        for name in self.names():
            if (before and name >= before) or found >= limit:
                continue
            line = self._line(name)
            if line and search.casefold() in f"{line.to} {line.subject}".casefold():
                found += 1
                yield line

    def mail(self, name: str) -> EmailMessage | None:
        """The mail of that name, or None."""
        data = self.data(name)
        return message_from_bytes(data, policy=policy.default) if data is not None else None

    def data(self, name: str) -> bytes | None:
        """The octets of a mail, or None for a name that is none of ours."""
        if not _NAME.fullmatch(name):
            return None
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def addresses(self) -> set[str]:
        """Everybody to whom a mail is kept."""
        lines = (self._line(name) for name in self.names())
        return {to for line in lines if line for _name, to in getaddresses([line.to]) if to}

    def names_to(self, address: str) -> list[str]:
        """The names of all mails to `address`."""
        wanted, found = address.strip().casefold(), []
        for name in self.names():
            line = self._line(name)
            if line and wanted in {to.casefold() for _name, to in getaddresses([line.to])}:
                found.append(name)
        return found

    def forget(self, address: str) -> int:
        """Remove every mail to `address`; how many went."""
        names = self.names_to(address)
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        return len(names)

    def forget_naming(self, name: str) -> int:
        """Remove every mail whose text holds that whole name, of more than one word; how many went."""
        found = [kept for kept in self.names() if " " in name and name in self._text(kept)]
        for kept in found:
            (self.folder / kept).unlink(missing_ok=True)
        return len(found)

    def _text(self, name: str) -> str:
        mail = self.mail(name)
        body = mail.get_body(("plain",)) if mail else None
        return " ".join(body.get_content().split()) if body else ""

    def empty(self, keep: int = 0) -> int:
        """Remove all but the newest `keep` mails; how many went."""
        names = self.names()[keep:]
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        return len(names)

    def _line(self, name: str) -> KeptMail | None:
        try:
            with open(self.folder / name, "rb") as file:
                head = BytesHeaderParser(policy=policy.default).parse(file)
        except FileNotFoundError:
            return None
        kept_at = datetime.fromtimestamp(int(name[:19]) / 1e9, UTC)
        return KeptMail(name, kept_at, str(head.get("To", "")), str(head.get("Subject", "")))


class MailboxLane:
    """The mailbox with the face of a Lane."""

    name = "mailbox"
    fault = None
    refusals = 0
    rest_seconds = 0.0
    domain_rates: dict[str, int] = {}

    def __init__(self, mailbox: Mailbox):
        self.mailbox = mailbox
        self._pending: deque[Envelope] = deque()
        self._ready: dict[int, Envelope] = {}
        self._reports: list[Report] = []

    @property
    def room(self) -> int:
        return max(0, 16 * BATCH - len(self._pending))

    @property
    def is_empty(self) -> bool:
        return not (self._pending or self._ready or self._reports)

    def offer(self, envelopes: Iterable[Envelope]) -> None:
        self._pending.extend(envelopes)

    def collect(self, patience: float = 0) -> list[Report]:
        while self._pending and len(self._ready) < BATCH:
            envelope = self._pending.popleft()
            self._ready[envelope.key] = envelope
            self._reports.append(Report(envelope.key, None, Stage.DATA))
        reports, self._reports = self._reports, []
        return reports

    def release(self, keys: Iterable[int]) -> None:
        for key in keys:
            self.mailbox.keep(self._ready.pop(key).data)
            self._reports.append(Report(key, Verdict.SENT, Stage.BODY, None, "kept in the mailbox"))

    def withdraw(self, keys: Iterable[int]) -> None:
        for key in keys:
            del self._ready[key]

    def recall(self) -> list[Report]:
        recalled = [Report(envelope.key, Verdict.RETURNED, Stage.OPEN) for envelope in self._pending]
        self._pending.clear()
        return recalled

    def close(self) -> None:
        self.mailbox.empty(keep=KEPT)
