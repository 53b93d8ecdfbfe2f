"""One mail, built once for a whole wave and finished for each person by joining octets. Pure.

Building an EmailMessage for every person costs twenty times the SMTP exchange. So the wording, with
random marks where a person's values go, is built once through `email`, split at the marks, and joined
per person with each value escaped for the place it lands in: HTML, plain text or a header line.
Joined values are never searched for marks again, so no value can bring a mark of its own.

Bodies are always quoted-printable: no server has to offer 8BITMIME, no relay has a reason to encode
them anew (which would break a DKIM signature), and no line comes near 998 octets. Every value sits
between two soft line breaks, which is what keeps a line's length independent of the value's.
"""

import re
import secrets
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from app.delivery.mail import headers

LINK_VALUES = frozenset({"token"})  # Filled at sending: stored wordings and values hold no usable link.
_LINK_SAFE = re.compile(r"[A-Za-z0-9._~-]+")
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_SOFT_BREAK = b"=\r\n"
# What stands in HTML and in quoted-printable as it is, on one line; most names and all tokens are like this.
_PLAIN = re.compile(r"[A-Za-z0-9_, -]{0,71}[A-Za-z0-9_,-]")


class Marks:
    """Hands out the marks of one wording: plain letters and digits, so no escaping changes them."""

    def __init__(self, key: str | None = None):
        self.key = key or "m" + secrets.token_hex(10)

    def __getitem__(self, name: str) -> str:
        if not re.fullmatch(r"[a-z][a-z_]*", name):
            raise ValueError(f"not a name for a mark: {name!r}")
        return f"{self.key}-{name}-{self.key}"

    def split(self, text: str) -> list[str]:
        """Fixed text and names of marks in turn, beginning and ending with fixed text."""
        pieces = re.split(f"{self.key}-([a-z_]+)-{self.key}", text)
        if any(self.key in piece for piece in pieces):
            raise ValueError("a template cut a mark in pieces")
        return pieces


@dataclass(frozen=True)
class Wording:
    """What a mail says to everybody, with marks (made with `key`) for what differs per person."""

    key: str
    language: str
    subject: str
    text: str
    html: str
    unsubscribe: tuple[str, ...] = ()  # Links, https first; marks allowed.
    answers: tuple[str, ...] = ()  # Message-IDs of the conversation that it goes on with, the oldest first.
    is_personal: bool = (
        False  # A person wrote it for one reader, so programs may answer that the reader is away.
    )

    def names(self) -> frozenset[str]:
        """The values a person must bring."""
        marks = Marks(self.key)
        parts = (self.subject, self.text, self.html, *self.unsubscribe)
        return frozenset(name for part in parts for name in marks.split(part)[1::2])

    def fill(self, part: str, values: Mapping[str, str]) -> str:
        """One part as a reader would see it, for previews. HTML is escaped when `part` is "html"."""
        place = _escaped if part == "html" else _visible
        pieces = Marks(self.key).split(getattr(self, part))
        pieces[1::2] = [place(values[name]) for name in pieces[1::2]]
        return "".join(pieces)


@dataclass(frozen=True)
class Sender:
    """Whose name a mail carries. The address decides the domain of Message-IDs."""

    name: str
    address: str
    reply_to: str = ""


@dataclass(frozen=True)
class Person:
    """Who gets a mail."""

    name: str
    address: str


