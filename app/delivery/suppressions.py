"""Addresses that must not be written to again, whichever contact carries them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.delivery.models import Suppression

REASONS = sa.select(Suppression.email_key, Suppression.reason).where(
    Suppression.email_key.in_(sa.bindparam("email_keys", expanding=True))
)
AT_ONCE = 5000


def reasons(session: Session, email_keys: Collection[str]) -> dict[str, str]:
    """For those of the canonical addresses that are suppressed, the reason."""
    found: dict[str, str] = {}
    keys = list(email_keys)
    for start in range(0, len(keys), AT_ONCE):
        part = keys[start : start + AT_ONCE]
        found |= dict(session.execute(REASONS, {"email_keys": part}).all())
    return found
