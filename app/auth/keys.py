"""The bearer key of a request: found by its digest, in force, and with its scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from app.auth.models import ApiKey, Scope
from app.core import tokens
from app.core.audit import Actor
from app.core.database import transactions

USED_EVERY = timedelta(minutes=1)
LONGEST_SECRET = 128

BY_DIGEST = sa.select(
    ApiKey.id, ApiKey.name, ApiKey.scope, ApiKey.expires_at, ApiKey.used_at, ApiKey.revoked_at
).where(ApiKey.digest == sa.bindparam("digest"))
USE = sa.update(ApiKey).where(ApiKey.id == sa.bindparam("of")).values(used_at=sa.bindparam("now"))


@dataclass(frozen=True)
class Key:
    """A key in force."""

    id: int
    name: str
    scope: Scope
    used_at: datetime | None

    def may(self, scope: Scope) -> bool:
        return self.scope.includes(scope)

    def actor(self, address: str | None = None) -> Actor:
        """The key as the audit trail and the domain name an actor."""
        return Actor("key", self.id, self.name, address)


def in_force(engine: Engine, secret: str, *, now: datetime) -> Key | None:
    """The key of that secret, unless it is unknown, revoked or expired; looked up anew for every request."""
    if len(secret) > LONGEST_SECRET:
        return None
    with engine.connect() as connection:
        row = connection.execute(BY_DIGEST, {"digest": tokens.digest(secret)}).first()
    if row is None or row.revoked_at or (row.expires_at and row.expires_at <= now):
        return None
    return Key(row.id, row.name, row.scope, row.used_at)


def used(engine: Engine, key: Key, *, now: datetime) -> None:
    """Note that the key was used, about once a minute and outside the request's transaction."""
    if key.used_at is None or now - key.used_at >= USED_EVERY:
        transactions.aside(engine, USE, {"of": key.id, "now": now})
