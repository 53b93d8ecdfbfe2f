"""The cadence: who of an audience may be asked now, as one SQL expression; and for one person, why not.

`plan` gives for every contact of an audience the first gate that is shut and the moment all gates are open. It says
exactly what `gates.judge` says in Python, which a property test checks; preview, launch and deferral all read it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app.contacts.models import Account, AskKind, Contact, ContactStatus, NotAskable
from app.core import clock
from app.core.database.columns import UtcDateTime
from app.core.installation import installation
from app.delivery.asking import gates
from app.delivery.asking.gates import Gate, PastAsk, Person, Reason
from app.delivery.models import Invitation, InvitationState, Purpose, Suppression
from app.surveys import audience, rules
from app.surveys.models import Program, SurveyVersion
from app.surveys.rules import Rules

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Ask:
    """What is about to be asked: by which rules, for what purpose, sent at which moment (`today` is its day)."""

    survey_id: int
    rules: Rules
    at: datetime
    today: date
    purpose: Purpose = Purpose.PROGRAM
    kind: AskKind = AskKind.GENERAL


def ask_of(session: Session, program: Program, *, at: datetime, purpose: Purpose = Purpose.PROGRAM) -> Ask:
    """The ask that `program` would make at that moment."""
    today = clock.day_of(at, installation(session).zone)
    kind = gates.kind_of(program.kind, purpose)
    return Ask(program.survey_id, rules.of(program), at, today, purpose, kind)


def people_of(program: Program) -> sa.Select:
    """A select of the ids of the program's audience."""
    return audience.people(program.audience)


class later(FunctionElement):
    """`later(moment, seconds)`: a moment so many seconds after another one; NULL of NULL."""

    type = UtcDateTime()
    inherit_cache = True


