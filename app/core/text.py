"""The text gate: every text from outside passes here once, so that both databases store the same.

Strict UTF-8, no NUL, no lone surrogates, no other control characters than line breaks and tabs, NFC, a limit in
characters. Addresses get a second, canonical form that decides whether two of them are the same mailbox.
"""

from __future__ import annotations

import re
import unicodedata

from email_validator import EmailNotValidError, validate_email

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u2028\u2029\ufeff]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
NONCHARACTER = re.compile(r"[\ufdd0-\ufdef\ufffe\uffff]")
BREAKS = re.compile(r"\r\n?")
SPACES = re.compile(r"\s+")
ROLE_MAILBOXES = frozenset(
    [
        "abuse",
        "accounts",
        "admin",
        "billing",
        "contact",
        "finance",
        "hello",
        "help",
        "helpdesk",
        "hr",
        "info",
        "invoice",
        "invoices",
        "it",
        "kontakt",
        "mail",
        "marketing",
        "no-reply",
        "noreply",
        "office",
        "orders",
        "postmaster",
        "privacy",
        "sales",
        "security",
        "service",
        "support",
        "team",
        "webmaster",
    ]
)


class UnreadableText(ValueError):
    """The text cannot be stored as it is; the message says why, in words for the person who gave it."""


def clean(text: str, *, limit: int) -> str:
    """Several lines of text in storable form, outer blanks cut; UnreadableText when longer than `limit` characters."""
    text = CONTROL.sub("", BREAKS.sub("\n", text)) if text.isascii() else _composed(text)
    text = text.strip()
    if len(text) > limit:
        raise UnreadableText(f"This text is longer than {limit} characters.")
    return text


def _composed(text: str) -> str:
    """What `clean` makes of signs that are not all ASCII: some can be halves, no characters at all, or in several parts."""
    if SURROGATE.search(text):
        raise UnreadableText("This text contains broken characters.")
    text = CONTROL.sub("", NONCHARACTER.sub("", BREAKS.sub("\n", text)))
    return unicodedata.normalize("NFC", text)


def line(text: str, *, limit: int = 200) -> str:
    """One line of text: as `clean`, with every run of white space folded into one blank."""
    return SPACES.sub(" ", clean(text, limit=max(limit * 4, 1000))).strip()[:limit]


def decode(raw: bytes) -> str:
    """Strict UTF-8 or UnreadableText."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableText("This text is not valid UTF-8.") from None


def email(address: str) -> str:
    """The address as its owner writes it, checked and in NFC, domain in lower case; UnreadableText otherwise."""
    address = line(address, limit=320)
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        raise UnreadableText(f"{address!r} is not an e-mail address.") from None
    return found.normalized


def email_key(address: str) -> str:
    """The canonical form by which two addresses are the same mailbox: lower case, domain in punycode, NFC.

    A plus tag makes a different mailbox, because only its owner knows whether it does.
    """
    found = validate_email(email(address), check_deliverability=False, allow_smtputf8=True)
    return f"{found.local_part.casefold()}@{found.ascii_domain.lower()}"


def domain_of(address: str) -> str:
    """The domain part of a canonical address."""
    return address.rpartition("@")[2]


def is_role_mailbox(address: str) -> bool:
    """True for info@, sales@ and the like: nobody's own opinion is read there."""
    return address.partition("@")[0].casefold() in ROLE_MAILBOXES
