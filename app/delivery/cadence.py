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
from sqlalchemy.orm import Session

from app.contacts.models import Account, AskKind, Contact, ContactStatus
from app.core import clock
from app.core.installation import installation
from app.delivery.asking import caps, gates, moments
from app.delivery.asking.gates import Gate, PastAsk, Person, Reason
from app.delivery.asking.moments import UNKNOWN, Due, later, latest
from app.delivery.models import Invitation, InvitationState, Purpose, Reminder, Skip, Suppression
from app.delivery.sending import windows
from app.surveys import audience, rules
from app.surveys.models import Program, ProgramKind, SurveyVersion
from app.surveys.rules import Rules

DAY_SECONDS = 86_400


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


def plan(people: sa.Select, ask: Ask) -> sa.Subquery:
    """For each contact of `people`: `contact_id, account_id, email_key, language, due_at, reason, free_at`.

    The last two are NULL for those who are asked, at `due_at`.
    """
    dues = moments.table(ask.moments, ask.rules)
    judged = _judged(_persons(people, ask), dues, ask)
    if not ask.is_capped or not (ask.rules.account_per_day or ask.rules.account_most):
        return judged.subquery("plan")
    return caps.applied(judged.cte("judged"), dues, ask.rules, beside=ask.beside).subquery("plan")


def _judged(persons: sa.CTE, dues: sa.CTE, ask: Ask) -> sa.Select:
    """The persons with their moment and what the gates say of them then."""
    past = _past(persons, ask)
    shut = _timed(past.c, persons.c, dues.c, ask)
    duplicate = sa.and_(persons.c.lasting.is_(None), persons.c.place > 1)
    reason = sa.case(
        (persons.c.lasting.is_not(None), persons.c.lasting),
        (duplicate, Reason.DUPLICATE_ADDRESS.value),
        *[(is_shut, name.value) for name, is_shut, _end in shut],
    )
    waits = sa.and_(persons.c.lasting.is_(None), sa.not_(duplicate), sa.func.coalesce(past.c.unsent, 0) == 0)
    ends = [sa.case((is_shut, end)) for _name, is_shut, end in shut]
    return sa.select(
        persons.c.id.label("contact_id"),
        persons.c.account_id,
        persons.c.email_key,
        persons.c.language,
        persons.c.zone,
        dues.c.at.label("due_at"),
        dues.c.day_from,
        dues.c.day_until,
        sa.cast(reason, sa.String).label("reason"),
        sa.case((waits, latest(*ends))).label("free_at"),
    ).select_from(
        persons.join(dues, dues.c.zone == persons.c.zone).outerjoin(past, past.c.contact_id == persons.c.id)
    )


def _persons(people: sa.Select, ask: Ask) -> sa.CTE:
    """The people with their zone and first lasting gate, and their place among those of the same mailbox without one."""
    shut = lasting_gates(ask.today, ask.kind, is_rehearsal=ask.is_rehearsal)
    shut = [gate for gate in shut if ask.needs_address or gate[0] not in gates.OF_ADDRESS]
    lasting = sa.case(*[(is_shut, reason.value) for reason, is_shut in shut])
    zones = [due.zone for due in ask.moments if due.zone != UNKNOWN]
    zone = sa.case((moments.ZONE.in_(zones), moments.ZONE), else_=UNKNOWN) if zones else sa.literal(UNKNOWN)
    chosen = sa.select(
        Contact.id,
        Contact.account_id,
        Contact.email_key,
        Contact.language,
        Contact.rest_days,
        zone.label("zone"),
        lasting.label("lasting"),
        SKIPS.c.until.label("skipped_until"),
    )
    chosen = chosen.outerjoin(Suppression, Suppression.email_key == Contact.email_key)
    chosen = chosen.outerjoin(SKIPS, SKIPS.c.contact_id == Contact.id)
    if zones:
        chosen = chosen.outerjoin(Account, Account.id == Contact.account_id)
    # Without the sum SQLite takes the audience for a handful of people and joins their past row by row.
    is_few = ask.beside is not None or ask.purpose in (Purpose.SINGLE, Purpose.RECOVERY)
    number = Contact.id if is_few else Contact.id + sa.literal(0)
    found = chosen.where(number.in_(people)).cte("chosen")
    key = found.c.email_key if is_few else Contact.email_key
    shared = sa.select(key).group_by(key).having(sa.func.count() > 1)
    place = sa.func.row_number().over(partition_by=found.c.email_key, order_by=found.c.id).label("place")
    sharing = sa.select(found.c.id, place).where(found.c.lasting.is_(None), found.c.email_key.in_(shared))
    sharing = sharing.cte("sharing")
    place = sa.func.coalesce(sharing.c.place, 1).label("place")
    return sa.select(found, place).outerjoin(sharing, sharing.c.id == found.c.id).cte("persons")


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
        (Reason.SUPPRESSED_ADDRESS, Suppression.email_key.is_not(None)),
        (Reason.NO_ADDRESS, sa.func.coalesce(Contact.email_key, "") == ""),
        (
            Reason.UNSUBSCRIBED,
            sa.or_(Contact.status == ContactStatus.UNSUBSCRIBED, Contact.unsubscribed_at.is_not(None)),
        ),
        (Reason.LEFT, sa.or_(Contact.status == ContactStatus.LEFT, Contact.left_on <= today)),
        *unwanted,
    ]


