"""The mail of the week for managers: the figures of the pages, by the functions of the pages, with the way to each.

It comes on the first working day of the week, in the hour of the daily mail, by the reader's own clock. Managers and
administrators get it unless they choose otherwise, others if they choose to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import sqlalchemy as sa
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.auth.absences.covering import Roster
from app.auth.models import RoleName, Staff
from app.core.clock import Today, day_of
from app.core.installation import installation
from app.core.language.wording import number, percent, signed, signed_tenth, whole
from app.core.language.words import speaking
from app.core.worktime import WorkWeek
from app.delivery import letters
from app.delivery.sending import posting
from app.followups import queue
from app.followups.models import Task
from app.followups.queue import QueueFilter
from app.health.models import ColourMove
from app.integrations import choices, saying
from app.integrations.digests import readers, task_line, zone_of
from app.integrations.models import NoticeChoice
from app.reports.coverage import counts
from app.reports.coverage.counts import Accounts, Cover
from app.reports.overview import Overview, is_nothing_yet, overview, total
from app.reports.periods import Every, Period
from app.reports.trend import HEADLINE_DAYS

MOST_TASKS = 5
ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Part:
    """One matter of the mail: a line in bold, further lines, and the page that has all of it."""

    title: str
    lines: list[str]
    url: str


@dataclass(frozen=True)
class Week:
    """What the mail is made of: the week from Monday to Sunday, and how things stand today."""

    days: Period
    found: Overview
    overdue: list[Task]
    arr: float
    accounts: Accounts
    moves: int
    now: datetime


def send_due(session: Session, settings: config.Settings, *, now: datetime) -> Iterator[int]:
    """Write to everybody who wants it and whose morning of the week it is; yields how many, person by person.

    Nobody is written to while away, or before anybody was asked.
    """
    facts = installation(session)
    roster = Roster.on(session, day_of(now, facts.zone))
    known, week = choices.known(session), None
    for person in readers(session):
        chosen = known.get(person.id) or choices.usual(person.id)
        today = now.astimezone(zone_of(person, facts.zone))
        if not wants(person, chosen) or not is_morning(today, chosen, facts.work_week):
            continue
        if week is None and is_nothing_yet(session):
            return
        session.add(chosen)
        chosen.weekly_on = today.date()
        if person.id not in roster.absences:
            week = week or gather(session, now=now)
            write(session, settings, person, week)
            yield 1


def wants(person: Staff, chosen: NoticeChoice) -> bool:
    """As chosen, else by what somebody does here."""
    return person.may(RoleName.MANAGER) if chosen.mail_weekly is None else chosen.mail_weekly


def is_morning(today: datetime, chosen: NoticeChoice, work_week: WorkWeek) -> bool:
    """Whether the first working day of the week has come to the reader's hour, and nothing was written since Monday."""
    monday = today.date() - timedelta(days=today.weekday())
    is_written = chosen.weekly_on is not None and chosen.weekly_on >= monday
    return not is_written and today.hour >= chosen.daily_hour and work_week.is_working_day(today.date())


def gather(session: Session, *, now: datetime) -> Week:
    """The figures, once for all readers: by the installation's days."""
    facts = installation(session)
    here = Today.at(now, facts.zone)
    monday = here.day - timedelta(days=here.day.weekday())
    days = Period(monday - ONE_WEEK, monday)
    found = overview(
        session, start=days.start, end=days.end, every=Every.WEEK, today=here.day, now=now, zone=facts.zone
    )
    late = QueueFilter(due="overdue")
    first = queue.tasks(session, late, now=now, zone=facts.zone, size=MOST_TASKS)[:MOST_TASKS]
    every = list(queue.every(session, late, now=now, zone=facts.zone))
    headline = Period(here.day + timedelta(days=1 - HEADLINE_DAYS), here.day + timedelta(days=1))
    moves = sa.select(sa.func.count()).select_from(ColourMove)
    moved = moves.where(ColourMove.on >= days.start, ColourMove.on < days.end)
    return Week(
        days,
        found,
        first,
        sum(
            float(account.arr or 0) for account in {task.account_id: task.account for task in every}.values()
        ),
        counts.total(counts.accounts(session, Cover(headline), here), Accounts),
        session.scalar(moved) or 0,
        now,
    )


