"""A client of the API with a key, which holds every answer against the document."""

from __future__ import annotations

import re
from datetime import timedelta

import jsonschema
import pytest
from flask.testing import FlaskClient
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from sqlalchemy import Engine, event

from app.auth import people
from app.auth.models import Scope
from app.core import clock
from app.extensions import db
from tests import make
from tests.setup.conftest import ready  # noqa: F401 a fixture of tests here

PREFIX = "/api/v1"


class Program:
    """Another program: requests with its key, answers checked against what the document says of them."""

    def __init__(self, client: FlaskClient, document: dict, secret: str | None):
        self.client = client
        self.document = document
        self.secret = secret
        root = Resource.from_contents(document, default_specification=DRAFT202012)
        self.registry = Registry().with_resource("urn:document", root)

    def open(self, method: str, path: str, *, headers: dict | None = None, **more):
        sent = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        response = self.client.open(PREFIX + path, method=method, headers=sent | (headers or {}), **more)
        self.check(method, path.partition("?")[0], response)
        return response

    def check(self, method: str, path: str, response) -> None:
        """The answer is what the document promises for this route and status."""
        kind = response.content_type
        if response.status_code >= 400:
            assert kind == "application/problem+json", response.text
            assert response.json["status"] == response.status_code
            schema = {"$ref": "urn:document#/components/schemas/Problem"}
        else:
            assert kind == "application/json"
            route = self.route_of(method, path)
            pointer = f"/paths/{route}/{method.lower()}/responses/{response.status_code}"
            pointer = pointer.replace(route, route.replace("/", "~1").replace("{", "%7B").replace("}", "%7D"))
            schema = {"$ref": f"urn:document#{pointer}/content/application~1json/schema"}
        validator = jsonschema.Draft202012Validator(schema, registry=self.registry)
        assert [error.message for error in validator.iter_errors(response.json)] == []

    def route_of(self, method: str, path: str) -> str:
        """The route of the document that fits; one without a placeholder there comes first."""
        routes = sorted(self.document["paths"], key=lambda route: route.count("{"))
        for route in routes:
            pattern = re.sub(r"\{(\w+)\}", lambda m: ".+" if "external" in m[1] else "[^/]+", route)
            if re.fullmatch(pattern, PREFIX + path) and method.lower() in self.document["paths"][route]:
                return route
        raise AssertionError(f"{method} {path} is not in the document")

    def get(self, path: str, **more):
        return self.open("GET", path, **more)

    def post(self, path: str, body: object = None, **more):
        return self.open("POST", path, json={} if body is None else body, **more)

    def put(self, path: str, body: object = None, **more):
        return self.open("PUT", path, json={} if body is None else body, **more)

    def patch(self, path: str, body: object = None, **more):
        return self.open("PATCH", path, json={} if body is None else body, **more)

    def delete(self, path: str, **more):
        return self.open("DELETE", path, **more)

    def all(self, path: str) -> list[dict]:
        """Every item of a list, page by page."""
        found, cursor = [], None
        while True:
            mark = "&" if "?" in path else "?"
            page = self.get(path + (f"{mark}cursor={cursor}" if cursor else "")).json
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found


@pytest.fixture(scope="session")
def documents() -> dict[str, dict]:
    """The documents read so far, by the address they name, which is all that can differ between applications."""
    return {}


@pytest.fixture
def document(app, client, documents) -> dict:
    """What the API says of itself, only to be read: it takes longer to put together than most tests do."""
    address = app.extensions["settings"].BASE_URL
    if address not in documents:
        documents[address] = client.get(f"{PREFIX}/openapi.json").json
    return documents[address]


@pytest.fixture
def program(app, document):
    """`program(scope)` is another program with a new key of that scope."""

    def with_scope(scope: str | None = "write", **given) -> Program:
        client = app.test_client()
        if scope is None:
            return Program(client, document, None)
        number = next(make.numbers)
        _row, secret = people.add_key(
            db.session, f"program {number}", scope=Scope(scope), by="tests", now=clock.now(), **given
        )
        db.session.commit()
        return Program(client, document, secret)

    return with_scope


@pytest.fixture
def api(program) -> Program:
    """A program that may write."""
    return program("write")


@pytest.fixture
def long_ago():
    return clock.now() - timedelta(days=400)


@pytest.fixture
def queries(app):
    """`queries(call)`: how many times a call asked the database, apart from looking at its key."""

    def count(call) -> int:
        seen = []

        def note(connection, cursor, statement, *_more):
            if statement.startswith(("SELECT", "WITH")) and "api_keys" not in statement:
                seen.append(statement)

        event.listen(Engine, "before_cursor_execute", note)
        try:
            call()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return len(seen)

    return count
