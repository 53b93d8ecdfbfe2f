"""An ask as the path of its answer sees it: one row with everything that recording, tasks, scores and trends need.

Found by the nonce of the link, with one statement; nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.orm import aliased

from app.auth.models import Staff
from app.contacts.models import Account, Contact, ContactRole, ContactStatus, Goal, Stage
from app.core import clock
from app.core.database.prepared import Prepared
from app.core.installation import Installation
from app.core.worktime import WorkWeek
from app.delivery.models import Invitation, InvitationState, Purpose, Visit, Wave
from app.responses.models import Response
from app.surveys.models import Program
from app.surveys.rules import DEFAULTS

ON_ITS_WAY = frozenset(
    {
        InvitationState.PLANNED,
        InvitationState.QUEUED,
        InvitationState.SENDING,
        InvitationState.SENT,
        InvitationState.IN_DOUBT,
    }
)
NEVER_ASKED = frozenset({InvitationState.SUPPRESSED, InvitationState.CANCELLED})


class Ask(NamedTuple):
    """One invitation with its person, account, program and the response so far (`response_id` None: not answered).

    `has_answered_others`: there are responses of the person to other asks, whatever they count for. `seen` are the pages
    of it that were looked at lately, for who asks for them.
    """

    id: int
    nonce: str
    state: InvitationState
    purpose: Purpose
    language: str
    version_id: int
    is_marked_rehearsal: bool
    sent_at: datetime | None
    closes_at: datetime | None
    silent_at: datetime | None
    wave_id: int
    program_id: int
    cadence: dict
    own_words: dict
    survey_id: int
    contact_id: int
    first_name: str
    contact_status: ContactStatus
    unsubscribed_at: datetime | None
    role: ContactRole
    country: str | None
    account_id: int
    account_name: str
    tier: int | None
    stage: Stage
    segment: dict
    owner_id: int | None
    goal_id: int | None
    goal: str | None
    company: str
    product: str
    face_version: int
    staff_language: str
    time_zone: str
    holidays: list
    week: dict
    followups: dict
    holds_doubtful: bool
    response_id: int | None
    submitted_at: datetime | None
    day: date | None
    revision: int | None
    attempt: str | None
    score: int | None
    comment: str | None
    value_overall: int | None
    value_goal: int | None
    value_ease: int | None
    answered_goal_id: int | None
    is_response_automatic: bool | None
    reviewed_at: datetime | None
    dismissed_at: datetime | None
    dims: dict | None
    has_answered_others: bool
    seen: str | None = None

    @property
    def is_rehearsal(self) -> bool:
        """Asked in rehearsal or as a test: worked on like any other, but never scored, counted or quarantined."""
        return self.is_marked_rehearsal or self.purpose is Purpose.TEST

    @property
    def is_unsubscribed(self) -> bool:
        """Never to be asked again; somebody erased is not to be either."""
        return self.unsubscribed_at is not None or self.contact_status is ContactStatus.ERASED

    @property
    def is_answered(self) -> bool:
        """Whether anything is recorded, be it a machine's."""
        return self.response_id is not None

    @property
    def is_heard(self) -> bool:
        """Whether a person has answered, as far as is known; what a review found to be a machine's is nobody's."""
        return self.is_answered and self.dismissed_at is None

    @property
    def may_be_skipped(self) -> bool:
        """Whether "not this time" would spare the person anything: a reminder may still come."""
        return self.state in ON_ITS_WAY and not self.is_heard and not self.is_unsubscribed

    @property
    def is_skipped(self) -> bool:
        """Whether the person said no to this ask alone, and nothing since."""
        is_declined = self.state is InvitationState.DECLINED
        return is_declined and not self.is_heard and not self.is_unsubscribed

    def takes_answers(self, now: datetime) -> bool:
        """Whether an answer, or a change of it, is still taken."""
        until = self.editable_until
        was_asked = self.state not in NEVER_ASKED or self.sent_at is not None
        is_here = self.contact_status is not ContactStatus.ERASED
        return was_asked and is_here and (until is None or now <= until)

    @property
    def editable_until(self) -> datetime | None:
        """The end of the time in which late answers and changes are taken; None while it was never sent."""
        if self.closes_at is None:
            return None
        return self.closes_at + timedelta(days=self.cadence.get("late_days", DEFAULTS.late_days))

    @property
    def open_days(self) -> timedelta:
        """How long an ask of this program stays open."""
        return timedelta(days=self.cadence.get("open_days", DEFAULTS.open_days))

    def is_late(self, now: datetime) -> bool:
        """Past the day on which silence was noted."""
        return self.closes_at is not None and now > self.closes_at

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def work_week(self) -> WorkWeek:
        return WorkWeek.of(self.zone, self.week, self.holidays)

    def day_of(self, moment: datetime) -> date:
        """The installation's calendar day of `moment`."""
        return clock.day_of(moment, self.zone)


class Opening(NamedTuple):
    """As much of an ask as its page needs, so that a look at a link costs little; each part means what it means there."""

    id: int
    state: InvitationState
    language: str
    version_id: int
    sent_at: datetime | None
    closes_at: datetime | None
    cadence: dict
    own_words: dict
    contact_status: ContactStatus
    unsubscribed_at: datetime | None
    first_name: str
    account_name: str
    goal: str | None
    company: str
    product: str
    face_version: int
    time_zone: str
    response_id: int | None
    dismissed_at: datetime | None
    seen: str | None = None

    is_unsubscribed = Ask.is_unsubscribed
    is_answered = Ask.is_answered
    is_heard = Ask.is_heard
    may_be_skipped = Ask.may_be_skipped
    takes_answers = Ask.takes_answers
    editable_until = Ask.editable_until
    zone = Ask.zone
    day_of = Ask.day_of


