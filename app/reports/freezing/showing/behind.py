"""The entries behind a difference, each with the account it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact
from app.delivery.models import Invitation
from app.followups.models import Task
from app.followups.promises.models import Promise
from app.reports.freezing.rolls import Cause, Caused
from app.reports.freezing.showing.words import state_words
from app.responses.models import Response
from app.sentiment.models import StoredReading

MOST = 20
HOLDER = {
    "people": Response.account_id,
    "people_before": Response.account_id,
    "answers": Response.account_id,
    "valuing": Response.account_id,
    "value_answers": Response.account_id,
    "moves": Invitation.account_id,
    "promises": Promise.account_id,
    "follow_ups": Task.account_id,
    "comments": StoredReading.account_id,
    "contacts": Contact.account_id,
    "homes": Account.id,
    "asks": Invitation.account_id,
}


@dataclass(frozen=True)
class Behind:
    """One entry: whose account, None where it is gone, and what it was and is counted as."""

    cause: Cause
    account_id: int | None
    account: str
    then: str
    now: str


def behind(session: Session, register: str, entries: Iterable[Caused]) -> list[Behind]:
    """The first entries of each cause, at most `MOST` of each."""
    shown: list[Caused] = []
    numbers: dict[Cause, int] = {}
    for one in entries:
        numbers[one.cause] = numbers.get(one.cause, 0) + 1
        if numbers[one.cause] <= MOST:
            shown.append(one)
    homes = accounts(session, register, [one.change.id for one in shown])
    return [
        Behind(
            one.cause,
            *homes.get(one.change.id, (None, "")),
            *(state_words(register, state) for state in (one.change.then, one.change.now)),
        )
        for one in shown
    ]


def accounts(session: Session, register: str, ids: list[int]) -> Mapping[int, tuple[int, str]]:
    holder = HOLDER[register]
    row_id = holder.class_.id
    query = sa.select(row_id, Account.id, Account.name).where(Account.id == holder, row_id.in_(ids))
    rows = session.execute(query)
    return {id: (account_id, name) for id, account_id, name in rows}
