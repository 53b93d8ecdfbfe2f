"""Adoption as other systems tell it: one figure for a day, kept with its source; and what is known about an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.signals import Signal
from app.core.errors import Invalid
from app.health.facts import Usage
from app.health.models import Adoption

SHOWN = 6


@dataclass(frozen=True)
class Told:
    """What other systems told about an account, the newest first: Adoption by day, and events."""

    usage: Sequence[Adoption]
    events: Sequence[Signal]


def told_about(session: Session, account_id: int) -> Told:
    usage = sa.select(Adoption).where(Adoption.account_id == account_id).order_by(Adoption.as_of.desc())
    events = (
        sa.select(Signal).where(Signal.account_id == account_id).order_by(Signal.at.desc(), Signal.id.desc())
    )
    return Told(session.scalars(usage.limit(SHOWN)).all(), session.scalars(events.limit(SHOWN)).all())


def row_of(session: Session, account_id: int, as_of: date) -> Adoption | None:
    """What was told for that day."""
    of = (Adoption.account_id == account_id, Adoption.as_of == as_of)
    return session.scalars(sa.select(Adoption).where(*of)).one_or_none()


def refuse_future(as_of: date, *, today: date) -> None:
    if as_of > today:
        words = _("This day has not come yet.")
        raise Invalid(words, errors={"as_of": words})


def report_usage(
    session: Session,
    account_id: int,
    told: Usage,
    *,
    source: str,
    today: date,
    now: datetime,
) -> bool:
    """Keep the Adoption that was told for a day, in place of what was told for that day before; False if it was the same.

    Invalid for a day that has not come. The caller marks the score as due.
    """
    refuse_future(told.as_of, today=today)
    row = row_of(session, account_id, told.as_of)
    if row is not None and row.score == told.points:
        return False
    row = row or Adoption(account_id=account_id, as_of=told.as_of)
    row.score, row.source, row.created_at = told.points, source[:64], now
    session.add(row)
    session.flush()
    return True
