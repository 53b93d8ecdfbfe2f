"""Mails that a colleague writes to one person on the page of a follow-up: into the outbox, taken back, what became of them.

They rest on no ask, so no survey rule holds them back; rehearsal does: nobody off the list of allowed addresses gets one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

import config
from app.core import outbox_rows
from app.core.outbox import Letter, OutboxRow, OutboxState, Outcome
from app.core.outbox_rows import STOPPABLE, WAITING
from app.delivery import letters
from app.delivery.mail.case_addresses import CaseAddresses
from app.delivery.mail.compiling import new_message_id
from app.delivery.sending.posting import CASE, Desk

BULK = {"synchronize_session": False}
ERASED = "erased"


@dataclass(frozen=True)
class Written:
    """A mail as its writer wants it. `answers` are the Message-IDs of the conversation, the oldest first."""

    subject: str
    words: str
    language: str
    writer: str
    writer_email: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CaseOutcome:
    """What became of such a mail; `mail_id` is the number that its writer's package gave it."""

    mail_id: int
    state: OutboxState
    reason: str
    at: datetime


def is_read(settings: config.Settings) -> bool:
    """Whether what people write back is read here at all."""
    return bool(settings.INBOUND_URL or settings.INBOUND_SECRET)


def ref_of(task_id: int, mail_id: int) -> str:
    return f"{task_id}:{mail_id}"


def task_id_of(ref: str) -> int:
    return int(ref.partition(":")[0])


def mail_id_of(ref: str) -> int:
    return int(ref.partition(":")[2])


def group_of(task_id: int) -> str:
    """The outbox group of what is written about one follow-up."""
    return f"{CASE}:{task_id}"


def queue(
    session: Session,
    settings: config.Settings,
    written: Written,
    *,
    ref: str,
    recipient: str,
    name: str,
    due_at: datetime,
    now: datetime,
) -> str:
    """Freeze a mail that leaves at `due_at`; its Message-ID. Replies come here, or to the writer where nobody reads here."""
    desk, task_id = Desk(session, settings, now), task_id_of(ref)
    reply_to = CaseAddresses.of(settings).reply_to(task_id) if is_read(settings) else written.writer_email
    wording = letters.written(
        desk.company.name, written.language, written.subject, written.words, written.answers
    )
    message_id = new_message_id(desk.address)
    row = {
        "kind": CASE,
        "ref": ref,
        "group": group_of(task_id),
        "recipient": recipient,
        "letter_id": desk.letter(wording, desk.sender_as(written.writer, reply_to)),
        "values": {"name": name, "is_rehearsal": not desk.is_live},
        "message_id": message_id,
        "due_at": due_at,
    }
    outbox_rows.put(session, [row], now=now)
    return message_id


def take_back(session: Session, ref: str) -> bool:
    """Forget a mail that has not begun to leave; whether it was in time."""
    mine = (OutboxRow.kind == CASE, OutboxRow.ref == ref, OutboxRow.state.in_(WAITING))
    gone = sa.delete(OutboxRow).where(*mine).returning(OutboxRow.letter_id)
    found = session.execute(gone, execution_options=BULK).first()
    if found is not None:
        forget_words(session, [found.letter_id])
    return found is not None


def forget(session: Session, refs: Collection[str]) -> None:
    """Stop what waits, and keep neither address nor words of what left."""
    mine = (OutboxRow.kind == CASE, OutboxRow.ref.in_(refs))
    outbox_rows.lock(session, *mine)
    written = session.scalars(
        sa.select(OutboxRow.letter_id).where(*mine, OutboxRow.letter_id.is_not(None))
    ).all()
    waiting = sa.update(OutboxRow).where(*mine, OutboxRow.state.in_(STOPPABLE))
    session.execute(waiting.values(state=OutboxState.CANCELLED), execution_options=BULK)
    nothing = {"recipient": ERASED, "values": {}, "reason": None, "letter_id": None}
    session.execute(sa.update(OutboxRow).where(*mine).values(nothing), execution_options=BULK)
    forget_words(session, written)


def forget_words(session: Session, letter_ids: Collection[int | None]) -> None:
    """Let go of letters that no mail needs any more."""
    used = sa.exists().where(OutboxRow.letter_id == Letter.id)
    session.execute(sa.delete(Letter).where(Letter.id.in_(letter_ids), ~used), execution_options=BULK)


def outcome_of(outcome: Outcome) -> CaseOutcome:
    return CaseOutcome(mail_id_of(outcome.row.ref), outcome.state, outcome.reason, outcome.at)
