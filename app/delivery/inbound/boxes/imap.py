"""A folder on an IMAP server. Where we stand in it is kept by us, so nothing is lost or taken twice whoever reads along.

Mails are marked as seen and stay where they are. Faults are told in words that name the cure and never hold the
password.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qsl, unquote, urlsplit

from app.delivery.inbound.boxes.items import BoxFault, Cursor, Item
from app.delivery.inbound.reading.letter import MOST_READ
from app.delivery.mail.smtp.server import Server

SECONDS = 30.0
WINDOW = 2000
SIZES = re.compile(rb"\bUID (\d+)\b")
NUMBER = re.compile(rb"\d+")
SWITCHES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
SHAPE = "a mailbox is written imaps://user:password@host/folder, imap://... or maildir:PATH"


@dataclass(frozen=True)
class ImapBox:
    """See `Box`. `starttls`: True demands it, None takes it, and needs it unless the server stands on this machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True
    starttls: bool | None = None
    verify: bool = True
    ca: str = ""
    timeout: float = SECONDS

    @classmethod
    def from_url(cls, url: str) -> ImapBox:
        """Read `imaps://user:pass@host:port/folder`; options `verify=0`, `ca=FILE`, and `starttls=1` or `0` of imap."""
        parts = urlsplit(url)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname:
            raise ValueError(SHAPE)
        try:
            port = parts.port
        except ValueError:
            raise ValueError("the port of the mailbox must be a number up to 65535") from None
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := sorted(set(options) - {"starttls", "verify", "ca"}):
            raise ValueError(f"unknown option of the mailbox: {', '.join(unknown)}")
        tls = parts.scheme == "imaps"
        return cls(
            host=parts.hostname,
            port=port or (993 if tls else 143),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            tls=tls,
            starttls=switch(options, "starttls", None),
            verify=bool(switch(options, "verify", True)),
            ca=options.get("ca", ""),
        )

    @property
    def name(self) -> str:
        return f"{'imaps' if self.tls else 'imap'}://{self.host}:{self.port}/{self.folder}"

    def look(self, cursor: Cursor) -> Iterator[Item]:
        with self._told():
            connection = self._open()
        try:
            with self._told():
                validity, following = self._select(connection)
            last = cursor.get("uid", 0) if cursor.get("validity") == validity else 0
            for low in range(last + 1, following, WINDOW):
                with self._told():
                    uids = self._uids(connection, low, min(low + WINDOW, following) - 1)
                for uid in uids:
                    with self._told():
                        raw = self._fetch(connection, uid)
                    if raw is not None:
                        yield Item(
                            raw, {"validity": validity, "uid": uid}, partial(self._mark, connection, uid)
                        )
        finally:
            hang_up(connection)

    def _open(self) -> imaplib.IMAP4:
        """A connection that is encrypted, where it leaves this machine, and signed in."""
        if self.tls:
            connection = imaplib.IMAP4_SSL(
                self.host, self.port, ssl_context=self._context(), timeout=self.timeout
            )
        else:
            connection = imaplib.IMAP4(self.host, self.port, timeout=self.timeout)
        try:
            self._secure(connection)
            self._sign_in(connection)
        except BaseException:
            hang_up(connection)
            raise
        return connection

    def _secure(self, connection: imaplib.IMAP4) -> None:
        is_local = Server(self.host, self.port).is_local
        if self.tls or self.starttls is False:
            return
        if "STARTTLS" in connection.capabilities:
            if self.starttls or not is_local:
                connection.starttls(ssl_context=self._context())
        elif self.starttls or not is_local:
            words = f"{self.name} offers no encryption, so the password was not sent."
            raise BoxFault(
                f"{words} Use imaps://, or add ?starttls=0 to INBOUND_URL to send it all the same."
            )

    def _sign_in(self, connection: imaplib.IMAP4) -> None:
        if not self.user:
            return
        secret = f"\0{self.user}\0{self.password}".encode()
        try:
            if "AUTH=PLAIN" in connection.capabilities:
                connection.authenticate("PLAIN", lambda _challenge: secret)
            else:
                connection.login(quoted(self.user), self.password)
        except (imaplib.IMAP4.error, UnicodeError) as error:
            if isinstance(error, imaplib.IMAP4.abort):
                raise
            said = self._without_secrets(said_in(error))
            raise BoxFault(f"{self.name} refused the sign-in of {self.user}: {said}") from None

    def _select(self, connection: imaplib.IMAP4) -> tuple[int, int]:
        """The folder's validity, and the number that its next mail will get."""
        name = quoted(utf7(self.folder))
        try:
            answer, said = connection.select(name)
        except imaplib.IMAP4.readonly:
            answer, said = connection.select(name, readonly=True)
        if answer != "OK":
            words = said[0].decode("utf-8", "replace") if said and said[0] else "no such folder"
            raise BoxFault(f"{self.name} cannot be opened: {self._without_secrets(words)}")
        validity = number_in(connection.response("UIDVALIDITY")[1])
        following = number_in(connection.response("UIDNEXT")[1])
        if not following:
            following = number_in([connection.status(name, "(UIDNEXT)")[1][-1].rpartition(b"UIDNEXT")[2]])
        return validity, following

    def _uids(self, connection: imaplib.IMAP4, low: int, high: int) -> list[int]:
        _answer, lines = connection.uid("FETCH", f"{low}:{high}", "(UID)")
        found = [SIZES.search(line) for line in lines if isinstance(line, bytes)]
        return sorted({int(match[1]) for match in found if match and low <= int(match[1]) <= high})

    def _fetch(self, connection: imaplib.IMAP4, uid: int) -> bytes | None:
        """The beginning of a mail; None when somebody deleted it meanwhile. Fetching does not mark it as seen."""
        _answer, found = connection.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_READ + 1}>)")
        bodies = [part[1] for part in found if isinstance(part, tuple)]
        return bodies[0] if bodies else None

    def _mark(self, connection: imaplib.IMAP4, uid: int) -> None:
        """For people who look into the folder; a server that allows no marks does no harm."""
        with self._told(), suppress(imaplib.IMAP4.readonly):
            connection.uid("STORE", str(uid), "+FLAGS.SILENT", "(\\Seen)")

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except (OSError, ssl.SSLError):
            raise BoxFault(f"The file of certificate authorities cannot be read: {self.ca}") from None
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever breaks on the way to the server, in words."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise BoxFault(
                f"The certificate of {self.name} is not trusted: {error.verify_message}."
            ) from None
        except ssl.SSLError as error:
            raise BoxFault(
                f"No encrypted connection to {self.name}: {error.reason or 'TLS failed'}."
            ) from None
        except TimeoutError:
            raise BoxFault(f"{self.name} did not answer within {self.timeout:.0f} s.") from None
        except OSError as error:
            raise BoxFault(
                f"No connection to {self.name}: {error.strerror or type(error).__name__}."
            ) from None
        except imaplib.IMAP4.error as error:
            raise BoxFault(f"{self.name} broke off: {self._without_secrets(said_in(error))}") from None

    def _without_secrets(self, said: str) -> str:
        """A server may repeat what it was sent; then its words are not worth the risk of keeping."""
        said = " ".join(said.split())[:300]
        shown = {self.password, quoted(self.password)[1:-1]} if self.password else set()
        return "(reply withheld)" if any(secret in said for secret in shown) else said


def switch(options: dict[str, str], name: str, default: bool | None) -> bool | None:
    try:
        return SWITCHES[options[name].lower()] if name in options else default
    except KeyError:
        raise ValueError(f"{name} of the mailbox is 1 or 0") from None


def hang_up(connection: imaplib.IMAP4) -> None:
    """Say goodbye, and let go of the socket even where nobody listens any more."""
    try:
        connection.logout()
    except (imaplib.IMAP4.error, OSError):
        with suppress(OSError):
            connection.shutdown()


def said_in(error: Exception) -> str:
    """The server's words, which imaplib hands on as octets."""
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def number_in(found: list[bytes | None] | None) -> int:
    match = NUMBER.search(found[-1]) if found and found[-1] else None
    return int(match[0]) if match else 0


def utf7(name: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, section 5.1.3)."""

    def coded(found: re.Match) -> str:
        octets = found[0].encode("utf-7").decode("ascii")
        return "&" + octets[1:].removesuffix("-").replace("/", ",") + "-"

    return re.sub(r"[^\x20-\x7e]+", coded, name.replace("&", "&-"))
