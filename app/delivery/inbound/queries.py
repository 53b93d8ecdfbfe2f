"""Looking at what came in by mail: of a person, of an account, and what waits for an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from app.delivery.inbound.models import InboundMail, Standing
from app.delivery.inbound.reading.sorting import Kind

PAGE = 50
KEPT = timedelta(days=30)
SHOWN = (Kind.REPLY, Kind.AUTO_REPLY, Kind.HARD_BOUNCE, Kind.SOFT_BOUNCE, Kind.DELAY, Kind.COMPLAINT)
NEEDING = (Standing.SET_ASIDE, Standing.UNMATCHED)
LIGHT = defer(InboundMail.sealed)


def of_contact(session: Session, contact_id: int, *, limit: int = 30) -> Sequence[InboundMail]:
    """The newest mails from or about one person."""
    return newest(session, limit, InboundMail.contact_id == contact_id, InboundMail.kind.in_(SHOWN))


def replies_of_account(session: Session, account_id: int, *, limit: int = 5) -> Sequence[InboundMail]:
    """The newest mails that people of an account wrote."""
    written = (InboundMail.kind == Kind.REPLY, InboundMail.standing == Standing.TAKEN)
    return newest(session, limit, InboundMail.account_id == account_id, *written)


def needing(session: Session, *, start: int = 0) -> Sequence[InboundMail]:
    """What waits for an administrator, the newest first; one more than a page when there is more."""
    return newest(session, PAGE + 1, InboundMail.standing.in_(NEEDING), start=start)


def recent(session: Session, *, limit: int = 20) -> Sequence[InboundMail]:
    """The last mails that were taken."""
    return newest(session, limit, InboundMail.standing == Standing.TAKEN)


def newest(
    session: Session, limit: int, *where: sa.ColumnElement[bool], start: int = 0
) -> Sequence[InboundMail]:
    query = sa.select(InboundMail).where(*where).options(LIGHT, joinedload(InboundMail.contact))
    query = query.order_by(InboundMail.arrived_at.desc(), InboundMail.id.desc())
    return session.scalars(query.offset(start).limit(limit)).all()


def counts(session: Session, *, since: datetime) -> dict[Kind, int]:
    """How many mails of each kind were taken."""
    taken = (
        InboundMail.standing == Standing.TAKEN,
        InboundMail.arrived_at >= since,
        InboundMail.kind.is_not(None),
    )
    rows = session.execute(
        sa.select(InboundMail.kind, sa.func.count()).where(*taken).group_by(InboundMail.kind)
    )
    return dict(rows.all())


def count_needing(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).where(InboundMail.standing.in_(NEEDING))) or 0


def forget_old(session: Session, *, now: datetime) -> int:
    """Let go of the octets of mails that were set aside long ago and that nobody wanted; how many."""
    old = (InboundMail.sealed.is_not(None), InboundMail.arrived_at < now - KEPT)
    gone = sa.update(InboundMail.__table__).where(*old)
    return session.execute(gone.values(sealed=None, standing=Standing.DISMISSED)).rowcount
