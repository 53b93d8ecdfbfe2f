"""What a launch would do, before anybody presses: how many, who is in or out and why, and mails as people would see them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

import config
from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core.installation import installation
from app.delivery import cadence, letters
from app.delivery.asking.gates import Reason
from app.delivery.cadence import Ask
from app.delivery.mail.compiling import Wording
from app.delivery.programs import skips
from app.delivery.sending import windows
from app.surveys import wording
from app.surveys.audience import in_language
from app.surveys.models import Program

PAGE = 50
SAMPLES = 5
STYLE_SHEET = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
CAUTIOUS_RATE = 10  # Mails per second to reckon with where no limit is set; most servers take more.
EXAMPLE = "example"


@dataclass(frozen=True)
class Size:
    """A launch in figures. `left_out` by reason in the order of the gates, `languages` the most frequent first.

    Of those left out, `deferred` become free in time to be asked later. The first and the last of the others are due
    at `first_at` and `last_at`, None when there are none. `free_at` is the moment at which the first of the people left
    out is free, None where waiting alone frees nobody.
    """

    asked: int
    deferred: int
    first_at: datetime | None
    last_at: datetime | None
    free_at: datetime | None
    left_out: dict[Reason, int]
    accounts: int
    without_owner: int
    demo: int
    languages: dict[str, int]

    @property
    def total(self) -> int:
        return self.asked + sum(self.left_out.values())


def size(session: Session, program: Program, ask: Ask) -> Size:
    """The launch of `program` in figures, were it sent at the moment of `ask`."""
    people = cadence.people_of(program)
    until = ask.at + timedelta(days=ask.rules.defer_days)
    counted = cadence.counted(session, people, ask, free_by=until)
    asked = counted.pop(None, cadence.NOBODY)
    planned = cadence.plan(people, ask)
    spoken = language_of(session, program, planned.c.language)
    rows = session.execute(
        sa.select(
            spoken.label("language"),
            planned.c.account_id,
            sa.func.max(sa.case((Account.owner_id.is_(None), 1), else_=0)),
            sa.func.count(),
            sa.func.sum(sa.case((Account.is_demo, 1), else_=0)),
        )
        .join(Account, Account.id == planned.c.account_id)
        .where(planned.c.reason.is_(None))
        .group_by("language", planned.c.account_id)
    ).all()
    languages: dict[str, int] = {}
    for language, _account, _lonely, count, _demo in rows:
        languages[language] = languages.get(language, 0) + count
    return Size(
        asked=asked.people,
        deferred=sum(counts.free_in_time for counts in counted.values()) if ask.rules.defer_days else 0,
        first_at=asked.first_at,
        last_at=asked.last_at,
        free_at=min((counts.free_at for counts in counted.values() if counts.free_at), default=None),
        left_out={reason: counts.people for reason, counts in counted.items()},
        accounts=len({row[1] for row in rows}),
        without_owner=len({row[1] for row in rows if row[2]}),
        demo=sum(row[4] for row in rows),
        languages=dict(sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def language_of(session: Session, program: Program, spoken: sa.ColumnElement) -> sa.ColumnElement[str]:
    """The language in which somebody of that language would be asked."""
    offered = wording.languages(program.survey.current)
    return in_language(spoken, offered, installation(session).language)


def last_send_at(due_at: datetime, people: int, settings: config.Settings) -> datetime:
    """When the last of so many mails will have left that are due by then, by the rate that is set or a cautious one."""
    return due_at + timedelta(seconds=-(-people // (settings.SEND_RATE or CAUTIOUS_RATE)))


@dataclass(frozen=True)
class Line:
    """One person of the audience: asked from `due_at`, or left out for `reason` until `free_at`.

    `zone` is the clock by which the person is asked, `is_own_zone` false where only ours is known; `skipped` are the
    words of a colleague who skips them.
    """

    contact: Contact
    reason: Reason | None
    free_at: datetime | None
    language: str
    due_at: datetime
    zone: ZoneInfo
    is_own_zone: bool
    skipped: str | None = None


@dataclass(frozen=True)
class Filter:
    """Which people are shown: `asked`, `out`, those left out for one reason, or by name or account."""

    who: str = ""
    search: str = ""


def people(
    session: Session, program: Program, ask: Ask, shown: Filter, *, after: int = 0, limit: int = PAGE
) -> list[Line]:
    """Up to `limit` people of the audience in the order they became known, beginning behind contact `after`."""
    planned = cadence.plan(cadence.people_of(program), ask)
    spoken = language_of(session, program, planned.c.language)
    query = (
        sa.select(Contact, planned.c.reason, planned.c.free_at, spoken, planned.c.due_at)
        .join(planned, planned.c.contact_id == Contact.id)
        .join(Account, Account.id == Contact.account_id)
        .options(joinedload(Contact.account))
        .where(Contact.id > after)
        .order_by(Contact.id)
        .limit(limit)
    )
    if shown.who in ("asked", "out"):
        query = query.where(
            planned.c.reason.is_(None) if shown.who == "asked" else planned.c.reason.is_not(None)
        )
    elif shown.who:
        query = query.where(planned.c.reason == shown.who)
    if shown.search:
        name = Contact.first_name + " " + Contact.last_name
        places = (name, Contact.email, Account.name)
        query = query.where(sa.or_(*[place.icontains(shown.search, autoescape=True) for place in places]))
    rows = session.execute(query).unique().all()
    here = installation(session).zone
    skipped = skips.of_contacts(session, [row[0].id for row in rows if row[1] == Reason.SKIPPED])
    found = []
    for person, reason, free_at, language, due_at in rows:
        name = person.time_zone or person.account.time_zone
        zone, why = windows.zone(name, here), skipped.get(person.id)
        told = skips.words_of(why) if why else None
        found.append(
            Line(
                person, Reason(reason) if reason else None, free_at, language, due_at, zone, bool(name), told
            )
        )
    return found


@dataclass(frozen=True)
class Sample:
    """A mail as one person would get it; its links lead nowhere."""

    contact: Contact
    language: str
    subject: str
    html: str
    text: str


def samples(
    session: Session, program: Program, ask: Ask, settings: config.Settings, *, count: int = SAMPLES
) -> list[Sample]:
    """The mails of a few people who would be asked, of every language as far as they go."""
    planned = cadence.plan(cadence.people_of(program), ask)
    spoken = language_of(session, program, planned.c.language)
    place = sa.func.row_number().over(partition_by=spoken, order_by=planned.c.contact_id)
    asked = sa.select(planned.c.contact_id, spoken.label("language"), place.label("place"))
    asked = asked.where(planned.c.reason.is_(None)).subquery()
    query = (
        sa.select(Contact, asked.c.language)
        .join(asked, asked.c.contact_id == Contact.id)
        .options(joinedload(Contact.account))
        .order_by(asked.c.place, asked.c.language)
        .limit(count)
    )
    return [
        sample(session, program, person, language, settings) for person, language in session.execute(query)
    ]


def sample(
    session: Session, program: Program, person: Contact, language: str, settings: config.Settings
) -> Sample:
    letter = letter_of(session, program, language, settings, person.account.owner)
    values = {
        "greeting": letters.greeting(person.first_name, person.last_name, language),
        "token": EXAMPLE,
        **letters.personal(person.first_name, person.account.name),
    }
    subject, html, text = (letter.fill(part, values) for part in ("subject", "html", "text"))
    return Sample(person, language, subject, shown(html), text)


def shown(html: str) -> str:
    """A mail for a frame in our pages, whose policy takes styles of elements but no style sheet of the mail's own."""
    return STYLE_SHEET.sub("", html)


