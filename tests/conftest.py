"""Fixtures of the whole suite: an application on a fresh database of each kind, a client, people who sign in."""

from __future__ import annotations

import contextvars
import gc
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache

from app import create_app
from app.core.database import transactions
from app.core.web.frame import Address, Application
from app.extensions import db
from app.sentiment.engine.vectors import model
from tests import make
from tests.databases import COMPILED, PostgresDatabases, SqliteDatabases, Statements, in_memory, settings_for
from tests.integrations.receiving import Receiver

hypothesis_settings.register_profile("suite", deadline=None, max_examples=60)
hypothesis_settings.load_profile("suite")

NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


class ReadOnce(Address):
    """An address that is read once for all applications; reading is most of the time of making one.

    What is read follows from the text and the kinds of converters, none of which looks at the map that it was made
    for. The functions that write an address are of the rule itself, since its endpoint may differ.
    """

    read: ClassVar[dict[tuple, dict]] = {}

    def compile(self) -> None:
        kinds, given = frozenset(self.map.converters.items()), frozenset(self.defaults or ())
        key = (self.rule, self.subdomain, self.merge_slashes, given, kinds)
        if key not in self.read:
            super().compile()
            names = ("arguments", "_parts", "_trace", "_converters")
            self.read[key] = {name: getattr(self, name) for name in names}
        self.__dict__ |= self.read[key]
        self._build = self._compile_builder(False).__get__(self, None)
        self._build_unknown = self._compile_builder(True).__get__(self, None)


Application.url_rule_class = ReadOnce


def pytest_configure() -> None:
    """What a test writes lies in memory where it can, or each transaction on SQLite waits for the disk."""
    if folder := in_memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first, so that of several processes none waits for the last one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_collection_finish() -> None:
    """What the tests are made of stays: the collector need not look through all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(autouse=True)
def without_the_extra(monkeypatch):
    """What everybody has is what is tested, whatever is installed here; tests of the extra ask for it."""
    monkeypatch.setattr(model, "release", lambda: None)


@pytest.fixture(scope="session")
def sqlite_databases():
    databases = SqliteDatabases()
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def postgres_databases():
    databases = PostgresDatabases()
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request) -> str:
    """Which database the test runs on. A test that needs only one overrides this with `parametrize`."""
    return request.param


@pytest.fixture
def settings(request, database_kind: str, tmp_path: Path):
    """Settings of a fresh, migrated installation. Mark `settings_with(NAME=value)` changes some."""
    databases = request.getfixturevalue(
        "sqlite_databases" if database_kind == "sqlite" else "postgres_databases"
    )
    folder = tmp_path / "instance"
    folder.mkdir()
    url = databases.fresh(folder)
    marker = request.node.get_closest_marker("settings_with")
    yield settings_for(folder, url, **(marker.kwargs if marker else {}))
    if database_kind == "postgresql":
        databases.drop(url)


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory) -> FileSystemBytecodeCache:
    """Templates compiled once for all the applications that tests make; it is most of their time."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


class LoneClient(FlaskClient):
    """A client whose requests see what a server would: a context of their own, and only rows that are committed.

    Without this a request would run in the test's application context and share its session, its transaction and
    `g` with it. What the test has added is committed first, so that a test cannot wait at the gate for itself. A
    streamed answer is read to its end in that context, since it must not outlive it.
    """

    def open(self, *args, **kwargs):
        if has_app_context():  # A browser's requests come from elsewhere than the test.
            db.session.commit()
        kwargs.setdefault("buffered", True)
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture(scope="session")
def compiled_statements() -> Statements:
    """Statements compiled once for all the engines that tests make, as templates are."""
    return Statements(COMPILED)


@pytest.fixture
def app(settings, compiled_templates, compiled_statements) -> Flask:
    """The application, inside an application context whose session writes."""
    app = create_app(settings)
    app.testing = True
    app.test_client_class = LoneClient
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.jinja_env.bytecode_cache = compiled_templates
    with app.app_context():
        db.engine.update_execution_options(compiled_cache=compiled_statements)
        transactions.write(db.session)
        yield app
        db.session.remove()
        db.engine.dispose()
        if "limits_engine" in app.extensions:
            app.extensions["limits_engine"].dispose()


@pytest.fixture
def session(app):
    """The session of the test. A request of a client commits it first, and the next look reads what the request did."""
    return db.session


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def client(app) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app):
    """`sign_in(role)` gives a client in which a new person of that role is signed in, as `client.person`."""

    def as_role(role: str = "admin", **person) -> FlaskClient:
        staff = make.staff(role=role, **person)
        db.session.commit()
        return make.signed_in_client(app, staff)

    return as_role


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real server on this machine that takes what is posted, as another program's webhook does."""
    receiver = Receiver()
    yield receiver
    receiver.close()
