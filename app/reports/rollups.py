"""The fold: deltas become cells. Readers add what is not folded yet, so a page is never behind the answers.

Folded deltas are deleted in the transaction that adds them to their cells; a crash leaves both or neither. On
PostgreSQL an advisory lock keeps two workers from folding at once, on SQLite the write gate does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from app.core.database import upserts
from app.core.database.columns import attribute
from app.core.database.prepared import Prepared, unsought
from app.reports.models import RollupCell, RollupDelta
from app.reports.statistics.nps import Counts

BATCH = 5000
CELLS_PER_STATEMENT = 400
MOST_DIMENSIONS = 200
FOLD_LOCK = 7_305_117_301
BANDS = ("detractors", "passives", "promoters")
ALL = ("all", "all")
CellKey = tuple[str, str, str, date]


def fold(session: Session, *, batch: int = BATCH) -> int:
    """Fold at most `batch` deltas, in the caller's transaction; returns how many. 0 when another worker folds."""
    if not may_fold(session):
        return 0
    deltas = list(session.execute(sa.select(RollupDelta.__table__).order_by(RollupDelta.id).limit(batch)))
    sums = summed(deltas)
    rows = [dict(zip(KEY, key, strict=True)) | counts for key, counts in sums.items() if any(counts.values())]
    for start in range(0, len(rows), CELLS_PER_STATEMENT):
        session.execute(upsert(session, rows[start : start + CELLS_PER_STATEMENT]))
    ids = [delta.id for delta in deltas]
    for start in range(0, len(ids), 500):
        session.execute(sa.delete(RollupDelta).where(RollupDelta.id.in_(ids[start : start + 500])))
    return len(ids)


KEY = ("series", "dim", "key", "day")


def may_fold(session: Session) -> bool:
    if session.get_bind().dialect.name != "postgresql":
        return True
    return session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(FOLD_LOCK)))


def summed(deltas: Iterable[sa.Row]) -> dict[CellKey, dict[str, int]]:
    """The change of each cell that `deltas` make, one cell for each segment of a delta."""
    sums: dict[CellKey, dict[str, int]] = defaultdict(lambda: dict.fromkeys(BANDS, 0))
    for delta in deltas:
        for dim, key in delta.dims.items():
            cell = sums[delta.series, dim, key, delta.day]
            for band in BANDS:
                cell[band] += getattr(delta, band)
    return sums


def upsert(session: Session, rows: list[dict]) -> sa.Insert:
    """Add `rows` to their cells, making those that are missing."""
    insert = upserts.insert(session.get_bind().dialect.name, RollupCell)
    given = [row | {"asked": 0, "answered": 0, "silent": 0} for row in rows]
    added = {band: getattr(RollupCell, band) + insert.excluded[band] for band in BANDS}
    return insert.values(given).on_conflict_do_update(index_elements=KEY, set_=added)


class DayCounts(NamedTuple):
    """What one day adds to a series; the numbers may be negative where a window ends."""

    day: date
    key: str
    detractors: int
    passives: int
    promoters: int


def days(
    session: Session, series: str, dim: str, *, before: date, start: date | None = None
) -> Sequence[DayCounts]:
    """The sums by day and segment of a dimension, folded and not yet folded together, by day."""
    return by_day(dim).rows(session.connection(), series=series, start=start or date.min, before=before)


def sums(
    session: Session, series: str, dim: str, *, before: date, start: date | None = None
) -> dict[str, list[int]]:
    """The sums of all days before one by segment: detractors, passives, promoters."""
    rows = in_all(dim).rows(session.connection(), series=series, start=start or date.min, before=before)
    return {key: bands for key, *bands in rows}


@lru_cache(maxsize=MOST_DIMENSIONS)
def both(dim: str) -> sa.Subquery:
    """What is folded of a dimension and what is not yet, as one: day, segment, and the bands.

    Cells are looked up by series and dimension. By day too, SQLite would look through the days of every other one.
    """
    key = attribute(RollupDelta.dims, dim)
    cells = sa.select(RollupCell.day, RollupCell.key, *(getattr(RollupCell, band) for band in BANDS)).where(
        RollupCell.series == bindparam("series"), RollupCell.dim == dim
    )
    fresh = sa.select(RollupDelta.day, key, *(getattr(RollupDelta, band) for band in BANDS)).where(
        RollupDelta.series == bindparam("series"), key.is_not(None)
    )
    parts = (cells, unsought(RollupCell.day)), (fresh, RollupDelta.day)
    return sa.union_all(
        *(part.where(day >= bindparam("start"), day < bindparam("before")) for part, day in parts)
    ).subquery()


@lru_cache(maxsize=MOST_DIMENSIONS)
def by_day(dim: str) -> Prepared:
    day, segment, *bands = both(dim).columns
    query = sa.select(day, segment, *map(sa.func.sum, bands))
    return Prepared(query.group_by(day, segment).order_by(day, segment), DayCounts._make)


@lru_cache(maxsize=MOST_DIMENSIONS)
def in_all(dim: str) -> Prepared:
    _day, segment, *bands = both(dim).columns
    return Prepared(sa.select(segment, *map(sa.func.sum, bands)).group_by(segment), tuple)


def total(found: Iterable[DayCounts]) -> Counts:
    """The sum over days."""
    found = list(found)
    return Counts(*(sum(getattr(day, band) for day in found) for band in BANDS))
