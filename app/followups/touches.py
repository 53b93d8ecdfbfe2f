"""Touches: contacts of anyone in the company with someone at an account, whoever works there and whatever for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account, Contact
from app.core.audit import Actor
from app.core.errors import Invalid
from app.followups.activities import CLOCK_DRIFT, stop_clocks, stored
from app.followups.models import ActivityKind, Touch

EARLIEST_YEAR = 2000
LONGEST_WORDS = 2000


def log(
    session: Session,
    account: Account,
    kind: ActivityKind,
    words: str,
    *,
    at: datetime,
    is_two_way: bool,
    by: Actor,
    now: datetime,
    contact: Contact | None = None,
) -> Touch:
    """Keep that somebody of ours spoke with the account, or with one person there. Two-way ones count for recency.

    Whoever looks after the tasks about that person, their first touch is made by it, as promises to them are kept.
    """
    errors = {}
    if not kind.reaches_customer:
        errors["kind"] = _("Choose a call, a mail or a meeting.")
    if at > now + CLOCK_DRIFT or at.year < EARLIEST_YEAR:
        errors["on"] = _("Choose the day on which it was.")
    if contact is not None and contact.account_id != account.id:
        errors["contact"] = _("This person is not at this account.")
    if errors:
        raise Invalid(_("This cannot be logged like that."), errors=errors)
    touch = Touch(
        account_id=account.id,
        contact_id=contact.id if contact else None,
        kind=kind,
        at=at,
        is_two_way=is_two_way,
        words=stored(words, "words", limit=LONGEST_WORDS),
        staff_id=by.id if by.kind == "staff" else None,
        staff_name=by.name,
    )
    session.add(touch)
    stop_clocks(session, touch.contact_id, at=at, by=by, now=now)
    session.flush()
    return touch


def of_account(session: Session, account_id: int, *, limit: int = 10) -> list[Touch]:
    """The newest touches of an account."""
    return newest(session, Touch.account_id == account_id, limit)


def of_contact(session: Session, contact_id: int, *, limit: int = 30) -> list[Touch]:
    """The newest touches with one person."""
    return newest(session, Touch.contact_id == contact_id, limit)


def newest(session: Session, condition: sa.ColumnElement[bool], limit: int) -> list[Touch]:
    query = sa.select(Touch).where(condition).order_by(Touch.at.desc(), Touch.id.desc())
    return list(session.scalars(query.options(joinedload(Touch.contact)).limit(limit)))
