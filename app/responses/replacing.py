"""An answer that comes where a machine's was dismissed: it is the first one, and the machine's stays as a former version."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam

from app.core.database.columns import Json, MaybeJson
from app.core.database.prepared import Prepared
from app.responses.models import Response
from app.responses.recording import MARK_ANSWERED, NOTE_ANSWERED, Doubts, Effect, Recorded, is_held


def replaces(answer: Recorded, doubts: Doubts) -> bool:
    """Whether what was recorded takes the place of a dismissed answer; a machine that says the same again does not."""
    is_news = answer.effect is Effect.EDITED
    is_confirmed = answer.said == answer.before and not doubts
    return answer.ask.dismissed_at is not None and (is_news or is_confirmed)


def take_place(
    connection: Connection, answer: Recorded, *, dims: dict[str, str], doubts: Doubts, now: datetime
) -> Recorded:
    """Make it the answer of its ask, given now; as a first one, of which nothing has followed yet."""
    ask = answer.ask
    late, is_automatic = ask.is_late(now), is_held(ask, doubts)
    BEGIN_ANEW.run(
        connection,
        response_id=answer.response_id,
        now=now,
        day=ask.day_of(now),
        late=late,
        is_automatic=is_automatic,
        doubts=list(doubts) or None,
        dims=dims,
    )
    MARK_ANSWERED.run(connection, invitation_id=ask.id, now=now, late=late, closes_at=now + ask.open_days)
    NOTE_ANSWERED.run(connection, invitation_id=ask.id, from_state=ask.state, now=now)
    fresh = ask._replace(
        dismissed_at=None, reviewed_at=None, submitted_at=None, day=None, is_response_automatic=is_automatic
    )
    return replace(
        answer,
        effect=Effect.NEW,
        ask=fresh,
        before=None,
        dims=dims,
        submitted_at=now,
        is_automatic=is_automatic,
    )


BEGIN_ANEW = Prepared(
    sa.update(Response)
    .where(Response.id == bindparam("response_id"))
    .values(
        submitted_at=bindparam("now"),
        updated_at=bindparam("now"),
        day=bindparam("day"),
        is_late=bindparam("late"),
        is_maybe_automatic=bindparam("is_automatic"),
        doubts=bindparam("doubts", type_=MaybeJson),
        reviewed_at=None,
        dismissed_at=None,
        is_partial=False,
        dims=bindparam("dims", type_=Json),
    )
)