def _past(persons: sa.CTE, ask: Ask) -> sa.CTE:
    """What the gates of time need to know of former asks of the same person or mailbox, one row per person."""
    is_same = Invitation.version_id.in_(
        sa.select(SurveyVersion.id).where(SurveyVersion.survey_id == ask.survey_id)
    )
    columns = (
        persons.c.id.label("contact_id"),
        Invitation.state,
        Invitation.sent_at,
        LAST_REMINDER.label("reminded_at"),
        Invitation.closes_at,
        Invitation.declined_at,
        sa.case((is_same, 1), else_=0).label("is_same"),
    )
    counts = [Invitation.is_rehearsal.is_(False), Invitation.purpose != Purpose.TEST]
    if ask.beside is not None:
        counts.append(Invitation.wave_id != ask.beside)
    own = sa.select(*columns).join_from(persons, Invitation, Invitation.contact_id == persons.c.id)
    mailbox = sa.select(*columns).join_from(
        persons,
        Invitation,
        sa.and_(Invitation.asked_as == persons.c.email_key, Invitation.contact_id != persons.c.id),
    )
    asks = sa.union_all(own.where(*counts), mailbox.where(*counts)).cte("asks").c
    heard = asks.state.in_(gates.HEARD)
    declined = asks.state == InvitationState.DECLINED
    of = {
        "mailed": (
            sa.or_(heard, asks.state == InvitationState.BOUNCED),
            latest(asks.sent_at, asks.reminded_at),
        ),
        "heard": (heard, asks.sent_at),
        "heeded": (sa.and_(heard, sa.not_(declined)), asks.sent_at),
        "declined": (declined, asks.declined_at),
        "same": (sa.and_(heard, asks.is_same == 1), asks.sent_at),
        "closes": (asks.state.in_(gates.OPEN), asks.closes_at),
        "unsent": (asks.state.in_(gates.UNSENT), 1),
    }
    latest_of = [sa.func.max(sa.case((holds, value))).label(name) for name, (holds, value) in of.items()]
    return sa.select(asks.contact_id, *latest_of).group_by(asks.contact_id).cte("past")


LAST_REMINDER = (
    sa.select(sa.func.max(Reminder.sent_at))
    .where(Reminder.invitation_id == Invitation.id)
    .correlate(Invitation)
    .scalar_subquery()
)


def _timed(
    past, person, due, ask: Ask
) -> list[tuple[Reason, sa.ColumnElement[bool], sa.ColumnElement[datetime]]]:
    """`gates.timed` in SQL: reason, whether it is shut, when it opens."""
    r, hour = ask.rules, 3600
    waits = [
        (Reason.SKIPPED, person.skipped_until, due.at, 0),
        (Reason.FLOOR, past.mailed, due.floor_before, r.floor_hours * hour),
        (Reason.QUARANTINE, past.heeded, due.any_before, r.any_days * DAY_SECONDS),
        (
            Reason.QUARANTINE_AFTER_DECLINE,
            past.declined,
            due.declined_before,
            r.after_decline_days * DAY_SECONDS,
        ),
        (Reason.QUARANTINE_SAME_SURVEY, past.same, due.same_before, r.same_survey_days * DAY_SECONDS),
    ]
    exempt = gates.exempt_from(ask.purpose)
    waits = [wait for wait in waits if wait[0] not in exempt]
    shut = [(reason, last > before, later(last, seconds)) for reason, last, before, seconds in waits]
    rest = later(past.heard, sa.cast(person.rest_days, sa.Integer) * DAY_SECONDS)
    is_open = sa.or_(past.unsent == 1, past.closes > due.at)
    return [
        *shut,
        (Reason.LESS_OFTEN, rest > due.at, rest),
        (Reason.OPEN_ASK, is_open, past.closes),
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
    planned = plan(people, ask)
    in_time = sa.func.sum(sa.case((planned.c.free_at <= free_by, 1), else_=0))
    due_at, free_at = planned.c.due_at, planned.c.free_at
    columns = (sa.func.count(), in_time, sa.func.min(due_at), sa.func.max(due_at), sa.func.min(free_at))
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
        sa.select(Invitation, SurveyVersion.survey_id, LAST_REMINDER)
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
