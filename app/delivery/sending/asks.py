"""An ask at the moment of sending: read again, and whether its mail may still go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.contacts.models import Account, AskKind, Contact, ContactStatus, NotAskable
from app.core.database.prepared import Prepared, among, unindexed
from app.core.outbox import Step
from app.delivery.asking.gates import HEARD, Reason, bars
from app.delivery.asking.moments import latest
from app.delivery.models import Invitation, InvitationState, Purpose, Reminder, Suppression, Wave, WaveState
from app.surveys.models import Program, ProgramKind

PAUSED, CLOSED, CHANGED, REHEARSAL = "paused", "closed", "address_changed", "rehearsal"
SUPPRESSED = "suppressed_address"
WINDOW = "window"
FLOOR = Reason.FLOOR.value
STILL_UNSENT = frozenset({InvitationState.QUEUED, InvitationState.SENDING})


class Ask(NamedTuple):
    """What sending must know of an invitation and its person.

    The account's caps hold for asks of programs. One that was sent before, and goes again because a person decided so,
    has its place at the account already.
    """

    id: int
    state: InvitationState
    nonce: str
    asked_as: str | None
    is_rehearsal: bool
    sent_at: datetime | None
    closes_at: datetime | None
    reminders_left: int
    account_id: int
    is_capped: bool
    contact_id: int
    status: ContactStatus
    not_askable: NotAskable | None
    email_key: str | None
    time_zone: str | None
    wave_id: int
    wave_state: WaveState
    is_suppressed: bool
    rest_days: int | None
    is_unwanted: bool
    last_asked_at: datetime | None
    person_mailed_at: datetime | None
    mailbox_mailed_at: datetime | None
    put_off_until: datetime | None = None

    @property
    def mailed_at(self) -> datetime | None:
        """When the person or the mailbox last got a mail of another ask, reminders too."""
        return max(filter(None, (self.person_mailed_at, self.mailbox_mailed_at)), default=None)

    def is_too_soon(self, now: datetime) -> bool:
        """Asked again before the rest that the person wished for has passed."""
        if self.rest_days is None or self.last_asked_at is None:
            return False
        return self.last_asked_at + timedelta(days=self.rest_days) > now


OTHER = sa.orm.aliased(Invitation)
# Both are looked up for the few people only who said how they want to be asked.
IS_EVENT = (
    sa.select(sa.or_(Program.kind == ProgramKind.TRANSACTIONAL, Wave.purpose == Purpose.RECOVERY))
    .where(Program.id == Wave.program_id)
    .correlate(Wave)
    .scalar_subquery()
)
IS_UNWANTED = sa.case(
    (Contact.unwanted_kind == AskKind.EVENTS, IS_EVENT),
    (Contact.unwanted_kind == AskKind.GENERAL, sa.not_(IS_EVENT)),
    else_=sa.false(),
)
LAST_ASKED_AT = (
    sa.select(sa.func.max(OTHER.sent_at))
    .where(
        OTHER.contact_id == Contact.id,
        OTHER.id != Invitation.id,
        sa.or_(*(OTHER.state == state for state in sorted(HEARD))),
        OTHER.is_rehearsal.is_(False),
        OTHER.purpose != Purpose.TEST,
    )
    .correlate(Contact, Invitation)
    .scalar_subquery()
)


def _mailed_at(*is_judged: sa.ColumnElement[bool], by_mailbox: bool) -> sa.ColumnElement[datetime]:
    """When the person, or somebody else with the mailbox, last got a mail of another ask that is no test."""
    other, mine = sa.orm.aliased(Invitation), Invitation
    of_person = sa.and_(other.contact_id == mine.contact_id, other.id != mine.id)
    of_mailbox = sa.and_(other.asked_as == mine.asked_as, other.contact_id != mine.contact_id)
    reminded_at = sa.select(sa.func.max(Reminder.sent_at)).where(Reminder.invitation_id == other.id)
    mails = sa.select(
        sa.func.max(latest(other.sent_at, reminded_at.correlate(other).scalar_subquery()))
    ).where(
        of_mailbox if by_mailbox else of_person,
        other.sent_at.is_not(None),
        sa.or_(*(unindexed(other.state) == state for state in sorted(HEARD | {InvitationState.BOUNCED}))),
        other.is_rehearsal.is_(False),
        other.purpose != Purpose.TEST,
    )
    return sa.case(
        (sa.and_(*is_judged, mine.purpose != Purpose.TEST), mails.correlate(mine).scalar_subquery())
    )


def _asks(*is_judged: sa.ColumnElement[bool]) -> Prepared:
    """The asks with all that sending must know, locked in order; what takes long only of those that are judged."""
    found = sa.select(
        Invitation.id,
        Invitation.state,
        Invitation.nonce,
        Invitation.asked_as,
        Invitation.is_rehearsal,
        Invitation.sent_at,
        Invitation.closes_at,
        Invitation.reminders_left,
        Invitation.account_id,
        sa.and_(Invitation.purpose == Purpose.PROGRAM, Invitation.sent_at.is_(None)),
        Contact.id,
        Contact.status,
        Contact.not_askable,
        Contact.email_key,
        sa.func.coalesce(Contact.time_zone, Account.time_zone),
        Wave.id,
        Wave.state,
        Suppression.email_key.is_not(None),
        Contact.rest_days,
        IS_UNWANTED,
        sa.case((Contact.rest_days.is_not(None), LAST_ASKED_AT)),
        _mailed_at(*is_judged, by_mailbox=False),
        _mailed_at(*is_judged, by_mailbox=True),
    )
    found = found.join(Contact, Contact.id == Invitation.contact_id)
    found = found.join(Account, Account.id == Invitation.account_id)
    found = found.join(Wave, Wave.id == Invitation.wave_id)
    found = found.outerjoin(Suppression, Suppression.email_key == Contact.email_key)
    found = found.where(among(Invitation.id)).order_by(Invitation.id).with_for_update(of=Invitation)
    return Prepared(found, into=lambda cells: Ask(*cells))


ASKS, ASKS_AND_OTHERS = _asks(), _asks(among(Invitation.id, "judged"))


def read(
    connection: Connection, invitation_ids: Sequence[int], *, beside: Sequence[int] = ()
) -> dict[int, Ask]:
    """The asks as they stand now, by invitation; they stay so until the transaction ends, as do those `beside` them."""
    if not beside or connection.dialect.name == "sqlite":
        return {ask.id: ask for ask in ASKS.rows(connection, among=list(invitation_ids))}
    given = {"among": [*invitation_ids, *beside], "judged": list(invitation_ids)}
    rows, make = ASKS_AND_OTHERS.raw(connection, **given)
    judged = set(invitation_ids)
    return {row[0]: make(row) for row in rows if row[0] in judged}


def hold(connection: Connection, invitation_ids: list[int], *, waits: bool = True) -> None:
    """Lock these asks before any of their mails is entered; without waiting: OperationalError when somebody else has one.

    SQLite has one writer anyway.
    """
    if invitation_ids and connection.dialect.name != "sqlite":
        (HOLD if waits else HOLD_NOW).rows(connection, among=invitation_ids)


HOLD, HOLD_NOW = (
    Prepared(
        sa.select(Invitation.id)
        .where(among(Invitation.id))
        .order_by(Invitation.id)
        .with_for_update(nowait=not waits)
    )
    for waits in (True, False)
)


def still_paused(connection: Connection, wave_ids: Iterable[int]) -> set[int]:
    """Those of the waves that are paused and stay so until the transaction ends.

    Whoever resumes a wave then waits for this transaction, and lets go what it holds back. One that is being resumed,
    paused or cancelled at this moment is left out, because waiting for it could be waiting for each other.
    """
    return set(connection.scalars(STILL_PAUSED, {"ids": list(wave_ids)}))


STILL_PAUSED = (
    sa.select(Wave.id)
    .where(Wave.id.in_(sa.bindparam("ids", expanding=True)), Wave.state == WaveState.PAUSED)
    .with_for_update(read=True, skip_locked=True)
)


def objection(ask: Ask | None, *, is_reminder: bool, is_live: bool, now: datetime) -> tuple[Step, str] | None:
    """Why the mail must not go (now: held; any more: cancelled), or None. A reason is a code that pages put in words."""
    if ask is None:
        return Step.CANCELLED, "gone"
    if ask.wave_state is WaveState.PAUSED:
        return Step.HELD, PAUSED
    return next(
        ((Step.CANCELLED, why) for stands, why in _ends(ask, is_reminder, is_live, now) if stands), None
    )


def _ends(ask: Ask, is_reminder: bool, is_live: bool, now: datetime) -> list[tuple[bool, str]]:
    is_over = ask.state is not InvitationState.SENT if is_reminder else ask.state not in STILL_UNSENT
    return [
        (ask.wave_state is WaveState.CANCELLED, "cancelled"),
        (is_over, ask.state.value),
        (ask.status is not ContactStatus.ACTIVE, ask.status.value),
        (ask.not_askable in bars(is_rehearsal=ask.is_rehearsal), str(ask.not_askable)),
        (ask.is_suppressed, SUPPRESSED),
        (ask.is_unwanted, Reason.UNWANTED_KIND.value),
        (ask.rest_days is not None if is_reminder else ask.is_too_soon(now), Reason.LESS_OFTEN.value),
        (ask.email_key != ask.asked_as, CHANGED),
        (is_reminder and ask.closes_at is not None and ask.closes_at <= now, CLOSED),
        (is_live and ask.is_rehearsal, REHEARSAL),
    ]
