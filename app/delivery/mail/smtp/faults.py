"""What a server's reply means: whose fault it is, and what becomes of the person. Pure.

A fault of the **lane** (the way to one server) says nothing about the person whose turn it was: the
mail goes back into the queue untouched. A fault of the **person** is about this recipient or this mail.
"""

import re
from enum import StrEnum
from typing import NamedTuple

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
_SENDER_STATUS = {(1, 7), (1, 8)}  # 5.1.7 and 5.1.8 are in the address class but speak of the sender.
_LETTERS_STATUS = {(6, 7), (6, 8), (6, 9), (6, 10)}
_SHOWN = 300  # Characters of a server's reply that are kept.


class Stage(StrEnum):
    """Where in the exchange a reply came."""

    OPEN = "open"  # connect, greeting, EHLO, STARTTLS, AUTH
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # up to 354
    BODY = "body"  # the reply to the final dot


class Verdict(StrEnum):
    """What a reply or a broken connection means for the mail in hand."""

    SENT = "sent"
    RETRY = "retry"  # this person later
    REFUSED = "refused"  # this mail never, the address stays good
    NO_SUCH_ADDRESS = "no_such_address"  # refused, and the address is not to be written to again
    IN_DOUBT = "in_doubt"  # the body went out and nobody said what became of it
    RETURNED = "returned"  # nothing happened to this mail; the lane has a fault


class Reply(NamedTuple):
    """One SMTP reply. `enhanced` is the RFC 3463 status as numbers, or None."""

    code: int
    text: str

    @property
    def enhanced(self) -> tuple[int, int, int] | None:
        found = _ENHANCED.match(self.text)
        return tuple(int(part) for part in found.groups()) if found else None

    @property
    def subject(self) -> tuple[int, int] | None:
        """The enhanced status without its class: (1, 1) for 5.1.1."""
        status = self.enhanced
        return status[1:] if status else None

    @property
    def words(self) -> str:
        """The reply on one line, as it may be stored and shown."""
        return f"{self.code} {' '.join(self.text.split())}"[:_SHOWN]


def verdict(stage: Stage, reply: Reply) -> Verdict:
    """What a final reply at a stage means. A 2xx before the body is no final reply."""
    if stage is Stage.BODY and reply.code < 400:
        return Verdict.SENT if 200 <= reply.code < 300 else Verdict.IN_DOUBT
    if is_lane_fault(stage, reply):
        return Verdict.RETURNED
    if reply.code < 500:
        return Verdict.RETRY
    if reply.enhanced and reply.enhanced[:2] == (5, 1):
        return Verdict.NO_SUCH_ADDRESS
    return Verdict.REFUSED


def is_lane_fault(stage: Stage, reply: Reply) -> bool:
    """True when the next person would get the same reply.

    Servers like Postfix hold back their objections to the client and the sender until RCPT, so a
    demand for sign-in (530) or a complaint about the sender's address counts there as well. A code
    below 400 is no refusal at all but a server that lost the thread.
    """
    if reply.code == 421 or reply.code < 400 or stage is Stage.OPEN:
        return True
    if stage is Stage.MAIL:
        return not (is_size_fault(reply) or is_letters_fault(reply))
    return reply.code == 530 or reply.subject in _SENDER_STATUS


def is_size_fault(reply: Reply) -> bool:
    """True when the server said this mail is too big for it (RFC 1870)."""
    return reply.code == 552 or reply.subject == (3, 4)


def is_letters_fault(reply: Reply) -> bool:
    """True when the server said that it does not carry the letters of this address (RFC 6531)."""
    return reply.subject in _LETTERS_STATUS


def is_policy(reply: Reply) -> bool:
    """True for a refusal by policy (5.7.x): one is about a person, many in a row are about us."""
    return reply.subject is not None and reply.subject[0] == 7
