"""Letting answers follow their account to other segments: its history stands where the account stands now.

An account that gets another tier, stage, owner or attribute takes all its answers along, and the sums with them: the
deltas take away what its answers add in the former segments, and add it in the present ones. What the person was (role,
language, country) and what was asked stays as it was when they answered.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core.installation import Installation
from app.health import due
from app.reports.counting import COLUMNS
from app.reports.deltas import Vote, contributions, is_of_account, of_account
from app.reports.models import RollupDelta
from app.reports.trend import counted
from app.responses import asks
from app.responses.models import Response

AT_ONCE = 500
Segments = dict[str, str]
Move = tuple[Segments, Segments]

PRESENT = sa.select(
    Account.id, Account.tier, Account.stage, asks.COLUMNS["owner_id"].label("owner_id"), Account.segment
).join(Installation, Installation.id == 1)
WRITTEN = (
    sa.select(sa.cast(Response.dims, sa.Text))
    .where(Response.account_id == bindparam("account_id"))
    .distinct()
)
ANSWERING = sa.select(Response.contact_id).where(Response.account_id == bindparam("account_id"))
LOCK = (
    sa.select(Contact.id)
    .where(Contact.id.in_(ANSWERING))
    .order_by(Contact.id)
    .with_for_update(key_share=True)
)
ANSWERS = sa.select(Response.id, Response.dims).where(Response.account_id == bindparam("account_id"))
VOTES = (
    sa.select(Response.id, Response.contact_id, Response.submitted_at, Response.day, Response.score)
    .where(Response.contact_id.in_(ANSWERING), counted())
    .order_by(Response.contact_id)
)


def follow(session: Session, account_id: int, *, now: datetime) -> int:
    """Let the answers of an account stand in its present segments; how many moved. The account is written already."""
    here = present(session, account_id)
    if here is None or not strayed(session, account_id, here):
        return 0
    if session.get_bind().dialect.name != "sqlite":
        session.execute(LOCK, {"account_id": account_id})  # No answer of these people is written meanwhile.
    answers = session.execute(ANSWERS, {"account_id": account_id}).all()
    moving = {id: dims for id, dims in answers if own(dims) != here}
    write_places(session, moving, here)
    moves = {id: changed(dims, here) for id, dims in moving.items()}
    if rows := list(delta_rows(session, account_id, moves, now)):
        session.execute(sa.insert(RollupDelta), rows)
    return len(moving)


def owners_changed(session: Session, *, now: datetime, person_id: int | None = None) -> None:
    """Mark the accounts whose owner is another one now, so that the worker lets their answers follow within seconds.

    Those without an owner who works here belong to the default owner: all of them have changed hands when another one is
    named; those of `person_id` when that person goes, or comes back.
    """
    session.flush()
    query = sa.select(Account.id).outerjoin(Staff, Staff.id == Account.owner_id)
    is_ownerless = sa.or_(Staff.id.is_(None), Staff.active.is_(False))
    whose = is_ownerless if person_id is None else Account.owner_id == person_id
    due.mark_all(session, session.scalars(query.where(whose)), now=now)


def present(session: Session, account_id: int) -> Segments | None:
    """The segments of an account as it stands; None when it is gone."""
    row = session.execute(PRESENT.where(Account.id == account_id)).one_or_none()
    return row and places_of(row)


def places_of(row: sa.Row) -> Segments:
    return of_account(tier=row.tier, stage=row.stage.value, owner_id=row.owner_id, attributes=row.segment)


def strayed(session: Session, account_id: int, here: Segments) -> bool:
    """Whether any answer of the account stands elsewhere."""
    return any(own(json.loads(dims)) != here for dims in session.scalars(WRITTEN, {"account_id": account_id}))


def own(dims: Segments) -> Segments:
    """Those of an answer's segments that are its account's."""
    return {dim: key for dim, key in dims.items() if is_of_account(dim)}


def changed(dims: Segments, here: Segments) -> Move:
    """The segments that an answer leaves, and those that it enters."""
    left = {dim: key for dim, key in own(dims).items() if here.get(dim) != key}
    entered = {dim: key for dim, key in here.items() if dims.get(dim) != key}
    return left, entered


def write_places(session: Session, moving: dict[int, Segments], here: Segments) -> None:
    """Keep with the answers where they stand now."""
    together: dict[str, list[int]] = defaultdict(list)
    for id, dims in moving.items():
        rest = {dim: key for dim, key in dims.items() if not is_of_account(dim)}
        together[json.dumps(rest | here)].append(id)
    for written, ids in together.items():
        for start in range(0, len(ids), AT_ONCE):
            answers = sa.update(Response).where(Response.id.in_(ids[start : start + AT_ONCE]))
            session.execute(
                answers.values(dims=json.loads(written)), execution_options={"synchronize_session": False}
            )


def delta_rows(
    session: Session, account_id: int, moves: dict[int, Move], now: datetime
) -> Iterator[dict[str, object]]:
    """What leaves the former segments and what enters the present ones, by day, the same move of many in one."""
    sums: dict[tuple, Counter[str]] = defaultdict(Counter)
    votes = session.execute(VOTES, {"account_id": account_id})
    for _contact, of_person in groupby(votes, key=lambda vote: vote.contact_id):
        mine = [Vote(vote.id, vote.submitted_at, vote.day, vote.score) for vote in of_person]
        for (series, day, response_id, column), number in contributions(mine):
            if response_id in moves:
                for sign, dims in zip((-1, 1), moves[response_id], strict=True):
                    sums[series, day, tuple(dims.items())][column] += sign * number
    empty = dict.fromkeys((*COLUMNS, "asked", "answered", "silent"), 0)
    for (series, day, dims), numbers in summed(sums.items()):
        given = {"series": series, "day": day, "dims": dict(dims), "account_id": account_id, "at": now}
        yield empty | numbers | given


def summed(found: Iterable[tuple[tuple, Counter[str]]]) -> Iterator[tuple[tuple, dict[str, int]]]:
    """Without what changes nothing."""
    for place, numbers in found:
        if place[2] and any(numbers.values()):
            yield place, dict(numbers)
