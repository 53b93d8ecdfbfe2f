"""Rollups: signed deltas written with each answer, folded into cells by the worker; readers add both.

A cell is a sum of deltas, so late changes are exact: an edit adds the old values with a minus sign and the new ones
with a plus sign. Series `day` counts an answer on its day; series `window` adds it on its day and takes it away on
the earlier of day + 180 and the contact's next answer, so that a running sum is the headline NPS.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import BigId, Id, Json, Moment
from app.extensions import Base


class RollupDelta(Base):
    """One signed change, not yet folded. `dims` names the segments it belongs to, `all` included."""

    __tablename__ = "rollup_deltas"

    id: Mapped[Id]
    series: Mapped[str] = mapped_column(sa.String(16))
    day: Mapped[date]
    account_id: Mapped[int] = mapped_column(BigId)
    response_id: Mapped[int | None] = mapped_column(BigId)
    dims: Mapped[dict] = mapped_column(Json, default=dict)
    promoters: Mapped[int] = mapped_column(default=0)
    passives: Mapped[int] = mapped_column(default=0)
    detractors: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    silent: Mapped[int] = mapped_column(default=0)
    at: Mapped[Moment]


class RollupCell(Base):
    """The sum of all folded deltas of one series, segment and day."""

    __tablename__ = "rollup_cells"

    series: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    dim: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    promoters: Mapped[int] = mapped_column(default=0)
    passives: Mapped[int] = mapped_column(default=0)
    detractors: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    silent: Mapped[int] = mapped_column(default=0)


class FoldCursor(Base):
    """How far a fold has read a table of changes."""

    __tablename__ = "fold_cursors"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    last_id: Mapped[int] = mapped_column(BigId, default=0)
