"""Occasions: what a transactional program waits for, found by a query over rows, so that a late one is never lost.

A person is asked once for each occasion, which a unique key holds fast. An occasion whose day lies before the program
was set up, or more than `LATEST` ago, is none. Whoever may not be asked stands in the wave with the reason and the
day on which they become free, like anybody who is left out of a launch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, AccountStage, Contact, Stage
from app.contacts.signals import Signal
from app.core.clock import day_of
from app.core.database.columns import UtcDateTime
from app.core.installation import installation
from app.delivery import cadence
from app.delivery.asking import bulk
from app.delivery.models import Occasion
from app.delivery.programs import periods
from app.surveys.models import Program, ProgramKind, ProgramStatus
from app.surveys.plans import schedules
from app.surveys.plans.schedules import Schedule

Source = tuple[sa.ColumnElement, sa.ColumnElement, tuple[Any, sa.ColumnElement] | None]
ONE_DAY = timedelta(days=1)
LATEST = timedelta(days=30)
MOST_AT_ONCE = 1000


def meet(session: Session, *, now: datetime) -> Iterator[int]:
    """Ask for every occasion that has come; yields how many people, program by program, for a commit."""
    active = sa.select(Program.id).filter_by(status=ProgramStatus.ACTIVE, kind=ProgramKind.TRANSACTIONAL)
    for number in session.scalars(active.order_by(Program.id)).all():
        bulk.one_after_the_other(session)
        program = session.get(Program, number, with_for_update=True, populate_existing=True)
        schedule = schedules.of(program) if program else None
        while schedule is not None and (met := meet_some(session, program, schedule, now=now)):
            yield met


def meet_some(session: Session, program: Program, schedule: Schedule, *, now: datetime) -> int:
    """Ask for some of the occasions that have come, those of one day; 0 when there are none to ask for."""
    here = installation(session)
    first, today = (
        day_of(here.work_week.add_days(now, schedule.notice_days), here.zone),
        day_of(now, here.zone),
    )
    found = due(session, program, schedule, first=today - LATEST, last=first)[:MOST_AT_ONCE]
    if not found:
        return 0
    wave = periods.wave_of(session, program, first, now=now)
    if not periods.takes_more(wave):
        return 0
    periods.add(session, wave, {each.contact_id for each in found}, first, now=now, with_reasons=True)
    session.add_all(
        Occasion(
            program_id=program.id,
            contact_id=each.contact_id,
            key=each.key,
            due_on=each.due_on,
            wave_id=wave.id,
            met_at=now,
        )
        for each in found
    )
    session.flush()
    return len(found)


class Due(NamedTuple):
    """An occasion of one person: by its key there is one, on its day."""

    due_on: date
    contact_id: int
    key: str


def due(session: Session, program: Program, schedule: Schedule, *, first: date, last: date) -> list[Due]:
    """Occasions of the audience on [first, last], but not before the program was set up, for which nobody was asked."""
    zone, away = installation(session).zone, away_of(schedule)
    found = occasions(schedule, max(schedule.since, first) - away, last - away, zone).subquery("found")
    is_met = sa.exists().where(
        Occasion.program_id == program.id,
        Occasion.contact_id == found.c.contact_id,
        Occasion.key == found.c.key,
    )
    query = sa.select(found).where(sa.not_(is_met), found.c.contact_id.in_(cadence.people_of(program)))
    rows = session.execute(query.order_by(found.c.base_on, found.c.contact_id))
    return [Due(day_in(row.base_on, zone) + away, row.contact_id, row.key) for row in rows]


def away_of(schedule: Schedule) -> timedelta:
    """How long after what happens the occasion comes; negative for before."""
    is_before = schedule.kind == schedules.RENEWAL
    return timedelta(days=-schedule["before_days"] if is_before else schedule["after_days"])


def occasions(schedule: Schedule, first: date, last: date, zone: ZoneInfo) -> sa.Select:
    """What happened or will happen on [first, last]: contact_id, key, and base_on, a day or a moment."""
    people = sa.select(Contact.id.label("contact_id")).join(Account, Account.id == Contact.account_id)
    people = people.where(Account.stage != Stage.LOST)
    key, base, more = SOURCES[schedule.kind](schedule)
    if more is not None:
        people = people.join(*more)
    low, high = (first, last + ONE_DAY)
    if isinstance(base.type, UtcDateTime):
        low, high = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (low, high))
    return people.add_columns(key.label("key"), base.label("base_on")).where(base >= low, base < high)


def stage_reached(schedule: Schedule) -> Source:
    is_it = sa.and_(AccountStage.account_id == Account.id, AccountStage.stage == Stage(schedule["stage"]))
    return keyed("stage", AccountStage.id), AccountStage.from_on, (AccountStage, is_it)


def renewal_near(schedule: Schedule) -> Source:
    return keyed("renewal", Account.renewal_on), Account.renewal_on, None


def account_began(schedule: Schedule) -> Source:
    return sa.literal("start"), Account.started_on, None


def person_known(schedule: Schedule) -> Source:
    return sa.literal("joined"), Contact.created_at, None


def signal_came(schedule: Schedule) -> Source:
    of_person = sa.or_(Signal.contact_id == Contact.id, Signal.contact_id.is_(None))
    is_it = sa.and_(Signal.account_id == Account.id, Signal.type == schedule["type"], of_person)
    return keyed("signal", Signal.id), Signal.at, (Signal, is_it)


def keyed(name: str, column: sa.ColumnElement) -> sa.ColumnElement[str]:
    return sa.literal(f"{name}:") + sa.cast(column, sa.String)


SOURCES: dict[str, Callable[[Schedule], Source]] = {
    schedules.STAGE: stage_reached,
    schedules.RENEWAL: renewal_near,
    schedules.START: account_began,
    schedules.JOINED: person_known,
    schedules.SIGNAL: signal_came,
}


def day_in(moment: date | datetime, zone: ZoneInfo) -> date:
    return day_of(moment, zone) if isinstance(moment, datetime) else moment


def ahead(session: Session, program: Program, schedule: Schedule, *, today: date) -> dict[date, int]:
    """How many people of the audience have an occasion on each day of the month to come."""
    found = due(session, program, schedule, first=today - LATEST, last=today + LATEST)
    counted = Counter(max(each.due_on, today) for each in found)
    return dict(sorted(counted.items()))


def met_since(session: Session, program: Program, since: datetime) -> int:
    """For how many occasions people were asked, or left out with a reason, since that moment."""
    met = sa.select(sa.func.count()).where(Occasion.program_id == program.id, Occasion.met_at >= since)
    return session.scalar(met) or 0
