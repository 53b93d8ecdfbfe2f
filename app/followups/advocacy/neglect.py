"""Promoters whom nobody has been in touch with for long, 180 days unless it is set otherwise: neglect loses them, so somebody is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, aliased

from app.contacts.models import Contact, ContactStatus
from app.core.installation import installation
from app.core.language.words import speaking
from app.followups import opening, triggers
from app.followups.models import Task, TaskKind, TaskState, Touch
from app.responses import asks
from app.responses.models import Response

UNTOUCHED = timedelta(days=180)
PROMOTER_FROM = 9
MOST_IN_A_PASS = 20


def alert(session: Session, *, now: datetime, untouched: timedelta = UNTOUCHED) -> Iterator[int]:
    """Open an alert about some of them, once for an answer, those longest alone first; yields, for a commit, how many.

    A pass opens few, so that nobody's queue is full of them on the day on which this begins.
    """
    facts = installation(session)
    if not facts.is_live or facts.is_held:
        return
    found = session.execute(NEGLECTED, {"since": now - untouched}).all()
    for response_id, invitation_id in found:
        tell(session, response_id, invitation_id, untouched, now=now)
    session.flush()
    yield len(found)


def tell(
    session: Session, response_id: int, invitation_id: int, untouched: timedelta, *, now: datetime
) -> None:
    connection = session.connection()
    ask = asks.by_id(connection, invitation_id)
    person = opening.person_of(ask)
    with speaking(ask.staff_language):
        reason = _(
            "%(who)s is a promoter, and nobody has been in touch for %(days)s days: say hello, before it cools down.",
            who=triggers.ROLES[person.role],
            days=untouched.days,
        )
    due = triggers.due(TaskKind.ALERT, reason, person, week=ask.work_week, now=now)
    calm = triggers.due(TaskKind.PROMOTER, reason, person, week=ask.work_week, now=now)
    due = replace(due, priority=calm.priority, first_touch_due_at=calm.first_touch_due_at)
    opening.insert(connection, due, ask, now=now, response_id=response_id)


newer, other = aliased(Response), aliased(Task)
NEGLECTED = (
    sa.select(Response.id, Response.invitation_id)
    .join(Contact, Contact.id == Response.contact_id)
    .where(
        Response.score >= PROMOTER_FROM,
        Response.submitted_at < sa.bindparam("since"),
        Response.is_rehearsal.is_(False),
        Response.dismissed_at.is_(None),
        sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None)),
        Contact.status == ContactStatus.ACTIVE,
        Contact.is_demo.is_(False),
        ~sa.exists().where(
            newer.contact_id == Response.contact_id, newer.submitted_at > Response.submitted_at
        ),
        ~sa.exists().where(Touch.contact_id == Response.contact_id, Touch.at >= sa.bindparam("since")),
        ~sa.exists().where(other.contact_id == Response.contact_id, other.state != TaskState.CLOSED),
        ~sa.exists().where(other.response_id == Response.id, other.kind == TaskKind.ALERT),
    )
    .order_by(Response.submitted_at, Response.id)
    .limit(MOST_IN_A_PASS)
)