def letter_of(
    session: Session,
    program: Program,
    language: str,
    settings: config.Settings,
    owner: Staff | None = None,
) -> Wording:
    """The invitation of a program; `owner` stands for the account, where owners are the senders."""
    sender = owner if program.is_from_owner and owner and owner.active else program.sender
    facts = installation(session)
    company = letters.Company(
        facts.company or settings.MAIL_FROM.partition("<")[0].strip(), settings.BASE_URL, facts.product
    )
    name = sender.name if sender else ""
    return letters.invitation(letters.ask_of(program, program.survey.current, language, company, name))


def own_mail(
    session: Session,
    program: Program,
    person: Staff,
    language: str,
    settings: config.Settings,
    *,
    link: str,
) -> Wording:
    """The survey mail for a colleague to look at: its links lead to `link`, where nothing is recorded."""
    letter = letter_of(session, program, language, settings, person)
    first_name, _blank, last_name = person.name.partition(" ")
    values = {
        "greeting": letters.greeting(first_name, last_name, language),
        "token": EXAMPLE,
        **letters.personal(first_name, installation(session).company or program.name),
    }
    filled = {part: letter.fill(part, values) for part in ("subject", "html", "text")}
    base = settings.BASE_URL.rstrip("/")
    for place in ("html", "text"):
        for path in ("a", "u"):
            filled[place] = filled[place].replace(f"{base}/{path}/{EXAMPLE}", link)
    return replace(letter, **filled, unsubscribe=())
