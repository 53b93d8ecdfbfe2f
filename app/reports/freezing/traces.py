"""What frozen reports may say of a person: their name, in the report's own name, its filters, its rows and its words.

Figures stay as they were frozen; a name of somebody who asks to be forgotten is put out of them.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.reports.freezing.models import LONGEST_NAME, FrozenReport

SHORTEST = 3


def forget(session: Session, contact_id: int, *, now: datetime) -> None:
    """Put the person's name and address out of every frozen report.

    Called while the person is still known by them. A name alone, given or family, is left: it is that of others too.
    """
    contact = session.get_one(Contact, contact_id)
    wanted = pattern([f"{contact.first_name} {contact.last_name}", contact.email or ""])
    if wanted is None:
        return
    unnamed = _("Erased person")
    for report in session.scalars(sa.select(FrozenReport)):
        if not wanted.search(json.dumps([report.name, report.address, report.document], ensure_ascii=False)):
            continue
        report.name = wanted.sub(unnamed, report.name)[:LONGEST_NAME]
        report.address = without(report.address, wanted, unnamed)
        report.document = without(report.document, wanted, unnamed)
    session.flush()


def pattern(names: list[str]) -> re.Pattern[str] | None:
    """Any of these as whole words, however they are spaced and in whatever case; None where nothing can be looked for."""
    known = [" ".join(name.split()) for name in names]
    spelled = [
        r"\s+".join(map(re.escape, name.split(" ")))
        for name in known
        if len(name) >= SHORTEST and is_whole(name)
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(spelled)})(?!\w)", re.IGNORECASE) if spelled else None


def is_whole(name: str) -> bool:
    """A full name, or an address."""
    return " " in name or "@" in name


def without(value: Any, wanted: re.Pattern[str], unnamed: str) -> Any:
    """The same with the name put out of every text in it."""
    if isinstance(value, str):
        return wanted.sub(unnamed, value)
    if isinstance(value, dict):
        return {key: without(one, wanted, unnamed) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without(one, wanted, unnamed) for one in value]
    return value
