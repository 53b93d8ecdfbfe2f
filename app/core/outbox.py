"""The claim-and-mark loop: everything that leaves over the network goes through here, stage by stage.

Never sent twice by us, never silently lost, and what is in doubt is listed for a person. A row is claimed under a
lease and committed; nothing is locked while the network is waited for. When the other side is ready for the body,
one transaction reads the state of the world again, checks that the claim still holds and marks all ready rows as
`sending`; only then do the bodies go. Up to that commit a crash is a safe retry; after it, and before the reply is
committed, a crash leaves the row in doubt. This is the only module beside the doors that commits.

What is carried, and how, is a carrier's business: survey mail, webhooks, whatever comes.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.core.database.transactions import GateBusy, keeping, looking_up
from app.core.installation import is_held
from app.core.outbox_rows import (
    ATTEMPT,
    CLAIM,
    DOUBT,
    FREE,
    GIVE_UP_AFTER,
    OURS,
    RENEW,
    WAITING,
    DeliveryAttempt,
    Letter,
    OutboxRow,
    OutboxState,
    Row,
    retry_at,
    settle,
)
from app.core.processes import workers

__all__ = [
    "Carrier",
    "DeliveryAttempt",
    "Letter",
    "OutboxRow",
    "OutboxState",
    "Outcome",
    "Result",
    "Row",
    "Step",
    "carry",
]

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
MOST_CLAIMED = 128
MOST_TRIES = 5
RETRY_PAUSE_SECONDS = 1.0
AWAY = (OperationalError, InterfaceError)
CLAIM_PAUSE_SECONDS = 1.0
MORE_DUE = (
    sa.select(OutboxRow.id)
    .where(OutboxRow.state.in_(WAITING), OutboxRow.due_at <= sa.bindparam("b_now"))
    .offset(MOST_CLAIMED)
    .limit(1)
)
UNKNOWN = "The sender ended while this was on its way; whether it arrived is not known."


class Step(StrEnum):
    """What a carrier reports of a row. READY asks for leave to send the body; the others end the row's turn."""

    READY = "ready"
    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    IN_DOUBT = "in_doubt"
    RETURNED = "returned"
    HELD = "held"
    CANCELLED = "cancelled"


class Result(NamedTuple):
    """A step of a row, with the words and codes of the other side.

    `is_try` is False when nothing was tried with this very row (the way was closed); then it is due again after `wait`
    seconds if others must go first. `is_dead` means that the recipient does not exist. One that is to be tried again is
    not before `wait` seconds, when the other side asked for them, and is given up `patience` after its first try.
    """

    id: int
    step: Step
    reason: str = ""
    code: int | None = None
    enhanced_code: str | None = None
    is_try: bool = True
    is_dead: bool = False
    wait: float = 0.0
    patience: timedelta = GIVE_UP_AFTER


class Outcome(NamedTuple):
    """Where a row stands after its turn."""

    row: Row
    state: OutboxState
    result: Result
    at: datetime
    reason: str
    due_at: datetime


