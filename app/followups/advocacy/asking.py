"""A colleague asks somebody for a favour: when that is no good moment, when it is not to be done, and writing it down.

One open favour for each person, and at least 180 days between two, whoever asked. What speaks against it at the account
is said first, and asking all the same is a decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Contact, ContactStatus
from app.core.audit import Actor
from app.core.errors import Refused
from app.followups.advocacy.choosing import REST, Past
from app.followups.advocacy.models import Favour, FavourChange, FavourKind, FavourState
from app.followups.advocacy.offering import past_of
from app.followups.models import Task, TaskKind, TaskState

RENEWAL_NEAR = timedelta(days=60)
LOW_VALUE = 40
TROUBLE = (TaskKind.DETRACTOR, TaskKind.VALUE, TaskKind.ALERT)


@dataclass(frozen=True)
class Moment:
    """Whether somebody may be asked now: `closed` says why not, `warnings` what speaks against it."""

    closed: str | None
    warnings: list[str]


def for_task(
    session: Session, task: Task, *, value: float | None, today: date, now: datetime
) -> Moment | None:
    """The same on an open task about a promoter; None on others, where nobody is asked."""
    if task.kind is not TaskKind.PROMOTER or not task.is_open or task.contact is None:
        return None
    return moment(session, task.contact, value=value, today=today, now=now)


def moment(session: Session, contact: Contact, *, value: float | None, today: date, now: datetime) -> Moment:
    """How good a moment this is. `value` is the Value score of the account, 0..100, None where it is not known."""
    past = past_of(session, [contact.id], is_rehearsal=False).get(contact.id, [])
    return Moment(closed(contact, past, now), warnings(session, contact, value, today))


def closed(contact: Contact, past: list[Past], now: datetime) -> str | None:
    """Why the person must not be asked, or None (pure)."""
    if contact.status is not ContactStatus.ACTIVE or contact.unsubscribed_at is not None:
        return _("This person is not to be asked.")
    if any(one.state is FavourState.ACCEPTED for one in past):
        return _("They have said yes to something that is still to be done.")
    latest = max((one.offered_at for one in past), default=None)
    if latest is not None and now - latest < REST:
        free = format_date((latest + REST).date(), "long")
        return _("They were asked for a favour lately. Free again on %(day)s.", day=free)
    return None


def warnings(session: Session, contact: Contact, value: float | None, today: date) -> list[str]:
    """What at the account speaks against asking now."""
    found, account = [], contact.account
    troubled = session.scalar(
        sa.select(sa.func.count(Task.id)).where(
            Task.account_id == contact.account_id,
            Task.state != TaskState.CLOSED,
            Task.kind.in_(TROUBLE),
            Task.is_rehearsal.is_(False),
        )
    )
    if troubled:
        found.append(
            ngettext(
                "%(num)s complaint or alert is open at this account.",
                "%(num)s complaints or alerts are open at this account.",
                troubled,
            )
        )
    if account.renewal_on and today <= account.renewal_on <= today + RENEWAL_NEAR:
        found.append(_("The contract renews on %(day)s.", day=format_date(account.renewal_on, "long")))
    if value is not None and value < LOW_VALUE:
        found.append(_("They see little value: %(score)s of 100.", score=round(value)))
    return found


def ask(
    session: Session,
    contact: Contact,
    kind: FavourKind,
    found: Moment,
    *,
    is_sure: bool,
    by: Actor,
    now: datetime,
) -> Favour:
    """Write down that a colleague asks. Refused where it must not be, and against warnings unless `is_sure`.

    `contact` must be locked, so that two who ask at once ask once.
    """
    if found.closed:
        raise Refused(found.closed)
    if found.warnings and not is_sure:
        raise Refused(_("Something speaks against it. Say that you ask all the same."))
    favour = Favour(
        kind=kind,
        contact_id=contact.id,
        account_id=contact.account_id,
        state=FavourState.OFFERED,
        offered_at=now,
        changed_at=now,
        changes=[FavourChange(state=FavourState.OFFERED, at=now, by=by.name)],
    )
    session.add(favour)
    session.flush()
    return favour
