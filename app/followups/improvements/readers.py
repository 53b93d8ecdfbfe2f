"""Whom an entry is told by mail: everybody whose answers it rests on, and for each who is left out the reason.

It rests on the answers of people with whom a follow-up ended with its cause; without a cause, of everybody who answered
within a year. With a segment only people of it count. Rules for asks that keep people from being asked too often are
no rules for these mails; but nobody gets two mails from here within a day, and who wants fewer mails gets none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact
from app.core.clock import day_of
from app.core.installation import Installation
from app.delivery import cadence
from app.delivery.asking import gates
from app.delivery.asking.gates import Reason
from app.delivery.models import Invitation, InvitationState, Purpose, Reminder, Skip, Suppression, Wave
from app.followups.improvements.models import Improvement, Mailing, Telling
from app.followups.models import Task
from app.responses.models import Response
from app.surveys import audience, rules
from app.surveys.models import Program

HEARD_FOR = timedelta(days=365)
NO_WORDS, LATELY, SAME_MAILBOX = "no_words", "lately", "same_mailbox"
WORDS = {
    NO_WORDS: _l("Reads a language in which nothing is written here"),
    LATELY: _l("Got a mail from here within the last 24 hours"),
    SAME_MAILBOX: _l("Somebody else gets it in the same mailbox"),
    Reason.UNSUBSCRIBED: _l("Wants no mail from here"),
    Reason.LESS_OFTEN: _l("Wants fewer mails from here"),
}
PAGE = 50


@dataclass(frozen=True)
class Size:
    """How many people get the entry, at how many accounts, in which languages, and how many are left out why."""

    people: int
    accounts: int
    languages: dict[str, int]
    left_out: dict[str, int]

    @property
    def out(self) -> int:
        return sum(self.left_out.values())


def reason_words(code: str) -> object:
    """Why somebody is left out, in words."""
    return WORDS.get(code) or (Reason(code).words if code in set(Reason) else code)


def plan(session: Session, entry: Improvement, facts: Installation, *, now: datetime) -> sa.Subquery:
    """Everybody the entry concerns who was not told it by mail yet: `contact_id, account_id, invitation_id, email,
    language, reason`. The last is NULL for those who get it.
    """
    answers = last_answers(is_live=facts.is_live)
    tag = language_of(answers.c.language, list(entry.words))
    shut = sa.case(*[(is_shut, sa.literal(str(code))) for code, is_shut in gates_of(facts, now)])
    reason = sa.func.coalesce(shut, sa.case((tag.is_(None), NO_WORDS)))
    told = sa.exists().where(Telling.improvement_id == entry.id, Telling.contact_id == Contact.id)
    query = (
        sa.select(
            Contact.id.label("contact_id"),
            Contact.account_id,
            Contact.first_name,
            Contact.last_name,
            Account.name.label("account"),
            Contact.email,
            Contact.email_key,
            answers.c.invitation_id,
            tag.label("language"),
            reason.label("reason"),
        )
        .select_from(answers)
        .join(Contact, Contact.id == answers.c.contact_id)
        .join(Account, Account.id == Contact.account_id)
        .outerjoin(Suppression, Suppression.email_key == Contact.email_key)
        .where(~told, concerns(entry, answers, is_live=facts.is_live, now=now))
    )
    if entry.segment_id:
        query = query.where(audience.fits(entry.segment.filter))
    return one_a_mailbox(query.subquery("concerned"))


def one_a_mailbox(concerned: sa.Subquery) -> sa.Subquery:
    """Of several people who would get it in one mailbox the first one does."""
    mailbox = [concerned.c.email_key, concerned.c.reason]
    place = sa.func.row_number().over(partition_by=mailbox, order_by=concerned.c.contact_id)
    ranked = sa.select(concerned, place.label("place")).subquery("ranked")
    again = sa.and_(ranked.c.reason.is_(None), ranked.c.place > 1)
    others = [column for column in ranked.c if column.name not in ("reason", "place")]
    reason = sa.case((again, SAME_MAILBOX), else_=ranked.c.reason).label("reason")
    return sa.select(*others, reason).subquery("plan")


def last_answers(*, is_live: bool) -> sa.Subquery:
    """Each person's last answer that counts; in a rehearsal those of rehearsals too."""
    newest = [Response.submitted_at.desc(), Response.id.desc()]
    place = sa.func.row_number().over(partition_by=Response.contact_id, order_by=newest).label("place")
    real = (
        Response.dismissed_at.is_(None),
        sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None)),
        *((Response.is_rehearsal.is_(False),) if is_live else ()),
    )
    columns = (Response.contact_id, Response.invitation_id, Response.language, Response.submitted_at)
    ranked = sa.select(*columns, place).where(*real).subquery("ranked_answers")
    return sa.select(ranked).where(ranked.c.place == 1).subquery("answers")


def concerns(
    entry: Improvement, answers: sa.Subquery, *, is_live: bool, now: datetime
) -> sa.ColumnElement[bool]:
    """Whether the entry rests on what the person said, as far as its segment lets it."""
    if entry.cause is None:
        return answers.c.submitted_at >= now - HEARD_FOR
    ended = sa.select(Task.contact_id).where(
        Task.cause == entry.cause,
        Task.closed_at.is_not(None),
        Task.contact_id.is_not(None),
        *((Task.is_rehearsal.is_(False),) if is_live else ()),
    )
    return Contact.id.in_(ended)


