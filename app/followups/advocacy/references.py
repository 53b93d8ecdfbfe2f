"""References: people who have said yes to speaking for us, to be found by what they have in common with somebody."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account, Contact, ContactStatus
from app.core.database.columns import attribute
from app.followups.advocacy.models import Favour, FavourKind, FavourState

INDUSTRY = "industry"
SPEAKS = (FavourKind.REFERENCE, FavourKind.CASE_STUDY, FavourKind.TALK)
AGREED = (FavourState.ACCEPTED, FavourState.FULFILLED)
industry = attribute(Account.segment, INDUSTRY)


@dataclass(frozen=True)
class ReferenceFilter:
    """Which of them; empty means any. The industry is the account's attribute of that name."""

    industry: str = ""
    tier: int | None = None
    language: str = ""
    may_quote: bool = False

    @property
    def is_narrowed(self) -> bool:
        return self != ReferenceFilter()


def references(chosen: ReferenceFilter) -> sa.Select:
    """Who agreed and is still there, those who were called upon longest ago first."""
    query = (
        sa.select(Favour)
        .join(Account, Account.id == Favour.account_id)
        .join(Contact, Contact.id == Favour.contact_id)
        .where(
            Favour.kind.in_(SPEAKS),
            Favour.state.in_(AGREED),
            Favour.is_rehearsal.is_(False),
            Contact.status == ContactStatus.ACTIVE,
        )
        .options(joinedload(Favour.contact), joinedload(Favour.account))
        .order_by(Favour.last_used_on.is_not(None), Favour.last_used_on, Favour.changed_at, Favour.id)
    )
    if chosen.industry:
        query = query.where(industry == chosen.industry)
    if chosen.tier:
        query = query.where(sa.func.coalesce(Account.tier, 2) == chosen.tier)
    if chosen.language:
        query = query.where(Contact.language == chosen.language)
    if chosen.may_quote:
        query = query.where(Favour.may_quote.is_(True))
    return query


def how_many(session: Session, chosen: ReferenceFilter) -> int:
    ids = references(chosen).options().order_by(None).with_only_columns(Favour.id)
    return session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0


def known(session: Session, column: sa.ColumnElement) -> list[str]:
    """What the references have in that column, for the filter."""
    everybody = references(ReferenceFilter()).options().order_by(None)
    found = session.scalars(everybody.with_only_columns(column).distinct().order_by(column))
    return [value for value in found if value]