class Carrier(Protocol):
    """Takes rows of some kinds to the other side. All database work happens in the session it is given."""

    kinds: Sequence[str]

    @property
    def room(self) -> int:
        """How many rows it takes now; 0 while the way is closed."""

    def read(self, session: Session, rows: Sequence[Row], now: datetime) -> list[Result]:
        """Read what the rows need, in the transaction that claims them; ends for those that must not go."""

    def offer(self, rows: Sequence[Row], now: datetime) -> None:
        """Begin with the rows, outside any transaction."""

    def collect(self, patience: float) -> list[Result]:
        """What has happened; waits up to `patience` seconds for something."""

    def wait(self, ready: Sequence[Row]) -> None:
        """Wait for whoever else here is at work on what these rows are about; nothing is locked yet."""

    def hold(self, connection: Connection, ready: Sequence[Row], ended: Sequence[Row]) -> None:
        """See that what these rows are about is locked before any of it is changed, by `look` for those that are ready."""

    def take_over(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lock what lost rows are about, which are locked themselves; OperationalError when somebody else has it."""

    def look(self, connection: Connection, ready: Sequence[Row], now: datetime) -> list[Result]:
        """Read again, at the moment of sending: ends for ready rows that must not go after all."""

    def keep_books(
        self, session: Session, outcomes: Sequence[Outcome], leaving: Sequence[Row], now: datetime
    ) -> Iterable[object]:
        """The domain's own books: these outcomes, and the rows marked `sending` in this transaction.

        Gives back notices for other packages.
        """

    def release(self, ids: Iterable[int]) -> None:
        """The bodies of these rows may go."""

    def withdraw(self, ids: Iterable[int]) -> None:
        """These rows must not go; they get no further result."""

    def recall(self) -> None:
        """Give back, as results, what has not begun."""

    def close(self) -> None:
        """Let go of every connection."""


def carry(
    session: Session,
    carrier: Carrier,
    *,
    now: datetime,
    lease: timedelta = LEASE,
    should_stop: Callable[[], bool] = lambda: False,
    tell: Callable[[Any], None] | None = None,
) -> int:
    """Hand over all that is due of the carrier's kinds; how many rows came to an end. Commits by itself.

    `tell` gets the carrier's notices in the transaction that records the outcomes. When `should_stop` says so,
    nothing new begins and what is under way is finished.
    """
    turn = Turn(session, carrier, now, lease, tell)
    session.commit()
    with keeping(session):
        try:
            turn.recover()
            while turn.go_on(should_stop()):
                turn.settle(carrier.collect(CLAIM_PAUSE_SECONDS))
        finally:
            session.rollback()
            carrier.close()
    return turn.ended


def is_more_due(session: Session, *, now: datetime) -> bool:
    """Whether more waits than one sender takes at a time, so that others may help."""
    return session.execute(MORE_DUE, {"b_now": now}).first() is not None


class Turn:
    """One run of `carry`: the rows in its hand and its claim on them."""

    def __init__(self, session, carrier, now, lease, tell):
        self.session, self.carrier, self.lease, self.tell = session, carrier, lease, tell
        self.claim = secrets.token_hex(16)
        self.kinds = {"among": list(carrier.kinds)}
        self.hand: dict[int, Row] = {}
        self.taken_at: dict[int, datetime] = {}
        self.ended = 0
        self._began_at, self._began = now, time.monotonic()
        self._renewed = self._next_claim = self._began

    @property
    def now(self) -> datetime:
        """The moment that was given, moved on by the time that has passed since."""
        return self._began_at + timedelta(seconds=time.monotonic() - self._began)

    def recover(self) -> None:
        """Rows whose lease ran out: claimed ones wait again, those that were being sent are in doubt."""
        self._insist(self._recover)

    def _recover(self) -> None:
        now = self.now
        connection, lost = looking_up(self.session), self.kinds | {"b_now": now}
        FREE.run(connection, **lost)
        rows = DOUBT.rows(connection, **lost, b_reason=UNKNOWN)
        rows = [row._replace(tries=row.tries - 1) for row in rows]
        self.carrier.take_over(connection, rows)
        outcomes = [self._outcome(row, Result(row.id, Step.IN_DOUBT, UNKNOWN), now) for row in rows]
        ATTEMPT.run_many(connection, [self._attempt(outcome) for outcome in outcomes])
        self._record(outcomes, [], now)

    def go_on(self, is_stopping: bool) -> bool:
        """Claim what there is room for; False when the turn is over."""
        tick = time.monotonic()
        if self.hand and tick - self._renewed > self.lease.total_seconds() / 3:
            self._insist(self._renew)
            self._renewed = tick
        room = min(self.carrier.room, MOST_CLAIMED)
        if is_stopping:
            self.carrier.recall()
        elif room and (not self.hand or (tick >= self._next_claim and room >= MOST_CLAIMED // 2)):
            rows = self._insist(lambda: self._claim(room))
            self._next_claim = tick + (CLAIM_PAUSE_SECONDS if len(rows) < room else 0)
            self.hand.update((row.id, row) for row in rows)
            self.taken_at.update((row.id, self.now) for row in rows)
            self.carrier.offer(rows, self.now)
        return bool(self.hand)

    def _claim(self, room: int) -> list[Row]:
        now = self.now
        connection = looking_up(self.session)
        if is_held(connection):
            return []
        given = self.kinds | {"b_now": now, "b_claim": self.claim, "b_until": now + self.lease}
        rows = CLAIM.rows(connection, **given, b_state=OutboxState.RETRY, most=room)
        rows += CLAIM.rows(connection, **given, b_state=OutboxState.QUEUED, most=room - len(rows))
        ends = self.carrier.read(self.session, rows, now) if rows else []
        by_id = {row.id: row for row in rows}
        outcomes = [self._outcome(by_id.pop(end.id), end, now) for end in ends]
        if outcomes:
            self._write(connection, [], outcomes, now)
        self._record(outcomes, [], now)
        return sorted(by_id.values(), key=lambda row: (row.due_at, row.id))

    def _renew(self) -> None:
        RENEW.run(looking_up(self.session), mine=self.claim, b_until=self.now + self.lease)

    def settle(self, results: Sequence[Result]) -> None:
        """Record what happened and mark what is ready, in one transaction; then let the marked bodies go."""
        ready = [self.hand[result.id] for result in results if result.step is Step.READY]
        ends = [result for result in results if result.step is not Step.READY]
        if not results:
            return
        leaving, ended = self._insist(lambda: self._settle(ready, ends))
        staying = [row.id for row in ready if row.id not in leaving]
        self.carrier.release(row.id for row in ready if row.id in leaving)
        self.carrier.withdraw(staying)
        self.ended += ended
        self._drop([*staying, *(result.id for result in ends)])

    def _settle(self, ready: list[Row], ends: list[Result]) -> tuple[set[int], int]:
        """The rows whose bodies may go, and how many came to an end: what another sender took over is its to count."""
        self.carrier.wait(ready)
        now, connection = self.now, looking_up(self.session)
        ends = self._ours(connection, ends)
        self.carrier.hold(connection, ready, [self.hand[end.id] for end in ends])
        objections = self.carrier.look(connection, ready, now) if ready else []
        staying = {objection.id for objection in objections}
        outcomes = [self._outcome(self.hand[end.id], end, now) for end in [*ends, *objections]]
        leaving = self._write(connection, [row.id for row in ready if row.id not in staying], outcomes, now)
        self._record(outcomes, [row for row in ready if row.id in leaving], now)
        return leaving, len(outcomes)

    def _write(
        self, connection: Connection, ready: list[int], outcomes: list[Outcome], now: datetime
    ) -> set[int]:
        """Mark what is ready, write where the others stand and what was tried; the rows that are marked."""
        stands = {outcome.row.id: self._stand(outcome) for outcome in outcomes}
        tries = [self._attempt(outcome) for outcome in outcomes if outcome.result.is_try]
        return settle(connection, ready, stands, tries, claim=self.claim, now=now)

    def _ours(self, connection: Connection, ends: list[Result]) -> list[Result]:
        """Without those that another sender took over, which can only be after our lease ran out."""
        if time.monotonic() - self._renewed < self.lease.total_seconds() / 2:
            return ends
        ours = {row.id for row in OURS.rows(connection, among=[end.id for end in ends], mine=self.claim)}
        return [end for end in ends if end.id in ours]

    def _record(self, outcomes: list[Outcome], leaving: list[Row], now: datetime) -> None:
        """Have the carrier keep its domain's books, and tell what others must know."""
        if outcomes or leaving:
            for notice in self.carrier.keep_books(self.session, outcomes, leaving, now):
                self._tell(notice, now)

    def _tell(self, notice: object, at: datetime) -> None:
        """A listener that fails undoes only what it did itself, and is listed among the failed jobs."""
        if self.tell is None:
            return
        try:
            with self.session.begin_nested():
                self.tell(notice)
        except (DBAPIError, GateBusy):
            raise
        except Exception as error:
            log.exception("an outcome of sending could not be told on: %r", notice)
            workers.failed(self.session, "outbox", secrets.token_hex(4), error, now=at)

    def _outcome(self, row: Row, result: Result, at: datetime) -> Outcome:
        state, reason, due_at = stage_after(row, result, at)
        return Outcome(row, state, result, at, reason, due_at)

    def _stand(self, outcome: Outcome) -> dict[str, Any]:
        """The columns of a row after its turn. What the server said of a mail it took is kept with the try alone."""
        row, is_try = outcome.row, outcome.result.is_try
        is_sent = outcome.state is OutboxState.SENT
        return {
            "b_state": outcome.state,
            "b_reason": None if is_sent else outcome.reason or None,
            "b_due_at": outcome.due_at,
            "b_tries": row.tries + is_try,
            "b_first": row.first_tried_at or (outcome.at if is_try else None),
            "b_sent_at": outcome.at if is_sent else None,
        }

    def _attempt(self, outcome: Outcome) -> dict:
        result = outcome.result
        return {
            "outbox_id": outcome.row.id,
            "number": outcome.row.tries + 1,
            "started_at": self.taken_at.get(outcome.row.id, outcome.at),
            "ended_at": outcome.at,
            "outcome": outcome.state,
            "code": result.code,
            "enhanced_code": result.enhanced_code,
            "reply": result.reason or None,
        }

    def _drop(self, ids: Iterable[int]) -> None:
        for number in list(ids):
            del self.hand[number]
            del self.taken_at[number]

    def _insist(self, work: Callable[[], Any]) -> Any:
        """Do it and commit; facts about mails that are out must not be lost to a busy or restarting database.

        One that is away is waited for as long as our claim holds.
        """
        tries, until = 0, time.monotonic() + self.lease.total_seconds()
        while True:
            try:
                found = work()
                self.session.commit()
                return found
            except (DBAPIError, GateBusy) as error:
                self.session.rollback()
                tries += 1
                is_away = isinstance(error, AWAY) and time.monotonic() < until
                if tries >= MOST_TRIES and not is_away:
                    raise
                cause = getattr(error, "orig", error)
                log.warning("the outbox could not be written and tries again: %s", type(cause).__name__)
                time.sleep(RETRY_PAUSE_SECONDS)


def stage_after(row: Row, result: Result, now: datetime) -> tuple[OutboxState, str, datetime]:
    """Where a row goes after a result, why, and when it is due again."""
    if result.step is Step.RETURNED and (not result.is_try or row.tries == 0):
        due_at = now + timedelta(seconds=result.wait) if result.wait else row.due_at
        return (OutboxState.RETRY if row.tries else OutboxState.QUEUED), result.reason, due_at
    if result.step not in (Step.RETURNED, Step.RETRY):
        return OutboxState(result.step), result.reason, row.due_at
    due_at = retry_at(row.tries + 1, row.first_tried_at or now, now, result.patience)
    if due_at is None:
        hours = result.patience // timedelta(hours=1)
        return OutboxState.REFUSED, f"Given up after {hours} hours: {result.reason}", row.due_at
    return OutboxState.RETRY, result.reason, max(due_at, now + timedelta(seconds=result.wait))
