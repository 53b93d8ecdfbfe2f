"""The drip of a relationship program: its people and days, planned some working days ahead into the wave of the month.

The plan itself is pure (`surveys/plans/drip.py`) and is made anew from what is known each time; only the days that
are near enough are written down, as asks that colleagues can look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.clock import day_of
from app.core.installation import Installation, installation
from app.delivery import cadence
from app.delivery.asking import bulk, caps
from app.delivery.asking.gates import OF_TIME
from app.delivery.models import Invitation, InvitationState, PlannedDay, Purpose, Wave
from app.delivery.programs import periods
from app.surveys import rules
from app.surveys.models import Program, ProgramKind, ProgramStatus
from app.surveys.plans import drip, schedules
from app.surveys.plans.drip import Cycle, Person
from app.surveys.plans.schedules import Schedule

ONE_DAY = timedelta(days=1)
NOT_ASKED = (InvitationState.SUPPRESSED, InvitationState.CANCELLED, InvitationState.REFUSED)
WAITS = sorted(reason.value for reason in OF_TIME)


def plan_due(session: Session, *, now: datetime) -> Iterator[int]:
    """Write down the days of all drips whose notice begins now; yields how many people, day by day, for a commit."""
    active = sa.select(Program.id).filter_by(status=ProgramStatus.ACTIVE, kind=ProgramKind.RELATIONSHIP)
    for number in session.scalars(active.order_by(Program.id)).all():
        bulk.one_after_the_other(session)
        program = session.get(Program, number, with_for_update=True, populate_existing=True)
        schedule = schedules.of(program) if program else None
        if schedule is not None and schedule.kind == schedules.DRIP:
            for day in days_due(session, program, schedule, now=now):
                yield write_down(session, program, schedule, day, now=now)


def days_due(session: Session, program: Program, schedule: Schedule, *, now: datetime) -> list[date]:
    """The sending days that are the notice away from today and not written down yet."""
    first, end = noticed(installation(session), schedule, now)
    written = sa.select(PlannedDay.day).where(PlannedDay.program_id == program.id, PlannedDay.day >= first)
    known = set(session.scalars(written))
    days = cycle_of(session, program, schedule).sending_days(first, end)
    return [day for day in days if day not in known]


def noticed(facts: Installation, schedule: Schedule, now: datetime) -> tuple[date, date]:
    """The days [from, to) of which people hear just in time when they are planned today."""
    week, notice = facts.work_week, schedule.notice_days
    first, end = (day_of(week.add_days(now, notice + n), facts.zone) for n in (0, 1))
    return first, end


def write_down(session: Session, program: Program, schedule: Schedule, day: date, *, now: datetime) -> int:
    """Plan one day as asks of the wave of its month; how many people. A wave that is held up gets nobody."""
    cycle = cycle_of(session, program, schedule)
    people = people_of(session, program, schedule, now=now)
    chosen = drip.plan(people, cycle, first=day, end=day + ONE_DAY).get(day, [])
    wave = periods.wave_of(session, program, day, now=now) if chosen else None
    if wave is not None and not periods.takes_more(wave):
        return 0
    asked = periods.add(session, wave, chosen, day, now=now) if wave else []
    session.add(
        PlannedDay(
            program_id=program.id,
            day=day,
            wave_id=wave.id if wave else None,
            people=len(asked),
            planned_at=now,
        )
    )
    session.flush()
    return len(asked)


def cycle_of(session: Session, program: Program, schedule: Schedule) -> Cycle:
    """The cycle on the sending days of the program: weekdays of its window that are no holidays."""
    week, send_days = installation(session).work_week, frozenset(rules.of(program).send_days)

    def is_sending_day(day: date) -> bool:
        return day.weekday() in send_days and day not in week.holidays

    return Cycle(schedule["every_days"], schedule["spread_days"], is_sending_day)


def people_of(session: Session, program: Program, schedule: Schedule, *, now: datetime) -> list[Person]:
    """Everybody of the audience who can be asked at some time, with the first day on which every gate is open."""
    zone = installation(session).zone
    day = cache(lambda moment: day_of(moment, zone))  # Many people came, and were asked, at one moment.
    today, asked_on = day(now), last_asked(session, program)
    full_until = caps.full_until(session, rules.of(program), now=now)
    found = []
    for row in session.execute(candidates(program, cadence.ask_of(session, program, at=now))):
        known_on, last = day(row.created_at), asked_on.get(row.contact_id)
        since = schedule.since
        if known_on > since:
            since = known_on + schedule["new_after_days"] * ONE_DAY
        free = [since, today, last + schedule["every_days"] * ONE_DAY if last else today]
        ends = (row.free_at, full_until.get(row.account_id))
        free += [day(end) + ONE_DAY for end in ends if end is not None]
        is_known = row.reason is None or row.free_at is not None or bool(last and last >= today)
        free_on = max(free) if is_known else None
        found.append(Person(row.contact_id, row.account_id, row.place, since, free_on, last))
    return found


def candidates(program: Program, ask: cadence.Ask) -> sa.Select:
    """The people of the audience whom no lasting gate keeps out, with their place at the account and their free moment."""
    planned = cadence.plan(cadence.people_of(program), ask)
    place = sa.func.row_number().over(partition_by=Contact.account_id, order_by=Contact.id) - 1
    places = sa.select(Contact.id, place.label("place")).subquery("places")
    return (
        sa.select(
            planned.c.contact_id,
            planned.c.account_id,
            planned.c.reason,
            planned.c.free_at,
            places.c.place,
            Contact.created_at,
        )
        .join(places, places.c.id == planned.c.contact_id)
        .join(Contact, Contact.id == planned.c.contact_id)
        .where(sa.or_(planned.c.reason.is_(None), planned.c.reason.in_(WAITS)))
    )


def last_asked(session: Session, program: Program) -> dict[int, date]:
    """For which day the program asked each person last, asks to come included. In a rehearsal rehearsals count."""
    at = sa.func.max(sa.func.coalesce(Invitation.sent_at, Invitation.due_at))
    asks = sa.select(Invitation.contact_id, at).join(Wave, Wave.id == Invitation.wave_id)
    asks = asks.where(
        Wave.program_id == program.id,
        Wave.purpose == Purpose.PROGRAM,
        Wave.is_rehearsal.is_(not installation(session).is_live),
        Invitation.state.not_in(NOT_ASKED),
    )
    rows = session.execute(asks.group_by(Invitation.contact_id))
    zone = installation(session).zone
    day = cache(lambda moment: day_of(moment, zone))
    return {contact_id: day(moment) for contact_id, moment in rows if moment is not None}


@dataclass(frozen=True)
class Ahead:
    """A day to come: how many are asked, and whether they are written down already. `is_sending` is false on other days."""

    day: date
    people: int
    is_fixed: bool
    is_sending: bool


@dataclass(frozen=True)
class Outlook:
    """What a drip will do: the days to come, its people, how many are free now, and the sends of an average day."""

    days: list[Ahead]
    people: int
    free: int
    average: float


def outlook(session: Session, program: Program, schedule: Schedule, *, now: datetime, days: int) -> Outlook:
    """The next so many working days of a drip, as they are written down or would be if nothing changed."""
    facts = installation(session)
    cycle, people = cycle_of(session, program, schedule), people_of(session, program, schedule, now=now)
    today = day_of(now, facts.zone)
    working = working_days(facts, cycle, today, days)
    written = sa.select(PlannedDay.day, PlannedDay.people)
    theirs = written.where(PlannedDay.program_id == program.id, PlannedDay.day >= today)
    fixed = dict(map(tuple, session.execute(theirs)))
    first, end = (
        max([noticed(facts, schedule, now)[0], *(day + ONE_DAY for day in fixed)]),
        working[-1] + ONE_DAY,
    )
    expected = drip.plan(people, cycle, first=first, end=end) if first < end else {}
    shown = [
        Ahead(day, fixed.get(day, len(expected.get(day, ()))), day in fixed, cycle.is_sending_day(day))
        for day in working
    ]
    average = len(people) / max(1, len(cycle.days_of(cycle.number(today))))
    free = sum(person.free_on is not None and person.free_on <= today for person in people)
    return Outlook(shown, len(people), free, average)


def working_days(facts: Installation, cycle: Cycle, today: date, number: int) -> list[date]:
    """The next working days from today on, with sending days that are none."""
    found, day = [], today
    while len(found) < number:
        if facts.work_week.is_working_day(day) or cycle.is_sending_day(day):
            found.append(day)
        day += ONE_DAY
    return found
