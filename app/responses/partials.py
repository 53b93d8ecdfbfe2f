"""What somebody chose on the page and did not send: kept beside the ask, and its answer after an hour.

Best effort: losing one loses nothing that was sent. It never overrules an answer or a no, and is gone once there is one.
After a no only a pressed button is an answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.database.columns import Json, MaybeJson
from app.core.database.prepared import Prepared
from app.delivery.models import Invitation, InvitationState
from app.responses import asks
from app.responses.asks import Ask, Opening
from app.responses.models import PartialAnswer, Response
from app.responses.recording import Doubts, Said

AFTER = timedelta(hours=1)
KEPT = timedelta(days=30)
AT_ONCE = 500
BULK = {"synchronize_session": False}
# Somebody who unsubscribes cancels the ask, and it stays so when they take that back.
SAID_NO = frozenset({InvitationState.DECLINED, InvitationState.CANCELLED})


def are_wanted(ask: Ask | Opening, now: datetime) -> bool:
    """Whether what is chosen and not sent is of any use: while there is neither an answer nor a no."""
    is_no = ask.state in SAID_NO or ask.is_unsubscribed
    return not is_no and not ask.is_heard and ask.takes_answers(now)


def keep(
    connection: Connection,
    ask: Ask | Opening,
    said: Said,
    *,
    is_enough: bool,
    attempt: str,
    doubts: Doubts = (),
    now: datetime,
) -> bool:
    """Keep what stands on the page now, in place of what stood there before; False after an answer or a no."""
    present = asks.locked(connection, ask.id)
    if present is None or not are_wanted(present, now):
        return False
    values = {"invitation_id": ask.id, "said": said.as_json(), "is_enough": is_enough, "attempt": attempt}
    values |= {"doubts": list(doubts) or None, "now": now}
    if not UPDATE.run(connection, **values):
        INSERT.run(connection, **values)
    return True


def due(session: Session, *, now: datetime) -> list[int]:
    """The asks on whose page nothing was touched for an hour, with enough chosen to be an answer; some hundreds."""
    old = sa.select(PartialAnswer.invitation_id).where(
        PartialAnswer.is_enough, PartialAnswer.at <= now - AFTER, ~IS_ANSWERED, ~IS_NO
    )
    return list(session.scalars(old.order_by(PartialAnswer.at).limit(AT_ONCE)))


def take(session: Session, invitation_id: int, *, now: datetime) -> tuple[Ask, PartialAnswer, Said] | None:
    """The ask, locked, with what is to be its answer; None after an answer or a no. It is gone either way."""
    ask = asks.locked(session.connection(), invitation_id)
    kept = session.get(PartialAnswer, invitation_id, populate_existing=True)
    if kept is None:
        return None
    session.delete(kept)
    session.flush()
    return (ask, kept, Said.from_json(kept.said)) if ask and are_wanted(ask, now) else None


def mark(session: Session, response_id: int) -> None:
    """Say of an answer that nobody pressed the button for it."""
    flagged = sa.update(Response).where(Response.id == response_id).values(is_partial=True)
    session.execute(flagged, execution_options=BULK)


def tidy(session: Session, *, now: datetime) -> int:
    """Let go of those whose ask was answered or met a no, and of what nobody came back to for a month."""
    is_answered = sa.and_(IS_ANSWERED, PartialAnswer.at <= now - AFTER)
    over = sa.or_(is_answered, IS_NO, PartialAnswer.at <= now - KEPT)
    return session.execute(sa.delete(PartialAnswer).where(over), execution_options=BULK).rowcount


IS_ANSWERED = sa.exists().where(
    Response.invitation_id == PartialAnswer.invitation_id, Response.dismissed_at.is_(None)
)
IS_NO = sa.exists().where(
    Invitation.id == PartialAnswer.invitation_id,
    Contact.id == Invitation.contact_id,
    sa.or_(Invitation.state.in_(SAID_NO), Contact.unsubscribed_at.is_not(None)),
)
_values = {
    "said": bindparam("said", type_=Json),
    "is_enough": bindparam("is_enough"),
    "doubts": bindparam("doubts", type_=MaybeJson),
    "attempt": bindparam("attempt"),
    "at": bindparam("now"),
}
UPDATE = Prepared(
    sa.update(PartialAnswer)
    .where(PartialAnswer.invitation_id == bindparam("invitation_id"))
    .values(**_values)
)
INSERT = Prepared(sa.insert(PartialAnswer).values(invitation_id=bindparam("invitation_id"), **_values))
