"""What became of detractors: those whose follow-up was closed beside those whom nobody called.

Each detractor's answer of some days is held against the person's next ask that closed, silence among it. Followed up: the
task was closed before that ask was over. Not followed up: by then it was open and nobody of us had been in touch.
Whoever is in between, called but not closed, belongs to neither.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.core.database.prepared import Prepared
from app.delivery.models import Invitation, InvitationState
from app.followups.models import Task, TaskKind
from app.reports.loops.counts import GIVEN, Days, given
from app.reports.participation import MANY_PEOPLE, asks_to_recommend, kept
from app.reports.statistics.recovery import RECOVERED_FROM, WON_FROM, Compared, Recovery
from app.responses.models import Response

DETRACTOR_TO = 6
UP_BY_THEMSELVES = (0.35, 0.49)  # With nothing done, at a test-retest correlation of .8 and of .6.
NONE, WAITING, FOLLOWED, CONTROL, BETWEEN = "none", "waiting", "followed", "control", "between"
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


def recovery(session: Session, days: Days, *, now: datetime | None = None) -> Recovered:
    """Of the detractors' answers of these days. Rehearsals, machines' answers and dismissed ones are left out.

    With `now` a figure of very many may be up to a minute old.
    """
    key = ("recovery", str(session.get_bind().url), days.bounds)
    return kept(key, now, lambda: counted(session, days), is_of_many)


def is_of_many(found: Recovered) -> bool:
    return sum(group.n for group in (found.to_passive.followed, found.to_passive.control)) > MANY_PEOPLE


def counted(session: Session, days: Days) -> Recovered:
    groups: dict[str, Counter[int | None]] = defaultdict(Counter)
    for group, score, number in of_detractors().rows(session.connection(), **given(days)):
        groups[group][score] += number
    followed, control = groups[FOLLOWED], groups[CONTROL]
    return Recovered(
        compared(followed, control, RECOVERED_FROM),
        compared(followed, control, WON_FROM),
        followed[None] + control[None],
        groups[WAITING].total(),
        groups[BETWEEN].total(),
    )


def compared(followed: Counter[int | None], control: Counter[int | None], least: int) -> Compared:
    """How many of each, by their scores, gave at least that much the next time."""
    return Compared(*(Recovery(at_least(least, scores), scores.total()) for scores in (followed, control)))


def at_least(least: int, scores: Counter[int | None]) -> int:
    return sum(number for score, number in scores.items() if score is not None and score >= least)


@cache
def of_detractors() -> Prepared:
    """How many answers of the given days are in which group, by the score that the next ask brought; no group without a next ask."""
    following, answer = aliased(Invitation), aliased(Response)
    begin, end = GIVEN.bounds
    next_id = (
        sa.select(following.id)
        .where(
            following.contact_id == Response.contact_id,
            following.sent_at > Response.submitted_at,
            sa.or_(*(following.state == state for state in OVER)),
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
    group = sa.case(
        (sa.and_(over_at.is_(None), Task.closed_at.is_(None)), NONE),
        (over_at.is_(None), WAITING),
        (Task.closed_at <= over_at, FOLLOWED),
        (Task.first_touched_at <= over_at, BETWEEN),
        else_=CONTROL,
    ).label("fate")
    found = (
        sa.select(group, answer.score, sa.func.count())
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
        .group_by("fate", answer.score)
    )
    return Prepared(found, tuple)
