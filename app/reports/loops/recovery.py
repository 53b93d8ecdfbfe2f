"""What became of detractors: those whose follow-up was closed beside those whom nobody called.

Each detractor's answer of some days is held against the person's next ask that closed, silence among it. Followed up: the
task was closed before that ask was over. Not followed up: by then it was open and nobody of us had been in touch.
Whoever is in between, called but not closed, belongs to neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.delivery.models import Invitation, InvitationState
from app.followups.models import Task, TaskKind
from app.reports.loops.counts import Days
from app.reports.participation import asks_to_recommend
from app.reports.statistics.recovery import RECOVERED_FROM, WON_FROM, Compared, Recovery
from app.responses.models import Response

DETRACTOR_TO = 6
UP_BY_THEMSELVES = (0.35, 0.49)  # With nothing done, at a test-retest correlation of .8 and of .6.
OVER = (InvitationState.ANSWERED, InvitationState.SILENT, InvitationState.DECLINED)


@dataclass(frozen=True)
class Recovered:
    """Conversion to 7 or more, and to 9 or more, with the next ask.

    `silent` people of both groups did not answer it and count as not recovered; `waiting` ones were followed up and had no
    next ask that is over; those `between` belong to neither group.
    """

    to_passive: Compared
    to_promoter: Compared
    silent: int
    waiting: int
    between: int


def recovery(session: Session, days: Days) -> Recovered:
    """Of the detractors' answers of these days. Rehearsals, machines' answers and dismissed ones are left out."""
    followed: list[int | None] = []
    control: list[int | None] = []
    waiting = between = 0
    for closed_at, touched_at, over_at, score in session.execute(of_detractors(days)):
        if over_at is None:
            waiting += closed_at is not None
        elif closed_at is not None and closed_at <= over_at:
            followed.append(score)
        elif touched_at is None or touched_at > over_at:
            control.append(score)
        else:
            between += 1
    return Recovered(
        compared(followed, control, RECOVERED_FROM),
        compared(followed, control, WON_FROM),
        sum(score is None for score in (*followed, *control)),
        waiting,
        between,
    )


def compared(followed: list[int | None], control: list[int | None], least: int) -> Compared:
    """How many of each gave at least that much the next time."""
    return Compared(
        *(Recovery(sum((s or 0) >= least for s in scores), len(scores)) for scores in (followed, control))
    )


def of_detractors(days: Days) -> sa.Select:
    """When the follow-up of each answer was closed and first touched, when the next ask was over, and what it said."""
    following, answer = aliased(Invitation), aliased(Response)
    begin, end = days.bounds
    next_id = (
        sa.select(following.id)
        .where(
            following.contact_id == Response.contact_id,
            following.sent_at > Response.submitted_at,
            following.state.in_(OVER),
            following.is_rehearsal.is_(False),
            sa.not_(following.is_away),
            asks_to_recommend(following),
        )
        .order_by(following.sent_at, following.id)
        .limit(1)
        .correlate(Response)
        .scalar_subquery()
    )
    later = aliased(Invitation)
    over_at = sa.func.coalesce(answer.submitted_at, later.declined_at, later.silent_at, later.closed_at)
    return (
        sa.select(Task.closed_at, Task.first_touched_at, over_at, answer.score)
        .select_from(Response)
        .outerjoin(Task, sa.and_(Task.response_id == Response.id, Task.kind == TaskKind.DETRACTOR))
        .outerjoin(later, later.id == next_id)
        .outerjoin(answer, answer.invitation_id == later.id)
        .where(
            Response.score <= DETRACTOR_TO,
            Response.submitted_at >= begin,
            Response.submitted_at < end,
            Response.is_rehearsal.is_(False),
            Response.dismissed_at.is_(None),
            sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None)),
        )
    )
