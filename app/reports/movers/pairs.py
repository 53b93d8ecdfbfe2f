"""Consecutive closed asks of the same people, counted by the database.

Of asks with a recommendation question that reached somebody: the band of the answer, or silence where none came and
where somebody declined. Rehearsals, absences, and answers that a machine may have given are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact
from app.delivery.models import Invitation
from app.reports.accounts.figures import CLOSED, CLOSED_AT
from app.reports.participation import ANSWERED, asks_to_recommend, start_of
from app.reports.periods import Period
from app.reports.statistics.movers import Movers, Pair, Standing
from app.reports.trend import band_of, counted
from app.responses.models import Response

MOST_LISTED = 200


@dataclass(frozen=True)
class Mover:
    """Somebody with how the ask before ended, and the one that closed `at`."""

    contact: Contact
    account: Account
    was: Standing
    now: Standing
    at: datetime


def standing() -> sa.ColumnElement[str | None]:
    """How an ask ended; NULL where its answer does not count."""
    answered = Invitation.state.in_(ANSWERED)
    return sa.case(
        (sa.and_(answered, counted()), band_of(Response.score)), (sa.not_(answered), Standing.SILENT.value)
    )


def pairs(period: Period, zone: ZoneInfo) -> sa.Subquery:
    """Each ask closed in `period` that had one before it, with how both ended."""
    ended = (
        sa.select(
            Invitation.id,
            Invitation.contact_id,
            Invitation.account_id,
            CLOSED_AT.label("at"),
            standing().label("now"),
        )
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(
            Invitation.is_rehearsal.is_(False),
            sa.not_(Invitation.is_away),
            Invitation.state.in_(CLOSED),
            start_of(period.end, zone) > CLOSED_AT,
            asks_to_recommend(),
            standing().is_not(None),
        )
        .subquery()
    )
    in_order = sa.over(
        sa.func.lag(ended.c.now), partition_by=ended.c.contact_id, order_by=(ended.c["at"], ended.c.id)
    )
    both = sa.select(ended, in_order.label("was")).subquery()
    return (
        sa.select(both)
        .where(both.c["at"] >= start_of(period.start, zone), both.c.was.is_not(None))
        .subquery()
    )


def movers(session: Session, period: Period, zone: ZoneInfo) -> Movers:
    """The matrix of the asks closed in `period`."""
    found = pairs(period, zone)
    query = sa.select(found.c.was, found.c.now, sa.func.count()).group_by(found.c.was, found.c.now)
    return Movers({(Standing(was), Standing(now)): number for was, now, number in session.execute(query)})


def people(session: Session, period: Period, zone: ZoneInfo, chosen: Pair) -> Sequence[Mover]:
    """Who made a move, the latest first, at most `MOST_LISTED`."""
    found = pairs(period, zone)
    query = (
        sa.select(Contact, Account, found.c["at"])
        .join_from(found, Contact, Contact.id == found.c.contact_id)
        .join(Account, Account.id == found.c.account_id)
        .where(found.c.was == chosen[0].value, found.c.now == chosen[1].value)
        .order_by(found.c["at"].desc(), found.c.id.desc())
        .limit(MOST_LISTED)
    )
    return [Mover(contact, account, *chosen, at) for contact, account, at in session.execute(query)]
