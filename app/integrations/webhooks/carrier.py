"""The carrier of webhooks: events go through the loop that all mail goes through, several at a time.

What is sent is read at the moment of sending, so that nothing about people waits in the outbox: `describe` gives, for
rows of a resource, what the API shows of them.
"""

from __future__ import annotations

import http.client
import json
import logging
import queue
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import config
from app.core.installation import Installation, installation
from app.core.outbox import Carrier, Outcome, Result, Row, Step
from app.integrations.calling import places, posting
from app.integrations.webhooks import endpoints, facts, failing, signing
from app.integrations.webhooks.models import KIND, TEST, Webhook

log = logging.getLogger(__name__)
ROOM = 16
Subject = tuple[str, int]
Describe = Callable[[str, Sequence[int]], Mapping[int, dict[str, Any]]]
LOST_KEY = "The secret was sealed under a key that is gone; give the webhook another one."
NOTHING_THERE = "What it was about is not there any more."
NOT_SHOWN = "It could not be put into words; the log of the server says why."
REHEARSAL = "From the rehearsal."


@dataclass(frozen=True)
class Message:
    """An event as it is posted, and where; `keys` are the secrets by which it is signed."""

    url: str
    id: str
    keys: Sequence[str]
    body: bytes


class WebhookCarrier(Carrier):
    """See `app.core.outbox.Carrier`; one for each turn."""

    kinds = (KIND,)

    def __init__(self, settings: config.Settings, describe: Describe):
        self.settings, self.describe = settings, describe
        self.messages: dict[int, Message] = {}
        self.offered: list[int] = []
        self.at: datetime | None = None
        self.ended: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self.threads = ThreadPoolExecutor(ROOM, "webhook")

    @property
    def room(self) -> int:
        return ROOM - len(self.messages)

    def read(self, session: Session, rows: Sequence[Row], now: datetime) -> list[Result]:
        """Make the messages; ends for what nobody wants any more, and for those of addresses that are let rest."""
        present, ends, going = installation(session), [], []
        ids = {failing.number_of(row.recipient) for row in rows}
        known = {found.id: found for found in session.scalars(sa.select(Webhook).where(Webhook.id.in_(ids)))}
        for row in rows:
            found = known.get(failing.number_of(row.recipient))
            end = self._objection(present, found, row, now)
            if end is not None:
                ends.append(end)
            else:
                going.append((row, found))
        return ends + self._write(going, now)

    def _objection(
        self, present: Installation, found: Webhook | None, row: Row, now: datetime
    ) -> Result | None:
        if found is None or not found.is_on:
            return Result(row.id, Step.CANCELLED, endpoints.OFF, is_try=False)
        is_test, at = row.values["event"] == TEST, datetime.fromisoformat(row.values["at"])
        is_past = present.live_at is not None and at < present.live_at
        if not is_test and (is_past or not facts.may_be_told(self.settings, present, found.url)):
            return Result(row.id, Step.CANCELLED, REHEARSAL, is_try=False)
        if found.paused_until is not None and found.paused_until > now and not is_test:
            wait = (found.paused_until - now).total_seconds()
            return Result(row.id, Step.RETURNED, found.fault or "", is_try=False, wait=wait)
        return None

    def _write(self, going: Sequence[tuple[Row, Webhook]], now: datetime) -> list[Result]:
        ends, shown = [], self._shown([row for row, _found in going])
        for row, found in going:
            event = row.values["event"]
            data = {"id": str(found.id)} if event == TEST else shown[subject_of(row)]
            keys = signing.secrets_of(self.settings, found, now=now)
            if isinstance(data, Result):
                ends.append(data._replace(id=row.id))
            elif not keys:
                ends.append(Result(row.id, Step.CANCELLED, LOST_KEY, is_try=False))
            else:
                body = body_of(event, row.values["at"], data)
                self.messages[row.id] = Message(found.url, row.message_id, keys, body)
        return ends

    def _shown(self, rows: Sequence[Row]) -> dict[Subject, dict[str, Any] | Result]:
        """What the API shows of each subject, or how it ends; one that cannot be shown keeps no other from its way."""
        ids: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            resource, number = subject_of(row)
            ids[resource].add(number)
        shown: dict[Subject, dict[str, Any] | Result] = {}
        for resource in ids.keys() - {TEST.partition(".")[0]}:
            shown |= self._described(resource, sorted(ids[resource]))
        return shown

    def _described(self, resource: str, ids: Sequence[int]) -> dict[Subject, dict[str, Any] | Result]:
        try:
            found = self.describe(resource, ids)
        except DBAPIError:
            raise
        except Exception:
            if len(ids) > 1:
                return {
                    key: one for number in ids for key, one in self._described(resource, [number]).items()
                }
            log.exception("%s %d could not be shown to a webhook", resource, ids[0])
            return {(resource, ids[0]): Result(0, Step.REFUSED, NOT_SHOWN, is_try=False)}
        gone = Result(0, Step.CANCELLED, NOTHING_THERE, is_try=False)
        return {(resource, number): found.get(number, gone) for number in ids}

    def offer(self, rows: Sequence[Row], now: datetime) -> None:
        self.offered += [row.id for row in rows]
        self.at = now

    def collect(self, patience: float) -> list[Result]:
        """All that was offered is ready at once; then what has come back."""
        if self.offered:
            ready, self.offered = self.offered, []
            return [Result(number, Step.READY) for number in ready]
        results: list[Result] = []
        while not results or not self.ended.empty():
            try:
                results.append(self.ended.get(timeout=patience))
            except queue.Empty:
                break
        return results

    def _post(self, number: int, message: Message, at: datetime) -> None:
        try:
            self.ended.put(posted(self.settings, number, message, at))
        except Exception as error:
            log.exception("webhook %d could not be posted", number)
            self.ended.put(retry(number, f"It could not be sent: {type(error).__name__}."))

    def look(self, connection: Connection, ready: Sequence[Row], now: datetime) -> list[Result]:
        return []

    def keep_books(
        self, session: Session, outcomes: Sequence[Outcome], leaving: Sequence[Row], now: datetime
    ) -> list[object]:
        """How an address does stands on its page; what is in doubt goes again, for it has an id."""
        failing.keep_books(session, self.settings, outcomes, now=now)
        return []

    def release(self, ids: Iterable[int]) -> None:
        for number in ids:
            self.threads.submit(self._post, number, self.messages.pop(number), self.at)

    def withdraw(self, ids: Iterable[int]) -> None:
        for number in ids:
            self.messages.pop(number, None)

    def recall(self) -> None:
        """What is offered goes: it takes seconds."""

    def close(self) -> None:
        """A try that is under way ends by itself within seconds; nobody waits for it."""
        self.threads.shutdown(wait=False, cancel_futures=True)


