"""The wishes of passives: what would make it a 9, in their words, and how much there is to it in ours.

A wish is what somebody wrote with a 7 or an 8; it stands on the task that the answer opened. What is small can often be
done at once, and many small ones alike are a large one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account
from app.core.errors import Refused
from app.followups.models import Task, TaskKind, WishSize
from app.responses.models import Response

PAGE = 50
UNSIZED = "none"
SIZES = {WishSize.SMALL: _l("Small"), WishSize.LARGE: _l("Large")}
TONES = {WishSize.SMALL: "good", WishSize.LARGE: "care"}
HELP = {
    WishSize.SMALL: _l("can be done soon, without a plan"),
    WishSize.LARGE: _l("needs a decision, or work for months"),
}


@dataclass(frozen=True)
class WishFilter:
    """Which wishes: of a size (`UNSIZED`: nobody has said), the accounts of an owner (0: of none), open tasks or closed."""

    size: str = ""
    owner_id: int | None = None
    state: str = ""

    @property
    def is_narrowed(self) -> bool:
        return self != WishFilter()


def wishes(chosen: WishFilter) -> sa.Select:
    """The tasks with wishes that the filter names, the newest answers first; rehearsals are left out."""
    query = (
        sa.select(Task)
        .join(Response, Response.id == Task.response_id)
        .join(Account, Account.id == Task.account_id)
        .where(
            Task.kind == TaskKind.PASSIVE,
            Task.is_rehearsal.is_(False),
            Response.dismissed_at.is_(None),
            sa.or_(Response.comment != "", Task.wish.is_not(None)),
        )
        .options(
            joinedload(Task.response),
            joinedload(Task.contact),
            joinedload(Task.account).joinedload(Account.owner),
        )
        .order_by(Response.submitted_at.desc(), Task.id.desc())
    )
    if chosen.size:
        is_unsized = chosen.size == UNSIZED
        query = query.where(Task.wish.is_(None) if is_unsized else Task.wish == WishSize(chosen.size))
    if chosen.owner_id is not None:
        query = query.where(Account.owner_id == (chosen.owner_id or None))
    if chosen.state:
        closed = Task.closed_at.is_not(None)
        query = query.where(closed if chosen.state == "closed" else sa.not_(closed))
    return query


def how_many(session: Session, chosen: WishFilter) -> int:
    ids = wishes(chosen).options().order_by(None).with_only_columns(Task.id)
    return session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0


def counts(session: Session, chosen: WishFilter) -> Mapping[str, int]:
    """By size, whatever size the filter names."""
    of_any = wishes(WishFilter("", chosen.owner_id, chosen.state)).order_by(None)
    rows = session.execute(of_any.with_only_columns(Task.wish, sa.func.count()).group_by(Task.wish))
    return dict.fromkeys((UNSIZED, *WishSize), 0) | {size or UNSIZED: count for size, count in rows}


def size(task: Task, size: WishSize | None) -> bool:
    """Say how large the wish is, or take that back with None; whether that is new. Refused for other tasks."""
    if task.kind is not TaskKind.PASSIVE:
        raise Refused(_("Only who gave a 7 or an 8 is asked what would make it a 9."))
    is_new = task.wish is not size
    task.wish = size
    return is_new
