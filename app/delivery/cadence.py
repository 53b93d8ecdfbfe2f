"""The cadence: who of an audience may be asked, and when, as one SQL expression; and for one person, why not.

`plan` gives for every contact of an audience the moment of their ask, the first gate that is shut then and the moment
all gates are open. It says exactly what `gates` and `caps` say in Python, which a property test checks; preview,
launch, deferral and the last look before a mail is queued all read it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app.contacts.models import Account, AskKind, Contact, ContactStatus
from app.core import clock
from app.core.database.columns import UtcDateTime
from app.core.installation import installation
from app.delivery.asking import caps, gates, moments
from app.delivery.asking.gates import Gate, PastAsk, Person, Reason
from app.delivery.asking.moments import UNKNOWN, Due
from app.delivery.models import Invitation, Purpose, Skip, Suppression
from app.delivery.sending import windows
from app.delivery.timing import former
from app.surveys import audience, rules
from app.surveys.models import Program, ProgramKind, SurveyVersion
from app.surveys.rules import Rules


@dataclass(frozen=True)
class Ask:
    """What is about to be asked: by which rules, for what purpose, sent from which moment (`today` is its day).

    `dues` are the moments by zone, everybody's is `at` when there are none. The asks of the wave `beside` are not
    looked at: it is the one whose people are judged again. Accounts are capped only with `is_capped`. A link that
    another program shows `needs_address` of nobody.
    """

    survey_id: int
    rules: Rules
    at: datetime
    today: date
    purpose: Purpose = Purpose.PROGRAM
    kind: AskKind = AskKind.GENERAL
    dues: tuple[Due, ...] = ()
    beside: int | None = None
    is_capped: bool = False
    is_rehearsal: bool = False
    needs_address: bool = True

    @property
    def moments(self) -> tuple[Due, ...]:
        return self.dues or (Due(UNKNOWN, self.at, self.at, self.at),)

    def due_of(self, zone: str) -> Due:
        """When people of that zone are asked."""
        found = {due.zone: due for due in self.moments}
        return found.get(zone, found[UNKNOWN])


def ask_of(session: Session, program: Program, *, at: datetime, purpose: Purpose = Purpose.PROGRAM) -> Ask:
    """The ask that `program` would make at that very moment, whatever the hour is for the person."""
    facts = installation(session)
    today, kind = clock.day_of(at, facts.zone), gates.kind_of(program.kind, purpose)
    return Ask(program.survey_id, rules.of(program), at, today, purpose, kind, is_rehearsal=not facts.is_live)


def wave_of(
    session: Session,
    program: Program,
    people: sa.Select,
    *,
    at: datetime,
    ignores_window: bool = False,
    purpose: Purpose = Purpose.PROGRAM,
    beside: int | None = None,
    first: Callable[[ZoneInfo], datetime] | None = None,
    needs_address: bool = True,
) -> Ask:
    """The ask of a wave to these people from that moment on, each in the window of the own clock.

    With `first` the people of each zone are asked from another moment on. A single ask goes when somebody presses, and neither it nor a recovery survey is held up by the account's others.
    """
    ask, facts = ask_of(session, program, at=at, purpose=purpose), installation(session)
    is_at_once = ignores_window or purpose in (Purpose.SINGLE, Purpose.TEST)
    window = None if is_at_once else windows.first_sends(ask.rules, facts.days_off)
    found = moments.dues(session, people, first or (lambda _zone: at), window, facts.zone)
    capped = {"is_capped": purpose == Purpose.PROGRAM, "needs_address": needs_address}
    return replace(ask, dues=found, beside=beside, **capped)


def launch_of(session: Session, program: Program, *, at: datetime, ignores_window: bool = False) -> Ask:
    """The ask of a wave to the program's whole audience from that moment on."""
    return wave_of(session, program, people_of(program), at=at, ignores_window=ignores_window)


def people_of(program: Program) -> sa.Select:
    """A select of the ids of the program's audience."""
    return audience.people(program.audience)


def plan(people: sa.Select, ask: Ask, *, whole: sa.Select | None = None) -> sa.Subquery:
    """For each contact of `people`: `contact_id, account_id, email_key, language, due_at, reason, free_at`.

    The last two are NULL for those who are asked, at `due_at`. Where these are all people of some accounts out of a
    `whole` audience, which the wave `ask.beside` asks part by part, they are told what they would be as part of it.
    """
    found = judged(people, ask, whole=whole).subquery("verdicts").c
    kept = [column for column in found if column.name != "free"]
    return sa.select(*kept, moments.moment_of(found.free).label("free_at")).subquery("plan")


