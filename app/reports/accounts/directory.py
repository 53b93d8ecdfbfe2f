"""The list of people: who may be asked, who may not and why, whose language or role is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import ACCOUNT_WORDS, PERSON_WORDS, Account, Contact, ContactRole
from app.core.clock import Today
from app.core.database.finding import every_word
from app.delivery import cadence
from app.delivery.asking.gates import Reason
from app.delivery.models import InvitationState, Suppression
from app.reports.accounts.people import last_answers, last_states
from app.responses.models import Response
from app.surveys import audience
from app.surveys.models import Segment

PAGE_SIZE = 50
ASKABLE, NOT_ASKABLE = "yes", "no"


@dataclass(frozen=True)
class PeopleFilter:
    """Whom to show. `asked` is "yes", "no" or the reason why not; `language` a code or "none" where none is known."""

    words: str = ""
    role: ContactRole | None = None
    asked: str = ""
    language: str = ""
    account_id: int | None = None
    segment: Segment | None = None

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words or self.role or self.asked or self.language or self.account_id or self.segment)


@dataclass(frozen=True)
class Entry:
    """One person of the list; `reason` says why nobody asks them, whatever the day."""

    contact: Contact
    reason: Reason | None
    state: InvitationState | None
    last: Response | None


def count(session: Session, chosen: PeopleFilter, today: Today) -> int:
    query = sa.select(sa.func.count(Contact.id))
    return session.scalar(narrowed(query, chosen, today)) or 0


def page(
    session: Session, chosen: PeopleFilter, today: Today, *, start: int = 0, size: int = PAGE_SIZE
) -> list[Entry]:
    """The people from place `start` on, by name."""
    by_name = sa.func.lower(Contact.last_name), sa.func.lower(Contact.first_name), Contact.id
    query = narrowed(sa.select(Contact.id, why_not(today)), chosen, today).order_by(*by_name)
    found = session.execute(query.offset(start).limit(size)).all()
    ids = [id for id, _reason in found]
    loading = sa.select(Contact).where(Contact.id.in_(ids)).options(joinedload(Contact.account))
    contacts = {contact.id: contact for contact in session.scalars(loading)}
    answers, states = last_answers(session, ids), last_states(session, ids)
    return [
        Entry(contacts[id], Reason(reason) if reason else None, states.get(id), answers.get(id))
        for id, reason in found
    ]


def narrowed(query: sa.Select, chosen: PeopleFilter, today: Today) -> sa.Select:
    """`query` over contacts with their suppressions, and the filter."""
    query = query.select_from(Contact).outerjoin(Suppression, Suppression.email_key == Contact.email_key)
    if chosen.words:
        query = query.outerjoin(Account, Account.id == Contact.account_id)
    return query.where(*conditions(chosen, today))


def why_not(today: Today) -> sa.ColumnElement:
    """The first lasting gate that is shut, as text, or NULL; over contacts with their suppression."""
    shut = [(is_shut, reason.value) for reason, is_shut in cadence.lasting_gates(today.day)]
    return sa.case(*shut, else_=sa.null())


def conditions(chosen: PeopleFilter, today: Today) -> Iterator[sa.ColumnElement[bool]]:
    if chosen.words:
        yield every_word(chosen.words, PERSON_WORDS, ACCOUNT_WORDS)
    if chosen.role:
        yield Contact.role == chosen.role
    if chosen.language:
        is_unknown = chosen.language == "none"
        yield Contact.language.is_(None) if is_unknown else Contact.language == chosen.language
    if chosen.account_id:
        yield Contact.account_id == chosen.account_id
    if chosen.segment is not None:
        yield Contact.id.in_(audience.people(chosen.segment.filter))
    if chosen.asked == ASKABLE:
        yield why_not(today).is_(None)
    elif chosen.asked == NOT_ASKABLE:
        yield why_not(today).is_not(None)
    elif chosen.asked:
        yield why_not(today) == chosen.asked


def languages(session: Session) -> list[str]:
    """The languages that people have."""
    known = sa.select(Contact.language).where(Contact.language.is_not(None)).distinct()
    return list(session.scalars(known.order_by(Contact.language)))