def columns() -> dict[str, Any]:
    """Where each field of `Ask` stands in the database."""
    owner = (
        sa.select(Staff.id)
        .where(Staff.id == Account.owner_id, Staff.active)
        .correlate(Account)
        .scalar_subquery()
    )
    others = (
        sa.exists()
        .where(OTHER.contact_id == Contact.id, OTHER.invitation_id != Invitation.id)
        .correlate(Contact, Invitation)
    )
    renamed = {
        "id": Invitation.id,
        "is_marked_rehearsal": Invitation.is_rehearsal,
        "program_id": Wave.program_id,
        "cadence": Program.cadence,
        "own_words": Program.mail,
        "survey_id": Program.survey_id,
        "contact_id": Contact.id,
        "contact_status": Contact.status,
        "account_id": Account.id,
        "account_name": Account.name,
        "owner_id": sa.func.coalesce(owner, Installation.default_owner_id),
        "goal_id": GOAL.id,
        "goal": GOAL.words,
        "staff_language": Installation.language,
        "response_id": Response.id,
        "answered_goal_id": Response.goal_id,
        "is_response_automatic": Response.is_maybe_automatic,
        "has_answered_others": others,
        "seen": sa.null(),
    }
    homes = (
        (Invitation, "nonce state purpose language version_id sent_at closes_at silent_at wave_id"),
        (Contact, "first_name role country unsubscribed_at"),
        (Account, "tier stage segment"),
        (Installation, "company product face_version time_zone holidays week followups holds_doubtful"),
        (
            Response,
            "submitted_at day revision attempt score comment value_overall value_goal value_ease reviewed_at"
            " dismissed_at dims",
        ),
    )
    return renamed | {name: getattr(home, name) for home, names in homes for name in names.split()}


GOAL, OTHER = aliased(Goal), aliased(Response)
CURRENT_GOAL = (
    sa.select(Goal.id)
    .where(Goal.account_id == Account.id, Goal.ended_on.is_(None))
    .order_by(Goal.from_on.desc(), Goal.id.desc())
    .limit(1)
    .correlate(Account)
    .scalar_subquery()
)
LATELY_SEEN = (
    sa.select(sa.func.aggregate_strings(Visit.page, sa.literal_column("' '")))
    .where(Visit.invitation_id == Invitation.id, Visit.at >= sa.bindparam("seen_since", type_=Visit.at.type))
    .correlate(Invitation)
    .scalar_subquery()
)
COLUMNS = columns()


def selected(fields: Iterable[str], **others: sa.ColumnElement) -> sa.Select:
    """The named fields of an ask, `others` in place of their own columns, with the joins that every ask needs."""
    homes = COLUMNS | others
    return (
        sa.select(*(homes[name].label(name) for name in fields))
        .select_from(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Program, Program.id == Wave.program_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .join(Account, Account.id == Invitation.account_id)
        .join(Installation, Installation.id == 1)
        .outerjoin(GOAL, GOAL.id == CURRENT_GOAL)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
    )


ASK, HAS_NONCE = selected(Ask._fields), Invitation.nonce == sa.bindparam("nonce")
SHARED = ("cadence", "own_words", "segment", "holidays", "week", "followups")
OPENING = Prepared(selected(Opening._fields).where(HAS_NONCE), Opening._make, SHARED)
ANSWERING = Prepared(selected(Opening._fields, seen=LATELY_SEEN).where(HAS_NONCE), Opening._make, SHARED)
BY_NONCE = Prepared(ASK.where(HAS_NONCE), Ask._make, SHARED)
BY_ID = Prepared(ASK.where(Invitation.id == sa.bindparam("id")), Ask._make, SHARED)
LOCK = Prepared(
    sa.select(Invitation.id)
    .join(Contact, Contact.id == Invitation.contact_id)
    .where(Invitation.id == sa.bindparam("id"))
    .with_for_update(key_share=True)
)

_theirs = sa.bindparam("contact_ids", expanding=True)
LOCK_ALL = tuple(
    sa.select(table.id).where(whose.in_(_theirs)).order_by(table.id).with_for_update(key_share=True)
    for table, whose in ((Invitation, Invitation.contact_id), (Contact, Contact.id))
)


def by_nonce(connection: Connection, nonce: str) -> Ask | None:
    """The ask of a link, or None."""
    return BY_NONCE.row(connection, nonce=nonce)


def opening(connection: Connection, nonce: str) -> Opening | None:
    """What the page of a link needs, or None."""
    return OPENING.row(connection, nonce=nonce)


def answering(connection: Connection, nonce: str, seen_since: datetime) -> Opening | None:
    """What the page of a link needs when an answer comes from it, with the pages that were looked at since then."""
    return ANSWERING.row(connection, nonce=nonce, seen_since=seen_since)


def by_id(connection: Connection, invitation_id: int) -> Ask:
    """The ask of an invitation that is known to exist."""
    return BY_ID.row(connection, id=invitation_id)


def lock_all_of(connection: Connection, *contact_ids: int) -> None:
    """Wait for answers of these people that are being written down; no other is until the transaction ends."""
    if connection.dialect.name != "sqlite":
        for locking in LOCK_ALL:
            connection.execute(locking, {"contact_ids": contact_ids})


def locked(connection: Connection, invitation_id: int) -> Ask | None:
    """The ask as it stands, for a change: nobody else changes it or another answer of this person meanwhile.

    PostgreSQL reads joined rows as of the start of a statement, hence the lock comes first; SQLite has one writer.
    """
    if connection.dialect.name != "sqlite":
        LOCK.row(connection, id=invitation_id)
    return BY_ID.row(connection, id=invitation_id)
