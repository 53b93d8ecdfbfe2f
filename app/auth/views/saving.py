"""Keeping a view of a page under a name, for oneself or for all, and letting it go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.auth.views.models import LONGEST_NAME, SavedView
from app.core import text
from app.core.database.prepared import Prepared
from app.core.errors import Invalid, NotFound, Refused

MOST = 20
Address = Mapping[str, str]


def of_person(session: Session, page: str, staff_id: int) -> list[SavedView]:
    """A person's own views of a page by name."""
    mine = sa.select(SavedView).where(SavedView.page == page, SavedView.staff_id == staff_id)
    return list(session.scalars(mine.order_by(sa.func.lower(SavedView.name), SavedView.id)))


SHOWN = Prepared(
    sa.select(SavedView.id, SavedView.name, SavedView.address, SavedView.is_for_all, SavedView.staff_id)
    .where(
        SavedView.page == sa.bindparam("page", type_=SavedView.page.type),
        sa.or_(
            SavedView.staff_id == sa.bindparam("staff_id", type_=SavedView.staff_id.type),
            SavedView.is_for_all,
        ),
    )
    .order_by(sa.func.lower(SavedView.name), SavedView.id)
)


def shown(connection: Connection, page: str, staff_id: int) -> list[Any]:
    """One's own and those that are for all, as rows, for the page that they are of."""
    return SHOWN.rows(connection, page=page, staff_id=staff_id)


def save(
    session: Session,
    page: str,
    staff_id: int,
    name: str,
    address: Address,
    *,
    now: datetime,
    is_for_all: bool = False,
) -> SavedView:
    """Keep a view; one's own of the same name is replaced. Invalid without a name, Refused beyond twenty views."""
    name = stored(name)
    views = {view.name: view for view in of_person(session, page, staff_id)}
    view = views.get(name)
    if view is None:
        if len(views) >= MOST:
            raise Refused(_("You have twenty views already; remove one that you no longer need."))
        view = SavedView(staff_id=staff_id, page=page, name=name, created_at=now)
        session.add(view)
    view.address, view.is_for_all = dict(address), is_for_all
    session.flush()
    return view


def stored(name: str, *, limit: int = LONGEST_NAME, missing: str | None = None) -> str:
    """A name as it is kept. Invalid with `missing` for none, and in words for one that cannot be stored."""
    try:
        found = text.line(name.strip()[: limit + 1], limit=limit)
    except text.UnreadableText as problem:
        raise Invalid(str(problem), errors={"name": str(problem)}) from None
    if not found:
        words = missing or _("Give the view a name.")
        raise Invalid(words, errors={"name": words})
    return found


def remove(session: Session, staff_id: int, view_id: int, *, may_remove_shared: bool = False) -> SavedView:
    """Let a view go: one's own, or with the right to it one that is for all. NotFound for any other."""
    view = session.get(SavedView, view_id)
    if view is None or not (view.staff_id == staff_id or (view.is_for_all and may_remove_shared)):
        raise NotFound(_("There is no such view of yours."))
    session.delete(view)
    return view
