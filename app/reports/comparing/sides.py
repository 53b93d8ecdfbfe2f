"""The figures of two sides, and of their difference; each from the one function that every page takes it from.

A side is a period, or one group of people in it. Each person counts once, by their last vote. Two periods share people,
whose agreement makes the difference surer; two groups of the same days share nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import hypot
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact, Stage
from app.core.database.columns import attribute
from app.core.language.wording import tenths_between
from app.delivery.models import Invitation
from app.reports.participation import DIMENSIONS, unheard
from app.reports.periods import Period
from app.reports.statistics.comparisons import (
    Change,
    Difference,
    Overlap,
    Paired,
    change,
    difference_of,
    overlapping_difference,
    paired_difference,
)
from app.reports.statistics.nps import Counts, Estimate, Sensitivity, estimate, sensitivity_lines
from app.reports.statistics.weighting import Weighted, account_weighted, arr_weighted, clustered_se
from app.reports.trend import band_of, last_votes
from app.reports.why import votes
from app.reports.why.split import People
from app.responses.models import Response
from app.surveys.scales import Band

AS_SCORE = {Band.DETRACTOR: 0, Band.PASSIVE: 7, Band.PROMOTER: 10}
MOST_SHARED = 200_000


@dataclass(frozen=True)
class Side:
    """Whose votes: of a period, and of one group by a property where `dim` is given."""

    period: Period
    dim: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Figures:
    """What is said of a side. `asked`: everybody asked to recommend, heard or not; None where that is not known by the
    property. Weighted figures stand only where the plain one does."""

    side: Side
    estimate: Estimate
    accounts: int
    by_account: Weighted | None
    by_arr: Weighted | None
    clustered_se: float | None
    asked: int | None
    silent: Sensitivity | None

    @property
    def counts(self) -> Counts:
        return self.estimate.counts


@dataclass(frozen=True)
class Comparison:
    """The earlier or first side, the later or second, and their difference: as if nobody were in both (`change`), with
    those in both as far as they agree (`overlap`), and of those alone (`paired`)."""

    first: Figures
    second: Figures
    change: Change | None
    overlap: Overlap | None
    paired: Paired | None

    @property
    def points(self) -> float:
        """Between the two figures as they are shown to one decimal; both sides have answers."""
        return tenths_between(self.first.counts.nps, self.second.counts.nps)

    @property
    def clustered(self) -> Difference | None:
        """As if people of one account answered alike; None with fewer than two accounts on a side."""
        one, other = self.first, self.second
        if self.change is None or one.clustered_se is None or other.clustered_se is None:
            return None
        return difference_of(
            other.estimate.nps - one.estimate.nps, hypot(one.clustered_se, other.clustered_se)
        )


def compare(session: Session, first: Side, second: Side, zone: ZoneInfo) -> Comparison:
    people = people_of(session, first, second)
    arr = arr_of_customers(session)
    one, other = (
        figures(session, side, [(one.key, getattr(one, place), one.number) for one in people], arr, zone)
        for side, place in ((first, "before"), (second, "after"))
    )
    both = [group for group in people if group.before and group.after]
    return Comparison(
        one,
        other,
        change(one.counts, other.counts),
        overlap(people) if both and enough(one, other) else None,
        paired(both),
    )


def enough(*sides: Figures) -> bool:
    return all(side.estimate.nps is not None for side in sides)


def people_of(session: Session, first: Side, second: Side) -> Sequence[People]:
    """Everybody on either side by account, with their band on each."""
    if first.dim is None:
        return votes.by_account(session, first.period, second.period)
    key = attribute(Response.dims, first.dim).label("key")
    vote = last_votes(first.period, key).subquery()
    band = band_of(vote.c.score)
    query = (
        sa.select(vote.c.account_id, vote.c["key"], band, sa.func.count())
        .where(vote.c["key"].in_([first.key, second.key]))
        .group_by(vote.c.account_id, vote.c["key"], band)
    )
    return [
        People(account, *((Band(given), None) if of == first.key else (None, Band(given))), number)
        for account, of, given, number in session.execute(query)
    ]


def figures(
    session: Session,
    side: Side,
    votes: Iterable[tuple[int, Band | None, int]],
    arr: dict[int, float],
    zone: ZoneInfo,
) -> Figures:
    of_account = counted(votes)
    whole = sum(of_account.values(), Counts())
    missing = unheard_of(session, side, zone)
    asked = None if missing is None else whole.n + missing
    found = estimate(whole, population=asked)
    is_told = found.nps is not None
    known = arr if side.dim is None else {account: arr.get(account, 0.0) for account in of_account}
    return Figures(
        side,
        found,
        len(of_account),
        account_weighted(of_account) if is_told else None,
        arr_weighted(of_account, known) if is_told else None,
        clustered_se(of_account) if is_told else None,
        asked,
        sensitivity_lines(whole, asked) if is_told and asked is not None else None,
    )


def counted(votes: Iterable[tuple[int, Band | None, int]]) -> dict[int, Counts]:
    found: dict[int, Counts] = defaultdict(Counts)
    for account, band, number in votes:
        if band is not None:
            places = (Band.DETRACTOR, Band.PASSIVE, Band.PROMOTER)
            found[account] += Counts(*(number if band is place else 0 for place in places))
    return found


def overlap(people: Sequence[People]) -> Overlap | None:
    """None where there are more people than can be gone through one by one while somebody waits."""
    if sum(group.number for group in people) > MOST_SHARED:
        return None
    before, after = (
        {
            (place, number): AS_SCORE[band]
            for place, group in enumerate(people)
            if (band := getattr(group, of)) is not None
            for number in range(group.number)
        }
        for of in ("before", "after")
    )
    return overlapping_difference(before, after)


def paired(both: Sequence[People]) -> Paired | None:
    if sum(group.number for group in both) > MOST_SHARED:
        return None
    before, after = (
        [AS_SCORE[getattr(group, of)] for group in both for _ in range(group.number)]
        for of in ("before", "after")
    )
    return paired_difference(before, after)


def unheard_of(session: Session, side: Side, zone: ZoneInfo) -> int | None:
    """How many people were asked to recommend and gave no vote; None where nobody knows by the property."""
    if side.dim is not None and side.dim not in DIMENSIONS:
        return None
    query = sa.select(sa.func.count()).select_from(Invitation)
    query = query.where(*unheard(side.period.start, side.period.end, zone))
    if side.dim is not None:
        query = query.join(Account, Account.id == Invitation.account_id)
        query = query.join(Contact, Contact.id == Invitation.contact_id)
        query = query.where(sa.cast(DIMENSIONS[side.dim], sa.String) == side.key)
    return session.scalar(query) or 0


def arr_of_customers(session: Session) -> dict[int, float]:
    """The ARR of every customer, heard or not."""
    rows = session.execute(sa.select(Account.id, Account.arr).where(Account.stage != Stage.LOST))
    return {account: float(arr or 0) for account, arr in rows}
