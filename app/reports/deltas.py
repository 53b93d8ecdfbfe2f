"""What an answer adds to the trends, as signed deltas that keep every sum exact under change (pure).

Series `day` counts a vote on its day. Series `window` counts it from its day until the earlier of 180 days later and
the person's next vote, one vote each, so that the running sum over days is the headline NPS. A change
of one vote may end the window of the one before it, hence deltas are the difference between all contributions of a
person's votes before and after. Segments (`dims`) stand with each vote: what the person was and was asked stays as it
was then, while what the account is follows the account (reports/sums/placing).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from app.surveys.scales import Band, band

WINDOW = timedelta(days=180)
DAY_SERIES = "day"
WINDOW_SERIES = "window"
Place = tuple[str, date, int, str]
OF_ACCOUNT = "segment."
COLUMN = {Band.PROMOTER: "promoters", Band.PASSIVE: "passives", Band.DETRACTOR: "detractors"}


class Vote(NamedTuple):
    """A counted NPS answer of one person: the response, its moment, its calendar day and its score."""

    response_id: int
    submitted_at: datetime
    day: date
    score: int

    @property
    def order(self) -> tuple[datetime, int]:
        return self.submitted_at, self.response_id


class Delta(NamedTuple):
    """Add `change` to `column` of `series` on `day`, in every segment of the response."""

    series: str
    day: date
    response_id: int
    column: str
    change: int


def between(before: Iterable[Vote], after: Iterable[Vote]) -> list[Delta]:
    """The deltas that lead from one person's votes `before` to their votes `after`."""
    return difference([before], [after])


def united(one: Iterable[Vote], other: Iterable[Vote]) -> list[Delta]:
    """The deltas that make one person, with one vote at a time, of two who turn out to be the same."""
    one, other = list(one), list(other)
    return difference([one, other], [one + other])


def difference(before: Iterable[Iterable[Vote]], after: Iterable[Iterable[Vote]]) -> list[Delta]:
    """The deltas that lead from some people's votes to others."""
    change: dict[Place, int] = {}
    for people, sign in ((after, 1), (before, -1)):
        for votes in people:
            for place, number in contributions(votes):
                change[place] = change.get(place, 0) + sign * number
    return [Delta(*place, number) for place, number in sorted(change.items()) if number]


def contributions(votes: Iterable[Vote]) -> Iterator[tuple[Place, int]]:
    """What one person's votes add to the series, and where."""
    for vote, end in windows(votes):
        column = COLUMN[band(vote.score)]
        yield (DAY_SERIES, vote.day, vote.response_id, column), 1
        yield (WINDOW_SERIES, vote.day, vote.response_id, column), 1
        yield (WINDOW_SERIES, end, vote.response_id, column), -1


def windows(votes: Iterable[Vote]) -> Iterator[tuple[Vote, date]]:
    """Each vote of one person with the first day on which it no longer counts in the window."""
    ordered = sorted(votes, key=lambda vote: vote.order)
    for vote, following in zip_longest(ordered, ordered[1:]):
        end = vote.day + WINDOW
        yield vote, min(end, following.day) if following else end


def segments(
    *,
    program_id: int,
    survey_id: int,
    tier: int | None,
    stage: str,
    owner_id: int | None,
    role: str,
    language: str,
    country: str | None,
    attributes: dict,
) -> dict[str, str]:
    """The segments that an answer belongs to, by name; account attributes are prefixed with `segment.`."""
    named = {
        "all": "all",
        "program": program_id,
        "survey": survey_id,
        "role": role,
        "language": language,
        "country": country,
    }
    own = of_account(tier=tier, stage=stage, owner_id=owner_id, attributes=attributes)
    return worded(named) | own


def of_account(*, tier: int | None, stage: str, owner_id: int | None, attributes: dict) -> dict[str, str]:
    """Those of the segments that are the account's, and change with it."""
    named = {"tier": tier or 2, "stage": stage, "owner": owner_id}
    return worded(named | {f"{OF_ACCOUNT}{name}"[:32]: value for name, value in attributes.items()})


def is_of_account(dim: str) -> bool:
    return dim in ("tier", "stage", "owner") or dim.startswith(OF_ACCOUNT)


def worded(named: dict[str, object]) -> dict[str, str]:
    """What is known of them, in words that cells can hold."""
    return {name: str(value)[:120] for name, value in named.items() if value not in (None, "")}
