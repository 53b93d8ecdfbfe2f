"""Keeping a view of the queue under a name, and letting it go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.core.database.prepared import Prepared
from app.core.errors import Invalid, NotFound, Refused
from app.followups.activities import stored
from app.followups.many.models import LONGEST_NAME, QueueView

MOST = 20


def of_person(session: Session, staff_id: int) -> list[QueueView]:
    """The views of a person by name."""
    mine = sa.select(QueueView).where(QueueView.staff_id == staff_id)
    return list(session.scalars(mine.order_by(sa.func.lower(QueueView.name), QueueView.id)))


SHOWN = Prepared(
    sa.select(QueueView.id, QueueView.name, QueueView.address)
    .where(QueueView.staff_id == sa.bindparam("staff_id", type_=QueueView.staff_id.type))
    .order_by(sa.func.lower(QueueView.name), QueueView.id)
)


def shown(connection: Connection, staff_id: int) -> list[Any]:
    """The same as rows with id, name and address, for the page of the queue."""
    return SHOWN.rows(connection, staff_id=staff_id)


def save(
    session: Session, staff_id: int, name: str, address: Mapping[str, str], *, now: datetime
) -> QueueView:
    """Keep a view; one of the same name is replaced. Invalid without a name, Refused beyond twenty views."""
    name = stored(name.strip()[: LONGEST_NAME + 1], "name", limit=LONGEST_NAME)
    if not name:
        raise Invalid(_("Give the view a name."), errors={"name": _("Give the view a name.")})
    views = {view.name: view for view in of_person(session, staff_id)}
    view = views.get(name)
    if view is None:
        if len(views) >= MOST:
            raise Refused(_("You have twenty views already; remove one that you no longer need."))
        view = QueueView(staff_id=staff_id, name=name, created_at=now)
        session.add(view)
    view.address = dict(address)
    session.flush()
    return view


def remove(session: Session, staff_id: int, view_id: int) -> QueueView:
    """Let a view of this person go."""
    view = session.get(QueueView, view_id)
    if view is None or view.staff_id != staff_id:
        raise NotFound(_("There is no such view of yours."))
    session.delete(view)
    return view