def language_of(answered: sa.ColumnElement, written: list[str]) -> sa.ColumnElement:
    """The language among those written in which somebody is told: their own, else the one they answered in."""
    own = audience.language_cases(Contact.language, written)
    said = audience.language_cases(answered, written)
    return sa.case(*own, *said) if written else sa.null()


def gates_of(facts: Installation, now: datetime) -> list[tuple[str, sa.ColumnElement[bool]]]:
    """What keeps a person from being written to now, in order."""
    since = now - timedelta(hours=rules.DEFAULTS.floor_hours)
    skipped = sa.exists().where(
        Skip.contact_id == Contact.id,
        Skip.ended_at.is_(None),
        sa.or_(Skip.free_at.is_(None), Skip.free_at > now),
    )
    return [
        *cadence.lasting_gates(day_of(now, facts.zone), is_rehearsal=not facts.is_live),
        (Reason.LESS_OFTEN, Contact.rest_days.is_not(None)),
        (Reason.SKIPPED, skipped),
        (LATELY, sa.or_(asked_since(since), told_since(since))),
    ]


def asked_since(since: datetime) -> sa.ColumnElement[bool]:
    """Whether the person got a survey mail or a reminder since then."""
    reached = gates.HEARD | {InvitationState.BOUNCED}
    mails = (
        Invitation.contact_id == Contact.id,
        Invitation.is_rehearsal.is_(False),
        Invitation.purpose != Purpose.TEST,
        Invitation.state.in_(reached),
    )
    reminded = sa.exists().where(Reminder.invitation_id == Invitation.id, Reminder.sent_at > since, *mails)
    return sa.or_(sa.exists().where(*mails, Invitation.sent_at > since), reminded)


def told_since(since: datetime) -> sa.ColumnElement[bool]:
    """Whether the person got a mail about another entry since then, or waits for one."""
    return sa.exists().where(
        Telling.contact_id == Contact.id,
        sa.or_(Telling.told_at > since, Telling.ended_at.is_(None)),
        Telling.mailing_id.in_(sa.select(Mailing.id).where(Mailing.is_rehearsal.is_(False))),
    )


def size(session: Session, planned: sa.Subquery) -> Size:
    """The plan in figures; languages and reasons the most frequent first."""
    columns = (planned.c.reason, planned.c.language, sa.func.count())
    rows = session.execute(sa.select(*columns).group_by(planned.c.reason, planned.c.language)).all()
    languages: dict[str, int] = {}
    left_out: dict[str, int] = {}
    for reason, language, count in rows:
        counted, key = (languages, language) if reason is None else (left_out, reason)
        counted[key] = counted.get(key, 0) + count
    accounts = sa.select(sa.func.count(planned.c.account_id.distinct())).where(planned.c.reason.is_(None))
    return Size(sum(languages.values()), session.scalar(accounts) or 0, falling(languages), falling(left_out))


def falling(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def listed(session: Session, planned: sa.Subquery, who: str, *, start: int = 0) -> list[sa.Row]:
    """A page of the plan's people: all, those who get it (`in`), who are left out (`out`), or for one reason."""
    rows = sa.select(planned).where(chosen(planned, who))
    names = (sa.func.lower(planned.c.account), planned.c.last_name, planned.c.contact_id)
    return list(session.execute(rows.order_by(*names).offset(start).limit(PAGE)))


def how_many(session: Session, planned: sa.Subquery, who: str) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(planned).where(chosen(planned, who))) or 0


def chosen(planned: sa.Subquery, who: str) -> sa.ColumnElement[bool]:
    if who == "in":
        return planned.c.reason.is_(None)
    if who == "out":
        return planned.c.reason.is_not(None)
    return planned.c.reason == who if who else sa.true()


def programs(session: Session, entry: Improvement, planned: sa.Subquery) -> list[Program]:
    """The programs of the asks on which the mails rest of those who get it and of those who wait for it."""
    waiting = sa.select(Telling.invitation_id).where(
        Telling.improvement_id == entry.id, Telling.ended_at.is_(None)
    )
    asks = sa.select(planned.c.invitation_id).where(planned.c.reason.is_(None)).union_all(waiting)
    waves = sa.select(Invitation.wave_id).where(Invitation.id.in_(asks))
    theirs = sa.select(Wave.program_id).where(Wave.id.in_(waves))
    return list(session.scalars(sa.select(Program).where(Program.id.in_(theirs)).order_by(Program.id)))


def some(session: Session, planned: sa.Subquery) -> list[sa.Row]:
    """One person who gets it in each language."""
    first = sa.select(sa.func.min(planned.c.contact_id)).where(planned.c.reason.is_(None))
    firsts = first.group_by(planned.c.language)
    query = sa.select(planned).where(planned.c.contact_id.in_(firsts))
    return list(session.execute(query.order_by(planned.c.language)))
