"""Keeping a view of the queue under a name, and letting it go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core.database import finding
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


def forget_named(session: Session, contact: Contact) -> None:
    """Let go of everybody's views that look for this person, or are called like them."""
    known = [
        finding.fold(part) for part in (contact.first_name, contact.last_name, contact.email or "") if part
    ]
    for view in session.scalars(sa.select(QueueView)):
        if speaks_of(view, known):
            session.delete(view)


def speaks_of(view: QueueView, known: Sequence[str]) -> bool:
    """Whether all words that a view looks for are in what is `known` of a person, or its name has all of their name."""
    looked_for, name = finding.fold(view.address.get("q", "")).split(), finding.fold(view.name)
    is_looked_for = bool(looked_for) and all(any(word in part for part in known) for word in looked_for)
    return is_looked_for or (bool(known) and all(part in name for part in known[:2]))


def remove(session: Session, staff_id: int, view_id: int) -> QueueView:
    """Let a view of this person go."""
    view = session.get(QueueView, view_id)
    if view is None or view.staff_id != staff_id:
        raise NotFound(_("There is no such view of yours."))
    session.delete(view)
    return view
