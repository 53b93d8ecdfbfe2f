"""The mail of the morning: what waits in a person's queue and what has happened, on working days, by their own clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session, joinedload

import config
from app.auth.absences import covering
from app.auth.absences.covering import Roster, words_of
from app.auth.absences.models import Absence
from app.auth.models import Staff
from app.core.clock import day_of
from app.core.installation import installation
from app.core.language.words import speaking
from app.delivery import letters
from app.delivery.sending import posting
from app.followups import queue
from app.followups.activities import next_working_day
from app.followups.models import Task
from app.followups.queue import QueueCounts, QueueFilter
from app.integrations import choices, saying
from app.integrations.models import Notice, NoticeKind
from app.integrations.notifying import is_about_nothing

MOST_TASKS = 8
MOST_NEWS = 12
NEWS_OF = timedelta(hours=24)


def send_due(session: Session, settings: config.Settings, *, now: datetime) -> Iterator[int]:
    """Write to everybody whose morning it is and who was not written to today; yields how many, person by person.

    Nobody is written to on days off, while away, or when nothing waits and nothing has happened.
    """
    facts = installation(session)
    roster = Roster.on(session, day_of(now, facts.zone))
    known = choices.known(session)
    for person in readers(session):
        chosen, zone = known.get(person.id) or choices.usual(person.id), zone_of(person, facts.zone)
        today = now.astimezone(zone)
        is_morning = today.hour >= chosen.daily_hour and chosen.digested_on != today.date()
        if not chosen.mail_daily or not is_morning or not facts.work_week.is_working_day(today.date()):
            continue
        session.add(chosen)
        chosen.digested_on = today.date()
        if person.id not in roster.absences:
            yield int(write(session, settings, person, roster, zone, now=now))


def readers(session: Session) -> list[Staff]:
    """Who owns follow-ups, stands in for somebody, or was told something of late."""
    query = sa.select(Staff).where(Staff.active, Staff.is_demo.is_(False)).order_by(Staff.id)
    return list(session.scalars(query))


def zone_of(person: Staff, usual: ZoneInfo) -> ZoneInfo:
    return ZoneInfo(person.time_zone) if person.time_zone else usual


def write(
    session: Session,
    settings: config.Settings,
    person: Staff,
    roster: Roster,
    zone: ZoneInfo,
    *,
    now: datetime,
) -> bool:
    """The mail of one person, into the outbox; False when there is nothing to say."""
    facts, covered = installation(session), roster.covered_by(person.id)
    counts = queue.counts(session, person.id, now=now, zone=zone, covered=tuple(covered))
    news, over = news_of(session, person, now), just_back(session, person, zone, now)
    if not news and not over and not (counts.waiting or counts.overdue or counts.today or counts.new):
        return False
    chosen = QueueFilter(owner=person.id, covered=tuple(covered))
    first = queue.tasks(session, chosen, now=now, zone=zone, size=MOST_TASKS)[:MOST_TASKS]
    language = person.language or facts.language
    with speaking(language):
        paragraphs = [*figures(counts), *[news_line(one, settings) for one in news]]
        paragraphs += [task_line(task, now) for task in first]
        if over is not None:
            link = f"{settings.BASE_URL.rstrip('/')}/absences/{over.id}"
            paragraphs.insert(0, _("You are back. What happened meanwhile: %(link)s", link=link))
        paragraphs += [_("You stand in %(whom)s.", whom=words_of(absence)) for absence in covered.values()]
        about = {"footer": saying.footer(settings), "link": f"{settings.BASE_URL.rstrip('/')}/queue"}
        wording = letters.notice(facts.company, language, subject(counts), paragraphs, **about)
    where = {"kind": posting.STAFF, "recipient": person.email, "name": person.display_name}
    posting.post(session, settings, wording, **where, now=now)
    return True


def just_back(session: Session, person: Staff, zone: ZoneInfo, now: datetime) -> Absence | None:
    """The absence after which this is the first working day."""
    facts, today = installation(session), now.astimezone(zone).date()
    over = covering.just_over(session, person.id, today)
    if over is None or next_working_day(over.to_on + timedelta(days=1), facts.work_week) != today:
        return None
    return over


def subject(counts: QueueCounts) -> str:
    if counts.waiting:
        return ngettext(
            "%(num)s customer waits for your answer", "%(num)s customers wait for your answer", counts.waiting
        )
    if counts.overdue:
        return ngettext("%(num)s follow-up is overdue", "%(num)s follow-ups are overdue", counts.overdue)
    return _("Your follow-ups today")


def figures(counts: QueueCounts) -> list[str]:
    """The four figures over the queue, in one line."""
    said = {"waiting": counts.waiting, "overdue": counts.overdue, "today": counts.today, "new": counts.new}
    return [
        _("Waiting for us: %(waiting)s. Overdue: %(overdue)s. Due today: %(today)s. New: %(new)s.", **said)
    ]


def task_line(task: Task, now: datetime) -> str:
    said = {"who": saying.who(task), "why": task.reason}
    if task.replied_at:
        return _("%(who)s: waits for our answer. %(why)s", **said)
    if task.is_overdue(now=now):
        return _("%(who)s: overdue. %(why)s", **said)
    return _("%(who)s: %(why)s", **said)


def news_of(session: Session, person: Staff, now: datetime) -> list[Notice]:
    """What has happened within a day and is more than a line of the queue, the newest first."""
    mine = (Notice.staff_id == person.id, Notice.at > now - NEWS_OF, Notice.kind != NoticeKind.TRIAL)
    told = (joinedload(Notice.task), joinedload(Notice.alert), joinedload(Notice.for_staff))
    is_about = sa.or_(Notice.task_id.is_not(None), Notice.alert_id.is_not(None))
    query = sa.select(Notice).where(*mine, is_about).options(*told)
    found = session.scalars(query.order_by(Notice.id.desc()).limit(MOST_NEWS))
    return [notice for notice in found if not is_about_nothing(notice)]


def news_line(notice: Notice, settings: config.Settings) -> str:
    told = saying.of_notice(notice, settings)
    return f"{told.title}. {' '.join(told.lines)} {told.link}" if notice.alert else told.title
