"""The figures beside an account's scores, for many accounts at once: bands, tasks, last answers, silent people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactStatus
from app.core.database.prepared import Prepared, among, unsought
from app.delivery.models import Invitation, InvitationState
from app.followups.models import Task
from app.followups.queue import is_open, overdue
from app.reports.statistics.nps import Counts
from app.reports.trend import HEADLINE_DAYS, around, counted
from app.responses.models import Response

CLOSED = (InvitationState.ANSWERED, InvitationState.DECLINED, InvitationState.SILENT)
CLOSED_AT = sa.func.coalesce(Invitation.answered_at, Invitation.silent_at, Invitation.declined_at)
ENDED = (
    Invitation.is_rehearsal.is_(False),
    sa.or_(*(Invitation.state == state for state in CLOSED)),
    sa.not_(Invitation.is_away),
)

NOBODY = Counts()


@dataclass(frozen=True)
class Figures:
    """`bands` holds one vote per person of the last 180 days, the definition of the headline NPS."""

    bands: Counts = NOBODY
    open_tasks: int = 0
    overdue_tasks: int = 0
    last_answer_at: datetime | None = None
    silent: int = 0


def figures(session: Session, ids: Sequence[int], *, today: date, now: datetime) -> dict[int, Figures]:
    """The figures of each account, in one query per kind."""
    votes, tasks = bands(session, ids, today=today), open_tasks(session, ids, now=now)
    answers, silence = last_answers(session, ids), silent_people(session, ids)
    return {
        id: Figures(
            bands=votes.get(id, NOBODY),
            open_tasks=tasks.get(id, (0, 0))[0],
            overdue_tasks=tasks.get(id, (0, 0))[1],
            last_answer_at=answers.get(id),
            silent=silence.get(id, 0),
        )
        for id in ids
    }


def bands(session: Session, ids: Sequence[int], *, today: date) -> dict[int, Counts]:
    """The latest answer of each person in the 180 days up to and with today, counted by account."""
    start, day = today - timedelta(days=HEADLINE_DAYS - 1), unsought(Response.day)
    begin, until = around(start, today + timedelta(days=1))
    query = (
        sa.select(Response.account_id, Response.contact_id, Response.score)
        .where(counted(), Response.account_id.in_(ids), day >= start, day <= today)
        .where(Response.submitted_at >= begin, Response.submitted_at < until)
        .order_by(Response.submitted_at, Response.id)
    )
    votes: dict[int, dict[int, int]] = defaultdict(dict)
    for account_id, contact_id, score in session.execute(query):
        votes[account_id][contact_id] = score
    return {account_id: Counts.of(given.values()) for account_id, given in votes.items()}


def open_tasks(session: Session, ids: Sequence[int], *, now: datetime) -> dict[int, tuple[int, int]]:
    """How many tasks are open, and how many of them overdue."""
    late = sa.func.sum(sa.case((overdue(now), 1), else_=0))
    query = sa.select(Task.account_id, sa.func.count(), late).where(Task.account_id.in_(ids), is_open)
    return {id: (int(all_), int(late)) for id, all_, late in session.execute(query.group_by(Task.account_id))}


def last_answers(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """When each account last answered anything; answers of machines are left out."""
    query = sa.select(Response.account_id, sa.func.max(Response.submitted_at))
    mine = Response.account_id.in_(ids), Response.is_rehearsal.is_(False), Response.dismissed_at.is_(None)
    return dict(map(tuple, session.execute(query.where(*mine).group_by(Response.account_id))))


def silent_people(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """How many people who are there let their last closed ask pass without an answer."""
    return dict(SILENT_PEOPLE.rows(session.connection(), among=list(ids)))


def last_asks(condition: sa.ColumnElement[bool]) -> sa.Select:
    """Closed asks with their place among those of the same person, the newest first.

    Rehearsals are left out, and asks that closed while the person was away.
    """
    newest_first = [CLOSED_AT.desc(), Invitation.id.desc()]
    place = sa.func.row_number().over(partition_by=Invitation.contact_id, order_by=newest_first)
    columns = (Invitation.account_id, Invitation.contact_id, Invitation.state, CLOSED_AT.label("at"))
    return sa.select(*columns, place.label("place")).where(condition, *ENDED)


def is_there() -> sa.ColumnElement[bool]:
    """People who have neither left nor been erased."""
    return sa.and_(Contact.status != ContactStatus.LEFT, Contact.status != ContactStatus.ERASED)


LAST_STATE = (
    sa.select(Invitation.state)
    .where(Invitation.contact_id == Contact.id, CLOSED_AT.is_not(None), *ENDED)
    .order_by(CLOSED_AT.desc(), Invitation.id.desc())
    .limit(1)
    .correlate(Contact)
    .scalar_subquery()
)
SILENT_PEOPLE = Prepared(
    sa.select(Contact.account_id, sa.func.count())
    .where(among(Contact.account_id), is_there(), LAST_STATE == InvitationState.SILENT)
    .group_by(Contact.account_id),
    tuple,
)