def subject_of(row: Row) -> Subject:
    """The resource and the id of what a row is about."""
    return row.values["event"].partition(".")[0], row.values["id"]


def body_of(event: str, at: str, data: Mapping[str, Any]) -> bytes:
    """The octets that are signed and sent."""
    moment = datetime.fromisoformat(at).astimezone(UTC).isoformat().replace("+00:00", "Z")
    made = {"type": event, "timestamp": moment, "data": data}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def posted(settings: config.Settings, number: int, message: Message, at: datetime) -> Result:
    """One try. Anything but a yes is tried again for three days, except that the address is gone for good."""
    try:
        place = places.look_up(message.url, settings.CHAT_ALLOW)
        answer = posting.post(
            place, message.body, signing.headers(message.id, message.keys, message.body, at=at)
        )
    except (places.Forbidden, places.Unknown) as error:
        return retry(number, str(error))
    except TimeoutError:
        return retry(number, "No answer in time.")
    except http.client.HTTPException:
        return retry(number, "No answer that could be read in time.")
    except OSError as error:
        return retry(number, f"Not reached: {error.strerror or type(error).__name__}."[:200])
    if 200 <= answer.code < 300:
        return Result(number, Step.SENT, code=answer.code)
    said = f"The webhook answered {answer.code}."
    if answer.code == failing.GONE:
        return Result(number, Step.REFUSED, said, answer.code)
    return retry(number, said, answer.code, answer.retry_after)


def retry(number: int, reason: str, code: int | None = None, wait: float = 0.0) -> Result:
    return Result(number, Step.RETRY, reason, code, wait=wait, patience=failing.GIVEN_UP_AFTER)
