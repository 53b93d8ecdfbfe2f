"""The installation's own facts that administrators decide: company, zone, rehearsal or live, default owner.

One row. `live_at` is empty during rehearsal, when mail reaches only the mailbox page and allow-listed addresses.
"""

from __future__ import annotations

import secrets
from collections import namedtuple
from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import g, has_request_context
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.database.columns import BigId, Json, Stamped, UtcDateTime
from app.core.face import current as faces
from app.core.worktime import WorkWeek
from app.extensions import Base


class Described:
    """What follows from the facts, wherever they were read."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def is_live(self) -> bool:
        return self.live_at is not None

    @property
    def days_off(self) -> frozenset[date]:
        """The holidays, on which nobody follows up."""
        return frozenset(date.fromisoformat(day[:10]) for day in self.holidays)

    @property
    def is_held(self) -> bool:
        """A restored or moved copy, which sends nothing and fetches nothing until somebody releases it."""
        return self.held_at is not None

    @property
    def work_week(self) -> WorkWeek:
        return WorkWeek.of(self.zone, self.week, self.holidays)


class Installation(Described, Stamped, Base):
    """The one row about this installation."""

    __tablename__ = "installation"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False, default=1)
    company: Mapped[str] = mapped_column(sa.String(120), default="")
    product: Mapped[str] = mapped_column(sa.String(120), default="")
    time_zone: Mapped[str] = mapped_column(sa.String(64), default="UTC")
    language: Mapped[str] = mapped_column(sa.String(16), default="en")
    own_domains: Mapped[list] = mapped_column(Json, default=list)
    allowed_recipients: Mapped[list] = mapped_column(Json, default=list)
    default_owner_id: Mapped[int | None] = mapped_column(BigId)
    live_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mail_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    setup_done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    backed_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    setup: Mapped[dict] = mapped_column(Json, default=dict)
    holds_doubtful: Mapped[bool] = mapped_column(default=True)
    holidays: Mapped[list] = mapped_column(Json, default=list)
    week: Mapped[dict] = mapped_column(Json, default=dict)
    followups: Mapped[dict] = mapped_column(Json, default=dict)
    informal: Mapped[list] = mapped_column(Json, default=list)
    accent: Mapped[str | None] = mapped_column(sa.String(7))
    logo: Mapped[str | None] = mapped_column(sa.String(32))
    face_version: Mapped[int] = mapped_column(default=0)

    def changes_face(self) -> None:
        """Every process reads the face again. The number is a random one, so that a change taken back leaves no trace."""
        self.face_version = secrets.randbelow(2**31)


COLUMNS = tuple(
    column for column in Installation.__table__.columns if column.name not in Stamped.__annotations__
)
AS_TEXT = tuple(column.name for column in COLUMNS if isinstance(column.type, sa.JSON))


class Facts(Described, namedtuple("Row", [column.name for column in COLUMNS])):
    """The same row as a page that only reads gets it: beside what else it needs first, and nobody can change it.

    `COLUMNS` are its columns, of which those named in `AS_TEXT` are lists and mappings that many pages may share.
    """

    zone = cached_property(Described.zone.fget)
    days_off = cached_property(Described.days_off.fget)
    work_week = cached_property(Described.work_week.fget)


KNOWN: list[Facts] = []


def facts_of(cells: Iterable[Any]) -> Facts:
    """The facts in the order of `COLUMNS`; the last ones once more while they are the same, with what follows from them."""
    found = Facts._make(cells)
    if not KNOWN or KNOWN[0] != found:
        KNOWN[:] = [found]
        return found
    return KNOWN[0]


IS_HELD = sa.select(Installation.held_at.is_not(None))


def is_held(connection: sa.Connection) -> bool:
    """The same, read anew in the connection's transaction."""
    return connection.scalar(IS_HELD)


FACE = sa.select(
    Installation.face_version, Installation.informal, Installation.accent, Installation.logo
).where(Installation.id == 1)


def installation(session: Session) -> Installation:
    """The row, in the session; the first migration makes it. Whoever reads it speaks and looks as it says from then on."""
    row = session.get_one(Installation, 1)
    if has_request_context():
        g.installation_row = row  # Sessions forget rows that nobody holds, and would read it again and again.
    faces.bring_up_to_date(session, row.face_version, row.informal, row.accent, row.logo)
    return row


def read_face(connection: sa.Connection) -> None:
    """Speak and look as the row says from now on."""
    faces.bring_up_to_date(connection, *connection.execute(FACE).one())
