"""The demo loaded once for each kind of database, because loading takes seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_security import AsaList

from app import create_app
from app.core.database import transactions
from app.core.installation import installation
from app.demo import load
from app.extensions import db
from app.surveys import templates
from tests.databases import settings_for

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@dataclass
class Demo:
    """An application with the demo in it."""

    app: Flask
    loaded: load.Loaded
    sent: int
    digests: dict[str, str]


def loaded_demo(databases, folder) -> Demo:
    folder.mkdir(parents=True, exist_ok=True)
    settings = settings_for(folder, databases.fresh(folder))
    app = create_app(settings)
    app.testing = True
    with app.app_context():
        transactions.write(db.session)
        templates.ensure(db.session, now=NOW)
        assert load.may_begin_with_demo(db.session)
        loaded = load.load(db.session, settings, now=NOW)
        db.session.commit()
        found = digests()
        transactions.write(db.session)
        sent = load.send_todays_wave(db.session, settings, now=NOW)
        db.session.remove()
    return Demo(app, loaded, sent, found)


RANDOM = {"nonce", "fs_uniquifier", "fs_webauthn_user_handle", "password"}
OF_OTHERS = {"installation", "programs", "surveys", "survey_versions", "questions", "roles", "webauthn"}
"""Tables whose rows were made by the installation itself, at a moment of their own."""


def digests() -> dict[str, str]:
    """One digest for each table that the demo fills, without what is random by purpose."""
    found = {}
    for table in db.metadata.sorted_tables:
        columns = [c for c in table.columns if c.name not in RANDOM and not isinstance(c.type, AsaList)]
        rows = [repr([plain(cell) for cell in row]) for row in db.session.execute(sa.select(*columns))]
        if rows and table.name not in OF_OTHERS:
            found[table.name] = hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
    return found


def plain(cell):
    """A cell without what the databases keep differently: the order of keys, the type of numbers."""
    if isinstance(cell, dict):
        return sorted((key, plain(value)) for key, value in cell.items())
    if isinstance(cell, list):
        return [plain(value) for value in cell]
    if isinstance(cell, float):
        return round(cell, 9) + 0.0
    return str(cell)


@pytest.fixture(scope="session")
def sqlite_demo(sqlite_databases, tmp_path_factory) -> Iterator[Demo]:
    yield from lent(loaded_demo(sqlite_databases, tmp_path_factory.mktemp("sqlite-demo")))


@pytest.fixture(scope="session")
def postgres_demo(postgres_databases, tmp_path_factory) -> Iterator[Demo]:
    yield from lent(loaded_demo(postgres_databases, tmp_path_factory.mktemp("postgres-demo")))


def lent(demo: Demo) -> Iterator[Demo]:
    """The demo until the end of the session, then its connections closed."""
    yield demo
    with demo.app.app_context():
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def demo(request) -> Iterator[Demo]:
    """The demo in an application context whose session reads."""
    found: Demo = request.getfixturevalue(f"{request.param}_demo")
    with found.app.app_context():
        transactions.read(db.session)
        yield found
        db.session.remove()


@pytest.fixture
def zone(demo):
    return installation(db.session).zone
