"""One mail as it came, read without trust: headers, words, the names of attachments, and by what it is known again.

Whatever the octets are, reading ends with text that both databases store, or with `Unreadable`. No more than `MOST_READ`
octets are looked at, attachments are not kept, and the words of a mail that is attached to another are not its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property

import nh3

from app.core import text

MOST_READ = 2 * 1024 * 1024
MOST_PARTS = 200
MOST_HTML = 300_000
MOST_TAGS = 8000  # Tags inside one another cost time by the square of their number.
DEEPEST_QUOTE = 5
MOST_WORDS = 20_000
MOST_NAMES = 20
HEADER_LENGTH = 2000
EARLIEST_YEAR = 1990

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<\s*([^<>\s@]{1,200}@[^<>\s]{1,200})\s*>")
_TRACE = re.compile(rb"^(message-id|from|to|date|subject):[^\n]*(?:\n[ \t][^\n]*)*", re.I | re.M)
_OWN_ID = re.compile(rb"^message-id:\s*(?:\n[ \t]+)?<?([^>\s]{1,400})", re.I | re.M)
_TAG = re.compile(r"<(/?)(\w+)[^>]*>")
_BLOCKS = frozenset({"p", "div", "br", "li", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"})
# Codecs that are no character sets, or whose reading takes time out of proportion.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})


class Unreadable(ValueError):
    """This is no mail that can be read; the message says why, for an administrator."""


@dataclass(frozen=True)
class Letter:
    """A mail. `digest` is the same whichever way it came here, since only what its writer made goes into it."""

    message: Message
    digest: str
    is_cut: bool

    def header(self, name: str) -> str:
        """The first header of that name on one line, decoded; empty without one."""
        return next(iter(self.headers(name)), "")

    def headers(self, name: str) -> list[str]:
        found = [value for key, value in self.message.raw_items() if key.lower() == name.lower()]
        return [line_of(value) for value in found[:MOST_NAMES]]

    def addresses(self, *names: str) -> list[tuple[str, str]]:
        """Name and address of everybody in these headers; what is no address is left out."""
        found = getaddresses([value for name in names for value in self.headers(name)])
        return [(name, address) for name, address in found if "@" in address and len(address) <= 320]

    def ids(self, *names: str) -> list[str]:
        """The Message-IDs in these headers, without brackets, in the order in which they stand there."""
        return [found for name in names for value in self.headers(name) for found in ids_in(value)]

    @cached_property
    def sender(self) -> tuple[str, str]:
        """Name and address of who wrote it; empty where that is not told."""
        return next(iter(self.addresses("From", "Sender", "Reply-To")), ("", ""))

    @cached_property
    def written_at(self) -> datetime | None:
        """The moment that the mail itself names, if it names one that can be."""
        try:
            at = parsedate_to_datetime(self.header("Date"))
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        return at if at.year >= EARLIEST_YEAR else None

    @cached_property
    def parts(self) -> list[Message]:
        """The parts that are no containers, from the first to the last; those inside attached mails are not among them."""
        return list(parts_of(self.message))

    @cached_property
    def words(self) -> str:
        """What was written: the plain text, else the HTML without its tags; quotes included."""
        for kind in ("text/plain", "text/html"):
            bodies = [part for part in self.parts if part.get_content_type() == kind and not name_of(part)]
            found = "\n".join(text_of(part) for part in bodies[:MOST_NAMES])
            found = without_tags(found) if kind == "text/html" else found
            if found.strip():
                return storable(found, MOST_WORDS)
        return ""

    @cached_property
    def attachments(self) -> list[str]:
        """The names of what was attached, which is not kept."""
        names = [name_of(part) for part in self.parts]
        return [name for name in names if name][:MOST_NAMES]


def read(raw: bytes) -> Letter:
    """The mail that these octets are; Unreadable where they are none or one that nobody would write."""
    seen = raw[:MOST_READ]
    if not seen.strip():
        raise Unreadable("The mail is empty.")
    try:
        message = BytesParser(policy=compat32).parsebytes(seen)
        letter = Letter(message, digest(raw), len(raw) > MOST_READ)
        if not message.keys():
            raise Unreadable("This is no mail: it has no headers.")
        _ = letter.parts
    except RecursionError:
        raise Unreadable("The mail has parts within parts without end.") from None
    return letter


def digest(raw: bytes) -> str:
    """By what the same mail is known again: its Message-ID and body, without the traces of its way.

    One without a Message-ID is known by who wrote what to whom and when, and what is no mail at all by every octet.
    """
    seen = raw[:MOST_READ].replace(b"\r\n", b"\n").lstrip(b"\n")
    head, _, body = seen.partition(b"\n\n")
    own = _OWN_ID.search(head)
    known_by = own[1] if own else b"\n".join(found[0] for found in _TRACE.finditer(head)) or head
    return hashlib.sha256(known_by + b"\0" + body.rstrip()).hexdigest()


def parts_of(message: Message) -> Iterator[Message]:
    stack, seen = [message], 0
    while stack and seen < MOST_PARTS:
        part = stack.pop()
        seen += 1
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            stack += reversed(part.get_payload())
        else:
            yield part


def text_of(part: Message) -> str:
    """The text of a part in whatever character set it claims, or else seems, to be in."""
    try:
        octets = part.get_payload(decode=True) or b""
    except (ValueError, TypeError, AssertionError):
        return ""
    return decoded(octets, charset_of(part))


def charset_of(part: Message) -> str:
    try:
        return str(part.get_content_charset() or "")
    except (ValueError, TypeError, AttributeError, LookupError):
        return ""


def decoded(octets: bytes, charset: str) -> str:
    """Text in `charset`; where that is unknown or does not fit in UTF-8, else in Windows-1252."""
    named = charset.strip().lower().replace("-", "_")
    for name in (named if named not in _NO_CHARSETS | {"us_ascii", "ascii"} else "", "utf-8"):
        try:
            return octets.decode(name) if name else octets.decode("ascii")
        except (LookupError, ValueError):
            continue
    return octets.decode("cp1252", "replace")


def line_of(value: object) -> str:
    """A header's value on one line; encoded words are decoded, and so are octets that stand there as they are."""
    if value is None:
        return ""
    raw = str(value)[:HEADER_LENGTH]
    if _SURROGATE.search(raw):
        raw = decoded(raw.encode("ascii", "surrogateescape"), "utf-8") if is_octets(raw) else raw
    try:
        pieces = decode_header(raw)
    except (ValueError, TypeError, IndexError):
        pieces = [(raw, None)]
    found = "".join(
        piece if isinstance(piece, str) else decoded(piece, charset or "") for piece, charset in pieces
    )
    return " ".join(storable(found, HEADER_LENGTH).split())


