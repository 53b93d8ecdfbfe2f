"""Favours in lists: of everybody by filters, of one person, of one account; and how many stand where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account
from app.followups.advocacy.models import Favour, FavourKind, FavourState

MOST_ON_A_PAGE = 50
NOBODY = 0


@dataclass(frozen=True)
class FavourFilter:
    """Which favours: of a state, a kind, the accounts of an owner (`NOBODY`: of none)."""

    state: FavourState | None = None
    kind: FavourKind | None = None
    owner_id: int | None = None

    @property
    def is_narrowed(self) -> bool:
        return self != FavourFilter()


def favours(chosen: FavourFilter) -> sa.Select:
    """The favours of the filter, newest first; rehearsals are left out."""
    query = (
        sa.select(Favour)
        .join(Account, Account.id == Favour.account_id)
        .where(Favour.is_rehearsal.is_(False))
        .options(joinedload(Favour.contact), joinedload(Favour.account).joinedload(Account.owner))
        .order_by(Favour.offered_at.desc(), Favour.id.desc())
    )
    if chosen.state:
        query = query.where(Favour.state == chosen.state)
    if chosen.kind:
        query = query.where(Favour.kind == chosen.kind)
    if chosen.owner_id is not None:
        query = query.where(Account.owner_id == (chosen.owner_id or None))
    return query


def how_many(session: Session, chosen: FavourFilter) -> int:
    ids = favours(chosen).options().order_by(None).with_only_columns(Favour.id)
    return session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0


def counts(session: Session, chosen: FavourFilter) -> Mapping[FavourState, int]:
    """By state, whatever state the filter names."""
    of_any = favours(FavourFilter(None, chosen.kind, chosen.owner_id)).order_by(None)
    rows = session.execute(of_any.with_only_columns(Favour.state, sa.func.count()).group_by(Favour.state))
    return dict.fromkeys(FavourState, 0) | dict(rows.all())


def of_contact(session: Session, contact_id: int) -> list[Favour]:
    """What was asked of a person, newest first, rehearsals among it."""
    mine = sa.select(Favour).where(Favour.contact_id == contact_id)
    return list(session.scalars(mine.order_by(Favour.offered_at.desc())))


def of_account(session: Session, account_id: int) -> list[Favour]:
    """What was asked of the people of an account, newest first."""
    theirs = sa.select(Favour).where(Favour.account_id == account_id, Favour.is_rehearsal.is_(False))
    latest = theirs.options(joinedload(Favour.contact)).order_by(Favour.offered_at.desc()).limit(10)
    return list(session.scalars(latest))
