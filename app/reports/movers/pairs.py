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
from app.core.database.columns import UtcDateTime
from app.core.database.prepared import Prepared
from app.delivery.models import Invitation
from app.reports.accounts.figures import CLOSED_AT, ENDED
from app.reports.participation import ANSWERED, Moment, asks_to_recommend, start_of
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


IS_ANSWERED = sa.or_(*(Invitation.state == state for state in ANSWERED))
HOW = sa.case((IS_ANSWERED, band_of(Response.score)), else_=Standing.SILENT.value)


def ended(*more: sa.ColumnElement[bool]) -> sa.Select:
    """Closed asks that count, with how each ended; an answer that does not count is left out."""
    return (
        sa.select(
            Invitation.id,
            Invitation.contact_id,
            Invitation.account_id,
            CLOSED_AT.label("at"),
            HOW.label("now"),
        )
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(*ENDED, asks_to_recommend(), sa.or_(sa.not_(IS_ANSWERED), counted()), *more)
    )


def pairs(begin: Moment, until: Moment) -> sa.Subquery:
    """Each ask closed in [begin, until) that had one before it, with how both ended.

    Of each person only the first one in these days has its predecessor before them, which is looked up.
    """
    here = ended(begin <= CLOSED_AT, until > CLOSED_AT).cte("here")
    in_order = sa.over(
        sa.func.lag(here.c.now), partition_by=here.c.contact_id, order_by=(here.c["at"], here.c.id)
    )
    both = sa.select(here, in_order.label("within")).subquery()
    earlier = before(both.c.contact_id, begin)
    found = sa.select(both, sa.func.coalesce(both.c.within, earlier).label("was")).cte("found")
    once = found.prefix_with("MATERIALIZED")  # Else each look at `was` looks the predecessor up again.
    return sa.select(once).where(once.c.was.is_not(None)).subquery()


def before(person_id: sa.ColumnElement[int], begin: Moment) -> sa.ScalarSelect[str]:
    """How the last ask of a person ended that closed before a moment."""
    mine = ended(Invitation.contact_id == person_id, begin > CLOSED_AT).with_only_columns(HOW)
    return mine.order_by(CLOSED_AT.desc(), Invitation.id.desc()).limit(1).scalar_subquery()


def movers(session: Session, period: Period, zone: ZoneInfo) -> Movers:
    """The matrix of the asks closed in `period`."""
    found = MATRIX.rows(session.connection(), **moments(period, zone))
    return Movers({(Standing(was), Standing(now)): number for was, now, number in found})


def people(session: Session, period: Period, zone: ZoneInfo, chosen: Pair) -> Sequence[Mover]:
    """Who made a move, the latest first, at most `MOST_LISTED`."""
    found = pairs(*moments(period, zone).values())
    query = (
        sa.select(Contact, Account, found.c["at"])
        .join_from(found, Contact, Contact.id == found.c.contact_id)
        .join(Account, Account.id == found.c.account_id)
        .where(found.c.was == chosen[0].value, found.c.now == chosen[1].value)
        .order_by(found.c["at"].desc(), found.c.id.desc())
        .limit(MOST_LISTED)
    )
    return [Mover(contact, account, *chosen, at) for contact, account, at in session.execute(query)]


def moments(period: Period, zone: ZoneInfo) -> dict[str, datetime]:
    return {"begin": start_of(period.start, zone), "until": start_of(period.end, zone)}


ASKED = pairs(*(sa.bindparam(name, type_=UtcDateTime) for name in ("begin", "until")))
MATRIX = Prepared(
    sa.select(ASKED.c.was, ASKED.c.now, sa.func.count()).group_by(ASKED.c.was, ASKED.c.now), tuple
)
