"""Letting go of kept views that name a person who is forgotten."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.views.models import SavedView
from app.contacts.models import Contact
from app.core.database import finding


def forget_named(session: Session, contact: Contact) -> None:
    """Let go of everybody's views that look for this person, or are called like them."""
    known = [
        finding.fold(part) for part in (contact.first_name, contact.last_name, contact.email or "") if part
    ]
    for view in session.scalars(sa.select(SavedView)):
        if speaks_of(view, known):
            session.delete(view)


def speaks_of(view: SavedView, known: Sequence[str]) -> bool:
    """Whether all words that a view looks for are in what is `known` of a person, or its name has all of their name."""
    looked_for, name = finding.fold(view.address.get("q", "")).split(), finding.fold(view.name)
    is_looked_for = bool(looked_for) and all(any(word in part for part in known) for word in looked_for)
    return is_looked_for or (bool(known) and all(part in name for part in known[:2]))
