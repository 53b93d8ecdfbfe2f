"""Noting what happened on a day, and taking it away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import audit
from app.core.database.prepared import Prepared
from app.core.errors import NotFound
from app.reports.annotations.models import Annotation


def noted(session: Session, *, start: date, end: date) -> Sequence[sa.Row]:
    """What happened on the days [start, end), in order."""
    return NOTED.rows(session.connection(), start=start, end=end)


NOTED = Prepared(
    sa.select(Annotation.id, Annotation.on, Annotation.words, Annotation.by, Annotation.created_at)
    .where(Annotation.on >= sa.bindparam("start"), Annotation.on < sa.bindparam("end"))
    .order_by(Annotation.on, Annotation.id)
)


def add(session: Session, on: date, words: str, *, now: datetime, by: audit.Actor) -> Annotation:
    found = Annotation(on=on, words=words, by=by.name, created_at=now)
    session.add(found)
    session.flush()
    audit.note(session, by, "annotation.add", subject=f"annotation:{found.id}", now=now, words=words)
    return found


def remove(session: Session, annotation_id: int, *, now: datetime, by: audit.Actor) -> Annotation:
    """NotFound when somebody else has taken it away."""
    found = session.get(Annotation, annotation_id)
    if found is None:
        raise NotFound(_("There is no such note; somebody may have taken it away."))
    audit.note(session, by, "annotation.remove", subject=f"annotation:{found.id}", now=now, words=found.words)
    session.delete(found)
    return found
