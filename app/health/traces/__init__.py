"""What this package holds about one person or account: scores, our judgement, alerts; telling, forgetting, moving it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import day_of
from app.core.database import telling
from app.core.installation import installation
from app.health import snapshots
from app.health.alerting import raising
from app.health.alerting.models import Alert

BULK = {"synchronize_session": False}


def tell(session: Session, contact_id: int) -> dict[str, Any]:
    """Every alert about the person."""
    return {"alerts": telling.rows(session, Alert, Alert.contact_id == contact_id)}


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """Nobody is left to look after: alerts about the person are over; that there were some stays."""
    end(session, Alert.contact_id == contact_id, today(session, now))


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """Scores and judgements as they tell; alerts of the one are over, and the rules look at the other anew."""
    end(session, Alert.account_id == from_id, today(session, now))
    moved = sa.update(Alert).where(Alert.account_id == from_id)
    session.execute(moved.values(account_id=to_id), execution_options=BULK)
    raising.look_again(session, [to_id])
    snapshots.move_account(session, from_id, to_id, now=now)


def move_person(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """Alerts about the row that goes are over, and belong to the one that stays."""
    end(session, Alert.contact_id == from_id, today(session, now))
    moved = sa.update(Alert).where(Alert.contact_id == from_id)
    session.execute(moved.values(contact_id=to_id), execution_options=BULK)


def end(session: Session, which: sa.ColumnElement[bool], day: date) -> None:
    live = sa.update(Alert).where(which, Alert.over_on.is_(None))
    session.execute(live.values(over_on=day, slot=None), execution_options=BULK)


def today(session: Session, now: datetime) -> date:
    return day_of(now, installation(session).zone)
