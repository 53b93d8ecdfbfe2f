"""The segments of a heat map, by one property of people and accounts or by two, counted by the database.

A segment is what the answer carries: attributes of an account as they are now, those of the person as they were then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.database.columns import attribute
from app.reports.periods import Period
from app.reports.statistics.nps import Counts
from app.reports.statistics.segments import HeatMap, heat_map
from app.reports.trend import are_many, last_votes
from app.responses.models import Response

Key = tuple[str, ...]
MOST_CELLS = 400


@dataclass(frozen=True)
class Segments:
    """People's last votes by segment, from how many accounts, and how many people have no value for the property.

    `is_cut`: there were more segments than are compared, and those of fewest answers are left out.
    """

    counts: dict[Key, Counts]
    accounts: dict[Key, int]
    without: int
    is_cut: bool

    def map(self) -> HeatMap | None:
        return heat_map(self.counts, self.accounts)


def segments(session: Session, period: Period, dims: Sequence[str]) -> Segments:
    """The votes of `period` by the properties `dims`, one or two of them."""
    keys = [attribute(Response.dims, dim).label(f"key{place}") for place, dim in enumerate(dims)]
    votes = last_votes(period, *keys, are_many=are_many(session, period)).subquery()
    columns = [votes.c[key.key] for key in keys]
    score = votes.c.score
    query = sa.select(
        *columns,
        sa.func.count(sa.case((score <= 6, 1))),
        sa.func.count(sa.case((sa.and_(score > 6, score <= 8), 1))),
        sa.func.count(sa.case((score >= 9, 1))),
        sa.func.count(votes.c.account_id.distinct()),
    ).group_by(*columns)
    found, accounts, without = {}, {}, 0
    for *key, detractors, passives, promoters, number in session.execute(query):
        counts = Counts(detractors, passives, promoters)
        if None in key:
            without += counts.n
        else:
            found[tuple(key)], accounts[tuple(key)] = counts, number
    kept = sorted(found, key=lambda key: (-found[key].n, key))[:MOST_CELLS]
    return Segments(
        {key: found[key] for key in kept},
        {key: accounts[key] for key in kept},
        without,
        len(kept) < len(found),
    )
