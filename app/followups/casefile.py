"""What a person wants to know before dialling: history of answers and silences, last touches, what else is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts import goals
from app.contacts.models import Goal
from app.delivery.models import Invitation, InvitationState
from app.followups import touches
from app.followups.models import Task, TaskState, Touch
from app.responses.models import Response
from app.sentiment.models import StoredReading

HISTORY = 12
ASKED = (
    InvitationState.SENT,
    InvitationState.ANSWERED,
    InvitationState.DECLINED,
    InvitationState.SILENT,
    InvitationState.BOUNCED,
)


@dataclass(frozen=True)
class Ask:
    """One ask of the past and what came of it."""

    invitation: Invitation
    response: Response | None

    @property
    def at(self) -> datetime | None:
        return self.invitation.answered_at or self.invitation.closed_at or self.invitation.sent_at


@dataclass(frozen=True)
class CaseFile:
    """The surroundings of a task."""

    asks: list[Ask]
    reading: StoredReading | None
    touches: list[Touch]
    others: list[Task]
    goal: Goal | None
    points: list[TalkingPoint]


@dataclass(frozen=True)
class TalkingPoint:
    """Something worth saying, and the answer it rests on."""

    words: str
    response: Response


def casefile(session: Session, task: Task, *, now: datetime) -> CaseFile:
    """Everything beside the task, in a handful of queries."""
    asks = asks_of(session, task)
    answers = [ask.response for ask in asks if ask.response is not None]
    return CaseFile(
        asks=asks,
        reading=reading_of(session, task),
        touches=touches.of_account(session, task.account_id, limit=5),
        others=other_tasks(session, task),
        goal=goals.current(session, task.account_id),
        points=talking_points(answers),
    )


def asks_of(session: Session, task: Task) -> list[Ask]:
    """The contact's last asks, newest first; the account's when the task names nobody."""
    whose = (
        Invitation.contact_id == task.contact_id
        if task.contact_id
        else Invitation.account_id == task.account_id
    )
    query = (
        sa.select(Invitation, Response)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(whose, Invitation.state.in_(ASKED), Invitation.is_rehearsal == task.is_rehearsal)
        .order_by(sa.func.coalesce(Invitation.answered_at, Invitation.closed_at, Invitation.sent_at).desc())
        .limit(HISTORY)
    )
    return [Ask(invitation, response) for invitation, response in session.execute(query)]


def reading_of(session: Session, task: Task) -> StoredReading | None:
    if task.response_id is None:
        return None
    query = sa.select(StoredReading).where(StoredReading.response_id == task.response_id)
    return session.scalars(query.order_by(StoredReading.read_at.desc(), StoredReading.id.desc())).first()


def other_tasks(session: Session, task: Task) -> list[Task]:
    """Other open tasks at the account: two unhappy people at one customer are one conversation."""
    elsewhere = (Task.account_id == task.account_id, Task.id != task.id, Task.state != TaskState.CLOSED)
    return list(session.scalars(sa.select(Task).where(*elsewhere).order_by(Task.due_at).limit(10)))


def talking_points(answers: list[Response]) -> list[TalkingPoint]:
    """What changed since the last answer, and what was said before; at most three points, newest answers first."""
    points = []
    scored = [answer for answer in answers if answer.score is not None]
    if len(scored) > 1 and scored[0].score != scored[1].score:
        points.append(TalkingPoint(change_in_words(scored[0].score, scored[1].score), scored[1]))
    told = [answer for answer in answers[1:] if answer.comment]
    points += [TalkingPoint(first_sentence(answer.comment), answer) for answer in told[:2]]
    return points


def change_in_words(now: int, before: int) -> str:
    return f"{before} → {now}"


def first_sentence(comment: str, limit: int = 160) -> str:
    """The beginning of a comment, cut at a word."""
    line = " ".join(comment.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + "…"
