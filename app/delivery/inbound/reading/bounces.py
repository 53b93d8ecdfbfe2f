"""Reading what mail servers report: delivery status notifications (RFC 3464) and complaints (ARF, RFC 5965). Pure.

A failure is hard when its status says that the address does not exist (5.1.x); whatever else failed is soft, a full
mailbox above all, whether or not the server gave up. 5.1.7 and 5.1.8 speak of the sender. Mails that follow no standard
are looked at by flufl.bounce, which knows many servers' manners but takes soft for hard: it says only that a mail is a
bounce, and how it failed is read from the words.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from enum import StrEnum

from app.core.processes.memory.imports import Later
from app.delivery.inbound.reading.letter import Letter, ids_in, line_of, text_of

manners = Later("flufl.bounce")

SENDER_STATUS = frozenset({"7", "8"})
MOST_BLOCKS = 50
SHOWN = 300
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
NOBODY = re.compile(
    r"user unknown|unknown user|no such (?:user|mailbox|recipient|address)|(?:user|mailbox|recipient|address|account) "
    r"(?:does not|doesn'?t) exist|(?:user|mailbox|recipient|address)(?: address)? (?:was )?not found|unknown (?:recipient|mailbox|"
    r"local part)|no mailbox (?:here )?by that name|unrouteable address|host or domain name not found|no such domain",
    re.IGNORECASE,
)
FULL = re.compile(
    r"(?:mail)?box (?:is )?full|over ?quota|quota exceeded|insufficient (?:system )?storage", re.IGNORECASE
)
ROBOTS = re.compile(
    r"^(?:mailer-?daemon|postmaster|mail-?daemon|mail-?deliver\w*|bounce[sd]?(?:[-+=].*)?)$", re.IGNORECASE
)
FAILED = re.compile(
    r"undeliver|delivery (?:status|failure|has failed)|returned (?:mail|to sender)|mail delivery|failure notice|"
    r"message not delivered|unzustellbar|nicht zugestellt|non remis|no se (?:pudo|puede) entregar|impossibile recapitare",
    re.IGNORECASE,
)
COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized"})
ORIGINALS = frozenset(
    {
        "message/rfc822",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "message/global",
        "message/global-headers",
    }
)


PROTOCOL = re.compile(r"^(?:[\w-]+;\s*)+", re.ASCII)
STATUSES = frozenset({"message/delivery-status", "message/global-delivery-status"})


class Fate(StrEnum):
    """What a server says became of a mail."""

    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"
    DELIVERED = "delivered"


@dataclass(frozen=True)
class Report:
    """What became of a mail to one recipient, whose address may be given in two forms; `words` are the server's own."""

    fate: Fate
    recipients: tuple[str, ...]
    status: str
    words: str


def reports(letter: Letter) -> list[Report]:
    """What a delivery status notification says, recipient by recipient; empty for any other mail."""
    parts = [part for part in letter.parts if part.get_content_type() in STATUSES]
    return [report for part in parts[:1] for block in blocks(part) if (report := report_of(block))]


def blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a delivery status; encoded ones too, though the standard forbids to encode them."""
    groups = part.get_payload()
    if not isinstance(groups, list):
        groups = [HeaderParser().parsestr(piece) for piece in re.split(r"\n\s*\n", text_of(part))]
    coding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if coding in ("base64", "quoted-printable"):
        whole = "\n\n".join(
            str(group.get_payload())
            if not group.keys()
            else "\n".join(f"{name}: {value}" for name, value in group.items())
            for group in groups
        )
        groups = [HeaderParser().parsestr(piece) for piece in re.split(r"\n\s*\n", unpacked(whole, coding))]
    yield from groups[:MOST_BLOCKS]


def unpacked(whole: str, coding: str) -> str:
    octets = whole.encode("ascii", "replace")
    try:
        octets = base64.b64decode(octets) if coding == "base64" else quopri.decodestring(octets)
    except (ValueError, binascii.Error):
        return whole
    return octets.decode("utf-8", "replace").replace("\r\n", "\n")


def report_of(block: Message) -> Report | None:
    """The report of one group of fields; None for the group about the mail as a whole."""
    named = [address_in(block.get(name)) for name in ("Original-Recipient", "Final-Recipient")]
    action = line_of(block.get("Action")).lower().partition(" ")[0]
    status = line_of(block.get("Status"))
    if not any(named) and not action and not status:
        return None
    said = PROTOCOL.sub("", " ".join(line_of(block.get("Diagnostic-Code")).split()))
    fate, code = fate_of(action, status, said)
    return Report(fate, tuple(address for address in named if address), code, said[:SHOWN])


def address_in(value: object) -> str:
    """The address of a field such as "rfc822; kim@customer.example"; empty where it names another kind."""
    kind, _, address = line_of(value).rpartition(";")
    address = address.strip().strip("<>")
    return address if "@" in address and kind.strip().lower() in ("", "rfc822", "utf-8", "utf8") else ""


def fate_of(action: str, status: str, said: str) -> tuple[Fate, str]:
    """What became of it, and the status that says so. A status of x.0.0 says nothing, so the server's words decide."""
    found = STATUS.search(status)
    if found is None or found[2] == "0":
        found = STATUS.search(said) or found
    code = found[0] if found else ""
    if action in ("delivered", "relayed", "expanded") or (found and found[1] == "2" and action != "failed"):
        return Fate.DELIVERED, code
    if action == "delayed" or (not action and found and found[1] == "4"):
        return Fate.DELAYED, code
    return (Fate.HARD if is_about_address(code, said) else Fate.SOFT), code


