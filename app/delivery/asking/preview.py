"""What a launch would do, before anybody presses: how many, who is in or out and why, and mails as people would see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

import config
from app.auth.models import Staff
from app.contacts.models import ACCOUNT_WORDS, PERSON_WORDS, Account, Contact
from app.core.database.columns import BigId, UtcDateTime
from app.core.database.finding import every_word
from app.core.installation import installation
from app.delivery import cadence, letters
from app.delivery.asking.gates import Reason
from app.delivery.asking.moments import moment_of, ticks
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


@dataclass(frozen=True)
class Filter:
    """Which people are shown: `asked`, `out`, those left out for one reason, or by name or account."""

    who: str = ""
    search: str = ""


@dataclass(frozen=True)
class Look:
    """What one look at a launch found: its size, rows about the people of a list, and some who would be asked."""

    size: Size
    rows: list[sa.Row]
    examples: list[sa.Row]


Spoken = Callable[[sa.ColumnElement], sa.ColumnElement[str]]
FIGURES, ACCOUNTS, LISTED, EXAMPLES = "figures", "accounts", "listed", "examples"


def size(session: Session, program: Program, ask: Ask) -> Size:
    """The launch of `program` in figures, were it sent at the moment of `ask`."""
    return look(session, program, ask).size


def look(
    session: Session,
    program: Program,
    ask: Ask,
    *,
    shown: Filter | None = None,
    after: int = 0,
    limit: int = PAGE,
    examples: int = 0,
) -> Look:
    """The launch in figures, with up to `limit` people behind contact `after` if some are to be `shown`, and `examples`.

    All in one statement, because judging everybody of a large audience is what takes time.
    """
    planned = cadence.judged(cadence.people_of(program), ask).cte("planned").prefix_with("MATERIALIZED")
    offered = languages_of(session, program)
    parts = figures(planned, offered, ask)
    if shown is not None:
        parts.append(listed(planned, offered, shown, after, limit))
    if examples:
        parts.append(some_asked(planned, offered, examples))
    rows: dict[str, list[sa.Row]] = {FIGURES: [], ACCOUNTS: [], LISTED: [], EXAMPLES: []}
    for row in session.execute(sa.union_all(*parts)):
        rows[row.part].append(row)
    people = sorted(rows[LISTED], key=lambda row: row.contact_id)
    asked = sorted(rows[EXAMPLES], key=lambda row: (row.number, row.language))
    return Look(summed(rows[FIGURES], rows[ACCOUNTS][0], ask), people, asked)


def part(name: str, **given: sa.ColumnElement) -> sa.Select:
    """A part of the statement: the columns that every part has, NULL where this one has nothing to say."""
    kinds = {"contact_id": BigId, "account_id": BigId, "language": sa.String, "reason": sa.String}
    kinds |= {"due_at": UtcDateTime, "last_at": UtcDateTime, "free_at": UtcDateTime}
    kinds |= {"number": sa.Integer, "in_time": sa.Integer, "lonely": sa.Integer, "demo": sa.Integer}
    values = [given.get(column, sa.cast(sa.null(), kind)).label(column) for column, kind in kinds.items()]
    return sa.select(sa.literal(name).label("part"), *values)


def figures(planned: sa.CTE, offered: Spoken, ask: Ask) -> list[sa.Select]:
    """Those who are left out by reason; those who are asked by language, and the accounts of these: how many, and when."""
    by = planned.c
    until = ticks(sa.literal(ask.at + timedelta(days=ask.rules.defer_days), UtcDateTime()), 0)
    out = part(
        FIGURES,
        reason=by.reason,
        number=sa.func.count(),
        in_time=sa.func.sum(sa.case((by.free <= until, 1), else_=0)),
        free_at=moment_of(sa.func.min(by.free)),
    )
    out = out.where(by.reason.is_not(None)).group_by(by.reason)
    asked = (
        sa.select(
            by.account_id,
            by.language,
            sa.func.count().label("number"),
            sa.func.min(by.due_at).label("due_at"),
            sa.func.max(by.due_at).label("last_at"),
        )
        .where(by.reason.is_(None))
        .group_by(by.account_id, by.language)
        .cte("asked")
    )
    of = asked.c
    spoken = offered(of.language)
    moments = {"due_at": sa.func.min(of.due_at), "last_at": sa.func.max(of.last_at)}
    languages = part(FIGURES, language=spoken, number=sa.func.sum(of.number), **moments).group_by(spoken)
    lonely = sa.case((Account.owner_id.is_(None), of.account_id))
    accounts = part(
        ACCOUNTS,
        number=sa.func.count(of.account_id.distinct()),
        lonely=sa.func.count(lonely.distinct()),
        demo=sa.func.sum(sa.case((Account.is_demo, of.number), else_=0)),
    ).select_from(asked.join(Account, Account.id == of.account_id))
    return [out, languages, accounts]


def listed(planned: sa.CTE, offered: Spoken, shown: Filter, after: int, limit: int) -> sa.Select:
    """The people of a list in the order they became known."""
    query = sa.select(planned).where(planned.c.contact_id > after).order_by(planned.c.contact_id).limit(limit)
    if shown.who in ("asked", "out"):
        query = query.where(
            planned.c.reason.is_(None) if shown.who == "asked" else planned.c.reason.is_not(None)
        )
    elif shown.who:
        query = query.where(planned.c.reason == shown.who)
    if shown.search:
        fits = every_word(shown.search, PERSON_WORDS, ACCOUNT_WORDS)
        query = query.join(Contact, Contact.id == planned.c.contact_id)
        query = query.join(Account, Account.id == planned.c.account_id).where(fits)
    found = query.subquery("listed").c
    told = {name: found[name] for name in ("contact_id", "account_id", "reason", "due_at")}
    return part(LISTED, free_at=moment_of(found.free), language=offered(found.language), **told)


def some_asked(planned: sa.CTE, offered: Spoken, count: int) -> sa.Select:
    """A few who would be asked, of every language as far as they go; `number` is their place in their language."""

    def place(of, by) -> sa.ColumnElement[int]:
        return sa.func.row_number().over(partition_by=by, order_by=of.c.contact_id).label("number")

    known = sa.select(planned.c.contact_id, planned.c.language, place(planned, planned.c.language))
    some = known.where(planned.c.reason.is_(None)).subquery("some")
    spoken = offered(some.c.language)
    asked = sa.select(some.c.contact_id, spoken.label("language"), place(some, spoken))
    asked = asked.where(some.c.number <= count).subquery("asked_in")
    first = sa.select(asked).order_by(asked.c.number, asked.c.language).limit(count).subquery("first").c
    return part(EXAMPLES, contact_id=first.contact_id, language=first.language, number=first.number)


def summed(rows: Sequence[sa.Row], accounts: sa.Row, ask: Ask) -> Size:
    asked = [row for row in rows if row.reason is None]
    left = {Reason(row.reason): row for row in rows if row.reason is not None}
    languages = {row.language: int(row.number) for row in asked}
    return Size(
        asked=sum(languages.values()),
        deferred=sum(int(row.in_time) for row in left.values()) if ask.rules.defer_days else 0,
        first_at=min((row.due_at for row in asked), default=None),
        last_at=max((row.last_at for row in asked), default=None),
        free_at=min((row.free_at for row in left.values() if row.free_at), default=None),
        left_out={reason: int(left[reason].number) for reason in Reason if reason in left},
        accounts=int(accounts.number),
        without_owner=int(accounts.lonely),
        demo=int(accounts.demo or 0),
        languages=dict(sorted(languages.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def languages_of(session: Session, program: Program) -> Spoken:
    """What says in which language somebody of a language would be asked. Slow, so it is for few rows."""
    offered, default = wording.languages(program.survey.current), installation(session).language
    return lambda language: in_language(language, offered, default)


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


def people(session: Session, rows: Sequence[sa.Row]) -> list[Line]:
    """The people of these rows of a look, each with the clock that holds for them."""
    here = installation(session).zone
    persons = contacts(session, rows)
    skipped = skips.of_contacts(session, [row.contact_id for row in rows if row.reason == Reason.SKIPPED])
    found = []
    for row in rows:
        person, why = persons[row.contact_id], skipped.get(row.contact_id)
        name = person.time_zone or person.account.time_zone
        found.append(
            Line(
                person,
                Reason(row.reason) if row.reason else None,
                row.free_at,
                row.language,
                row.due_at,
                windows.zone(name, here),
                bool(name),
                skips.words_of(why) if why else None,
            )
        )
    return found


def contacts(session: Session, rows: Sequence[sa.Row]) -> dict[int, Contact]:
    wanted = sa.select(Contact).where(Contact.id.in_([row.contact_id for row in rows]))
    return {one.id: one for one in session.scalars(wanted.options(joinedload(Contact.account)))}


@dataclass(frozen=True)
class Sample:
    """A mail as one person would get it; its links lead nowhere."""

    contact: Contact
    language: str
    subject: str
    html: str
    text: str


def samples(
    session: Session, program: Program, rows: Sequence[sa.Row], settings: config.Settings
) -> list[Sample]:
    """The mails of the people of these rows of a look."""
    persons = contacts(session, rows)
    return [sample(session, program, persons[row.contact_id], row.language, settings) for row in rows]


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
    company = letters.company_of(installation(session), settings)
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
    return led_to(letter, values, settings, link)


def led_to(letter: Wording, values: Mapping[str, str], settings: config.Settings, link: str) -> Wording:
    """A mail for a colleague to look at: filled with the values of an example, and its links lead to `link`."""
    filled = {part: letter.fill(part, values) for part in ("subject", "html", "text")}
    base = settings.BASE_URL.rstrip("/")
    for place in ("html", "text"):
        for path in ("a", "u"):
            filled[place] = filled[place].replace(f"{base}/{path}/{EXAMPLE}", link)
    return replace(letter, **filled, unsubscribe=())
