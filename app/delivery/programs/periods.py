"""The waves into which a program asks by itself: one a month, so that the list of waves stays readable."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import format_date
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core import audit
from app.core.audit import SYSTEM
from app.core.installation import installation
from app.delivery import cadence, waves
from app.delivery.asking import bulk, deferring
from app.delivery.models import Invitation, Purpose, Wave, WaveState
from app.surveys import rules
from app.surveys.models import Program


def wave_of(session: Session, program: Program, day: date, *, now: datetime) -> Wave:
    """The program's wave of the month of `day`; a new one when there is none yet or the survey has a new version."""
    bulk.one_after_the_other(session)
    is_live, version = installation(session).is_live, program.survey.current
    key = f"{program.id}:{day:%Y-%m}:{version.id}:{'live' if is_live else 'rehearsal'}"
    found = session.scalars(sa.select(Wave).filter_by(launch_key=f"schedule:{key}")).one_or_none()
    if found is not None:
        return waves.held(session, found)
    month = format_date(day, "MMMM yyyy")
    wave = Wave(
        program=program,
        version=version,
        name=f"{program.name[:130]}, {month}",
        purpose=Purpose.PROGRAM,
        state=WaveState.SENDING,
        launch_key=f"schedule:{key}",
        is_rehearsal=not is_live,
        is_demo=program.is_demo,
        launched_at=now,
        launched_by=SYSTEM.name,
        send_at=now,
    )
    session.add(wave)
    session.flush()
    audit.note(session, SYSTEM, "wave.launched", subject=f"wave:{wave.id}", now=now, key=wave.launch_key)
    return wave


def takes_more(wave: Wave) -> bool:
    """Whether people may be added: not to a wave that somebody paused or cancelled."""
    return wave.state in (WaveState.SENDING, WaveState.FINISHED)


def add(
    session: Session,
    wave: Wave,
    contacts: Collection[int],
    day: date,
    *,
    now: datetime,
    with_reasons: bool = False,
) -> list[int]:
    """Plan these people for `day`, in the window of their own clocks, unless they are in the wave already; who was added.

    Whoever may not be asked then, for the account's sake too, is passed over, or kept in the wave with the reason.
    """
    program, zone = wave.program, installation(session).zone
    already = sa.select(Invitation.contact_id).where(Invitation.wave_id == wave.id)
    people = waves.chosen(contacts).where(Contact.id.not_in(already))
    at = max(opening_on(program, day, zone), now)
    ask = cadence.wave_of(session, program, people, at=at, first=lambda there: max(start_of(day, there), now))
    plan = cadence.plan(people, ask)
    mailboxes = sa.select(Invitation.asked_as).where(
        Invitation.wave_id == wave.id, Invitation.asked_as.is_not(None)
    )
    is_asked = sa.func.coalesce(plan.c.email_key, "").in_(mailboxes)
    chosen = sa.select(plan.c.contact_id).where(sa.not_(is_asked))
    ids = list(session.scalars(chosen if with_reasons else chosen.where(plan.c.reason.is_(None))))
    if ids:
        until = deferring.limit(wave, ask.rules, since=ask.at)
        bulk.invite(session, wave, waves.chosen(ids), ask, now=now, deferred_until=until)
        waves.reopen(session, wave)
    return ids


def start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def opening_on(program: Program, day: date, zone: ZoneInfo) -> datetime:
    """When the window of first mails opens on that day in that zone."""
    return datetime.combine(day, time(rules.of(program).send_from), zone).astimezone(UTC)