def is_about_address(code: str, said: str) -> bool:
    """Whether a failure means that there is no such address."""
    numbers = code.split(".")
    if len(numbers) == 3 and numbers[1] != "0":
        return numbers[:2] == ["5", "1"] and numbers[2] not in SENDER_STATUS
    reply = REPLY.search(said)
    is_for_good = reply is None or reply[1].startswith("5")
    return is_for_good and NOBODY.search(said) is not None and FULL.search(said) is None


def odd_bounce(letter: Letter) -> Report | None:
    """What a bounce that follows no standard says; None for a mail that is none."""
    robot = ROBOTS.match(letter.sender[1].partition("@")[0]) is not None
    if not robot and not FAILED.search(letter.header("Subject")):
        return None
    recipients = tuple(failed_recipients(letter))
    if not recipients and not (robot and FAILED.search(letter.header("Subject"))):
        return None
    said = letter.words
    found = STATUS.search(said)
    code = found[0] if found else ""
    fate = Fate.HARD if is_about_address(code, said) else Fate.DELAYED if is_warning(letter) else Fate.SOFT
    return Report(fate, recipients, code, reason_in(said))


def failed_recipients(letter: Letter) -> list[str]:
    try:
        temporary, permanent = manners.all_failures(letter.message)
    except Exception:
        return []  # It reads servers' own manners by guesses, and a mail that it stumbles over is none that it knows.
    found = {address.decode("ascii", "replace") for address in (*temporary, *permanent)}
    return sorted(found)[:MOST_BLOCKS]


def is_warning(letter: Letter) -> bool:
    return (
        re.search(r"delay|warning|still being retried|verzöger", letter.header("Subject"), re.IGNORECASE)
        is not None
    )


def reason_in(said: str) -> str:
    """The line of a bounce that gives a reason, else its first."""
    lines = [" ".join(line.split()) for line in said.split("\n") if line.strip()]
    telling = [line for line in lines if STATUS.search(line) or REPLY.search(line) or NOBODY.search(line)]
    return next(iter(telling or lines), "")[:SHOWN]


@dataclass(frozen=True)
class Complaint:
    """Somebody pressed "this is spam". The providers blacken addresses as they please."""

    kind: str
    recipients: tuple[str, ...]


def complaint(letter: Letter) -> Complaint | None:
    """The complaint that a feedback report carries; None for any other mail, and for a report that is no complaint."""
    for part in letter.parts:
        if part.get_content_type() != "message/feedback-report":
            continue
        fields = fields_of(part)
        kind = line_of(fields.get("Feedback-Type")).lower() or "abuse"
        named = [line_of(value).strip("<> ") for value in fields.get_all("Original-Rcpt-To", [])]
        return Complaint(kind, tuple(named[:MOST_BLOCKS])) if kind in COMPLAINTS else None
    return None


def fields_of(part: Message) -> Message:
    inner = part.get_payload()
    return inner[0] if isinstance(inner, list) and inner else HeaderParser().parsestr(text_of(part).lstrip())


def returned_ids(letter: Letter) -> list[str]:
    """The Message-IDs of the mails that a report is about, from what it returns of them."""
    found: list[str] = []
    for part in letter.parts:
        if part is letter.message or part.get_content_type() not in ORIGINALS:
            continue
        inner = part.get_payload()
        if isinstance(inner, list):
            found += [one for mail in inner for one in ids_in(line_of(mail.get("Message-ID")))]
        else:
            found += ids_in(line_of(HeaderParser().parsestr(text_of(part).lstrip()).get("Message-ID")))
    return found[:MOST_BLOCKS]
