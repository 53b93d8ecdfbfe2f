"""What follows from answers about the person: the goal of the account, and somebody who gets in touch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.contacts import goals
from app.followups.promises import giving
from app.followups.promises.giving import Wanted
from app.followups.promises.models import Way
from app.responses import asks
from app.responses.recording import Recorded
from app.surveys.kinds.kind import Given
from app.surveys.kinds.people.contact import NO
from app.surveys.kinds.people.goal import STILL

GOAL, CONTACT = "goal", "contact"


def follow(connection: Connection, answer: Recorded, *, now: datetime) -> None:
    """Do what a new or changed answer to one of these questions asks for."""
    was = answer.before.of_kind if answer.before else nothing
    with Session(connection) as session:
        goal_told(session, answer, was(GOAL), now=now)
        contact = answer.said.of_kind(CONTACT)
        if contact is not None and contact != was(CONTACT):
            contact_told(session, answer, contact, now=now)
        session.flush()


def nothing(_kind: str) -> None:
    """What was said before a first answer."""


def goal_told(session: Session, answer: Recorded, before: Given | None, *, now: datetime) -> None:
    """Other words than the present goal's become the goal, the former one stays dated.

    Goals are the account's, so an answer that does not count leaves them alone.
    """
    goal = answer.said.of_kind(GOAL)
    if goal is None or goal == before or goal.picked == (STILL,) or not answer.counts:
        return
    goals.told(session, answer.ask.account_id, goal.words, today=answer.ask.day_of(now), now=now)


def contact_told(session: Session, answer: Recorded, contact: Given, *, now: datetime) -> None:
    """Somebody wants to hear from us, or no longer."""
    ask = asks.by_id(session.connection(), answer.ask.id)
    if contact.picked == (NO,):
        giving.withdraw(session, ask, now=now)
    else:
        giving.give(session, ask, Wanted(Way(contact.picked[0]), contact.words or ""), now=now)
