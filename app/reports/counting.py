"""Entering an answer into the trends: the deltas of one response, appended in the transaction that records it.

Deltas are appended and folded later by the worker, so that no two answers wait for the same total; readers add what
is not folded yet (reports/rollups).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from app.core.database.prepared import Prepared
from app.reports.deltas import Delta, Vote, between, segments
from app.reports.models import RollupDelta
from app.responses.asks import Ask
from app.responses.models import Response
from app.responses.recording import Recorded, Said

COLUMNS = ("promoters", "passives", "detractors")


def segments_of(ask: Ask, language: str) -> dict[str, str]:
    """The segments of somebody who answers now, in `language`."""
    return segments(
        program_id=ask.program_id,
        survey_id=ask.survey_id,
        tier=ask.tier,
        stage=ask.stage.value,
        owner_id=ask.owner_id,
        role=ask.role.value,
        language=language,
        country=ask.country,
        attributes=ask.segment,
    )


def count(connection: Connection, answer: Recorded, *, now: datetime) -> None:
    """Append the deltas of a new or edited answer; one that does not count changes nothing."""
    if answer.counts:
        before, after = (own_vote(answer, said) for said in (answer.before, answer.said))
        _append(connection, answer, before, after, now)


def review(connection: Connection, before: Recorded, after: Recorded, *, now: datetime) -> None:
    """Append what an answer adds that counts since its review, or takes away that does so no longer."""
    if before.counts is not after.counts:
        votes = (own_vote(answer, answer.said) if answer.counts else [] for answer in (before, after))
        _append(connection, after, *votes, now)


def _append(
    connection: Connection, answer: Recorded, before: list[Vote], after: list[Vote], now: datetime
) -> None:
    """The deltas between a person's votes with `before` and with `after` among them."""
    ask, others = answer.ask, []
    if ask.has_answered_others:
        others = OTHERS.rows(connection, contact_id=ask.contact_id, response_id=answer.response_id)
    votes = [Vote(other.id, other.submitted_at, other.day, other.score) for other in others]
    homes = {other.id: (other.account_id, other.dims) for other in others}
    homes[answer.response_id] = ask.account_id, answer.dims
    deltas = between(votes + before, votes + after)
    APPEND.run_many(connection, [row_of(delta, *homes[delta.response_id], now) for delta in deltas])


def row_of(delta: Delta, account_id: int, dims: dict, now: datetime) -> dict:
    numbers = dict.fromkeys(COLUMNS, 0) | {delta.column: delta.change}
    return numbers | {
        "series": delta.series,
        "day": delta.day,
        "account_id": account_id,
        "response_id": delta.response_id,
        "dims": dims,
        "now": now,
    }


def own_vote(answer: Recorded, said: Said | None) -> list[Vote]:
    """The vote that `said` makes of this response; none without a score."""
    if said is None or said.score is None:
        return []
    return [Vote(answer.response_id, answer.submitted_at, answer.day, said.score)]


OTHERS = Prepared(
    sa.select(
        Response.id,
        Response.account_id,
        Response.submitted_at,
        Response.day,
        Response.score,
        Response.dims,
    ).where(
        Response.contact_id == bindparam("contact_id"),
        Response.id != bindparam("response_id"),
        Response.score.is_not(None),
        Response.is_rehearsal.is_(False),
        sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None)),
    )
)
APPEND = Prepared(
    sa.insert(RollupDelta).values(
        **{
            name: bindparam(name) for name in ("series", "day", "account_id", "response_id", "dims", *COLUMNS)
        },
        asked=0,
        answered=0,
        silent=0,
        at=bindparam("now"),
    )
)
