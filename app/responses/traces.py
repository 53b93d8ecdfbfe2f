"""What this package holds about one person or account: their answers; telling, forgetting and moving it.

Who is forgotten keeps the numbers without the words, so that no sum changes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core import text
from app.core.database import telling
from app.delivery.models import Invitation
from app.responses.models import Answer, Handover, PartialAnswer, Response, Revision

BULK = {"synchronize_session": False}


def tell(session: Session, contact_id: int) -> dict[str, Any]:
    """Every answer, question by question, and what it said before it was edited."""
    mine = sa.select(Response.id).where(Response.contact_id == contact_id)
    return {
        "responses": telling.rows(session, Response, Response.contact_id == contact_id, but={"attempt"}),
        "answers": telling.rows(session, Answer, Answer.response_id.in_(mine)),
        "earlier_versions": telling.rows(session, Revision, Revision.response_id.in_(mine)),
        "partial_answers": telling.rows(
            session, PartialAnswer, PartialAnswer.invitation_id.in_(asked(contact_id))
        ),
        "handovers": telling.rows(session, Handover, Handover.contact_id == contact_id),
    }


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """Take the words out of every answer and of its earlier versions."""
    mine = session.scalars(sa.select(Response.id).where(Response.contact_id == contact_id)).all()
    answers = sa.update(Response).where(Response.id.in_(mine))
    session.execute(answers.values(comment="", attempt=None, updated_at=now), execution_options=BULK)
    worded = (Answer.response_id.in_(mine), Answer.words.is_not(None))
    only_words = (*worded, Answer.number.is_(None), Answer.picked.is_(None))
    session.execute(sa.delete(Answer).where(*only_words), execution_options=BULK)
    session.execute(sa.update(Answer).where(*worded).values(words=None), execution_options=BULK)
    for revision in session.scalars(sa.select(Revision).where(Revision.response_id.in_(mine))):
        others = {key: {**one, "words": None} for key, one in revision.said.get("others", {}).items()}
        revision.said = {**revision.said, "comment": "", "attempt": None} | (
            {"others": others} if others else {}
        )
    forget_handovers(session, contact_id)
    partials = sa.delete(PartialAnswer).where(PartialAnswer.invitation_id.in_(asked(contact_id)))
    session.execute(partials, execution_options=BULK)
    session.flush()
    session.expire_all()


def asked(contact_id: int) -> sa.Select:
    """The asks of the person."""
    return sa.select(Invitation.id).where(Invitation.contact_id == contact_id)


def forget_handovers(session: Session, contact_id: int) -> None:
    """What the person said of a successor goes, and so does the person where somebody named them as one."""
    mine = sa.delete(Handover).where(Handover.contact_id == contact_id)
    session.execute(mine, execution_options=BULK)
    key = session.get_one(Contact, contact_id).email_key
    for held in session.scalars(sa.select(Handover).where(Handover.email.is_not(None))) if key else ():
        if text.email_key(held.email) == key:
            held.name, held.email = "", None


def move_account(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """The answers of one account to another; its segments come with the sums (reports/sums/placing)."""
    answers = sa.update(Response).where(Response.account_id == from_id)
    session.execute(answers.values(account_id=to_id), execution_options=BULK)
    held = sa.update(Handover).where(Handover.account_id == from_id)
    session.execute(held.values(account_id=to_id), execution_options=BULK)


def move_person(session: Session, from_id: int, to_id: int, *, now: datetime) -> None:
    """The answers of one person to another."""
    answers = sa.update(Response).where(Response.contact_id == from_id)
    session.execute(answers.values(contact_id=to_id, updated_at=now), execution_options=BULK)
    for column in (Handover.contact_id, Handover.successor_id):
        held = sa.update(Handover).where(column == from_id)
        session.execute(held.values({column.key: to_id}), execution_options=BULK)
