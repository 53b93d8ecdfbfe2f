"""An account has another colour than the day before: somebody follows up, or it is kept why nobody has to.

Days are looked at once they are over, because a colour is that of a whole day. A colour that got worse opens one follow-up,
unless one is open about trouble at the account already, which then knows of it. Nothing happens without a line in the
list: better, known for the first time, or not known any more are reasons too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, aliased

from app.contacts.models import Account, ContactRole
from app.core.clock import day_of
from app.core.installation import Installation, installation
from app.core.language.words import speaking
from app.followups import triggers
from app.followups.around import accounts as about_accounts
from app.followups.models import Task, TaskKind, TaskState
from app.followups.opening import BY
from app.followups.triggers import Person
from app.health.models import Colour, ColourMove, Snapshot

CHUNK = 200
ONE_DAY = timedelta(days=1)
TROUBLE = (TaskKind.DETRACTOR, TaskKind.VALUE, TaskKind.ALERT)
RANK = {Colour.RED: 0, Colour.YELLOW: 1, Colour.GREEN: 2}
HEALTH, RELATIONSHIP = "health", "relationship"


def follow(session: Session, *, now: datetime, opens: bool = True) -> Iterator[int]:
    """Look at yesterday against the day before; yields after each chunk, for a commit, how many colours moved.

    Without `opens` each is noted and nobody is called upon.
    """
    facts = installation(session)
    if not facts.is_live or facts.is_held:
        return
    day = day_of(now, facts.zone) - ONE_DAY
    while found := session.execute(MOVED, {"day": day, "eve": day - ONE_DAY}).all():
        with speaking(facts.language):
            for row in found:
                note(session, row, day, facts, opens=opens, now=now)
        session.flush()
        yield len(found)


def note(
    session: Session, row: sa.Row, day: date, facts: Installation, *, opens: bool, now: datetime
) -> None:
    """Write one move down with what follows from it."""
    is_health = Colour.GREY not in (row.health_before, row.health_after)
    name = HEALTH if is_health or row.relationship_before == row.relationship_after else RELATIONSHIP
    before, after = getattr(row, f"{name}_before"), getattr(row, f"{name}_after")
    move = ColourMove(
        account_id=row.account_id, on=day, name=name, before=before, after=after, at=now, why=""
    )
    session.add(move)
    reason = why_not(before, after)
    if reason is None and not opens:
        reason = _("The rule about colours is switched off.")
    if reason is None:
        task = open_trouble(session, row.account_id)
        if task is not None:
            reason = _("A follow-up about trouble at this account is open already.")
        else:
            task = opened(session, row, name, before, after, facts, now=now)
            move.is_opened, reason = True, task.reason
        move.task_id = task.id
    move.why = reason


def why_not(before: Colour, after: Colour) -> str | None:
    """Why a move calls for nobody; None where it got worse, which does."""
    if before == Colour.GREY:
        return _("The score is known for the first time.")
    if after == Colour.GREY:
        return _("What is known has become too old for a score; the next answer brings one.")
    if RANK[after] > RANK[before]:
        return _("It became better.")
    return None


def open_trouble(session: Session, account_id: int) -> Task | None:
    """The follow-up in which the account's trouble is worked on already, the newest."""
    query = sa.select(Task).where(
        Task.account_id == account_id,
        Task.state != TaskState.CLOSED,
        Task.kind.in_(TROUBLE),
        Task.is_rehearsal.is_(False),
    )
    return session.scalars(query.order_by(Task.id.desc()).limit(1)).first()


def opened(
    session: Session,
    row: sa.Row,
    name: str,
    before: Colour,
    after: Colour,
    facts: Installation,
    *,
    now: datetime,
) -> Task:
    account = session.get_one(Account, row.account_id)
    scores = {
        "before": round(getattr(row, f"{name}_score_before")),
        "after": round(getattr(row, f"{name}_score")),
    }
    said = {
        (HEALTH, Colour.RED): _(
            "Health fell from %(before)s to %(after)s, to at risk: find out what moved it."
        ),
        (HEALTH, Colour.YELLOW): _(
            "Health fell from %(before)s to %(after)s, to watch: find out what moved it."
        ),
        (RELATIONSHIP, Colour.RED): _(
            "Relationship fell from %(before)s to %(after)s, to at risk: find out what moved it."
        ),
        (RELATIONSHIP, Colour.YELLOW): _(
            "Relationship fell from %(before)s to %(after)s, to watch: find out what moved it."
        ),
    }[name, after]
    person = Person(ContactRole.OTHER, account.tier)
    due = triggers.due(TaskKind.ALERT, said % scores, person, week=facts.work_week, now=now)
    return about_accounts.open_task(session, account, due, facts, by=BY, now=now)


today, eve, known = aliased(Snapshot), aliased(Snapshot), aliased(ColourMove)
MOVED = (
    sa.select(
        today.account_id,
        today.health_colour.label("health_after"),
        eve.health_colour.label("health_before"),
        today.relationship_colour.label("relationship_after"),
        eve.relationship_colour.label("relationship_before"),
        today.health.label("health_score"),
        eve.health.label("health_score_before"),
        today.relationship.label("relationship_score"),
        eve.relationship.label("relationship_score_before"),
    )
    .join(eve, sa.and_(eve.account_id == today.account_id, eve.on == sa.bindparam("eve")))
    .where(
        today.on == sa.bindparam("day"),
        sa.or_(
            today.health_colour != eve.health_colour,
            sa.and_(
                sa.or_(today.health_colour == Colour.GREY, eve.health_colour == Colour.GREY),
                today.relationship_colour != eve.relationship_colour,
            ),
        ),
        ~sa.exists().where(known.account_id == today.account_id, known.on == today.on),
    )
    .order_by(today.account_id)
    .limit(CHUNK)
)
