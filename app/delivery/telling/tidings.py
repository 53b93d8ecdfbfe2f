"""Mails that tell people what came of their answers: put into the outbox, taken back, stopped at the last moment.

Two matters are told: what many said and we did, and that one person's follow-up has ended.

Each rests on an ask that its reader has answered. The link of that ask leads out of these mails too, and what comes back
by mail is threaded to it. They leave in the window of reminders on each person's own clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.contacts.models import ContactStatus
from app.core import outbox_rows, text
from app.core.outbox import OutboxRow, OutboxState, Row, Step
from app.core.outbox_rows import WAITING
from app.delivery import letters
from app.delivery.asking.gates import Reason, bars
from app.delivery.letters import Company
from app.delivery.mail.compiling import Wording, new_message_id
from app.delivery.sending.asks import CHANGED, REHEARSAL, SUPPRESSED, Ask
from app.delivery.sending.posting import TOLD, Desk, invitation_id_of

IMPROVEMENT, ENDING = "", "end"
MATTER = re.compile(rf".*{TOLD}([a-z]*)(\d+)")


@dataclass(frozen=True)
class Reader:
    """Somebody to write to, in a language. `invitation_id` is the ask they answered, `own` what only their mail says."""

    invitation_id: int
    email: str
    first_name: str
    last_name: str
    account: str
    language: str
    own: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str]:
        return {**letters.values_of(self), **self.own}


@dataclass(frozen=True)
class TidingOutcome:
    """What became of such a mail, for those who keep whom they told what; `subject` is their own number for it.

    `matter`: IMPROVEMENT or ENDING.
    """

    matter: str
    subject: int
    contact_id: int
    state: OutboxState
    reason: str
    at: datetime


def group_of(mailing_id: int, matter: str = IMPROVEMENT) -> str:
    """The outbox group of one mailing."""
    return f"{TOLD}{matter}:{mailing_id}"


def ref_of(invitation_id: int, subject: int, matter: str = IMPROVEMENT) -> str:
    return f"{invitation_id}:{TOLD}{matter}{subject}"


def matter_of(ref: str) -> tuple[str, int]:
    """What a mail is about: the matter, and the number of it."""
    matter, subject = MATTER.fullmatch(ref).groups()
    return matter, int(subject)


def queue(
    session: Session,
    settings: config.Settings,
    readers: Sequence[Reader],
    write: Callable[[Company, str], Wording],
    *,
    mailing_id: int,
    subject: int,
    due_at: datetime,
    now: datetime,
    matter: str = IMPROVEMENT,
) -> None:
    """Freeze a mail for each of the readers, as `write` words it in their language; none leaves before `due_at`."""
    desk = Desk(session, settings, now)
    spoken = {reader.language for reader in readers}
    written = {
        language: desk.letter(write(desk.company, language), desk.sender) for language in sorted(spoken)
    }
    rows = [
        {
            "kind": TOLD,
            "ref": ref_of(reader.invitation_id, subject, matter),
            "group": group_of(mailing_id, matter),
            "recipient": reader.email,
            "letter_id": written[reader.language],
            "values": reader.values,
            "message_id": new_message_id(desk.address),
            "due_at": due_at,
        }
        for reader in readers
    ]
    outbox_rows.put(session, rows, now=now)


def take_back(session: Session, mailing_id: int, matter: str = IMPROVEMENT) -> list[int]:
    """Forget the mails of a mailing that have not begun to leave; the asks they rested on."""
    theirs = (OutboxRow.group == group_of(mailing_id, matter), OutboxRow.state.in_(WAITING))
    mine = sa.delete(OutboxRow).where(outbox_rows.in_order(OutboxRow.__table__, *theirs))
    refs = session.scalars(mine.returning(OutboxRow.ref), execution_options={"synchronize_session": False})
    return [invitation_id_of(ref) for ref in refs]


def objection(ask: Ask | None, row: Row, *, is_live: bool) -> tuple[Step, str] | None:
    """Why the mail must not go after all, or None. A reason is a code that pages put in words."""
    if ask is None:
        return Step.CANCELLED, "gone"
    return next(((Step.CANCELLED, why) for stands, why in _ends(ask, row, is_live) if stands), None)


def _ends(ask: Ask, row: Row, is_live: bool) -> list[tuple[bool, str]]:
    return [
        (ask.status is not ContactStatus.ACTIVE, ask.status.value),
        (ask.not_askable in bars(is_rehearsal=not is_live), str(ask.not_askable)),
        (ask.is_suppressed, SUPPRESSED),
        (ask.rest_days is not None, Reason.LESS_OFTEN.value),
        (ask.email_key != text.email_key(row.recipient), CHANGED),
        (is_live and ask.is_rehearsal, REHEARSAL),
    ]
