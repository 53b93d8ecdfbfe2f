"""The OpenAPI document is valid, public, and says what there is, no more and no less."""

import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from tests.api.conftest import PREFIX

README = Path(__file__).resolve().parents[2] / "README.md"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(params=["sqlite"])
def database_kind(request):
    return request.param


@pytest.fixture
def document(client) -> dict:
    """The application's own, put together for each test."""
    return client.get(f"{PREFIX}/openapi.json").json


def operations(document: dict) -> dict[tuple[str, str], dict]:
    return {
        (method.upper(), path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def test_the_document_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_route_is_in_the_document_and_every_operation_exists(app, document):
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(PREFIX) and rule.endpoint != "api-docs.openapi_json"
    }
    assert set(operations(document)) == served


def test_every_operation_has_a_summary_a_name_and_a_scope(document):
    found = operations(document).values()
    assert all(operation["summary"] for operation in found)
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    assert {o["security"][0]["key"][0] for o in found} == {"read", "write", "admin"}


def test_every_operation_promises_problems_as_problem_json(document):
    errors = document["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert list(errors) == ["application/problem+json"]
    for operation in operations(document).values():
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}


def test_every_list_pages_and_takes_since(document):
    lists = [o for o in operations(document).values() if "Page" in str(o["responses"].get("200"))]
    assert lists
    for operation in lists:
        assert {"limit", "cursor", "since"} <= {p["name"] for p in operation["parameters"]}


def test_every_post_takes_an_idempotency_key(document):
    for (method, path), operation in operations(document).items():
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        assert ("Idempotency-Key" in names) is (method == "POST"), path


def test_ids_are_strings(document):
    for schema in document["components"]["schemas"].values():
        for name, field in schema.get("properties", {}).items():
            if name == "id" or name.endswith("_id"):
                assert "string" in field.get("type", field.get("items", {}).get("type", "string")), name


def test_the_document_tells_no_more_than_the_address_given_by_the_operator(document):
    assert document["servers"] == [{"url": "http://127.0.0.1:8000"}]


def test_there_are_no_interactive_pages(client):
    for page in ("", "/", "/docs", "/swagger", "/swagger-ui", "/redoc", "/rapidoc"):
        assert client.get(PREFIX + page).status_code == 404


def test_errors_of_pages_stay_pages(sign_in, client):
    person = sign_in("viewer")
    for address, status in (("/nowhere", 404), ("/accounts/999999999", 404)):
        response = person.get(address)
        assert response.status_code == status
        assert response.content_type.startswith("text/html")


def test_errors_beside_the_routes_are_problems(client):
    for method, path, status in (("GET", "/nowhere", 404), ("DELETE", "/accounts", 405)):
        response = client.open(PREFIX + path, method=method)
        assert response.status_code == status
        assert response.content_type == "application/problem+json"


def test_the_readme_names_every_resource(document):
    text = README.read_text("utf-8")
    places = [path.removeprefix(f"{PREFIX}/").split("/") for path in document["paths"]]
    named = {"/".join(parts[:2] if parts[0] == "reports" else parts[:1]) for parts in places}
    assert {name for name in named if f"`{name}" not in text} == set()
