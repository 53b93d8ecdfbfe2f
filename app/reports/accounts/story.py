"""What happened at an account: who was asked and what came of it, what was said, what preceded a change of a score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Contact
from app.delivery.models import Invitation, InvitationState
from app.followups.models import Task, TaskState, Touch
from app.health.models import Adoption
from app.reports.participation import start_of
from app.responses.models import Response
from app.sentiment.judging.mismatch import is_mismatch
from app.sentiment.models import StoredReading

ASKS_SHOWN = 15
COMMENTS_SHOWN = 8
MOST_SHOWN = 300
EVENTS_SHOWN, MOST_EVENTS = 12, 60
REACHED = (
    InvitationState.SENT,
    InvitationState.ANSWERED,
    InvitationState.DECLINED,
    InvitationState.SILENT,
    InvitationState.BOUNCED,
    InvitationState.IN_DOUBT,
)


@dataclass(frozen=True)
class Ask:
    """One ask and what came of it."""

    invitation: Invitation
    response: Response | None
    reading: StoredReading | None = None

    @property
    def at(self) -> datetime | None:
        """When it came to its present state."""
        ask = self.invitation
        return ask.answered_at or ask.silent_at or ask.declined_at or ask.closed_at or ask.sent_at

    @property
    def is_unfit(self) -> bool:
        """Whether comment and score contradict each other."""
        return self.reading is not None and is_mismatch(self.response.score, self.reading.said)


class EventKind(StrEnum):
    ANSWER = "answer"
    SILENCE = "silence"
    TASK = "task"
    TOUCH = "touch"
    OVERDUE = "overdue"
    LEFT = "left"
    USAGE = "usage"


@dataclass(frozen=True)
class Event:
    """Something that preceded a score. `row` is the response, invitation, task, touch, person or figure of use."""

    kind: EventKind
    at: datetime
    contact: Contact | None
    row: Response | Invitation | Task | Touch | Contact | Adoption


def asks_of_account(session: Session, account_id: int, *, limit: int = ASKS_SHOWN) -> list[Ask]:
    """The account's asks that reached somebody, or may have, newest first; one more than `limit` if there are."""
    return asks(session, Invitation.account_id == account_id, limit)


def asks_of_contact(session: Session, contact_id: int, *, limit: int = MOST_SHOWN) -> list[Ask]:
    """One person's asks, with what was heard in the comments."""
    found = asks(session, Invitation.contact_id == contact_id, limit)
    heard = readings(session, [ask.response.id for ask in found if ask.response])
    return [
        Ask(ask.invitation, ask.response, heard.get(ask.response.id) if ask.response else None)
        for ask in found
    ]


def asks_that_reached_nobody(
    session: Session, contact_id: int, *, limit: int = ASKS_SHOWN
) -> list[Invitation]:
    """One person's other asks, the newest first: to come, left out, stopped, or taken by no server."""
    theirs = (Invitation.contact_id == contact_id, Invitation.state.not_in(REACHED))
    query = sa.select(Invitation).where(*theirs).options(joinedload(Invitation.wave))
    return list(session.scalars(query.order_by(Invitation.id.desc()).limit(limit)))


def asks(session: Session, condition: sa.ColumnElement[bool], limit: int) -> list[Ask]:
    """Answered asks stand by the day of the answer, others by the day they closed, open ones by the day they were sent."""
    ask = Invitation
    at = sa.func.coalesce(ask.answered_at, ask.silent_at, ask.declined_at, ask.closed_at, ask.sent_at)
    query = (
        sa.select(Invitation, Response)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(condition, Invitation.state.in_(REACHED))
        .options(joinedload(Invitation.contact))
        .order_by(at.desc(), Invitation.id.desc())
        .limit(limit + 1)
    )
    return [Ask(invitation, response) for invitation, response in session.execute(query)]


def readings(session: Session, response_ids: list[int]) -> dict[int, StoredReading]:
    """The reading of each comment."""
    query = sa.select(StoredReading).where(StoredReading.response_id.in_(response_ids))
    rows = session.scalars(query.where(StoredReading.question_id.is_(None)))
    return {row.response_id: row for row in rows}


def comments(session: Session, account_id: int, *, limit: int = COMMENTS_SHOWN) -> list[Response]:
    """What was written at the account, newest first; rehearsals are left out."""
    query = (
        sa.select(Response)
        .where(Response.account_id == account_id, Response.is_rehearsal.is_(False), Response.comment != "")
        .options(joinedload(Response.contact))
        .order_by(Response.submitted_at.desc(), Response.id.desc())
    )
    return list(session.scalars(query.limit(limit + 1)))