@dataclass
class Compiled:
    """A wording made ready. `finish` is what a wave calls for each person."""

    wording: Wording
    sender: Sender
    _frame: list[bytes] = field(init=False)
    _slots: dict[tuple[str, str], list[int]] = field(init=False)

    def __post_init__(self):
        marks = Marks(self.wording.key)
        self._subject = marks.split(self.wording.subject)
        is_one = len(self._subject) == 1
        self._one_subject = headers.text("Subject", self._subject[0]) if is_one else b""
        self._unsubscribe = [marks.split(link) for link in self.wording.unsubscribe]
        self._frame, self._slots = [b""], {}
        head, between, tail = _structure(self.wording, self.sender)
        self._add_fixed(head)
        self._add_body("text", marks.split(self.wording.text))
        self._add_fixed(between)
        self._add_body("html", marks.split(self.wording.html))
        self._add_fixed(tail)

    def finish(self, person: Person, values: Mapping[str, str], *, message_id: str, now: datetime) -> bytes:
        """The whole mail for one person, lines ended by CRLF, not yet dot-stuffed.

        Raises headers.BadAddress for an address no server would take and KeyError for a missing value.
        """
        octets = self._frame.copy()
        octets[0] = self._person_headers(person, values, message_id, now)
        for (place, name), positions in self._slots.items():
            value = _for_body(place, name, values[name])
            for position in positions:
                octets[position] = value
        return b"".join(octets)

    def _person_headers(self, person, values, message_id, now) -> bytes:
        lines = [
            headers.date(now),
            headers.mailbox("To", person.name, person.address),
            self._one_subject or headers.text("Subject", _joined(self._subject, values)),
            headers.links("Message-ID", message_id),
        ]
        if self._unsubscribe:
            links = [_joined(pieces, values) for pieces in self._unsubscribe]
            lines.append(headers.links("List-Unsubscribe", *links))
            lines.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
        return b"".join(lines)

    def _add_fixed(self, octets: bytes) -> None:
        self._frame.append(octets)

    def _add_body(self, place: str, pieces: list[str]) -> None:
        for number, piece in enumerate(pieces):
            if number % 2:
                self._slots.setdefault((place, piece), []).append(len(self._frame))
                self._add_fixed(b"")
            else:
                self._add_fixed(_quoted(_unix_lines(piece)))


def new_message_id(address: str) -> str:
    """A Message-ID, without brackets, in the domain of the sender's address."""
    return f"{secrets.token_hex(16)}@{headers.wire_address(address).rpartition('@')[2]}"


def _structure(wording: Wording, sender: Sender) -> tuple[bytes, bytes, bytes]:
    """The octets around the two bodies, from a message whose bodies are two random words."""
    text, html = secrets.token_hex(16), secrets.token_hex(16)
    message = EmailMessage(policy=SMTP)
    if not wording.is_personal:
        message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    head, rest = message.as_bytes().split(text.encode())
    between, tail = rest.split(html.encode())
    ours = headers.mailbox("From", sender.name, sender.address)
    ours += headers.text("Content-Language", wording.language.replace("_", "-"))
    if wording.answers:
        ours += headers.links("In-Reply-To", wording.answers[-1])
        ours += headers.message_ids("References", *wording.answers)
    # One with other letters before the @ would need SMTPUTF8 from every server on the way to everybody in the wave.
    if sender.reply_to and headers.is_ascii_address(sender.reply_to):
        ours += headers.mailbox("Reply-To", "", sender.reply_to)
    return ours + head, between, tail


def _joined(pieces: list[str], values: Mapping[str, str]) -> str:
    if len(pieces) == 1:
        return pieces[0]
    pieces = pieces.copy()
    pieces[1::2] = [values[name] for name in pieces[1::2]]
    return "".join(pieces)


def _for_body(place: str, name: str, value: str) -> bytes:
    if name in LINK_VALUES and not _LINK_SAFE.fullmatch(value):
        raise ValueError("a link value holds what a link must not")
    if _PLAIN.fullmatch(value):
        return _SOFT_BREAK + value.encode("ascii") + _SOFT_BREAK
    value = _escaped(value) if place == "html" else _visible(value)
    return _SOFT_BREAK + _quoted(value) + _SOFT_BREAK


def _escaped(value: str) -> str:
    return escape(_visible(value))


def _visible(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value
    return _INVISIBLE.sub("", _unix_lines(value))


def _unix_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _quoted(text: str) -> bytes:
    """Quoted-printable with CRLF. b2a_qp picks its soft line ends by the first line it meets, hence \\n inside."""
    return b2a_qp(text.encode()).replace(b"\n", b"\r\n")
