"""The carrier of chat: takes notices to the webhooks of their readers, through the loop that all mail goes through."""

from __future__ import annotations

import http.client
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

import config
from app.core.installation import installation
from app.core.language.words import speaking
from app.core.outbox import Carrier, OutboxState, Outcome, Result, Row, Step
from app.integrations import choices, saying
from app.integrations.calling import places, posting
from app.integrations.chat import payloads
from app.integrations.models import Notice, NoticeChoice
from app.integrations.notifying import CHAT

ROOM = 4
PATIENCE = (408, 425, 429)


@dataclass(frozen=True)
class Message:
    """A notice as it is posted, and where."""

    url: str
    body: bytes


class ChatCarrier(Carrier):
    """See `app.core.outbox.Carrier`; one for each turn."""

    kinds = (CHAT,)
    room = ROOM

    def __init__(self, settings: config.Settings):
        self.settings = settings
        self.messages: dict[int, Message] = {}
        self.offered: list[int] = []
        self.going: list[int] = []

    def read(self, session: Session, rows: Sequence[Row], now: datetime) -> list[Result]:
        """The words of each notice, made now; what nobody wants any more ends here."""
        ends = []
        for row in rows:
            message = self._message(session, session.get(Notice, int(row.ref)))
            if message is None:
                ends.append(Result(row.id, Step.CANCELLED, "not wanted any more", is_try=False))
            else:
                self.messages[row.id] = message
        return ends

    def _message(self, session: Session, notice: Notice | None) -> Message | None:
        if notice is None or not notice.staff.active:
            return None
        chosen, facts = choices.of(session, notice.staff_id), installation(session)
        url = choices.chat_url(self.settings, chosen)
        if url is None:
            return None
        with speaking(notice.staff.language or facts.language):
            return Message(url, payloads.body(chosen.chat_kind, saying.of_notice(notice, self.settings)))

    def offer(self, rows: Sequence[Row], now: datetime) -> None:
        self.offered += [row.id for row in rows]

    def collect(self, patience: float) -> list[Result]:
        """All that was offered is ready at once; what may go is posted one by one."""
        if self.offered:
            ready, self.offered = self.offered, []
            return [Result(number, Step.READY) for number in ready]
        return [self._posted(self.going.pop(0))] if self.going else []

    def _posted(self, number: int) -> Result:
        message = self.messages.pop(number)
        try:
            place = places.look_up(message.url, self.settings.CHAT_ALLOW)
            answer = posting.post(place, message.body)
        except places.Forbidden as error:
            return Result(number, Step.REFUSED, str(error))
        except (OSError, http.client.HTTPException) as error:
            return Result(number, Step.RETRY, f"{type(error).__name__}: no answer in time.")
        if 200 <= answer.code < 300:
            return Result(number, Step.SENT, code=answer.code)
        step = Step.RETRY if answer.code >= 500 or answer.code in PATIENCE else Step.REFUSED
        said = f"The webhook answered {answer.code}."
        return Result(number, step, said, answer.code, wait=answer.retry_after)

    def look(self, connection: Connection, ready: Sequence[Row], now: datetime) -> list[Result]:
        return []

    def keep_books(
        self, session: Session, outcomes: Sequence[Outcome], leaving: Sequence[Row], now: datetime
    ) -> list[object]:
        """Whether a person's webhook works stands on their page."""
        for outcome in outcomes:
            chosen = session.get(NoticeChoice, int(outcome.row.recipient.partition(":")[2]))
            if chosen is None or not outcome.result.is_try:
                continue
            is_well = outcome.state is OutboxState.SENT
            chosen.chat_fault = None if is_well else outcome.reason[:300]
            chosen.chat_fault_at = None if is_well else outcome.at
            chosen.chat_well_at = outcome.at if is_well else chosen.chat_well_at
        return []

    def release(self, ids: Iterable[int]) -> None:
        self.going += ids

    def withdraw(self, ids: Iterable[int]) -> None:
        for number in ids:
            self.messages.pop(number, None)

    def recall(self) -> None:
        """What has not begun goes at another turn: rows that were offered are ready, and nobody releases them."""

    def close(self) -> None:
        """Nothing is kept open."""
