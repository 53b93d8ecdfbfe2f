"""Whatever is sent: a 4xx in words, nothing half written, and the same on both databases."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import clock
from app.surveys import templates
from tests import make
from tests.api.conftest import PREFIX

BODIES = {
    b"": 422,
    b"{": 400,
    b"name=Acme": 400,
    b"\xff\xfe": 400,
    b'{"name": "\xff"}': 400,
    b'{"name": NaN}': 400,
    b'{"name": Infinity}': 400,
    b"[" * 100_000: 400,
    b'{"tier": ' + b"9" * 10_000 + b"}": 400,
    b"null": 422,
    b"[]": 422,
    b'"text"': 422,
    b"5": 422,
    b'{"name": "\\ud83d"}': 422,
    b'{"\\ud83d": "x"}': 422,
    b'{"segment": {"\\ud83d": "x"}, "name": "x"}': 422,
    b'{"segment": {"a": "\\udfff"}, "name": "x"}': 422,
    b'{"name": "\\u0000"}': 422,
    b'{"name": {}}': 422,
    b'{"tier": 1e400, "name": "x"}': 422,
}


def test_bodies_that_cannot_be_read_or_taken(api):
    headers = {"Content-Type": "application/json"}
    for body, status in BODIES.items():
        response = api.open("PUT", "/accounts/by-external-id/A-1", data=body, headers=headers)
        assert response.status_code == status, (body[:50], response.text)
    assert api.all("/accounts") == []


def test_a_body_that_is_not_json_is_415(api):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        response = api.open(
            "PUT", "/accounts/by-external-id/A-1", data=b"name=Acme", headers={"Content-Type": kind}
        )
        assert response.status_code == 415


def test_a_body_that_is_too_large_is_413(api):
    body = json.dumps({"name": "x" * (5 * 1024 * 1024)})
    headers = {"Content-Type": "application/json"}
    refused = api.open("PUT", "/accounts/by-external-id/A-1", data=body, headers=headers)
    assert (refused.status_code, refused.content_type) == (413, "application/problem+json")
    assert "4 MB at most" in refused.json["detail"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("A\x00c\u2028me", "Acme"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("  A \n\t me ", "A me"),
        ("\ufeffAcme", "Acme"),
        ("👩‍👩‍👧‍👦 \u202e evil", "👩‍👩‍👧‍👦 \u202e evil"),
        ("<script>{{7*7}}</script>", "<script>{{7*7}}</script>"),
    ],
)
def test_text_is_stored_as_the_gate_lets_it_through(api, sent, kept):
    assert api.put("/accounts/by-external-id/A-1", {"name": sent}).json["name"] == kept
    assert api.get("/accounts/by-external-id/A-1").json["name"] == kept


def test_any_bytes_in_an_address_are_answered(api):
    for value in ["%00", "%ff%fe", "%ed%a0%bd", "%c0%80", "%EF%BB%BF", "%F0%9F%98%80"]:
        for name in ("name", "external_id", "domains", "owner_email", "segment[a]", "cursor", "since"):
            assert api.get(f"/accounts?{name}={value}").status_code in {200, 422}
        assert api.get(f"/contacts?email={value}&language={value}").status_code in {200, 422}
        assert api.get(f"/accounts?{value}=1&segment[{value}]=1").status_code in {200, 422}


def test_any_bytes_in_any_parameter_are_answered(session, program, document):
    admin = program("admin")
    make.task(), make.response(score=9)
    for route, item in document["paths"].items():
        path = re.sub(r"\{\w+\}", "1", route).removeprefix(PREFIX)
        for parameter in item.get("get", {}).get("parameters", []):
            for value in ("%00", "%ff%fe", "%ed%a0%bd", "9" * 30, "%25%27"):
                found = admin.get(f"{path}?{parameter['name']}={value}")
                assert found.status_code in {200, 404, 422}, (path, parameter["name"], value)


NASTY = st.sampled_from(
    ["", "\x00", "\ud83d", "a" * 6000, "%", "'", "2026-13-45", "🙂", "1", "null", "\u202e"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | NASTY,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | NASTY, inner, max_size=3)
    ),
    max_leaves=5,
)


LIKELY = st.sampled_from(
    ["kim@customer.example", "2026-03-04T10:00:00Z", "2026-03-04", "all", "1", "true", "en", "nps", "go live"]
)


def resolved(document: dict, schema: dict) -> dict:
    """The schema itself, where it is only referred to."""
    reference = schema.get("$ref")
    return document["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def suiting(document: dict, schema: dict) -> st.SearchStrategy:
    """A value that the schema lets through, more or less."""
    schema = resolved(document, schema)
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if schema.get("enum"):
        return st.sampled_from(schema["enum"])
    if kind in {"integer", "number"}:
        return st.integers(-1, 30) | st.sampled_from(
            [schema.get("minimum", 0), schema.get("maximum", 10**12)]
        )
    if kind == "boolean":
        return st.booleans()
    if kind == "array":
        return st.lists(suiting(document, schema.get("items", {})), max_size=3)
    if kind == "object":
        names = st.sampled_from(["tiers", "owners", "any_days", "open_days", "en", "size", "accounts"])
        return (
            bodies(document, schema) if "properties" in schema else st.dictionaries(names, VALUES, max_size=3)
        )
    return LIKELY | NASTY


@st.composite
def bodies(draw, document, schema):
    """An object with mostly what it needs, some of what it may have, and mostly of the right kind."""
    fields, body = schema["properties"], {}
    for name in sorted(fields):
        is_needed = name in schema.get("required", [])
        if draw(st.integers(0, 9)) < (9 if is_needed else 3):
            wrong = draw(st.integers(0, 4)) == 0
            body[name] = draw(VALUES if wrong else suiting(document, fields[name]))
    return body


@st.composite
def requests(draw, document):
    """Any operation of the document with a body and parameters of every kind."""
    operations = [(p, m) for p, item in document["paths"].items() for m in item if m != "parameters"]
    path, method = draw(st.sampled_from(sorted(operations)))
    operation = document["paths"][path][method]
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        some = st.sampled_from(["1", "1", "2", "0", "9" * 19, "x", "%00"])
        path = path.replace(f"{{{name}}}", draw(some))
    query = {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query" and draw(st.integers(0, 4)) == 0:
            anything = st.text(max_size=10, alphabet=st.characters(codec="utf-8"))
            found = draw(suiting(document, parameter["schema"]) | anything)
            query[parameter["name"]] = as_text(found[0] if isinstance(found, list) and found else found)
    body = None
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        body = draw(bodies(document, resolved(document, schema)))
    return method.upper(), path.removeprefix(PREFIX), query, body


def as_text(value) -> str:
    """A value as an address carries it."""
    return str(value).lower() if isinstance(value, bool) else str(value).encode("utf-8", "replace").decode()


def text_fields(document: dict) -> list[tuple[str, str, str]]:
    """Every field of every body that takes text: (method, path, field)."""
    return [
        (method.upper(), path, name)
        for path, item in sorted(document["paths"].items())
        for method, operation in item.items()
        if "requestBody" in operation
        for name, field in resolved(
            document, operation["requestBody"]["content"]["application/json"]["schema"]
        )["properties"].items()
        if "string" in field.get("type", "") and "enum" not in field
    ]


def test_text_that_cannot_be_stored_is_refused_at_every_field(session, program, document):
    admin = program("admin")
    make.task()
    for method, route, name in text_fields(document):
        path = re.sub(r"\{\w+\}", "1", route).removeprefix(PREFIX)
        sent = admin.open(method, path, json={name: "a\ud83d"})
        assert sent.status_code == 422, (route, name)
        assert name in sent.json["errors"], (route, name)
        assert admin.open(method, path, json={name: "a\x00"}).status_code < 500, (route, name)
        headers = {"Content-Type": "application/json"}
        broken = admin.open(method, path, data=b'{"%s": "\xff\xfe"}' % name.encode(), headers=headers)
        assert broken.status_code == 400, (route, name)


def test_generated_requests_are_always_answered_in_words(session, program, document):
    admin = program("admin")
    templates.ensure(session, now=clock.now())
    make.task(), make.task(), make.response(score=9)

    @settings(max_examples=200, suppress_health_check=list(HealthCheck), database=None)
    @given(requests(document))
    def ask(request):
        method, path, query, body = request
        more = (
            {"data": json.dumps(body), "headers": {"Content-Type": "application/json"}}
            if body is not None
            else {}
        )
        response = admin.client.open(
            PREFIX + path,
            method=method,
            query_string=query,
            **(more | {"headers": more.get("headers", {}) | {"Authorization": f"Bearer {admin.secret}"}}),
        )
        assert response.status_code < 500, (request, response.text)
        kind = "application/json" if response.status_code < 400 else "application/problem+json"
        assert response.content_type == kind

    ask()
