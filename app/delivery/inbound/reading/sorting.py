"""What kind of mail came in, and what it says (pure).

The order matters: a report of a mail server is often marked as automatic too, and an automatic reply may come from an
address that looks like a robot's. What nothing else claims was written by somebody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.message import Message
from enum import StrEnum

from app.delivery.inbound.reading import automatic, bounces, quotes
from app.delivery.inbound.reading.bounces import Fate, Report
from app.delivery.inbound.reading.letter import Letter, parts_of, text_of

LINK = re.compile(r"/[au]/([A-Za-z0-9_-]{44})(?![A-Za-z0-9_-])")
OUR_ID = re.compile(r"\b([0-9a-f]{32}@[A-Za-z0-9.-]{1,250})")
REMOVED = "…"
MOST_CLUES = 30
MOST_SEARCHED = 200_000
# Where servers write to whom a mail was really delivered; the first are the most certain.
# Whoever it was for stands in the server's own line too, where there was only one; with Bcc often nowhere else.
FOR = re.compile(r"\bfor\s+<?([^\s<>;,]{1,255}@[^\s<>;,]{1,255})>?", re.IGNORECASE)
DELIVERED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To", "To", "Cc")


class Kind(StrEnum):
    """What a mail that came in is."""

    REPLY = "reply"
    AUTO_REPLY = "auto_reply"
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    DELAY = "delay"
    COMPLAINT = "complaint"
    NOTICE = "notice"


OF_FATE = {
    Fate.HARD: Kind.HARD_BOUNCE,
    Fate.SOFT: Kind.SOFT_BOUNCE,
    Fate.DELAYED: Kind.DELAY,
    Fate.DELIVERED: Kind.NOTICE,
}
REPORTS = frozenset({Kind.HARD_BOUNCE, Kind.SOFT_BOUNCE, Kind.DELAY, Kind.COMPLAINT, Kind.NOTICE})


@dataclass(frozen=True)
class Clues:
    """By what the ask can be found that a mail is about. All but `sender` hold secrets of the mail that we sent."""

    addresses: Sequence[str] = ()
    message_ids: Sequence[str] = ()
    tokens: Sequence[str] = ()
    sender: str = ""


@dataclass(frozen=True)
class Sorted:
    """A mail with its kind. `reports` are the servers' words about single recipients, `words` those of a person."""

    kind: Kind
    clues: Clues
    words: str = ""
    quoted: str = ""
    returns_on: date | None = None
    reports: Sequence[Report] = field(default=())


def sort(letter: Letter, *, now: datetime) -> Sorted:
    """The kind of a mail and what it says; links that open somebody's answer page are taken out of its words."""
    told = bounces.reports(letter)
    if not told and (complaint := bounces.complaint(letter)):
        report = Report(Fate.DELIVERED, complaint.recipients, "", complaint.kind)
        return Sorted(Kind.COMPLAINT, clues_of(letter), without_links(letter.words), reports=(report,))
    odd = (
        None
        if told or automatic.sounds_automatic(letter.header("Subject"), "", "")
        else bounces.odd_bounce(letter)
    )
    if told or odd:
        reports = told or [odd]
        words = without_links(letter.words[:2000])
        return Sorted(OF_FATE[worst(reports)], clues_of(letter), words, reports=tuple(reports))
    if letter.message.get_content_type() == "multipart/report":
        return Sorted(Kind.NOTICE, clues_of(letter), without_links(letter.words[:2000]))
    return written(letter, now)


def written(letter: Letter, now: datetime) -> Sorted:
    """A mail by a person, or by a program that answers for one."""
    words, quoted = quotes.fold(letter.words)
    is_automatic = automatic.is_declared(letter) or automatic.sounds_automatic(
        letter.header("Subject"), words, quoted
    )
    today = (min(letter.written_at or now, now)).astimezone(UTC).date()
    back = automatic.return_date(words, today=today) if is_automatic else None
    kind = Kind.AUTO_REPLY if is_automatic else Kind.REPLY
    return Sorted(kind, clues_of(letter), without_links(words), without_links(quoted), back)


def worst(reports: Sequence[Report]) -> Fate:
    """One mail of ours has one recipient; where a report names several, the worst is the one that we hear of."""
    return min((report.fate for report in reports), key=list(Fate).index)


def clues_of(letter: Letter) -> Clues:
    """What of a mail leads to the ask that it is about, the surest first."""
    ids = [*bounces.returned_ids(letter), *letter.ids("In-Reply-To", "References")]
    text = letter.words
    for part in letter.parts:
        if part.get_content_type() in bounces.ORIGINALS or part.get_content_type() == "text/html":
            text += "\n" + text_in(part)
    return Clues(
        [*[address for _, address in letter.addresses(*DELIVERED_TO)], *received_for(letter)][:MOST_CLUES],
        list(dict.fromkeys([*ids, *OUR_ID.findall(text)]))[:MOST_CLUES],
        list(dict.fromkeys(LINK.findall(text)))[:MOST_CLUES],
        letter.sender[1],
    )


def received_for(letter: Letter) -> list[str]:
    """Whom servers took the mail for, as far as they say so."""
    return [found for line in letter.headers("Received") for found in FOR.findall(line)]


def text_in(part: Message) -> str:
    """The text of a part, or of the mail that is attached in it, as far as links and ids are looked for."""
    if not part.is_multipart():
        return text_of(part)[:MOST_SEARCHED]
    inner = part.get_payload()[0]
    return "\n".join(text_of(one)[:MOST_SEARCHED] for one in parts_of(inner))


def without_links(text: str) -> str:
    """Words without what would open somebody's answer page: nothing that is kept holds a usable link."""
    return LINK.sub(lambda found: found[0].replace(found[1], REMOVED), text)