def is_octets(value: str) -> bool:
    """Whether a header was kept by the parser as the octets it was written in."""
    return all(ord(sign) < 128 or 0xDC80 <= ord(sign) <= 0xDCFF for sign in value)


def ids_in(value: str) -> list[str]:
    return _MESSAGE_ID.findall(value)


def name_of(part: Message) -> str:
    """The file name of a part; empty for one that is to be read where it stands."""
    try:
        name = line_of(part.get_filename())
    except (ValueError, TypeError, LookupError, AttributeError):
        name = "attachment"
    if not name and part.get_content_disposition() == "attachment":
        name = part.get_content_type()
    if not name and part.get_content_type() == "message/rfc822":
        name = "message/rfc822"
    return name[:200]


def storable(found: str, limit: int) -> str:
    """Text through the text gate, cut to `limit` characters; what is broken in it shows as such."""
    return text.clean(_SURROGATE.sub("\ufffd", found[: limit * 2]), limit=limit * 8)[:limit]


def without_tags(html: str) -> str:
    """HTML as plain text: blocks on lines of their own, what is quoted marked by a > as in plain text."""
    plain = nh3.clean(
        as_far_as_it_goes(html),
        tags=set(_BLOCKS),
        attributes={},
        clean_content_tags={"script", "style", "title"},
        link_rel=None,
    )
    lines, depth, here = [""], 0, 0
    for tag in _TAG.finditer(plain):
        _write(lines, plain[here : tag.start()], depth)
        here, name = tag.end(), tag[2].lower()
        if name == "blockquote":
            depth = max(0, min(DEEPEST_QUOTE, depth - 1 if tag[1] else depth + 1))
        if lines[-1] or name == "br":
            lines.append("")
    _write(lines, plain[here:], depth)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines))


def as_far_as_it_goes(html: str) -> str:
    html = html[:MOST_HTML].replace("\0", "")
    pieces = html.split("<", MOST_TAGS)
    return html if len(pieces) <= MOST_TAGS else "<".join(pieces[:-1])


def _write(lines: list[str], piece: str, depth: int) -> None:
    words = " ".join(_ENTITY.sub(lambda found: _ENTITIES[found[0]], piece).replace("\xa0", " ").split())
    if words:
        joint = " " if lines[-1] and (piece[:1].isspace() or lines[-1][-1:].isspace()) else ""
        lines[-1] += joint + words if lines[-1] else ">" * depth + " " * bool(depth) + words


_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&nbsp;": " ", "&#39;": "'"}
_ENTITY = re.compile("|".join(map(re.escape, _ENTITIES)))
