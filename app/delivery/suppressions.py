"""Addresses that must not be written to again, whichever contact carries them.

The address of somebody who was erased is kept as a fingerprint under the secret key: enough to know it again when an
import or a program brings it back, and nothing to read it from.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app.core import tokens
from app.core.outbox_rows import insert_new
from app.delivery.models import Suppression

REASONS = sa.select(Suppression.email_key, Suppression.reason).where(
    Suppression.email_key.in_(sa.bindparam("email_keys", expanding=True))
)
AT_ONCE = 5000
ERASED, COMPLAINT, UNSUBSCRIBED = "erased", "complaint", "unsubscribed"


def reasons(session: Session, email_keys: Collection[str]) -> dict[str, str]:
    """For those of the canonical addresses that are suppressed, the reason; `erased` above all others."""
    forms = {form: key for key in email_keys for form in (key, *fingerprints(key))}
    found: dict[str, str] = {}
    keys = list(forms)
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        for form, reason in session.execute(REASONS, {"email_keys": part}):
            found[forms[form]] = ERASED if ERASED in (reason, found.get(forms[form])) else reason
    return found


def note_complaint(session: Session, email_key: str, *, now: datetime) -> None:
    """Somebody called a mail spam that a colleague had written: that says more than that they want no surveys."""
    row = {"email_key": email_key, "reason": COMPLAINT, "at": now}
    insert_new(session, Suppression.__table__, [row], key=["email_key"])
    known = (Suppression.email_key == email_key, Suppression.reason == UNSUBSCRIBED)
    session.execute(sa.update(Suppression).where(*known).values(reason=COMPLAINT))


def forget_address(session: Session, email_key: str, *, now: datetime) -> None:
    """Keep the fingerprint of an address in place of the address."""
    session.execute(sa.delete(Suppression).where(Suppression.email_key == email_key))
    row = {"email_key": fingerprints(email_key)[0], "reason": ERASED, "at": now}
    insert_new(session, Suppression.__table__, [row], key=["email_key"])


def fingerprints(email_key: str) -> list[str]:
    """The address as it is kept of somebody who was erased, under the present secret key and under former ones."""
    settings = current_app.extensions["settings"]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEYS_OLD]
    return [f"{ERASED}:{tokens.fingerprint(key, email_key)}" for key in keys]
