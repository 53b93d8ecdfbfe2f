"""The people of an account: in which role, how they take part, what they last said, and who is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.footprint import Footprint, footprint
from app.contacts.models import Account, Contact, ContactRole, ContactStatus
from app.delivery.models import Invitation, InvitationState
from app.health.facts import Person
from app.health.gathering import people_of
from app.health.parameters import V1, FormulaSet
from app.health.relationship import participation
from app.health.tuning import versions
from app.reports.accounts.figures import last_asks
from app.responses.models import Response

MOST_SHOWN = 60
ROLE_ORDER = list(ContactRole)
GONE = frozenset({ContactStatus.LEFT, ContactStatus.ERASED})


@dataclass(frozen=True)
class Member:
    """One person. `takes_part` is participation 0..1, None if never asked; `answered` of `asked` closed asks, ever.

    `state` is what became of the last closed ask, `last` the last answer, which may be older.
    """

    contact: Contact
    takes_part: float | None = None
    asked: int = 0
    answered: int = 0
    state: InvitationState | None = None
    last: Response | None = None

    @property
    def is_here(self) -> bool:
        return self.contact.status not in GONE


@dataclass(frozen=True)
class Team:
    """Everybody of an account, those who are there first, and how far they fill the tier's template."""

    here: list[Member]
    gone: list[Member]
    footprint: Footprint

    @property
    def shown(self) -> list[Member]:
        return self.here[:MOST_SHOWN]

    @property
    def left_out(self) -> int:
        return len(self.here) - len(self.shown)


def team(session: Session, account: Account, *, today: date, zone: ZoneInfo) -> Team:
    """The people of the account today, key roles first."""
    contacts = list(session.scalars(sa.select(Contact).where(Contact.account_id == account.id)))
    facts = {person.id: person for person in people_of(session, [account.id], today, zone)[account.id]}
    ids = [contact.id for contact in contacts]
    answers, states = last_answers(session, ids), last_states(session, ids)
    members = [
        member(contact, facts.get(contact.id), answers.get(contact.id), states.get(contact.id), today)
        for contact in sorted(contacts, key=in_order)
    ]
    present = [person.role for person in facts.values() if person.is_here(today)]
    return Team(
        here=[one for one in members if one.is_here],
        gone=[one for one in members if not one.is_here],
        footprint=footprint(present, expected(account, versions.present(session))),
    )


def expected(account: Account, formula: FormulaSet = V1) -> dict[str, int]:
    """How many people the account's tier should have in each role."""
    return {role: rule.people for role, rule in formula.template(account.tier).items()}


def in_order(contact: Contact) -> tuple:
    return (
        ROLE_ORDER.index(contact.role),
        contact.last_name.casefold(),
        contact.first_name.casefold(),
        contact.id,
    )


def member(
    contact: Contact, facts: Person | None, last: Response | None, state: InvitationState | None, today: date
) -> Member:
    closed = [ask for ask in facts.asks if ask.closed_on(today)] if facts else []
    return Member(
        contact=contact,
        takes_part=participation(facts, today) if facts else None,
        asked=len(closed),
        answered=sum(ask.is_answered(today) for ask in closed),
        state=state,
        last=last,
    )


def last_answers(session: Session, ids: Sequence[int]) -> dict[int, Response]:
    """The newest answer of each person; rehearsals and answers of machines are left out."""
    newest_first = [Response.submitted_at.desc(), Response.id.desc()]
    place = sa.func.row_number().over(partition_by=Response.contact_id, order_by=newest_first)
    ranked = sa.select(Response.id, place.label("place")).where(
        Response.contact_id.in_(ids), Response.is_rehearsal.is_(False), Response.dismissed_at.is_(None)
    )
    ranked = ranked.subquery()
    query = sa.select(Response).join(ranked, ranked.c.id == Response.id).where(ranked.c.place == 1)
    return {response.contact_id: response for response in session.scalars(query)}


def last_states(session: Session, ids: Sequence[int]) -> dict[int, InvitationState]:
    """What became of each person's last closed ask: answered, declined or silent."""
    last = last_asks(Invitation.contact_id.in_(ids)).subquery()
    query = sa.select(last.c.contact_id, last.c.state).where(last.c.place == 1)
    return dict(session.execute(query).all())