def judged(people: sa.Select, ask: Ask, *, whole: sa.Select | None = None) -> sa.Select:
    """As `plan`, with the moment of `free_at` in ticks, as `free`."""
    dues = moments.table(ask.moments, ask.rules)
    found = _judged(_weighed(people, dues, ask, whole)).cte("judged").prefix_with("NOT MATERIALIZED")
    if not ask.is_capped or not (ask.rules.account_per_day or ask.rules.account_most):
        return sa.select(*caps.kept(found), found.c.reason, found.c.free)
    # Of a part all at an account are judged at once, unless some came there later: they stand behind the others.
    beside = ask.beside if whole is None else None
    return caps.applied(found, dues, ask.rules, beside=beside)


def _judged(weighed: sa.CTE) -> sa.Select:
    """What the gates say of each: the first that is shut, and when all are open."""
    w = weighed.c
    skip = sa.case((w.skipped_until > w.due_at, moments.ticks(w.skipped_until, 0)), else_=0)
    end = moments.greatest(former.end(w.own, w.others), skip)
    reason = sa.case(
        (w.lasting.is_not(None), w.lasting),
        (w.place > 1, Reason.DUPLICATE_ADDRESS.value),
        (w.skipped_until > w.due_at, Reason.SKIPPED.value),
        else_=former.reason(w.own, w.others),
    )
    opens = sa.and_(w.lasting.is_(None), w.place == 1, end > 0, end < moments.FOREVER)
    return sa.select(w, sa.cast(reason, sa.String).label("reason"), sa.case((opens, end)).label("free"))


def _weighed(people: sa.Select, dues: sa.CTE, ask: Ask, whole: sa.Select | None) -> sa.CTE:
    """The people with the moment of their ask, their place in their mailbox and what former asks say."""
    persons = _persons(people, ask).cte("persons").prefix_with("MATERIALIZED")
    sharing = _sharing(persons, ask) if whole is None else _sharing_in(whole, persons, ask)
    columns = ("account_id", "email_key", "language", "zone", "lasting")
    chosen = sa.select(
        persons.c.id.label("contact_id"),
        *[persons.c[name] for name in columns],
        (NEVER if Reason.SKIPPED in gates.exempt_from(ask.purpose) else persons.c.skipped_until).label(
            "skipped_until"
        ),
        sa.func.coalesce(sharing.c.place, 1).label("place"),
        dues.c.at.label("due_at"),
        dues.c.day_from,
        dues.c.day_until,
        *former.said(persons, dues, ask.rules, ask.survey_id, ask.purpose, ask.beside),
    ).select_from(
        persons.join(dues, of_zone(persons, dues, ask)).outerjoin(sharing, sharing.c.id == persons.c.id)
    )
    # Or the numbers would be found anew for each place where they are looked at.
    return chosen.cte("weighed").prefix_with("MATERIALIZED")


def of_zone(persons: sa.CTE, dues: sa.CTE, ask: Ask) -> sa.ColumnElement[bool]:
    """Which moment is whose. Where there is but one, PostgreSQL is not to guess how many people it fits."""
    return dues.c.zone == persons.c.zone if len(ask.moments) > 1 else sa.true()


def _persons(people: sa.Select, ask: Ask) -> sa.Select:
    """The people with their zone and first lasting gate."""
    shut = lasting_gates(ask.today, ask.kind, is_rehearsal=ask.is_rehearsal)
    shut = [gate for gate in shut if ask.needs_address or gate[0] not in gates.OF_ADDRESS]
    lasting = sa.case(*[(is_shut, reason.value) for reason, is_shut in shut])
    zones = [due.zone for due in ask.moments if due.zone != UNKNOWN]
    zone = sa.case((moments.ZONE.in_(zones), moments.ZONE), else_=UNKNOWN) if zones else sa.literal(UNKNOWN)
    given = people.subquery("people")
    there = given.join(Contact, Contact.id == given.c.id)
    there = there.outerjoin(Suppression, Suppression.email_key == Contact.email_key)
    there = there.outerjoin(SKIPS, SKIPS.c.contact_id == Contact.id)
    if zones:
        there = there.outerjoin(Account, Account.id == Contact.account_id)
    columns = (Contact.id, Contact.account_id, Contact.email_key, Contact.language, Contact.rest_days)
    until = SKIPS.c.until.label("skipped_until")
    found = sa.select(*columns, zone.label("zone"), lasting.label("lasting"), until)
    return found.select_from(there)