def tasks(session: Session, account_id: int, *, closed: int = 5) -> tuple[list[Task], list[Task]]:
    """All open tasks by due date, and the last closed ones."""
    query = sa.select(Task).where(Task.account_id == account_id)
    query = query.options(joinedload(Task.contact), joinedload(Task.owner), joinedload(Task.response))
    is_closed = Task.state == TaskState.CLOSED
    still_open = session.scalars(
        query.where(sa.not_(is_closed)).order_by(Task.due_at, Task.id).limit(MOST_SHOWN)
    )
    done = session.scalars(
        query.where(is_closed).order_by(Task.closed_at.desc(), Task.id.desc()).limit(closed)
    )
    return list(still_open), list(done)


def preceding(
    session: Session,
    account_id: int,
    *,
    after: date,
    until: date,
    zone: ZoneInfo,
    limit: int = EVENTS_SHOWN,
) -> list[Event]:
    """What moves scores from the day after `after` to `until`, newest first: answers, silences, follow-ups closed or come to
    be overdue, conversations, people who left, and use as other systems told it."""
    start, end = start_of(after + timedelta(days=1), zone), start_of(until + timedelta(days=1), zone)
    found = [
        *answers_between(session, account_id, start, end),
        *silences_between(session, account_id, start, end),
        *closed_between(session, account_id, start, end),
        *touches_between(session, account_id, start, end),
        *overdue_between(session, account_id, start, end),
        *left_between(session, account_id, after, until, zone),
        *usage_between(session, account_id, after, until, zone),
    ]
    return sorted(found, key=lambda event: event.at, reverse=True)[:limit]


def overdue_between(session: Session, account_id: int, start: datetime, end: datetime) -> Iterable[Event]:
    """Follow-ups that were open when their time ran out."""
    query = sa.select(Task).where(
        Task.account_id == account_id,
        Task.is_rehearsal.is_(False),
        Task.due_at >= start,
        Task.due_at < end,
        sa.or_(Task.closed_at.is_(None), Task.closed_at > Task.due_at),
    )
    for row in newest(session, query, Task, Task.due_at):
        yield Event(EventKind.OVERDUE, row.due_at, row.contact, row)


def left_between(
    session: Session, account_id: int, after: date, until: date, zone: ZoneInfo
) -> Iterable[Event]:
    query = sa.select(Contact).where(
        Contact.account_id == account_id,
        Contact.left_on > after,
        Contact.left_on <= until,
        Contact.erased_at.is_(None),
    )
    for row in session.scalars(query.order_by(Contact.left_on.desc(), Contact.id).limit(MOST_EVENTS)):
        yield Event(EventKind.LEFT, start_of(row.left_on, zone), row, row)


def usage_between(
    session: Session, account_id: int, after: date, until: date, zone: ZoneInfo
) -> Iterable[Event]:
    query = sa.select(Adoption).where(
        Adoption.account_id == account_id, Adoption.as_of > after, Adoption.as_of <= until
    )
    for row in session.scalars(query.order_by(Adoption.as_of.desc()).limit(MOST_EVENTS)):
        yield Event(EventKind.USAGE, start_of(row.as_of, zone), None, row)


def answers_between(session: Session, account_id: int, start: datetime, end: datetime) -> Iterable[Event]:
    query = sa.select(Response).where(
        Response.account_id == account_id,
        Response.is_rehearsal.is_(False),
        Response.dismissed_at.is_(None),
        Response.submitted_at >= start,
        Response.submitted_at < end,
    )
    for row in newest(session, query, Response, Response.submitted_at):
        yield Event(EventKind.ANSWER, row.submitted_at, row.contact, row)


def silences_between(session: Session, account_id: int, start: datetime, end: datetime) -> Iterable[Event]:
    query = sa.select(Invitation).where(
        Invitation.account_id == account_id,
        Invitation.is_rehearsal.is_(False),
        Invitation.state == InvitationState.SILENT,
        sa.not_(Invitation.is_away),
        Invitation.silent_at >= start,
        Invitation.silent_at < end,
    )
    for row in newest(session, query, Invitation, Invitation.silent_at):
        yield Event(EventKind.SILENCE, row.silent_at, row.contact, row)


def closed_between(session: Session, account_id: int, start: datetime, end: datetime) -> Iterable[Event]:
    query = sa.select(Task).where(
        Task.account_id == account_id,
        Task.is_rehearsal.is_(False),
        Task.closed_at >= start,
        Task.closed_at < end,
    )
    for row in newest(session, query, Task, Task.closed_at):
        yield Event(EventKind.TASK, row.closed_at, row.contact, row)


def touches_between(session: Session, account_id: int, start: datetime, end: datetime) -> Iterable[Event]:
    query = sa.select(Touch).where(
        Touch.account_id == account_id, Touch.is_two_way, Touch.at >= start, Touch.at < end
    )
    for row in newest(session, query, Touch, Touch.at):
        yield Event(EventKind.TOUCH, row.at, row.contact, row)


def newest(session: Session, query: sa.Select, model, at) -> Iterable:
    """The newest rows of a query with their contacts, as many as a list of events can show."""
    query = query.options(joinedload(model.contact)).order_by(at.desc()).limit(MOST_EVENTS)
    return session.scalars(query)
