"""What the rules may know about some accounts, in one query per table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Stage
from app.contacts.signals import Signal
from app.core.clock import day_of
from app.delivery.inbound.models import InboundMail
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.models import Invitation, InvitationState
from app.followups.models import Task
from app.health.alerting.conditions.spells import Chore, Fact, Fall, Past, Scored
from app.health.alerting.conditions.standing import COMPARED, TOLD_TYPES
from app.health.gathering import grouped, people_of
from app.health.models import Colour, ColourMove, Snapshot
from app.responses.models import Response

YEAR = timedelta(days=365)
STEP = 6  # Days between two looks at scores over a year; it goes five times into the thirty days that are compared.
TOLD_FOR = timedelta(days=3 * 365)
RANK = {Colour.RED: 0, Colour.YELLOW: 1, Colour.GREEN: 2}


def days_of_year(today: date) -> list[date]:
    """The days of the past year on which scores are looked at, today the last."""
    return [today - timedelta(days=STEP * place) for place in range(YEAR.days // STEP, -1, -1)]


def median_arr(session: Session) -> Decimal | None:
    """The ARR that half of the accounts do not reach; None where no account has one."""
    known = sa.select(Account.arr).where(Account.arr.is_not(None), Account.stage != Stage.LOST)
    count = session.scalar(sa.select(sa.func.count()).select_from(known.subquery())) or 0
    if not count:
        return None
    return session.scalar(known.order_by(Account.arr).offset((count - 1) // 2).limit(1))


def past_of(
    session: Session,
    ids: Sequence[int],
    *,
    today: date,
    zone: ZoneInfo,
    days: Sequence[date],
    median: Decimal | None,
) -> dict[int, Past]:
    """The past of each account, by id; `days` as in Past."""
    ids = list(ids)
    people = people_of(session, ids, today, zone)
    bounces, scores = bounces_of(session, ids, zone), scores_of(session, ids, days)
    chores, facts, falls = (
        chores_of(session, ids, zone),
        facts_of(session, ids, today, zone),
        falls_of(session, ids),
    )
    accounts = sa.select(Account.id, Account.arr, Account.renewal_on, Account.stage).where(
        Account.id.in_(ids)
    )
    return {
        row.id: Past(
            account_id=row.id,
            today=today,
            days=days,
            people=people[row.id],
            bounces=bounces,
            scores=scores[row.id],
            chores=chores[row.id],
            facts=facts[row.id],
            falls=falls[row.id],
            renewal_on=row.renewal_on,
            is_lost=row.stage == Stage.LOST,
            has_large_arr=median is not None and row.arr is not None and row.arr > median,
        )
        for row in session.execute(accounts)
    }


def bounces_of(session: Session, ids: list[int], zone: ZoneInfo) -> dict[int, list[date]]:
    """The days on which mail to each person came back, once for each ask."""
    back = sa.select(InboundMail.contact_id, InboundMail.invitation_id, InboundMail.arrived_at).where(
        InboundMail.account_id.in_(ids), InboundMail.kind.in_((Kind.HARD_BOUNCE, Kind.SOFT_BOUNCE))
    )
    refused = sa.select(Invitation.contact_id, Invitation.id, Invitation.closed_at).where(
        Invitation.account_id.in_(ids),
        Invitation.state == InvitationState.BOUNCED,
        Invitation.is_rehearsal.is_(False),
    )
    first: dict[tuple[int, int | None], date] = {}
    for query in (back, refused):
        for contact_id, invitation_id, at in session.execute(query):
            if contact_id is not None and at is not None:
                key, day = (contact_id, invitation_id), day_of(at, zone)
                first[key] = min(day, first.get(key, day))
    found: dict[int, list[date]] = defaultdict(list)
    for (contact_id, _ask), day in first.items():
        found[contact_id].append(day)
    return found


def scores_of(session: Session, ids: list[int], days: Sequence[date]) -> dict[int, dict[date, Scored]]:
    """The stored scores of the days, and of thirty days before each."""
    wanted = sorted({*days, *(day - COMPARED for day in days)})
    columns = (Snapshot.account_id, Snapshot.on, Snapshot.version, Snapshot.relationship, Snapshot.value)
    query = sa.select(*columns).where(Snapshot.account_id.in_(ids), Snapshot.on.in_(wanted))
    rows = grouped(session, query)
    return defaultdict(dict, {id: {row[0]: Scored(*row) for row in found} for id, found in rows.items()})


def chores_of(session: Session, ids: list[int], zone: ZoneInfo) -> dict[int, list[Chore]]:
    """The follow-ups of each account."""
    query = (
        sa.select(
            Task.account_id,
            *(Task.id, Task.kind, Task.contact_id, Task.opened_at, Task.first_touch_due_at),
            *(Task.first_touched_at, Task.due_at, Task.closed_at, Response.submitted_at),
        )
        .outerjoin(Response, Response.id == Task.response_id)
        .where(Task.account_id.in_(ids), Task.is_rehearsal.is_(False))
        .order_by(Task.id)
    )

    def day(moment) -> date | None:
        return day_of(moment, zone) if moment else None

    found: dict[int, list[Chore]] = defaultdict(list)
    for (
        account_id,
        id,
        kind,
        contact_id,
        opened,
        touch_due,
        touched,
        due,
        closed,
        answered,
    ) in session.execute(query):
        age = (day(opened) - day(answered)).days if answered else None
        clocks = (day(opened), day(touch_due), day(touched), day(due), day(closed))
        found[account_id].append(Chore(id, str(kind), contact_id, *clocks, answer_age=age))
    return found


def facts_of(session: Session, ids: list[int], today: date, zone: ZoneInfo) -> dict[int, list[Fact]]:
    """What other systems told about each account in the last years, of the types that rules look for."""
    columns = (Signal.account_id, Signal.id, Signal.type, Signal.at, Signal.value, Signal.contact_id)
    query = sa.select(*columns).where(Signal.account_id.in_(ids), Signal.type.in_(TOLD_TYPES))
    found: dict[int, list[Fact]] = defaultdict(list)
    for account_id, id, type_, at, value, contact_id in session.execute(query):
        day = day_of(at, zone)
        if today - TOLD_FOR < day <= today:
            found[account_id].append(Fact(id, type_, day, value, contact_id))
    return found


def falls_of(session: Session, ids: list[int]) -> dict[int, list[Fall]]:
    """The days on which the colour of each account got worse, and when it got better again."""
    columns = (
        ColourMove.account_id,
        ColourMove.on,
        ColourMove.name,
        ColourMove.before,
        ColourMove.after,
        ColourMove.task_id,
    )
    query = sa.select(*columns).where(ColourMove.account_id.in_(ids)).order_by(ColourMove.on)
    found: dict[int, list[Fall]] = defaultdict(list)
    for account_id, moves in grouped(session, query).items():
        for on, name, before, after, task_id in moves:
            if RANK.get(after, 9) < RANK.get(before, -1):
                better = (m[0] for m in moves if m[0] > on and RANK.get(m[3], -1) > RANK[after])
                found[account_id].append(Fall(on, name, str(after), task_id, next(better, None)))
    return found
