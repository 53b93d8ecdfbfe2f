"""Who may call: a key in force, in the header, of a scope that is wide enough; nothing else opens anything."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth import people
from app.auth.access import KEY, policy_of
from app.auth.models import ApiKey, Scope
from app.core import clock
from tests import make
from tests.api.conftest import PREFIX

DAY = timedelta(days=1)


def routes(app):
    """Every route of the API with its method, its scope, and an address that fits."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.rule.startswith(PREFIX) and hasattr(view, "scope"):
            (method,) = rule.methods - {"HEAD", "OPTIONS"}
            values = {name: "1" if "external" not in name else "x" for name in rule.arguments}
            with app.test_request_context():
                yield method, rule.build(values)[1].removeprefix(PREFIX), view.scope


def test_every_route_but_the_document_needs_a_key(app):
    policies = {
        rule.endpoint: policy_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
    }
    assert policies.pop("api-docs.openapi_json") == "public"
    assert set(policies.values()) == {KEY}


def test_nothing_is_answered_without_a_key(app, program):
    nobody = program(None)
    for method, path, _scope in routes(app):
        response = nobody.open(method, path, json={})
        assert response.status_code == 401, path
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_does_what_its_scope_includes_and_nothing_more(app, program, scope):
    caller = program(scope.value)
    for method, path, needed in routes(app):
        response = caller.open(method, path, json={} if method != "GET" else None)
        assert (response.status_code == 403) is not scope.includes(needed), (method, path, response.text)
        if response.status_code == 403:
            assert f'scope="{needed.value}"' in response.headers["WWW-Authenticate"]


def test_changes_need_the_scope_write_and_the_trail_the_scope_admin(app):
    scopes = {(method, path): scope for method, path, scope in routes(app)}
    assert all(scope is not Scope.READ for (method, _), scope in scopes.items() if method != "GET")
    assert scopes["GET", "/events"] is Scope.ADMIN


@pytest.mark.parametrize(
    "sent", ["Bearer ja_wrong", "Bearer", "Basic amE6Yg==", "ja_x", "Bearer " + "x" * 5000]
)
def test_wrong_credentials_are_401(client, sent):
    response = client.get(f"{PREFIX}/accounts", headers={"Authorization": sent})
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"


def test_a_revoked_key_opens_nothing_from_that_moment(session, program):
    api = program("admin")
    assert api.get("/accounts").status_code == 200
    people.revoke_key(session, session.scalar(sa.select(ApiKey.id)), now=clock.now())
    assert api.get("/accounts").status_code == 401


def test_an_expired_key_opens_nothing(session, program):
    api = program("read", days=1)
    assert api.get("/accounts").status_code == 200
    session.execute(sa.update(ApiKey).values(expires_at=clock.now()))
    assert api.get("/accounts").status_code == 401


def test_the_last_use_of_a_key_is_noted_about_once_a_minute(session, api):
    api.get("/accounts")
    first = session.scalar(sa.select(ApiKey.used_at))
    assert clock.now() - first < timedelta(minutes=1)
    api.get("/accounts")
    session.expire_all()
    assert session.scalar(sa.select(ApiKey.used_at)) == first
    session.execute(sa.update(ApiKey).values(used_at=first - DAY))
    api.put("/accounts/by-external-id/x", {"name": "X"})
    session.expire_all()
    assert session.scalar(sa.select(ApiKey.used_at)) > first - DAY


@pytest.mark.parametrize("name", ["api_key", "access_token", "key", "anything"])
def test_a_key_in_the_address_is_refused(program, api, name):
    query = f"/accounts?{name}={api.secret}"
    assert program(None).get(query).status_code == 401
    assert api.get(query).status_code == 400


def test_a_signed_in_person_has_no_business_here(sign_in):
    admin = sign_in("admin")
    assert admin.get(f"{PREFIX}/accounts").status_code == 401
    assert admin.put(f"{PREFIX}/accounts/by-external-id/x", json={"name": "X"}).status_code == 401


def test_the_api_sets_no_cookie(api):
    assert "Set-Cookie" not in api.get("/accounts").headers


@pytest.mark.settings_with(API_RATE=3)
def test_a_key_that_asks_too_often_is_told_when_to_come_back(program):
    api, other = program("read"), program("read")
    assert [api.get("/accounts").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert 0 < int(api.get("/accounts").headers["Retry-After"]) <= 61
    assert other.get("/accounts").status_code == 200


def test_what_a_key_changes_stands_in_the_audit_trail_under_its_name(session, program):
    admin = program("admin")
    account = make.account()
    admin.patch(f"/accounts/{account.id}", {"tier": 1})
    (event,) = admin.get(f"/events?subject=account:{account.id}").json["items"]
    assert (event["actor_kind"], event["action"]) == ("key", "account.change")
    assert event["actor_name"].startswith("program")
    assert event["details"] == {"tier": "2 → 1"}
