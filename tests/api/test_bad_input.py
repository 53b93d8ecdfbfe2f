"""Whatever is sent: a 4xx in words, nothing half written, and the same on both databases."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    assert api.open("PUT", "/accounts/by-external-id/A-1", data=body, headers=headers).status_code == 413


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


def fields_of(document: dict, operation: dict) -> dict[str, dict]:
    """The fields that a body of this operation may have."""
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return document["components"]["schemas"][reference.rpartition("/")[2]]["properties"]


def one_of(field: dict) -> st.SearchStrategy:
    """A value that suits the field, or one that does not."""
    suiting = (
        st.sampled_from([value for value in field.get("enum", []) if value]) if field.get("enum") else VALUES
    )
    return suiting | VALUES | st.just("kim@customer.example") | st.just("2026-03-04T10:00:00Z")


@st.composite
def requests(draw, document):
    """Any operation of the document with a body and parameters of every kind."""
    operations = [(p, m) for p, item in document["paths"].items() for m in item if m != "parameters"]
    path, method = draw(st.sampled_from(sorted(operations)))
    operation = document["paths"][path][method]
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", draw(st.sampled_from(["1", "2", "0", "9" * 19, "x", "%00"])))
    query = {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query" and draw(st.integers(0, 4)) == 0:
            query[parameter["name"]] = draw(st.text(max_size=10, alphabet=st.characters(codec="utf-8")))
    body = None
    if "requestBody" in operation:
        fields = fields_of(document, operation)
        names = draw(st.lists(st.sampled_from(sorted(fields)), unique=True, max_size=4))
        body = {name: draw(one_of(fields[name])) for name in names}
    return method.upper(), path.removeprefix(PREFIX), query, body


def test_generated_requests_are_always_answered_in_words(session, program, document):
    admin = program("admin")
    make.task(), make.task(), make.response(score=9)

    @settings(max_examples=150, suppress_health_check=list(HealthCheck), database=None)
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
