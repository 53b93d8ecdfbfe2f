"""Which favour to ask of somebody who is content: one that fits, at most one in 180 days, none that was refused (pure).

People who decide speak for us to others who decide, those who use the product every day know it best; a large customer
is worth more as a reference, a small one as a review.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.contacts.models import ContactRole
from app.followups.advocacy.models import FavourKind, FavourState
from app.followups.triggers import Person

REST = timedelta(days=180)
K = FavourKind
BY_ROLE = {
    ContactRole.DECISION_MAKER: (K.REFERENCE, K.CASE_STUDY, K.REFERRAL, K.TALK, K.REVIEW, K.BETA),
    ContactRole.CHAMPION: (K.CASE_STUDY, K.REFERENCE, K.TALK, K.REFERRAL, K.REVIEW, K.BETA),
    ContactRole.ADMIN: (K.REVIEW, K.BETA, K.REFERENCE, K.TALK, K.REFERRAL, K.CASE_STUDY),
    ContactRole.POWER_USER: (K.BETA, K.REVIEW, K.TALK, K.REFERRAL, K.CASE_STUDY, K.REFERENCE),
    ContactRole.USER: (K.REVIEW, K.BETA, K.REFERRAL, K.TALK, K.CASE_STUDY, K.REFERENCE),
    ContactRole.OTHER: (K.REVIEW, K.REFERRAL, K.BETA, K.TALK, K.CASE_STUDY, K.REFERENCE),
}
OF_SMALL_CUSTOMERS = (K.REVIEW, K.REFERRAL, K.BETA)
SMALL_TIER = 3


@dataclass(frozen=True)
class Past:
    """A favour that was asked before."""

    kind: FavourKind
    state: FavourState
    offered_at: datetime


def fitting(
    offered: Collection[FavourKind], past: Sequence[Past], person: Person, *, now: datetime
) -> FavourKind | None:
    """The favour to ask now; None while another rests or is open, or when nothing is left to ask."""
    if not is_free(past, now=now):
        return None
    refused = {one.kind for one in past if one.state is FavourState.DECLINED}
    asked = {one.kind: one.offered_at for one in sorted(past, key=lambda one: one.offered_at)}
    left = [kind for kind in wanted(person) if kind in offered and kind not in refused]
    fresh = [kind for kind in left if kind not in asked]
    return fresh[0] if fresh else min(left, key=asked.__getitem__, default=None)


def is_free(past: Sequence[Past], *, now: datetime) -> bool:
    """Whether anything may be asked: nothing was in 180 days, and nothing that was promised to us is outstanding."""
    is_resting = any(now - one.offered_at < REST for one in past)
    return not is_resting and not any(one.state is FavourState.ACCEPTED for one in past)


def wanted(person: Person) -> Sequence[FavourKind]:
    """The kinds, the best first, for a role at a customer of that tier."""
    by_role = BY_ROLE[person.role]
    if (person.tier or 2) < SMALL_TIER:
        return by_role
    return sorted(by_role, key=lambda kind: kind not in OF_SMALL_CUSTOMERS)
