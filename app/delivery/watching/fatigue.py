"""How much mail people got from us lately: asks and reminders alike, though reminders never put anybody in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Contact
from app.delivery.models import Invitation, Purpose, Reminder

DAYS = 90
LONGEST_OPEN_DAYS = 180  # An ask that was sent earlier is reminded no more.
LISTED = 50


@dataclass(frozen=True)
class Weary:
    """A person and the mails they got, and how many of these were reminders."""

    contact: Contact
    mails: int
    reminders: int


@dataclass(frozen=True)
class Fatigue:
    """How many people got how many mails, the most mails first; and those who got most."""

    people: dict[int, int]
    most: list[Weary]

    @property
    def mails(self) -> int:
        return sum(mails * people for mails, people in self.people.items())


def fatigue(session: Session, *, now: datetime) -> Fatigue:
    """The mails of the last `DAYS` days by person. Rehearsals and test mails are not among them."""
    got = _mails(now - timedelta(days=DAYS))
    by_person = (
        sa.select(
            got.c.contact_id,
            sa.func.count().label("mails"),
            sa.func.sum(got.c.is_reminder).label("reminders"),
        )
        .group_by(got.c.contact_id)
        .subquery("by_person")
    )
    counted = sa.select(by_person.c.mails, sa.func.count()).group_by(by_person.c.mails)
    people = dict(map(tuple, session.execute(counted.order_by(by_person.c.mails.desc()))))
    most = (
        sa.select(Contact, by_person.c.mails, by_person.c.reminders)
        .join(by_person, by_person.c.contact_id == Contact.id)
        .options(joinedload(Contact.account))
        .where(by_person.c.mails > 1)
        .order_by(by_person.c.mails.desc(), Contact.id)
        .limit(LISTED)
    )
    return Fatigue(people, [Weary(*row) for row in session.execute(most)])


def _mails(since: datetime) -> sa.Subquery:
    """A row for each mail sent since then, whose it was and whether it was a reminder."""
    real = (Invitation.is_rehearsal.is_(False), Invitation.purpose != Purpose.TEST)
    asks = sa.select(Invitation.contact_id, sa.literal(0).label("is_reminder"))
    reminders = sa.select(Invitation.contact_id, sa.literal(1)).join(
        Reminder, Reminder.invitation_id == Invitation.id
    )
    may_be_reminded = Invitation.sent_at >= since - timedelta(days=LONGEST_OPEN_DAYS)
    return sa.union_all(
        asks.where(*real, Invitation.sent_at >= since),
        reminders.where(*real, may_be_reminded, Reminder.sent_at >= since),
    ).subquery("got")
