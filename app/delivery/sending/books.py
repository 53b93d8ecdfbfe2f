"""What the outcome of a mail means for the ledger, for reminders to come and for the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactStatus
from app.core.installation import installation
from app.core.outbox import Letter, OutboxRow, OutboxState, Outcome, Row
from app.core.outbox_rows import insert_new
from app.delivery import invitations
from app.delivery.asking import deferring
from app.delivery.invitations import Move
from app.delivery.models import Invitation, InvitationState, Reminder, Suppression, Wave
from app.delivery.sending import asks, windows
from app.delivery.sending.asks import Ask
from app.delivery.sending.posting import CASE, INVITATION, OF_ASKS, REMINDER, TOLD, invitation_id_of
from app.delivery.telling import cases
from app.delivery.telling.cases import CaseOutcome
from app.delivery.telling.tidings import TidingOutcome, matter_of
from app.surveys import rules
from app.surveys.rules import Rules

BOUNCED = "bounced"
GONE_OUT = frozenset({OutboxState.SENT, OutboxState.IN_DOUBT})
WAITING = frozenset({OutboxState.QUEUED, OutboxState.RETRY, OutboxState.HELD})
WAITING_STILL = frozenset({OutboxState.QUEUED, OutboxState.RETRY})
NOTICED = frozenset({InvitationState.BOUNCED, InvitationState.REFUSED, InvitationState.IN_DOUBT})


@dataclass(frozen=True)
class MailOutcome:
    """What other packages may react to: a survey mail that bounced, was refused or is in doubt."""

    invitation_id: int
    contact_id: int
    state: InvitationState
    is_reminder: bool
    reason: str
    at: datetime


class Books:
    """Keeps the ledger during one turn of sending; the rules of each wave are read once."""

    def __init__(self):
        self._rules: dict[int, Rules] = {}
        self._here: tuple[ZoneInfo, frozenset[date]] | None = None

    def keep(
        self,
        session: Session,
        outcomes: Sequence[Outcome],
        leaving: Sequence[Row],
        known: Mapping[int, Ask | None],
        now: datetime,
    ) -> list[MailOutcome | TidingOutcome | CaseOutcome]:
        """Record what became of mails and which are about to go; what others should hear of.

        `known` holds the asks as they were when their mails were claimed; those it lacks are read here.
        """
        of_asks, facts = self._pairs(session, outcomes, known)
        pairs = [pair for pair in of_asks if pair[0].row.kind != TOLD]
        moves = {ask.id: move for outcome, ask in pairs if (move := self._move(session, outcome, ask))}
        first = [invitation_id_of(row.ref) for row in leaving if row.kind == INVITATION]
        moves |= {number: Move(number, InvitationState.SENDING) for number in first}
        stands = {number: facts[number].state for number in moves if facts.get(number)}
        moved = invitations.move(session, list(moves.values()), now=now, stands=stands)
        self._note_reminders(session, [pair for pair in pairs if pair[0].row.kind == REMINDER], now)
        self._note_dead(session, [ask for outcome, ask in of_asks if outcome.result.is_dead], now)
        self._forget_words(session, [outcome for outcome in outcomes if not _is_of_ask(outcome.row)])
        return (
            self._told(of_asks, now)
            + self._written(outcomes)
            + [
                MailOutcome(
                    ask.id,
                    ask.contact_id,
                    moves[ask.id].state,
                    outcome.row.kind == REMINDER,
                    outcome.reason,
                    now,
                )
                for outcome, ask in pairs
                if ask.id in moved and moves[ask.id].state in NOTICED
            ]
        )

    def _told(self, pairs: Sequence[tuple[Outcome, Ask]], now: datetime) -> list[TidingOutcome]:
        """What became of mails that tell something and do not wait for their turn any more."""
        return [
            TidingOutcome(*matter_of(outcome.row.ref), ask.contact_id, outcome.state, outcome.reason, now)
            for outcome, ask in pairs
            if outcome.row.kind == TOLD and outcome.state not in WAITING_STILL
        ]

    def _written(self, outcomes: Sequence[Outcome]) -> list[CaseOutcome]:
        """What became of mails that colleagues wrote on follow-ups."""
        mine = [outcome for outcome in outcomes if outcome.row.kind == CASE]
        return [cases.outcome_of(outcome) for outcome in mine if outcome.state not in WAITING_STILL]

    def _pairs(
        self, session: Session, outcomes: Sequence[Outcome], known: Mapping[int, Ask | None]
    ) -> tuple[list[tuple[Outcome, Ask]], Mapping[int, Ask | None]]:
        """The outcomes of mails that rest on asks with those asks, and all asks that are known now."""
        found = [
            (outcome, invitation_id_of(outcome.row.ref)) for outcome in outcomes if _is_of_ask(outcome.row)
        ]
        unknown = [number for _, number in found if number not in known]
        facts = {**known, **asks.read(session.connection(), unknown)} if unknown else known
        return [(outcome, facts[number]) for outcome, number in found if facts.get(number)], facts

    def _move(self, session: Session, outcome: Outcome, ask: Ask) -> Move | None:
        if outcome.result.is_dead:
            return Move(ask.id, InvitationState.BOUNCED, outcome.reason)
        if outcome.row.kind == REMINDER:
            return None
        if outcome.state is OutboxState.SENT:
            return Move(ask.id, InvitationState.SENT, values=self.opening(session, ask, outcome.at))
        if outcome.state is OutboxState.IN_DOUBT:
            sent_at = {"sent_at": outcome.at, "closes_at": self._of(session, ask).closes_at(outcome.at)}
            return Move(ask.id, InvitationState.IN_DOUBT, outcome.reason, sent_at)
        if outcome.state in WAITING:
            return Move(ask.id, InvitationState.QUEUED, outcome.reason)
        if ask.put_off_until is not None:
            return self._put_off(session, outcome, ask)
        return Move(ask.id, InvitationState(outcome.state.value), outcome.reason)

    def _put_off(self, session: Session, outcome: Outcome, ask: Ask) -> Move:
        """Leave somebody out who, or whose account, was written to meanwhile; judged by every gate again when free.

        The row goes with the frozen words, so that the ask can be queued anew.
        """
        wave = session.get_one(Wave, ask.wave_id)
        until = deferring.limit(wave, self._of(session, ask), since=outcome.at)
        session.execute(sa.delete(OutboxRow.__table__).where(OutboxRow.id == outcome.row.id))
        left_out = deferring.left_out(outcome.reason, ask.put_off_until, until)
        return Move(ask.id, InvitationState.SUPPRESSED, outcome.reason, left_out)

    def opening(
        self, session: Session, ask: Ask, sent_at: datetime, *, now: datetime | None = None
    ) -> dict[str, Any]:
        """What an ask gets when it was sent: its closing and its reminders, none of them before `now`.

        Somebody who wants less mail is not reminded.
        """
        of = self._of(session, ask)
        if ask.rest_days is not None:
            return {"closes_at": of.closes_at(sent_at), "reminders_left": 0, "remind_at": None}
        remind_at = self._reminder_moment(session, ask, 1, sent_at)
        if now and remind_at and remind_at < now:
            before = now - timedelta(days=of.reminder_gap_days)
            remind_at = self._reminder_moment(session, ask, 1, sent_at, reminded_at=before)
        return {
            "closes_at": of.closes_at(sent_at),
            "reminders_left": len(of.reminder_days),
            "remind_at": remind_at,
        }

    def _note_reminders(self, session: Session, pairs: Sequence[tuple[Outcome, Ask]], now: datetime) -> None:
        """A reminder that is out of the way makes room for the next one."""
        for outcome, ask in pairs:
            if outcome.state not in GONE_OUT and outcome.state is not OutboxState.REFUSED:
                continue
            number = int(outcome.row.ref.partition(":")[2])
            if outcome.state is OutboxState.SENT:
                mine = (Reminder.invitation_id == ask.id, Reminder.number == number)
                session.execute(sa.update(Reminder).where(*mine).values(sent_at=now))
            following = self._reminder_moment(session, ask, number + 1, ask.sent_at or now, reminded_at=now)
            in_time = following and (ask.closes_at is None or following < ask.closes_at)
            change = {
                "reminders_left": max(0, ask.reminders_left - 1),
                "remind_at": following if in_time else None,
            }
            session.execute(sa.update(Invitation.__table__).where(Invitation.id == ask.id).values(change))

    def _note_dead(self, session: Session, found: Iterable[Ask], now: datetime) -> None:
        """An address that does not exist is not written to again, whichever contact carries it."""
        for ask in found:
            row = {"email_key": ask.email_key, "reason": BOUNCED, "at": now}
            insert_new(session, Suppression.__table__, [row] if ask.email_key else [], key=["email_key"])
            active = (Contact.id == ask.contact_id, Contact.status == ContactStatus.ACTIVE)
            change = {"status": ContactStatus.BOUNCED, "bounced_at": now, "updated_at": now}
            session.execute(sa.update(Contact.__table__).where(*active).values(change))

    def _forget_words(self, session: Session, outcomes: Sequence[Outcome]) -> None:
        """Mails to colleagues may hold a link to sign in; their words go when they are out."""
        rows = [outcome.row for outcome in outcomes if outcome.state not in WAITING]
        numbers = [row.letter_id for row in rows if row.letter_id]
        if numbers:
            mine = OutboxRow.id.in_([row.id for row in rows])
            session.execute(sa.update(OutboxRow.__table__).where(mine).values(letter_id=None))
            used = sa.select(OutboxRow.letter_id).where(OutboxRow.letter_id.is_not(None))
            session.execute(sa.delete(Letter.__table__).where(Letter.id.in_(numbers), Letter.id.not_in(used)))

    def _of(self, session: Session, ask: Ask) -> Rules:
        if ask.wave_id not in self._rules:
            self._rules[ask.wave_id] = rules.of(session.get_one(Wave, ask.wave_id).program)
        return self._rules[ask.wave_id]

    def _reminder_moment(
        self,
        session: Session,
        ask: Ask,
        number: int,
        sent_at: datetime,
        *,
        reminded_at: datetime | None = None,
    ) -> datetime | None:
        """When reminder `number` is due in the person's window; None without one."""
        if self._here is None:
            facts = installation(session)
            self._here = facts.zone, facts.days_off
        zone, holidays = self._here
        return windows.reminder_moment(
            self._of(session, ask),
            number,
            sent_at,
            windows.zone(ask.time_zone, zone),
            reminded_at=reminded_at,
            holidays=holidays,
        )


def _is_of_ask(row: Row) -> bool:
    return row.kind in OF_ASKS
