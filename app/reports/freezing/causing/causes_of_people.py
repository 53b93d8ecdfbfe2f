"""Why people, accounts and asks are not counted as they were: from their own dated rows and the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact
from app.delivery.models import Invitation
from app.reports.accounts.figures import CLOSED_AT
from app.reports.freezing.causing.causes import Since, parts, subjects
from app.reports.freezing.rolls import Cause, Caused, Change

MERGES = ("contact.merge", "account.merge")


def of_contacts(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    """Somebody who came, went, or with whom we got further; a property comes last, as it dates from no row."""
    ids = [change.id for change in changes]
    made = rows_of(session, ids, Contact.id, Contact.created_at)
    news = news_of_asks(session, ids, Invitation.contact_id, since)
    merged, erased = subjects(session, since, *MERGES), subjects(session, since, "contact.erase")
    for change in changes:
        name, created_at = f"contact:{change.id}", made.get(change.id)
        if name in erased or (created_at is None and not merged):
            cause = Cause.ERASURE
        elif name in merged or created_at is None:
            cause = Cause.MERGE
        elif change.then is None and since.is_after(created_at):
            cause = Cause.LATE
        else:
            cause = cause_of_place(change, news.get(change.id))
        yield Caused(change, cause)


def of_accounts(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    """An account that came or went, or whose people did."""
    ids = [change.id for change in changes]
    made = rows_of(session, ids, Account.id, Account.created_at)
    news = news_of_asks(session, ids, Invitation.account_id, since)
    merged = subjects(session, since, *MERGES)
    for change in changes:
        created_at = made.get(change.id)
        if created_at is None:
            cause = Cause.MERGE if merged else Cause.ERASURE
        elif f"account:{change.id}" in merged:
            cause = Cause.MERGE
        elif change.then is None and since.is_after(created_at):
            cause = Cause.LATE
        else:
            cause = cause_of_place(change, news.get(change.id))
        yield Caused(change, cause)


def cause_of_place(change: Change, news: Cause | None) -> Cause:
    """How far we got, by what the asks say; else the role, tier, owner or address of whoever it is about."""
    is_further = (
        change.then is not None and change.now is not None and standing(change.then) != standing(change.now)
    )
    return news if is_further and news else Cause.PLACE


def standing(state: str) -> str:
    return state.partition("|")[0]


def of_asks(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    news = news_of_asks(session, [change.id for change in changes], Invitation.id, since)
    there = rows_of(session, [change.id for change in changes], Invitation.id, Invitation.sent_at)
    for change in changes:
        yield Caused(change, news.get(change.id, Cause.OTHER) if change.id in there else Cause.ERASURE)


def news_of_asks(
    session: Session, ids: list[int], of: sa.orm.InstrumentedAttribute, since: Since
) -> dict[int, Cause]:
    """By whom, what has happened to their asks since: sent or answered is news, else closed is time."""
    news: dict[int, Cause] = {}
    for part in parts(ids):
        query = sa.select(of, Invitation.sent_at, Invitation.answered_at, CLOSED_AT)
        moments = sa.or_(*(at > since.at for at in (Invitation.sent_at, Invitation.answered_at, CLOSED_AT)))
        for id, sent_at, answered_at, _closed_at in session.execute(query.where(of.in_(part), moments)):
            is_new = since.is_after(sent_at) or since.is_after(answered_at)
            if is_new or id not in news:
                news[id] = Cause.LATE if is_new else Cause.TIME
    return news


def rows_of(session: Session, ids: Iterable[int], id: Any, at: Any) -> dict[int, datetime]:
    """The moment of each row that is there."""
    found: dict[int, datetime] = {}
    for part in parts(list(ids)):
        found |= dict(map(tuple, session.execute(sa.select(id, at).where(id.in_(part)))))
    return found
