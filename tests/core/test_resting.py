"""A PostgreSQL connection that died while it rested is replaced before anybody meets its fault."""

import psycopg
import pytest
import sqlalchemy as sa

from app.core.database import transactions
from app.extensions import db


@pytest.fixture
def ended(app, monkeypatch):
    """An application whose pooled connection was ended by the server a while ago."""
    with db.engine.connect() as connection:
        number = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    with psycopg.connect(db.engine.url.set(drivername="postgresql").render_as_string(False)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
    monkeypatch.setattr(transactions, "REST_SECONDS", 0.0)
    return number


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_connection_that_ended_while_resting_is_replaced(ended):
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT pg_backend_pid()")) != ended
