"""Language and time zone of many people at once: who lacks them, by account, country or mail domain, and setting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from app.contacts.models import Account, Contact, ContactStatus

MOST_GROUPS = 50
NOWHERE = ""  # How a country that is not known is named.


class Trait(StrEnum):
    """By what people are taken together."""

    ACCOUNT = "account"
    COUNTRY = "country"
    DOMAIN = "domain"


class domain_of(FunctionElement):
    """`domain_of(address)`: what stands behind the @."""

    type = sa.String()
    inherit_cache = True


@compiles(domain_of, "sqlite")
def _domain_sqlite(element, compiler, **options) -> str:
    (address,) = (compiler.process(part, **options) for part in element.clauses)
    return f"substr({address}, instr({address}, '@') + 1)"


@compiles(domain_of)
def _domain(element, compiler, **options) -> str:
    (address,) = (compiler.process(part, **options) for part in element.clauses)
    return f"split_part({address}, '@', 2)"


@dataclass(frozen=True)
class Missing:
    """How many people there are, and how many of them lack a language or a zone of their own.

    `zone_of_account` of those without a zone go by the clock of their account.
    """

    people: int
    language: int
    zone: int
    zone_of_account: int


@dataclass(frozen=True)
class Group:
    """People of one account, country or domain. `key` names it in a form."""

    key: str
    name: str
    people: int
    language: int
    zone: int


NO_LANGUAGE = sa.func.sum(sa.case((Contact.language.is_(None), 1), else_=0))
NO_ZONE = sa.func.sum(sa.case((Contact.time_zone.is_(None), 1), else_=0))
ASKABLE = (Contact.status == ContactStatus.ACTIVE, Contact.not_askable.is_(None))
KEYS: dict[Trait, sa.ColumnElement] = {
    Trait.ACCOUNT: Contact.account_id,
    Trait.COUNTRY: sa.func.coalesce(Contact.country, NOWHERE),
    Trait.DOMAIN: domain_of(Contact.email_key),
}


def missing(session: Session, people: sa.Select | None = None) -> Missing:
    """What is not known of these people, or of everybody who may be asked."""
    of_account = sa.func.sum(
        sa.case((sa.and_(Contact.time_zone.is_(None), Account.time_zone.is_not(None)), 1), else_=0)
    )
    query = sa.select(sa.func.count(), NO_LANGUAGE, NO_ZONE, of_account).select_from(Contact).where(*ASKABLE)
    query = query.outerjoin(Account, Account.id == Contact.account_id)
    if people is not None:
        query = query.where(Contact.id.in_(people))
    return Missing(*(number or 0 for number in session.execute(query).one()))


def groups(session: Session, trait: Trait) -> list[Group]:
    """The groups that lack most, at most `MOST_GROUPS`; those that lack nothing are left out."""
    key = KEYS[trait]
    name = sa.func.max(Account.name) if trait is Trait.ACCOUNT else key
    lacking = sa.or_(Contact.language.is_(None), Contact.time_zone.is_(None))
    lacks = sa.func.sum(sa.case((lacking, 1), else_=0))
    query = (
        sa.select(key, name, sa.func.count(), NO_LANGUAGE, NO_ZONE)
        .select_from(Contact)
        .outerjoin(Account, Account.id == Contact.account_id)
        .where(*ASKABLE, key.is_not(None))
        .group_by(key)
        .having(lacks > 0)
        .order_by(lacks.desc(), key)
        .limit(MOST_GROUPS)
    )
    return [Group(str(row[0]), str(row[1] or ""), *row[2:]) for row in session.execute(query)]


def fill(
    session: Session,
    trait: Trait,
    keys: Sequence[str],
    *,
    language: str | None,
    time_zone: str | None,
    with_known: bool,
    now: datetime,
) -> dict[str, int]:
    """Set language and zone, where given, of the people of these groups; how many people each was set for.

    What is known already stays, unless `with_known`. People who were erased stay without.
    """
    theirs = (Contact.status != ContactStatus.ERASED, of_groups(trait, keys))
    done = {}
    for column, value in ((Contact.language, language), (Contact.time_zone, time_zone)):
        if value:
            lacks = sa.or_(column.is_(None), column != value) if with_known else column.is_(None)
            change = sa.update(Contact).where(*theirs, lacks).values({column: value, Contact.updated_at: now})
            done[column.key] = session.execute(
                change, execution_options={"synchronize_session": False}
            ).rowcount
    session.expire_all()
    return done


def of_groups(trait: Trait, keys: Sequence[str]) -> sa.ColumnElement[bool]:
    wanted: list[Any] = list(keys)
    if trait is Trait.ACCOUNT:
        wanted = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 18]
    return KEYS[trait].in_(wanted)
