"""Links by which outsiders read a frozen report: made, found, revoked, and noted each time one is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import audit
from app.core.errors import NotFound
from app.core.tokens import Signer, new_nonce
from app.reports.freezing.models import FrozenLink, FrozenOpening, FrozenReport

PURPOSE = "frozen report"
OPEN_FOR = timedelta(days=14)
SHOWN = 20
NOTE = sa.insert(FrozenOpening)


@dataclass(frozen=True)
class Opened:
    """A link with how often it was opened, and the latest times."""

    link: FrozenLink
    number: int
    times: Sequence[datetime]


def make(
    session: Session,
    report: FrozenReport,
    *,
    has_names: bool,
    has_comments: bool,
    now: datetime,
    by: audit.Actor,
) -> FrozenLink:
    link = FrozenLink(
        report_id=report.id,
        nonce=new_nonce(),
        has_names=has_names,
        has_comments=has_comments,
        made_by=by.name,
        made_at=now,
        expires_at=now + OPEN_FOR,
    )
    session.add(link)
    session.flush()
    more = {"names": has_names, "comments": has_comments, "name": report.name}
    audit.note(session, by, "report.link", subject=f"report:{report.id}", now=now, **more)
    return link


def of_report(session: Session, report_id: int) -> list[Opened]:
    """The links of a report, the newest first."""
    mine = sa.select(FrozenLink).where(FrozenLink.report_id == report_id).order_by(FrozenLink.id.desc())
    return [opened(session, link) for link in session.scalars(mine)]


def opened(session: Session, link: FrozenLink) -> Opened:
    times = sa.select(FrozenOpening.at).where(FrozenOpening.link_id == link.id)
    number = session.scalar(sa.select(sa.func.count()).select_from(times.subquery())) or 0
    latest = session.scalars(times.order_by(FrozenOpening.at.desc()).limit(SHOWN)).all()
    return Opened(link, number, latest)


def revoke(session: Session, report_id: int, link_id: int, *, now: datetime, by: audit.Actor) -> None:
    """From now on it opens nothing; NotFound for a link of another report."""
    link = session.get(FrozenLink, link_id)
    if link is None or link.report_id != report_id:
        raise NotFound(_("There is no such link."))
    if link.revoked_at is None:
        link.revoked_at = now
        audit.note(session, by, "report.link_revoke", subject=f"report:{report_id}", now=now)


def find(session: Session, signer: Signer, token: str) -> FrozenLink | None:
    """The link of a genuine token, open or not."""
    nonce = signer.nonce(token)
    return session.scalar(sa.select(FrozenLink).where(FrozenLink.nonce == nonce)) if nonce else None