class latest(FunctionElement):
    """`latest(moments...)`: the last of them, NULLs passed over; NULL when all are."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(later, "sqlite")
def _later_sqlite(element, compiler, **options) -> str:
    moment, seconds = (compiler.process(part, **options) for part in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%f', {moment}, {seconds} || ' seconds') || '000')"


@compiles(later)
def _later(element, compiler, **options) -> str:
    moment, seconds = (compiler.process(part, **options) for part in element.clauses)
    return f"({moment} + make_interval(secs => {seconds}))"


@compiles(latest, "sqlite")
def _latest_sqlite(element, compiler, **options) -> str:
    parts = [f"coalesce({compiler.process(part, **options)}, '')" for part in element.clauses]
    return f"nullif(max({', '.join(parts)}), '')"


@compiles(latest)
def _latest(element, compiler, **options) -> str:
    return f"greatest({', '.join(compiler.process(part, **options) for part in element.clauses)})"


def plan(people: sa.Select, ask: Ask) -> sa.Subquery:
    """For each contact of `people`: `contact_id, account_id, email_key, language, reason, free_at` (both NULL: asked)."""
    persons = _persons(people, ask)
    past = _past(persons, ask)
    shut = _timed(past.c, persons.c.rest_days, ask)
    duplicate = sa.and_(persons.c.lasting.is_(None), persons.c.place > 1)
    reason = sa.case(
        (persons.c.lasting.is_not(None), persons.c.lasting),
        (duplicate, Reason.DUPLICATE_ADDRESS.value),
        *[(is_shut, name.value) for name, is_shut, _end in shut],
    )
    waits = sa.and_(persons.c.lasting.is_(None), sa.not_(duplicate), sa.func.coalesce(past.c.unsent, 0) == 0)
    ends = [sa.case((is_shut, end)) for _name, is_shut, end in shut]
    return (
        sa.select(
            persons.c.id.label("contact_id"),
            persons.c.account_id,
            persons.c.email_key,
            persons.c.language,
            sa.cast(reason, sa.String).label("reason"),
            sa.case((waits, latest(*ends))).label("free_at"),
        )
        .select_from(persons.outerjoin(past, past.c.contact_id == persons.c.id))
        .subquery("plan")
    )


def _persons(people: sa.Select, ask: Ask) -> sa.CTE:
    """The people with their first lasting gate, and their place among those of the same mailbox who have none."""
    lasting = sa.case(*[(is_shut, reason.value) for reason, is_shut in lasting_gates(ask.today, ask.kind)])
    columns = (Contact.id, Contact.account_id, Contact.email_key, Contact.language, Contact.rest_days)
    chosen = sa.select(*columns, lasting.label("lasting"))
    chosen = chosen.outerjoin(Suppression, Suppression.email_key == Contact.email_key)
    found = chosen.where(Contact.id.in_(people)).cte("chosen")
    place = sa.func.row_number().over(
        partition_by=[found.c.email_key, found.c.lasting.is_(None)], order_by=found.c.id
    )
    return sa.select(found, place.label("place")).cte("persons")


def lasting_gates(today: date, kind: AskKind | None = None) -> list[tuple[Reason, sa.ColumnElement[bool]]]:
    """`gates.lasting` in SQL, over contacts with their suppression; without a kind those that hold for any ask."""
    unwanted = [(Reason.UNWANTED_KIND, Contact.unwanted_kind == kind)] if kind else []
    not_askable = [(Reason(kind.value), Contact.not_askable == kind) for kind in NotAskable]
    return [
        *not_askable,
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
        Invitation.closes_at,
        Invitation.declined_at,
        sa.case((is_same, 1), else_=0).label("is_same"),
    )
    counts = sa.and_(Invitation.is_rehearsal.is_(False), Invitation.purpose != Purpose.TEST)
    own = sa.select(*columns).join_from(persons, Invitation, Invitation.contact_id == persons.c.id)
    mailbox = sa.select(*columns).join_from(
        persons,
        Invitation,
        sa.and_(Invitation.asked_as == persons.c.email_key, Invitation.contact_id != persons.c.id),
    )
    asks = sa.union_all(own.where(counts), mailbox.where(counts)).cte("asks").c
    heard = asks.state.in_(gates.HEARD)
    declined = asks.state == InvitationState.DECLINED
    of = {
        "mailed": (sa.or_(heard, asks.state == InvitationState.BOUNCED), asks.sent_at),
        "heeded": (sa.and_(heard, sa.not_(declined)), asks.sent_at),
        "declined": (declined, asks.declined_at),
        "same": (sa.and_(heard, asks.is_same == 1), asks.sent_at),
        "heard": (heard, asks.sent_at),
        "closes": (asks.state.in_(gates.OPEN), asks.closes_at),
        "unsent": (asks.state.in_(gates.UNSENT), 1),
    }
    latest_of = [sa.func.max(sa.case((holds, value))).label(name) for name, (holds, value) in of.items()]
    return sa.select(asks.contact_id, *latest_of).group_by(asks.contact_id).cte("past")


def _timed(
    past, rest_days: sa.ColumnElement[int], ask: Ask
) -> list[tuple[Reason, sa.ColumnElement[bool], sa.ColumnElement[datetime]]]:
    """`gates.timed` in SQL: reason, whether it is shut, when it opens."""
    r = ask.rules
    waits = [
        (Reason.FLOOR, past.mailed, timedelta(hours=r.floor_hours)),
        (Reason.QUARANTINE, past.heeded, timedelta(days=r.any_days)),
        (Reason.QUARANTINE_AFTER_DECLINE, past.declined, timedelta(days=r.after_decline_days)),
        (Reason.QUARANTINE_SAME_SURVEY, past.same, timedelta(days=r.same_survey_days)),
    ]
    if ask.purpose == Purpose.RECOVERY:
        waits = [wait for wait in waits if wait[0] not in gates.QUARANTINES]
    shut = [
        (reason, last > ask.at - wait, later(last, int(wait.total_seconds()))) for reason, last, wait in waits
    ]
    rest = sa.cast(sa.cast(rest_days, sa.Integer) * DAY_SECONDS, sa.Integer)
    rested = later(past.heard, rest)
    shut.append((Reason.LESS_OFTEN, rested > ask.at, rested))
    is_open = sa.or_(past.unsent == 1, past.closes > ask.at)
    return [*shut, (Reason.OPEN_ASK, is_open, past.closes)]


def left_out(session: Session, people: sa.Select, ask: Ask) -> dict[Reason | None, int]:
    """How many of the audience are asked (under None) and how many are left out for each reason."""
    planned = plan(people, ask)
    query = sa.select(planned.c.reason, sa.func.count()).group_by(planned.c.reason)
    counted = {Reason(reason) if reason else None: count for reason, count in session.execute(query)}
    return {reason: counted[reason] for reason in (None, *Reason) if reason in counted}


def why_not(session: Session, contact: Contact, program: Program, *, now: datetime) -> list[Gate]:
    """Every gate for this person, were `program` to ask now. The gate about a wave's mailboxes is not among them."""
    ask = ask_of(session, program, at=now)
    person = person_of(session, contact, ask)
    found = gates.gates(person, ask.rules, at=now, today=ask.today, purpose=ask.purpose, kind=ask.kind)
    return [gate for gate in found if gate.reason != Reason.DUPLICATE_ADDRESS]


def person_of(session: Session, contact: Contact, ask: Ask) -> Person:
    """A contact with all the asks of the person and the mailbox, as the gates see it."""
    is_theirs = Invitation.contact_id == contact.id
    if contact.email_key:
        is_theirs = sa.or_(is_theirs, Invitation.asked_as == contact.email_key)
    found = session.execute(
        sa.select(Invitation, SurveyVersion.survey_id)
        .join(SurveyVersion, SurveyVersion.id == Invitation.version_id)
        .where(is_theirs)
    )
    asks = [past_ask(row, is_same=survey_id == ask.survey_id) for row, survey_id in found]
    return replace(
        facts(contact),
        is_suppressed=bool(contact.email_key and session.get(Suppression, contact.email_key)),
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
    )


def past_ask(row: Invitation, *, is_same: bool) -> PastAsk:
    return PastAsk(
        state=row.state,
        purpose=row.purpose,
        is_rehearsal=row.is_rehearsal,
        is_same_survey=is_same,
        sent_at=row.sent_at,
        closes_at=row.closes_at,
        declined_at=row.declined_at,
    )


def without_owner(session: Session, people: sa.Select) -> int:
    """How many accounts of these people have no owner, so that their tasks go to the default owner."""
    query = sa.select(sa.func.count(Account.id.distinct())).join(Contact, Contact.account_id == Account.id)
    return session.scalar(query.where(Contact.id.in_(people), Account.owner_id.is_(None)))
