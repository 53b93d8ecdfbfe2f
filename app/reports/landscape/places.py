"""Where each account stands in the picture: engagement, sentiment, ARR and the colour of its Relationship score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, load_only

from app.auth.models import Staff
from app.contacts.models import Account
from app.core.clock import Today
from app.health import snapshots
from app.health.models import Colour
from app.reports.accounts import listing
from app.reports.accounts.listing import AccountFilter

MOST_SHOWN = 150
SHOWN = Account.name, Account.external_id, Account.arr, Account.currency, Account.owner_id
ACCOUNTS = sa.select(Account).options(
    load_only(*SHOWN), joinedload(Account.owner).load_only(Staff.name, Staff.email)
)


@dataclass(frozen=True)
class Place:
    """An account with its engagement and sentiment (0..100, None: not known) and what its Relationship looks like."""

    account: Account
    engagement: float | None
    sentiment: float | None
    colour: Colour

    @property
    def arr(self) -> float:
        return float(self.account.arr or 0)


@dataclass(frozen=True)
class Landscape:
    """The accounts of most ARR that a filter names, of `total`; those never asked stand beside the picture."""

    asked: Sequence[Place]
    never_asked: Sequence[Place]
    total: int

    @property
    def shown(self) -> int:
        return len(self.asked) + len(self.never_asked)


def landscape(session: Session, chosen: AccountFilter, today: Today) -> Landscape:
    """The present scores, by the functions of the list of accounts."""
    ids = listing.places(session, replace(chosen, sort="arr"), today, size=MOST_SHOWN)
    told = snapshots.scores_of(session, ids, today=today.day, zone=today.zone, parts_of="relationship")
    accounts = {account.id: account for account in session.scalars(ACCOUNTS.where(Account.id.in_(ids)))}
    places = [place_of(accounts[id], told[id]) for id in ids]
    return Landscape(
        [place for place in places if place.engagement is not None],
        [place for place in places if place.engagement is None],
        listing.count(session, chosen, today),
    )


def place_of(account: Account, told: snapshots.Told) -> Place:
    parts = {part["name"]: part["value"] for part in told.reasons("relationship").get("parts", ())}
    return Place(account, parts.get("engagement"), parts.get("sentiment"), told.colour("relationship"))