def write(session: Session, settings: config.Settings, person: Staff, week: Week) -> None:
    facts = installation(session)
    language = person.language or facts.language
    with speaking(language):
        wording = letters.weekly(
            facts.company,
            language,
            subject(week),
            [of_nps(week), of_answers(week), *of_follow_ups(week), of_accounts(week)],
            base_url=settings.BASE_URL.rstrip("/"),
            footer=saying.footer(settings),
        )
    where = {"kind": posting.STAFF, "recipient": person.email, "name": person.display_name}
    posting.post(session, settings, wording, **where, now=week.now)


def subject(week: Week) -> str:
    nps, late = week.found.headline.nps, week.found.queue.overdue
    told = _("NPS %(nps)s", nps=signed(nps)) if nps is not None else _("Too few answers for an NPS")
    return f"{told}, " + ngettext("%(num)s follow-up overdue", "%(num)s follow-ups overdue", late)


def of_nps(week: Week) -> Part:
    """The headline, as the managers' page says it."""
    found = week.found
    heard, interval = found.headline, found.headline.interval
    if heard.nps is None:
        title = _("NPS today: too few answers (n = %(n)s).", n=number(heard.counts.n))
        return Part(title, [], "/reports")
    about = {"nps": signed(heard.nps), "n": number(heard.counts.n)}
    about |= {"low": signed(interval.low), "high": signed(interval.high)}
    title = _("NPS today: %(nps)s, likely between %(low)s and %(high)s (n = %(n)s).", **about)
    return Part(title, [change_words(found)], "/reports")


def change_words(found: Overview) -> str:
    if found.change is None:
        return _("180 days earlier there were too few answers to compare.")
    points = signed_tenth(found.tenths)
    if found.is_changed:
        return _("%(points)s points against 180 days earlier, more than chance.", points=points)
    return _(
        "No clear change against 180 days earlier (%(points)s points, within chance).",
        points=points,
    )


def of_answers(week: Week) -> Part:
    came, asks = total(week.found.composition), week.found
    about = {"first": day_words(week.days.start), "last": day_words(week.days.last)}
    lines = [
        _(
            "Promoters: %(promoters)s, passives: %(passives)s, detractors: %(detractors)s.",
            promoters=number(came.promoters),
            passives=number(came.passives),
            detractors=number(came.detractors),
        )
    ]
    if asks.closed:
        lines.append(
            _(
                "Of the asks sent that week and closed, %(rate)s were answered (n = %(n)s).",
                rate=percent(asks.rate),
                n=number(asks.closed),
            )
        )
    if asks.open:
        words = ngettext(
            "%(num)s more may still answer, so this rate is too high: who answers, answers early.",
            "%(num)s more may still answer, so this rate is too high: who answers, answers early.",
            asks.open,
        )
        lines.append(words)
    title = ngettext(
        "%(n)s answer from %(first)s to %(last)s.",
        "%(n)s answers from %(first)s to %(last)s.",
        came.n,
        n=number(came.n),
        **about,
    )
    return Part(title, lines, "/reports/responses?" + days_of(week.days))


def of_follow_ups(week: Week) -> Iterator[Part]:
    waiting = week.found.queue
    title = ngettext(
        "%(late)s of %(open)s open follow-up is overdue.",
        "%(late)s of %(open)s open follow-ups are overdue.",
        waiting.open,
        late=number(waiting.overdue),
        open=number(waiting.open),
    )
    lines = [task_line(task, week.now) for task in week.overdue]
    if week.arr:
        lines.insert(0, _("The accounts they are about hold an ARR of %(arr)s.", arr=number(whole(week.arr))))
    yield Part(title, lines, "/queue?owner=all&due=overdue")
    if week.moves:
        title = ngettext(
            "%(num)s account changed its colour last week.",
            "%(num)s accounts changed their colour last week.",
            week.moves,
        )
        yield Part(title, [], "/reports/colours?" + days_of(week.days))


def of_accounts(week: Week) -> Part:
    found = week.accounts
    about = {"n": number(found.accounts_unheard), "all": number(found.accounts_known)}
    return Part(
        ngettext(
            "From %(n)s of %(all)s account nobody was heard in 180 days.",
            "From %(n)s of %(all)s accounts nobody was heard in 180 days.",
            found.accounts_known,
            **about,
        ),
        [_("At %(n)s no decision maker is known.", n=number(found.accounts_without_decision_maker))],
        "/reports/coverage",
    )


def day_words(on: date) -> str:
    return format_date(on, "d MMM")


def days_of(period: Period) -> str:
    return urlencode({"from": period.start.isoformat(), "to": period.last.isoformat()})