def _sharing(persons: sa.CTE, ask: Ask) -> sa.CTE:
    """Those without a lasting gate who have their mailbox in common with somebody, with their place among these."""
    is_few = ask.beside is not None or ask.purpose in (Purpose.SINGLE, Purpose.RECOVERY)
    key = persons.c.email_key if is_few else Contact.email_key
    shared = sa.select(key).group_by(key).having(sa.func.count() > 1)
    place = sa.func.row_number().over(partition_by=persons.c.email_key, order_by=persons.c.id).label("place")
    found = sa.select(persons.c.id, place)
    return found.where(persons.c.lasting.is_(None), persons.c.email_key.in_(shared)).cte("sharing")


def _sharing_in(whole: sa.Select, persons: sa.CTE, ask: Ask) -> sa.CTE:
    """The same for people out of a whole audience, where a mailbox that the wave asks already is taken."""
    other = sa.orm.aliased(Contact)
    sharer = sa.select(other.id).where(other.email_key == persons.c.email_key, other.id != persons.c.id)
    # A LIMIT keeps PostgreSQL at looking into the index for each person, who mostly shares with nobody.
    is_shared = sharer.correlate(persons).limit(1).scalar_subquery().is_not(None)
    shared = sa.select(persons.c.email_key).where(persons.c.lasting.is_(None), is_shared)
    rivals = _persons(whole.where(Contact.email_key.in_(shared)), ask).cte("rivals")
    place = sa.func.row_number().over(partition_by=rivals.c.email_key, order_by=rivals.c.id)
    is_asked = sa.exists().where(in_wave(ask.beside), Invitation.asked_as == rivals.c.email_key)
    taken = sa.case((is_asked.correlate(rivals), 1), else_=0)
    return (
        sa.select(rivals.c.id, (place + taken).label("place"))
        .where(rivals.c.lasting.is_(None))
        .cte("sharing")
    )


class unlisted(FunctionElement):
    """`unlisted(column)`: the column, which PostgreSQL then does not look up in an index. SQLite may."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(unlisted)
def _unlisted(element, compiler, **options) -> str:
    return f"({compiler.process(element.clauses, **options)} + 0)"


@compiles(unlisted, "sqlite")
def _unlisted_sqlite(element, compiler, **options) -> str:
    return compiler.process(element.clauses, **options)


def in_wave(wave_id: int | None) -> sa.ColumnElement[bool]:
    """Asks of a wave that something else looks up: PostgreSQL believes of a new wave that it has few."""
    return unlisted(Invitation.wave_id) == wave_id


NEVER = sa.cast(sa.null(), UtcDateTime())
SKIPS = (
    sa.select(Skip.contact_id, sa.func.max(Skip.free_at).label("until"))
    .where(Skip.ended_at.is_(None))
    .group_by(Skip.contact_id)
    .subquery("skipped")
)


def lasting_gates(
    today: date, kind: AskKind | None = None, *, is_rehearsal: bool = False
) -> list[tuple[Reason, sa.ColumnElement[bool]]]:
    """`gates.lasting` in SQL, over contacts with their suppression; without a kind those that hold for any ask."""
    unwanted = [(Reason.UNWANTED_KIND, Contact.unwanted_kind == kind)] if kind else []
    barred = gates.bars(is_rehearsal=is_rehearsal)
    return [
        *[(Reason(bar.value), Contact.not_askable == bar) for bar in barred],
        (Reason.NO_ACCOUNT, Contact.account_id.is_(None)),
        (Reason.ERASED, Contact.status == ContactStatus.ERASED),
        (Reason.BOUNCED, Contact.status == ContactStatus.BOUNCED),
        (
            Reason.UNSUBSCRIBED,
            sa.or_(Contact.status == ContactStatus.UNSUBSCRIBED, Contact.unsubscribed_at.is_not(None)),
        ),
        (Reason.SUPPRESSED_ADDRESS, Suppression.email_key.is_not(None)),
        (Reason.NO_ADDRESS, sa.func.coalesce(Contact.email_key, "") == ""),
        (Reason.LEFT, sa.or_(Contact.status == ContactStatus.LEFT, Contact.left_on <= today)),
        *unwanted,
    ]


class Counted(NamedTuple):
    """How many people share a reason, how many of them are free in time, when the first and the last are due and when
    the first is free.
    """

    people: int
    free_in_time: int
    first_at: datetime | None
    last_at: datetime | None
    free_at: datetime | None


NOBODY = Counted(0, 0, None, None, None)


def counted(
    session: Session, people: sa.Select, ask: Ask, *, free_by: datetime
) -> dict[Reason | None, Counted]:
    """The audience by reason in the order of the gates; those who are asked stand under None, first."""
    planned = judged(people, ask).subquery("verdicts")
    due_at, free = planned.c.due_at, planned.c.free
    by = moments.ticks(sa.literal(free_by, Invitation.free_at.type), 0)
    in_time = sa.func.sum(sa.case((free <= by, 1), else_=0))
    free_at = moments.moment_of(sa.func.min(free))
    columns = (sa.func.count(), in_time, sa.func.min(due_at), sa.func.max(due_at), free_at)
    query = sa.select(planned.c.reason, *columns).group_by(planned.c.reason)
    found = {Reason(row[0]) if row[0] else None: Counted(*row[1:]) for row in session.execute(query)}
    return {reason: found[reason] for reason in (None, *Reason) if reason in found}


def left_out(session: Session, people: sa.Select, ask: Ask) -> dict[Reason | None, int]:
    """How many of the audience are asked (under None) and how many are left out for each reason."""
    return {reason: found.people for reason, found in counted(session, people, ask, free_by=ask.at).items()}


def why_not(session: Session, contact: Contact, program: Program, *, now: datetime) -> list[Gate]:
    """Every gate for this person, were `program` to ask now. The gate about a wave's mailboxes is not among them."""
    purpose = Purpose.SINGLE if program.kind == ProgramKind.MANUAL else Purpose.PROGRAM
    ask = ask_of(session, program, at=now, purpose=purpose)
    person = person_of(session, contact, ask)
    found = gates.gates(person, ask.rules, at=now, today=ask.today, purpose=ask.purpose, kind=ask.kind)
    if program.kind != ProgramKind.MANUAL:
        due = moments.due(UNKNOWN, now, None, installation(session).zone)
        found += caps.gates(caps.load_of(session, contact.account_id), ask.rules, due)
    return [gate for gate in found if gate.reason != Reason.DUPLICATE_ADDRESS]


