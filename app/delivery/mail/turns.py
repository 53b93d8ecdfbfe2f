"""Which worker may write to a domain that has a limit, so that a limit holds for the whole installation.

The lane of a worker keeps a limit in any second by itself, but knows nothing of other workers. So one worker at a time
has the turn of a limited domain: a row with an end that it moves on while it has mails for that domain, and that runs
out soon after its last one. Where no domain has a limit nothing is asked or written.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy import Connection, bindparam
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import upserts
from app.core.database.columns import Moment
from app.extensions import Base

TURN = timedelta(seconds=15)
LEAST_LEFT = timedelta(seconds=10)  # For a commit that takes long and for clocks of hosts that differ.
KEPT = timedelta(days=1)


class DomainTurn(Base):
    """The worker that may write to a domain, until when."""

    __tablename__ = "domain_turns"

    domain: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    worker: Mapped[str] = mapped_column(sa.String(32))
    until: Mapped[Moment]


class DomainTurns:
    """The turns of one worker process."""

    def __init__(self):
        self.worker = secrets.token_hex(16)

    def hold(self, connection: Connection, domains: Collection[str], *, now: datetime) -> set[str]:
        """Those of the domains that are ours for ten seconds at least; takes or keeps what no other worker holds.

        In the caller's transaction, in which others wait for the same domains; so they are taken in one order.
        """
        given = {"worker": self.worker, "now": now, "until": now + TURN}
        least = {"domains": list(domains), "worker": self.worker, "least": now + LEAST_LEFT}
        ours = set(connection.scalars(OURS, least))
        take = taking(connection.dialect.name)
        return ours | {
            domain
            for domain in sorted(set(domains) - ours)
            if connection.scalar(take, given | {"domain": domain}) is not None
        }


def forget_old(connection: Connection, *, now: datetime) -> int:
    """Forget the turns that ran out a day ago; how many."""
    return connection.execute(sa.delete(DomainTurn).where(DomainTurn.until < now - KEPT)).rowcount


@cache
def taking(database: str) -> sa.Insert:
    """Take the turn of a domain that nobody else has; no row when somebody does."""
    row = {name: bindparam(name) for name in ("domain", "worker", "until")}
    insert = upserts.insert(database, DomainTurn.__table__).values(row)
    is_free = sa.or_(DomainTurn.worker == bindparam("worker"), DomainTurn.until < bindparam("now"))
    return insert.on_conflict_do_update(
        index_elements=["domain"],
        set_={"worker": insert.excluded.worker, "until": insert.excluded.until},
        where=is_free,
    ).returning(DomainTurn.domain)


OURS = sa.select(DomainTurn.domain).where(
    DomainTurn.domain.in_(bindparam("domains", expanding=True)),
    DomainTurn.worker == bindparam("worker"),
    DomainTurn.until >= bindparam("least"),
)
