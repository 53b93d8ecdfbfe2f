"""Header lines of a mail, as octets ready for the wire. Pure.

Whatever a name, a subject or a company holds, one value makes one header: control characters become
spaces before anything else is looked at. Plain values are joined directly, which is what a wave mostly
consists of; anything a parser could read differently goes out as RFC 2047 encoded words.
"""

import re
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

LINE = 76  # A line is folded after this many octets; RFC 5322 asks for at most 78.

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9'-]+(?: [A-Za-z0-9'-]+)*")
_NOT_IN_LINKS = re.compile(r"[\s<>,\x00-\x1f\x7f-\U0010ffff]")
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)


class BadAddress(ValueError):
    """The text is no address that mail can be sent to."""


def one_line(text: str) -> str:
    """The text with every run of control characters and line ends made one space."""
    return " ".join(_CONTROL.sub(" ", text).split())


def mailbox(field: str, name: str, address: str) -> bytes:
    """A From, To or Reply-To line with one name and one address, folded."""
    address = wire_address(address)
    if not _PLAIN_NAME.fullmatch(name):
        name = one_line(name)
    if not name:
        return f"{field}: {address}\r\n".encode()
    phrase = _phrase(field, name)
    last_line = len(phrase.rpartition("\r\n")[2]) + ("\r\n" not in phrase) * (len(field) + 2)
    gap = " " if last_line + len(address) + 3 <= LINE else "\r\n "
    return f"{field}: {phrase}{gap}<{address}>\r\n".encode()


def text(field: str, value: str) -> bytes:
    """An unstructured line such as Subject, folded."""
    return f"{field}: {_words(field, one_line(value))}\r\n".encode("ascii")


def links(field: str, *urls: str) -> bytes:
    """A line of links in angle brackets, one a line, as List-Unsubscribe has them (RFC 2369)."""
    if _NOT_IN_LINKS.search("".join(urls)):
        raise ValueError(f"{field}: a link must be plain ASCII without spaces, commas or brackets")
    return (f"{field}: " + ",\r\n ".join(f"<{url}>" for url in urls) + "\r\n").encode("ascii")


def message_ids(field: str, *ids: str) -> bytes:
    """A line of Message-IDs, each on a line of its own, as References has them (RFC 5322)."""
    return links(field, *ids).replace(b",\r\n", b"\r\n")


@lru_cache(maxsize=8)
def date(moment: datetime) -> bytes:
    """The Date line; the moment is aware."""
    return f"Date: {format_datetime(moment)}\r\n".encode("ascii")


def wire_address(address: str) -> str:
    """The address as servers want it: an IDN domain in punycode, the local part as it is.

    Raises BadAddress for anything that is not exactly one address.
    """
    if _PLAIN_ADDRESS.fullmatch(address) and len(address) <= 254:
        return address
    return _checked_address(address)


def is_ascii_address(address: str) -> bool:
    """Whether every server can carry the address, also one without SMTPUTF8."""
    return wire_address(address).isascii()


@lru_cache(maxsize=256)
def _checked_address(address: str) -> str:
    try:
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError as error:
        raise BadAddress(str(error)) from None
    return f"{checked.local_part}@{checked.ascii_domain}"


def _phrase(field: str, name: str) -> str:
    """A display name: bare words, or a quoted string, or encoded words when neither is safe."""
    if len(field) + 2 + len(name) <= LINE:
        if _PLAIN_NAME.fullmatch(name):
            return name
        if name.isascii() and "=?" not in name and len(field) + 2 * len(name) <= LINE:
            return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _encoded(field, name)


def _words(field: str, value: str) -> str:
    if value.isascii() and "=?" not in value:
        if len(field) + 2 + len(value) <= LINE:
            return value
        if max(map(len, value.split(" "))) <= LINE - len(field) - 2:
            return _folded(value, LINE - len(field) - 2)
    return _encoded(field, value)


def _folded(value: str, room: int) -> str:
    """The words over as many lines as they need. Every fold stands for exactly one space."""
    lines, line = [], ""
    for word in value.split(" "):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, LINE - 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def _encoded(field: str, value: str) -> str:
    return Header(value, charset="utf-8", header_name=field, maxlinelen=LINE).encode(linesep="\r\n")
