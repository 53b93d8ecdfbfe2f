"""Everything an account page shows, put together; as it is now, or as its scores were stored on a past day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from app.contacts import goals
from app.contacts.models import Account, Goal
from app.core.clock import Today
from app.delivery.inbound import queries as incoming
from app.delivery.inbound.models import InboundMail
from app.followups import touches
from app.followups.models import Task, Touch
from app.health import snapshots
from app.health.snapshots import Told
from app.reports.accounts import people, points, story
from app.reports.accounts.figures import Figures, figures
from app.reports.accounts.people import Team
from app.reports.accounts.points import Point
from app.reports.accounts.scores import history, reasons
from app.reports.accounts.scores.history import Week
from app.reports.accounts.scores.reasons import Explanation
from app.reports.accounts.story import Ask, Event
from app.reports.statistics.nps import Estimate, estimate
from app.responses.models import Response


@dataclass(frozen=True)
class Scores:
    """The four scores of a day with their reasons, what preceded them, and the weeks up to that day."""

    told: Told
    before: Told | None
    explanations: list[Explanation]
    events: list[Event]
    weeks: list[Week]
    since: date | None = None

    @property
    def has_other_formula(self) -> bool:
        """Whether the parameters of the scores were changed between the two days."""
        return self.before is not None and self.before.version != self.told.version

    @property
    def is_moved(self) -> bool:
        return any(explanation.change for explanation in self.explanations)


@dataclass(frozen=True)
class Dossier:
    """The account itself, as it is now."""

    figures: Figures
    nps: Estimate
    team: Team
    asks: list[Ask]
    comments: list[Response]
    letters: Sequence[InboundMail]
    open_tasks: list[Task]
    closed_tasks: list[Task]
    touches: list[Touch]
    goals: list[Goal]
    points: list[Point]

    @property
    def goal(self) -> Goal | None:
        """The current objective."""
        return next((goal for goal in self.goals if goal.ended_on is None), None)


def scores_now(session: Session, account: Account, today: Today, since: date | None = None) -> Scores:
    """The scores as they are, held against those of `since`, else against a month before."""
    told = snapshots.current(session, account.id, today=today.day, zone=today.zone)
    return scores(session, account, told, today, since)


def scores_on(
    session: Session, account: Account, day: date, today: Today, since: date | None = None
) -> Scores | None:
    """The scores as they were stored on a day; None when none were."""
    told = snapshots.on_day(session, account.id, day)
    return scores(session, account, told, today, since) if told else None


def scores(session: Session, account: Account, told: Told, today: Today, since: date | None = None) -> Scores:
    before = reasons.compared_with(session, account.id, told.as_of, since)
    limit = story.MOST_EVENTS if since else story.EVENTS_SHOWN
    return Scores(
        told=told,
        before=before,
        explanations=reasons.explain(told, before),
        events=story.preceding(
            session, account.id, after=before.as_of, until=told.as_of, zone=today.zone, limit=limit
        )
        if before
        else [],
        weeks=history.weeks(session, account.id, told),
        since=since,
    )


def dossier(session: Session, account: Account, today: Today, *, everything: bool = False) -> Dossier:
    """What stands beside the scores. `everything` lists all asks and comments instead of the newest."""
    beside = figures(session, [account.id], today=today.day, now=today.now)[account.id]
    still_open, closed = story.tasks(session, account.id)
    more = {"limit": story.MOST_SHOWN} if everything else {}
    return Dossier(
        figures=beside,
        nps=estimate(beside.bands),
        team=people.team(session, account, today=today.day, zone=today.zone),
        asks=story.asks_of_account(session, account.id, **more),
        comments=story.comments(session, account.id, **more),
        letters=incoming.replies_of_account(session, account.id),
        open_tasks=still_open,
        closed_tasks=closed,
        touches=touches.of_account(session, account.id, limit=8),
        goals=goals.history(session, account.id),
        points=points.talking_points(session, account.id, today=today.day),
    )
