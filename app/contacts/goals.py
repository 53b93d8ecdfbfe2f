"""What an account wants to reach: one main objective at a time, the former ones dated."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Account, Goal
from app.core import text
from app.core.errors import Invalid

LONGEST_GOAL = 500
ANSWER = "answer"


def current(session: Session, account_id: int) -> Goal | None:
    """The objective people are asked about now."""
    return session.scalars(of(account_id).where(Goal.ended_on.is_(None))).first()


def history(session: Session, account_id: int) -> list[Goal]:
    """Every objective of the account, the newest first."""
    return list(session.scalars(of(account_id)))


def of(account_id: int) -> sa.Select:
    newest_first = (Goal.from_on.desc(), Goal.id.desc())
    return sa.select(Goal).where(Goal.account_id == account_id).order_by(*newest_first)


def replace(
    session: Session,
    account: Account,
    words: str,
    *,
    on: date,
    today: date,
    now: datetime,
    source: str = "staff",
) -> Goal:
    """Make `words` the objective from the day `on`; the former one ends that day. Invalid names the field.

    Answers about how far the former goal was no longer enter Value, so the same words again are refused.
    """
    former = current(session, account.id)
    words = readable(words)
    errors = {}
    if not words:
        errors["words"] = _("Write what the customer wants to reach.")
    elif former and former.words == words:
        errors["words"] = _("This is the goal already.")
    if on > today:
        errors["from_on"] = _("A goal cannot begin in the future.")
    elif former and on < former.from_on:
        errors["from_on"] = _("The present goal began later than that.")
    if errors:
        raise Invalid(_("This goal cannot be set."), errors=errors)
    if former:
        former.ended_on = on
    goal = Goal(account_id=account.id, words=words, from_on=on, source=source, created_at=now)
    session.add(goal)
    session.flush()
    return goal


def told(session: Session, account_id: int, words: str | None, *, today: date, now: datetime) -> Goal | None:
    """What somebody there answered: `words` are the goal from today on; None ends the present one. The current goal.

    The same words again change nothing; the former goal stays, with the day on which it ended.
    """
    former = current(session, account_id)
    if former and words and former.words == words:
        return former
    if former:
        former.ended_on = max(today, former.from_on)
    found = None
    if words:
        found = Goal(account_id=account_id, words=words, from_on=today, source=ANSWER, created_at=now)
        session.add(found)
    session.flush()
    return found


def readable(words: str) -> str:
    try:
        return text.line(text.clean(words, limit=LONGEST_GOAL), limit=LONGEST_GOAL)
    except text.UnreadableText as error:
        raise Invalid(str(error), errors={"words": str(error)}) from None
