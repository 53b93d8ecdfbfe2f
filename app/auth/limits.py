"""How often something may be tried, counted in the database so that all processes count together.

The counters are a table on PostgreSQL. With SQLite they live in a file of their own beside the database, so that
counting never waits for the write gate of the product. Keys are stored as digests: no address, no name.
"""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network

import sqlalchemy as sa
from flask import Flask, current_app, request
from flask_limiter import Limiter, RateLimitExceeded
from limits import RateLimitItem, parse
from limits.storage import Storage
from sqlalchemy import Engine, event

from app.auth.models import rate_limits
from app.core import clock, errors
from app.core.database import upserts
from app.core.database.columns import UtcDateTime
from app.extensions import db

SIGN_IN = parse("10 per 15 minutes")
SIGN_INS_OF_ADDRESS = parse("100 per 15 minutes")
PASSWORD_CHANGES = parse("10 per 15 minutes")
FORGET_CHANCE = 0.01
IPV6_NETWORK = 64


@cache
def counting(database: str) -> sa.Executable:
    """One atomic statement that counts, begins anew when the window is over, and tells the count."""
    row = upserts.insert(database, rate_limits).values(
        key=sa.bindparam("key"), amount=sa.bindparam("amount"), expires_at=sa.bindparam("until")
    )
    is_over = rate_limits.c.expires_at <= sa.bindparam("now", type_=UtcDateTime())
    counted = rate_limits.c.amount + row.excluded.amount
    return row.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "amount": sa.case((is_over, row.excluded.amount), else_=counted),
            "expires_at": sa.case((is_over, row.excluded.expires_at), else_=rate_limits.c.expires_at),
        },
    ).returning(rate_limits.c.amount)


LOOK = sa.select(rate_limits.c.amount, rate_limits.c.expires_at).where(
    rate_limits.c.key == sa.bindparam("key")
)


class TableStorage(Storage):
    """The store of the limiter: one row per key, in the database that `counters` names."""

    STORAGE_SCHEME = ["table"]
    base_exceptions = sa.exc.SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = clock.now()
        engine = counters()
        values = {
            "key": digest(key),
            "amount": amount,
            "now": now,
            "until": now + timedelta(seconds=expiry),
        }
        with engine.connect() as connection:
            count = connection.execute(counting(engine.dialect.name), values).scalar_one()
            if random.random() < FORGET_CHANCE:
                connection.execute(sa.delete(rate_limits).where(rate_limits.c.expires_at <= now))
        return count

    def get(self, key: str) -> int:
        found = self._look(key)
        return found.amount if found and found.expires_at > clock.now() else 0

    def get_expiry(self, key: str) -> float:
        found = self._look(key)
        return (found.expires_at if found else clock.now()).timestamp()

    def check(self) -> bool:
        with counters().connect() as connection:
            return connection.scalar(sa.select(1)) == 1

    def reset(self) -> int:
        with counters().connect() as connection:
            return connection.execute(sa.delete(rate_limits)).rowcount

    def clear(self, key: str) -> None:
        with counters().connect() as connection:
            connection.execute(sa.delete(rate_limits).where(rate_limits.c.key == digest(key)))

    @staticmethod
    def _look(key: str) -> sa.Row | None:
        with counters().connect() as connection:
            return connection.execute(LOOK, {"key": digest(key)}).first()


def digest(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=24).hexdigest()


def counters() -> Engine:
    """The engine of the counters, in which every statement stands for itself; made on first use in each process."""
    app = current_app
    if "limits_engine" not in app.extensions:
        settings = app.extensions["settings"]
        app.extensions["limits_engine"] = (
            counters_file(settings.instance / "limits.db")
            if settings.is_sqlite
            else db.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
    return app.extensions["limits_engine"]


def counters_file(path) -> Engine:
    """A small SQLite file with the table in it. It need not survive a power cut, so it does not wait for the disk."""
    engine = sa.create_engine(f"sqlite:///{path}", isolation_level="AUTOCOMMIT")
    event.listen(engine, "connect", _prepare)
    with engine.connect() as connection:
        connection.execute(sa.schema.CreateTable(rate_limits, if_not_exists=True))
    return engine


def _prepare(dbapi, record) -> None:
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=OFF"):
        dbapi.execute(f"PRAGMA {pragma}")


def address() -> str:
    """Where the request comes from, as far as it may be held against somebody: a network of 64 bits with IPv6."""
    remote = request.remote_addr or "unknown"
    try:
        found = ip_address(remote)
    except ValueError:
        return remote
    return remote if found.version == 4 else str(ip_network(f"{remote}/{IPV6_NETWORK}", strict=False))


limiter = Limiter(key_func=address, storage_uri="table://", strategy="fixed-window")


def install(app: Flask) -> None:
    """Count where a view says so (`@limiter.limit("60 per minute")`); other requests pay nothing for it.

    The library's hooks on every request are for limits of the whole application and for headers that tell how much is
    left, neither of which is in use.
    """
    hooks = [app.before_request_funcs[None], app.after_request_funcs[None], app.teardown_request_funcs[None]]
    ours = [len(functions) for functions in hooks]
    limiter.init_app(app)
    for functions, number in zip(hooks, ours, strict=True):
        del functions[number:]
    app.register_error_handler(RateLimitExceeded, render_exceeded)


def render_exceeded(error: RateLimitExceeded):
    seconds = error.limit.limit.get_expiry() if error.limit else 60
    return errors.too_many(seconds)


def take(limit: RateLimitItem, *key: str) -> bool:
    """Count one try of `key`; False when that is one too many."""
    return limiter.limiter.hit(limit, *key)


def give_back(limit: RateLimitItem, *key: str) -> None:
    """Uncount one try, because it turned out to be a good one."""
    limiter.limiter.hit(limit, *key, cost=-1)


def forget(limit: RateLimitItem, *key: str) -> None:
    limiter.limiter.clear(limit, *key)


def seconds_left(limit: RateLimitItem, *key: str, now: datetime) -> int:
    """Seconds until tries of `key` are counted from nought again."""
    reset_at = limiter.limiter.get_window_stats(limit, *key).reset_time
    return max(1, int(reset_at - now.timestamp()) + 1)
