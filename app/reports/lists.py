"""The rows behind the numbers: the answers and the asks of a period, by pages that stay quick at any depth."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.delivery.models import Invitation, InvitationState
from app.reports.participation import REACHED, start_of
from app.reports.trend import counted
from app.responses.models import Response
from app.surveys.scales import Band, band

PAGE_SIZE = 50
CSV_CHUNK = 500
SPREADSHEET_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BAND_SCORES = {Band.DETRACTOR: (0, 6), Band.PASSIVE: (7, 8), Band.PROMOTER: (9, 10)}
CSV_HEAD = (
    "response",
    "day",
    "account",
    "contact",
    "score",
    "band",
    "comment",
    "value_points",
    "late",
    "counted",
)


@dataclass(frozen=True)
class Chosen:
    """Which rows: days [start, end), and optionally a band, a state, one segment of a dimension, words."""

    start: date
    end: date
    band: Band | None = None
    state: InvitationState | None = None
    dim: str | None = None
    key: str | None = None
    words: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.band or self.state or self.dim or self.words)


def answers(
    session: Session, chosen: Chosen, *, after: int | None = None, size: int = PAGE_SIZE
) -> list[Response]:
    """Counted answers of the days chosen, newest first, past the response `after`; one row more than `size`."""
    query = (
        sa.select(Response)
        .where(*conditions(chosen))
        .order_by(Response.submitted_at.desc(), Response.id.desc())
        .options(joinedload(Response.account), joinedload(Response.contact))
        .limit(size + 1)
    )
    last = session.get(Response, after) if after else None
    if last:
        query = query.where(
            sa.tuple_(Response.submitted_at, Response.id) < sa.tuple_(last.submitted_at, last.id)
        )
    return list(session.scalars(query))


def conditions(chosen: Chosen) -> list[sa.ColumnElement[bool]]:
    found = [counted(), Response.day >= chosen.start, Response.day < chosen.end]
    if chosen.band:
        found.append(Response.score.between(*BAND_SCORES[chosen.band]))
    if chosen.dim and chosen.key:
        found.append(Response.dims[chosen.dim].as_string() == chosen.key)
    if chosen.words:
        found.append(Response.comment.icontains(chosen.words, autoescape=True))
    return found


def asks(
    session: Session, chosen: Chosen, *, zone: ZoneInfo, after: int | None = None, size: int = PAGE_SIZE
) -> list[Invitation]:
    """Asks that reached somebody on the days chosen, newest first; one row more than `size`."""
    state = [Invitation.state == chosen.state] if chosen.state else [Invitation.state.in_(REACHED)]
    query = (
        sa.select(Invitation)
        .where(
            Invitation.is_rehearsal.is_(False),
            Invitation.sent_at >= start_of(chosen.start, zone),
            Invitation.sent_at < start_of(chosen.end, zone),
            *state,
        )
        .order_by(Invitation.sent_at.desc(), Invitation.id.desc())
        .options(joinedload(Invitation.account), joinedload(Invitation.contact))
        .limit(size + 1)
    )
    last = session.get(Invitation, after) if after else None
    if last and last.sent_at:
        query = query.where(sa.tuple_(Invitation.sent_at, Invitation.id) < sa.tuple_(last.sent_at, last.id))
    return list(session.scalars(query))


def answers_csv(session: Session, chosen: Chosen) -> Iterator[str]:
    """The answers as CSV, in chunks; a recount of rows with counted = 1 gives the figure of the page."""
    yield csv_lines([CSV_HEAD])
    after: int | None = None
    while True:
        found = answers(session, chosen, after=after, size=CSV_CHUNK)
        page = found[:CSV_CHUNK]
        yield csv_lines([csv_row(response) for response in page])
        if len(found) <= CSV_CHUNK:
            return
        after = page[-1].id
        session.expunge_all()


def csv_row(response: Response) -> tuple:
    return (
        response.id,
        response.day.isoformat(),
        inert(response.account.name),
        inert(response.contact.name),
        response.score,
        band(response.score).value,
        inert(response.comment),
        "" if response.value_points is None else round(response.value_points, 4),
        int(response.is_late),
        1,
    )


def csv_lines(rows: list) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula; an apostrophe in front is how they write text."""
    return "'" + text if text.startswith(SPREADSHEET_FORMULA) else text


def moment_of(invitation: Invitation) -> datetime | None:
    """When an ask came to its present state."""
    return invitation.answered_at or invitation.closed_at or invitation.sent_at
