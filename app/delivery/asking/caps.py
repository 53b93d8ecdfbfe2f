"""How many people of one account a wave may ask: on one day, and within some weeks. In Python, and the same in SQL.

The people who pass all other gates count in the order of their ids, behind everybody at the account who was asked by
whatever program in that time, or is about to be. Whoever is one too many is deferred: to the first day with room by
this count, or until the oldest of the asks has left the period.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.delivery.asking.gates import HEARD, UNSENT, Gate, Person, Reason, Verdict, verdict
from app.delivery.asking.moments import ONE_DAY, Due, greatest, ticks
from app.delivery.models import Invitation, InvitationState, Purpose
from app.surveys.rules import Rules

DAY_SECONDS = 86_400
TOUCHED = HEARD | {InvitationState.BOUNCED}


@dataclass(frozen=True)
class Load:
    """What an account was asked, whoever asked: when mails were sent, and when those that wait will be, if known."""

    sent: Sequence[datetime] = ()
    waiting: Sequence[datetime | None] = ()


def judge(
    verdicts: Mapping[int, Verdict],
    people: Iterable[Person],
    rules: Rules,
    *,
    due: Callable[[Person], Due],
    loads: Mapping[int, Load],
) -> dict[int, Verdict]:
    """The verdicts of the gates, with those who are too many at their account deferred."""
    found = dict(verdicts)
    places: Counter = Counter()
    for person in sorted(people, key=lambda p: p.id):
        if found[person.id].reason is None and person.account_id is not None:
            of_day, load = due(person), loads.get(person.account_id, Load())
            places.update([person.account_id, (person.account_id, of_day.day_from)])
            place, place_of_day = places[person.account_id], places[person.account_id, of_day.day_from]
            found[person.id] = verdict(gates(load, rules, of_day, place, place_of_day))
    return found


def gates(load: Load, rules: Rules, due: Due, place: int = 1, place_of_day: int = 1) -> list[Gate]:
    """Whether there is room for one more, who is the `place`-th of the wave at the account."""
    recent = [moment for moment in load.sent if moment > due.at - timedelta(days=rules.account_days)]
    moments = [*load.sent, *(moment for moment in load.waiting if moment)]
    taken = sum(due.day_from <= moment < due.day_until for moment in moments)
    asked = len(recent) + len(load.waiting)
    return rooms(Asked(taken, asked, min(recent, default=None)), rules, due, place, place_of_day)


class Asked(NamedTuple):
    """How many of an account are asked on the day and within the period, and when the oldest mail of that was sent."""

    taken: int
    recent: int
    oldest: datetime | None


NOBODY = Asked(0, 0, None)


def places_left(asked: Asked, rules: Rules) -> int:
    """How many mails to such an account find room by `rooms`, which says why the next one does not."""
    caps = ((rules.account_per_day, asked.taken), (rules.account_most, asked.recent))
    return min((cap - asks for cap, asks in caps if cap), default=sys.maxsize)


def rooms(asked: Asked, rules: Rules, due: Due, place: int, place_of_day: int) -> list[Gate]:
    """The same for an account that was counted."""
    is_full = 0 < rules.account_most < asked.recent + place
    full_until = (asked.oldest or due.at) + timedelta(days=rules.account_days)
    days = (asked.taken + place_of_day - 1) // rules.account_per_day if rules.account_per_day else 0
    day = due.day_until + (days - 1) * ONE_DAY
    return [
        Gate(Reason.ACCOUNT_PERIOD, is_full, full_until if is_full else None),
        Gate(Reason.ACCOUNT_DAY, days > 0, day if days else None),
    ]


def load_of(session: Session, account_id: int | None, *, beside: int | None = None) -> Load:
    """What an account was asked, without the asks of the wave `beside`."""
    states = sa.or_(Invitation.state.in_(TOUCHED), Invitation.state.in_(UNSENT))
    query = sa.select(Invitation.state, Invitation.sent_at, Invitation.due_at).where(
        Invitation.account_id == account_id, states, *counting(beside)
    )
    rows = session.execute(query).all()
    return Load(
        sent=[row.sent_at for row in rows if row.state in TOUCHED and row.sent_at],
        waiting=[row.due_at for row in rows if row.state in UNSENT],
    )


def full_until(session: Session, rules: Rules, *, now: datetime) -> dict[int, datetime]:
    """The accounts of which enough people were asked within the period or are about to be, and when one more may be."""
    if not rules.account_most:
        return {}
    period = timedelta(days=rules.account_days)
    waits = Invitation.state.in_(UNSENT)
    recent = sa.and_(Invitation.state.in_(TOUCHED), Invitation.sent_at > now - period)
    moment = sa.case((waits, sa.func.coalesce(Invitation.due_at, now)), else_=Invitation.sent_at)
    asks = sa.select(Invitation.account_id, sa.func.min(moment)).where(*counting(None), sa.or_(waits, recent))
    full = asks.group_by(Invitation.account_id).having(sa.func.count() >= rules.account_most)
    return {account_id: oldest + period for account_id, oldest in session.execute(full)}


def counting(beside: int | None) -> list[sa.ColumnElement[bool]]:
    """Which asks count at all."""
    found = [Invitation.is_rehearsal.is_(False), Invitation.purpose != Purpose.TEST]
    return found if beside is None else [*found, Invitation.wave_id != beside]


def kept(judged: sa.CTE) -> list[sa.ColumnElement]:
    """What is told of everybody beside reason and moment."""
    return [judged.c[name] for name in ("contact_id", "account_id", "email_key", "language", "due_at")]


def applied(judged: sa.CTE, dues: sa.CTE, rules: Rules, *, beside: int | None) -> sa.Select:
    """`judge` in SQL: the judged people, with those who are too many at their account deferred.

    Most accounts have room for all who may be asked there, however these were counted. Only the others' people are
    put in their order, which of a large audience takes as long as all the rest.
    """
    load = _loads(_places(judged), dues, rules, beside)
    crowded = _crowded(load, rules)
    # In a CASE, or PostgreSQL would join these accounts to the people, and find them anew for each. Of an equation
    # with a CASE it expects few rows, and would go through all accounts for each of what may be many people.
    is_placed = sa.case((judged.c.reason.is_not(None), 0), (judged.c.account_id.in_(crowded), 1), else_=0)
    others = sa.select(*kept(judged), judged.c.reason, judged.c.free).where(is_placed < 1)
    placed = _placed(judged, rules, is_placed > 0)
    period = rules.account_days * DAY_SECONDS
    asked = load.c.asked + placed.c.place
    is_full = asked > rules.account_most if rules.account_most else sa.false()
    full_until = ticks(sa.func.coalesce(load.c.oldest, placed.c.due_at), period)
    taken = load.c.taken + placed.c.place_of_day - 1
    days = taken // rules.account_per_day if rules.account_per_day else sa.literal(0)
    day_until = ticks(placed.c.day_until, (days - 1) * DAY_SECONDS)
    reason = sa.case((is_full, Reason.ACCOUNT_PERIOD.value), (days > 0, Reason.ACCOUNT_DAY.value))
    ends = (sa.case((is_full, full_until), else_=0), sa.case((days > 0, day_until), else_=0))
    free = sa.func.nullif(greatest(*ends), 0)
    here = sa.and_(load.c.account_id == placed.c.account_id, load.c.zone == placed.c.zone)
    free_ones = sa.select(*kept(placed), sa.cast(reason, sa.String).label("reason"), free.label("free"))
    found = sa.union_all(others, free_ones.select_from(placed.join(load, here))).subquery("capped")
    return sa.select(found)


def _places(judged: sa.CTE) -> sa.CTE:
    """By account and zone: how many people no gate stops."""
    of = (judged.c.account_id, judged.c.zone)
    found = sa.select(*of, sa.func.count().label("people")).where(is_asked(judged)).group_by(*of)
    return found.cte("places").prefix_with("MATERIALIZED")


def _crowded(load: sa.CTE, rules: Rules) -> sa.Select:
    """The accounts that have no room for all of these people, were all of them to be asked on the same day."""
    limits = ((rules.account_most, load.c.asked), (rules.account_per_day, load.c.taken))
    too_many = [sa.func.sum(load.c.people) + sa.func.max(asks) > cap for cap, asks in limits if cap]
    return sa.select(load.c.account_id).group_by(load.c.account_id).having(sa.or_(*too_many))


def _placed(judged: sa.CTE, rules: Rules, who: sa.ColumnElement[bool]) -> sa.CTE:
    """The people of crowded accounts whom no gate stops, with their place among these there, and on the day."""

    def place(*within) -> sa.ColumnElement[int]:
        return sa.func.row_number().over(partition_by=within, order_by=judged.c.contact_id)

    of, day, nobody = judged.c.account_id, judged.c.day_from, sa.literal(0)
    return (
        sa.select(
            *kept(judged),
            judged.c.zone,
            judged.c.day_until,
            (place(of) if rules.account_most else nobody).label("place"),
            (place(of, day) if rules.account_per_day else nobody).label("place_of_day"),
        )
        .where(who)
        .cte("placed")
    )


def is_asked(judged: sa.FromClause) -> sa.ColumnElement[bool]:
    """Those whom no gate stops, said so that PostgreSQL expects many of them.

    It takes one row in two hundred to have no reason, by which it would count all accounts anew for each person.
    """
    return sa.case((judged.c.reason.is_(None), 0), else_=1) < 1


def _loads(places: sa.CTE, dues: sa.CTE, rules: Rules, beside: int | None) -> sa.CTE:
    """By account and zone: how many may be asked, how many are, on the day and within the period, and the oldest of these."""
    farthest = sa.select(sa.func.min(dues.c.period_before if rules.account_most else dues.c.day_from))
    waits = Invitation.state.in_(UNSENT)
    touched = (Invitation.state.in_(TOUCHED), Invitation.sent_at >= farthest.scalar_subquery())
    # Said so that SQLite looks asks up by account: by state it would read all that a large wave has written so far.
    is_near = sa.case((waits, sa.true()), touched, else_=sa.false())
    is_theirs = sa.and_(Invitation.account_id == places.c.account_id, *counting(beside), is_near)
    moment = sa.case((waits, Invitation.due_at), else_=Invitation.sent_at)
    is_today = sa.and_(moment >= dues.c.day_from, moment < dues.c.day_until)
    is_recent = sa.and_(sa.not_(waits), Invitation.sent_at > dues.c.period_before)
    is_asked_too = sa.or_(waits, is_recent)
    # An outer join, so that SQLite goes from the accounts to their asks: the other way it would read all of these.
    of = (places.c.account_id, places.c.zone)
    return (
        sa.select(
            *of,
            sa.func.max(places.c.people).label("people"),
            sa.func.sum(sa.case((is_today, 1), else_=0)).label("taken"),
            sa.func.sum(sa.case((is_asked_too, 1), else_=0)).label("asked"),
            sa.func.min(sa.case((is_recent, Invitation.sent_at))).label("oldest"),
        )
        .select_from(places.join(dues, dues.c.zone == places.c.zone).outerjoin(Invitation, is_theirs))
        .group_by(*of)
        .cte("loads")
        .prefix_with("MATERIALIZED")
    )
