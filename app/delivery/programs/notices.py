"""Mails to the owners of accounts: which of their people are about to be asked, two working days before.

One mail for each owner and wave, and another one only for people whose asks come later than what the last one told.
Rehearsals are not announced, nor a launch that can still be undone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import sqlalchemy as sa
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.auth.absences.covering import Roster
from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core.clock import day_of
from app.core.installation import Installation, installation
from app.core.language.words import speaking
from app.core.outbox_rows import insert_new
from app.delivery import letters
from app.delivery.models import ComingNotice, Invitation, Purpose, Wave, WaveState
from app.delivery.programs import skips
from app.delivery.sending import posting
from app.surveys.plans.schedules import NOTICE

MOST_NAMED = 40
EARLIEST_HOUR = 6
NOTICE_DAYS = NOTICE[-1]  # As programs that ask by themselves plan them.
DUE = sa.func.coalesce(Invitation.due_at, Wave.send_at)


def tell_owners(session: Session, settings: config.Settings, *, now: datetime) -> Iterator[int]:
    """Write to each owner of people who are about to be asked; yields how many people, mail by mail, for a commit."""
    facts = installation(session)
    if not facts.is_live or now.astimezone(facts.zone).hour < EARLIEST_HOUR:
        return
    until = horizon(facts, now)
    for owner_id, wave_id in session.execute(untold(until, now)).all():
        owner, roster = session.get_one(Staff, owner_id), Roster.on(session, day_of(now, facts.zone))
        for reader in (*roster.covers(owner_id), owner):
            people = write(session, settings, reader, owner, wave_id, until=until, now=now)
        remember(session, wave_id, owner_id, until=until, now=now)
        yield people


def horizon(facts: Installation, now: datetime) -> datetime:
    """The end of the second working day from now on, when that is where we are."""
    day = day_of(facts.work_week.add_days(now, NOTICE_DAYS), facts.zone)
    return datetime.combine(day + timedelta(days=1), time(), facts.zone).astimezone(UTC)


def untold(until: datetime, now: datetime) -> sa.Select:
    """The owners, each with a wave of which they were not told all that is due before that moment."""
    return (
        asks(until)
        .with_only_columns(Account.owner_id, Wave.id)
        .join(Staff, Staff.id == Account.owner_id)
        .where(
            Staff.active,
            Staff.is_demo.is_(False),
            Wave.is_rehearsal.is_(False),
            Wave.judged_to.is_(None),
            Wave.state.in_((WaveState.WAITING, WaveState.SENDING)),
            sa.func.coalesce(Wave.undo_until, now) <= now,
        )
        .distinct()
        .order_by(Account.owner_id, Wave.id)
    )


def asks(until: datetime) -> sa.Select:
    """The coming asks that are due before that moment and of which their owner was not told."""
    told = sa.and_(ComingNotice.wave_id == Wave.id, ComingNotice.staff_id == Account.owner_id)
    not_told = sa.or_(ComingNotice.until_at.is_(None), ComingNotice.until_at <= DUE)
    return skips.coming(None, {Purpose.PROGRAM}).outerjoin(ComingNotice, told).where(until > DUE, not_told)


def write(
    session: Session,
    settings: config.Settings,
    reader: Staff,
    owner: Staff,
    wave_id: int,
    *,
    until: datetime,
    now: datetime,
) -> int:
    """Write about one wave to the owner, or to whoever stands in for them; how many people the mail is about."""
    theirs = asks(until).where(Account.owner_id == owner.id, Wave.id == wave_id)
    people = session.scalar(sa.select(sa.func.count()).select_from(theirs.subquery())) or 0
    named = (
        theirs.with_only_columns(Account.name, Contact.first_name, Contact.last_name, DUE)
        .join(Contact, Contact.id == Invitation.contact_id)
        .order_by(DUE, Account.name, Invitation.id)
        .limit(MOST_NAMED)
    )
    rows = session.execute(named).all()
    wave, facts = session.get_one(Wave, wave_id), installation(session)
    language = reader.language or facts.language
    with speaking(language):
        subject, paragraphs = words(wave.name, people, rows, facts)
        footer = _("You get this mail because you look after these accounts.")
        if reader is not owner:
            footer = _("You get this mail because you stand in for %(name)s.", name=owner.display_name)
        wording = letters.notice(
            facts.company,
            language,
            subject,
            paragraphs,
            footer=footer,
            link=f"{settings.BASE_URL.rstrip('/')}/asks/coming",
        )
    posting.post(
        session,
        settings,
        wording,
        kind=posting.STAFF,
        recipient=reader.email,
        name=reader.display_name,
        now=now,
    )
    return people


def words(name: str, people: int, rows: list[sa.Row], facts: Installation) -> tuple[str, list[str]]:
    """Subject and paragraphs: one for each account, with those of its people who are asked first."""
    first = format_date(day_of(rows[0][3], facts.zone), "full")
    by_account: dict[str, list[str]] = {}
    for account, first_name, last_name, _due in rows:
        by_account.setdefault(account, []).append(f"{first_name} {last_name}".strip() or _("somebody"))
    paragraphs = [
        ngettext(
            "%(num)s person of your accounts is asked by “%(wave)s”, from %(day)s on.",
            "%(num)s people of your accounts are asked by “%(wave)s”, from %(day)s on.",
            people,
            wave=name,
            day=first,
        ),
        *[f"{account}: {', '.join(names)}" for account, names in by_account.items()],
    ]
    if people > len(rows):
        more = people - len(rows)
        paragraphs.append(ngettext("and %(num)s more person", "and %(num)s more people", more))
    paragraphs.append(
        _("Whoever should be left in peace for a while can be skipped there until the mail leaves.")
    )
    subject = ngettext(
        "%(num)s of your people is about to be asked", "%(num)s of your people are about to be asked", people
    )
    return subject, paragraphs


def remember(session: Session, wave_id: int, staff_id: int, *, until: datetime, now: datetime) -> None:
    key = {"wave_id": wave_id, "staff_id": staff_id}
    insert_new(session, ComingNotice.__table__, [key | {"until_at": until, "told_at": now}], key=list(key))
    mine = (ComingNotice.wave_id == wave_id, ComingNotice.staff_id == staff_id)
    session.execute(sa.update(ComingNotice).where(*mine).values(until_at=until, told_at=now))
