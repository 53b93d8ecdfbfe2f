"""Whether the sums behind the trends are what the answers say, and putting right what is not.

Both sides are read from one state of the database while answers go on. What differs is put right by further deltas: a
difference that was found once stays the same whatever is answered meanwhile, so nobody has to wait.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.reports.counting import COLUMNS
from app.reports.models import RollupCell, RollupDelta
from app.reports.sums import placing
from app.reports.sums.recount import CHUNK, UNUSED, WRITTEN_DIMS, Sums, segments_in, tallied
from app.responses.models import Response

NOBODY = 0  # The account of a delta that puts a sum right.


@dataclass(frozen=True)
class Difference:
    """A cell that holds something else than the answers say: `kept` and `counted` by band."""

    series: str
    dim: str
    key: str
    day: date
    kept: dict[str, int]
    counted: dict[str, int]

    def told(self) -> dict:
        return asdict(self) | {"day": self.day.isoformat()}


@dataclass(frozen=True)
class Findings:
    """What was compared, and which cells differ."""

    answers: int
    cells: int
    differences: list[Difference]


def of_one_state(session: Session) -> None:
    """Let everything that this transaction reads be of one moment; to be said first. SQLite does so by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def findings(session: Session) -> Findings:
    """Compare every sum with the answers. Exact beside others who write only after `of_one_state`."""
    counted, answers = tallied(session)
    kept = kept_sums(session)
    differences = [
        Difference(*place, *({column: side[place][column] for column in COLUMNS} for side in (kept, counted)))
        for place in sorted(place for place in kept.keys() | counted.keys() if differ(kept, counted, place))
    ]
    return Findings(answers, len(kept.keys() | counted.keys()), differences)


def differ(kept: Sums, counted: Sums, place: tuple) -> bool:
    one, other = (side.setdefault(place, Counter()) for side in (kept, counted))
    return any(one[column] != other[column] for column in COLUMNS)


def kept_sums(session: Session) -> Sums:
    """What the readers of the trends add up: the cells, and what is not folded yet."""
    sums: Sums = {}
    by_band = [getattr(RollupCell, column) for column in COLUMNS]
    cells = sa.select(RollupCell.series, RollupCell.dim, RollupCell.key, RollupCell.day, *by_band)
    for *place, promoters, passives, detractors in in_chunks(session, cells):
        sums[tuple(place)] = Counter(promoters=promoters, passives=passives, detractors=detractors)
    fresh = [getattr(RollupDelta, column) for column in COLUMNS]
    written = sa.cast(RollupDelta.dims, sa.Text)
    for series, day, dims, *numbers in in_chunks(
        session, sa.select(RollupDelta.series, RollupDelta.day, written, *fresh)
    ):
        for dim, key in segments_in(dims):
            cell = sums.setdefault((series, dim, key, day), Counter())
            for column, number in zip(COLUMNS, numbers, strict=True):
                cell[column] += number
    return sums


def in_chunks(session: Session, query: sa.Select) -> sa.Result:
    return session.execute(query, execution_options={"yield_per": CHUNK})


def put_right(session: Session, differences: list[Difference], *, now: datetime) -> None:
    """Add to each sum what it lacks."""
    rows = [
        dict.fromkeys(UNUSED, 0)
        | {column: found.counted[column] - found.kept[column] for column in COLUMNS}
        | {"series": found.series, "day": found.day, "dims": {found.dim: found.key}}
        | {"account_id": NOBODY, "response_id": None, "at": now}
        for found in differences
    ]
    if rows:
        session.execute(sa.insert(RollupDelta), rows)


def waiting(session: Session) -> list[int]:
    """The accounts of which an answer still stands in segments that the account has left."""
    here = {row.id: placing.places_of(row) for row in in_chunks(session, placing.PRESENT)}
    stands = in_chunks(session, sa.select(Response.account_id, WRITTEN_DIMS).distinct())
    return sorted(
        {
            account_id
            for account_id, dims in stands
            if placing.own(dict(segments_in(dims))) != here[account_id]
        }
    )