def person_of(session: Session, contact: Contact, ask: Ask) -> Person:
    """A contact with all the asks of the person and the mailbox, as the gates see it."""
    is_theirs = Invitation.contact_id == contact.id
    if contact.email_key:
        is_theirs = sa.or_(is_theirs, Invitation.asked_as == contact.email_key)
    found = session.execute(
        sa.select(Invitation, SurveyVersion.survey_id, former.LAST_REMINDER)
        .join(SurveyVersion, SurveyVersion.id == Invitation.version_id)
        .where(is_theirs)
    )
    asks = [
        past_ask(row, is_same=survey_id == ask.survey_id, reminded_at=reminded_at)
        for row, survey_id, reminded_at in found
        if ask.beside is None or row.wave_id != ask.beside
    ]
    is_barred = contact.not_askable in gates.bars(is_rehearsal=ask.is_rehearsal)
    is_barred = is_barred and (ask.needs_address or contact.not_askable not in gates.OF_ADDRESS)
    person = facts(contact)
    return replace(
        person,
        email_key=person.email_key or (None if ask.needs_address else f"contact {contact.id}"),
        not_askable=contact.not_askable if is_barred else None,
        is_suppressed=bool(contact.email_key and session.get(Suppression, contact.email_key)),
        skipped_until=session.scalar(sa.select(SKIPS.c.until).where(SKIPS.c.contact_id == contact.id)),
        asks=asks,
    )


def facts(contact: Contact) -> Person:
    """What stands in the contact's own row."""
    return Person(
        id=contact.id,
        not_askable=contact.not_askable,
        status=contact.status,
        left_on=contact.left_on,
        unsubscribed_at=contact.unsubscribed_at,
        email_key=contact.email_key,
        has_account=contact.account_id is not None,
        rest_days=contact.rest_days,
        unwanted_kind=contact.unwanted_kind,
        account_id=contact.account_id,
        zone=contact.time_zone or (contact.account.time_zone if contact.account else None) or UNKNOWN,
    )


def past_ask(row: Invitation, *, is_same: bool, reminded_at: datetime | None) -> PastAsk:
    return PastAsk(
        state=row.state,
        purpose=row.purpose,
        is_rehearsal=row.is_rehearsal,
        is_same_survey=is_same,
        sent_at=row.sent_at,
        closes_at=row.closes_at,
        declined_at=row.declined_at,
        reminded_at=reminded_at,
    )


def without_owner(session: Session, people: sa.Select) -> int:
    """How many accounts of these people have no owner, so that their tasks go to the default owner."""
    query = sa.select(sa.func.count(Account.id.distinct())).join(Contact, Contact.account_id == Account.id)
    return session.scalar(query.where(Contact.id.in_(people), Account.owner_id.is_(None)))
