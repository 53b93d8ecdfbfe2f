"""Every route for every kind of identity, made from the url map."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.auth import access
from app.auth.access import policy_of
from app.auth.models import RoleName
from app.core.web.frame import TOKEN, is_respondent
from app.extensions import db
from tests import crawling, make

OPEN_PREFIXES = ("/a/", "/u/", "/api/")
WITHOUT_TOKEN = ("/a/", "/u/", "/api/v1/", "/hooks/")
ROLES = [role.value for role in RoleName]


@pytest.fixture
def words(app):
    return crawling.seed(app)


@pytest.fixture
def clients(app, words):
    """A client for nobody and for each role, whose sessions are opened anew for every request."""
    staff = {role: make.staff(role=role) for role in ROLES}
    db.session.commit()

    def client(identity: str):
        return app.test_client() if identity == "nobody" else make.signed_in_client(app, staff[identity])

    return client


def needs(app, rule) -> RoleName | None:
    """The role a route asks for; None for routes that are open or whose credential is not a session."""
    declared = access.policy_of(app, rule.endpoint)
    return RoleName(declared) if declared in ROLES else None


def unexpected(app, clients, words, *, safe: bool) -> Iterator[str]:
    """Who got something else than their role allows."""
    for rule, method in crawling.routes(app, safe=safe):
        needed = needs(app, rule)
        if needed is None:
            continue
        path = crawling.address(rule, words)
        for identity in ("nobody", *ROLES):
            answer = clients(identity).open(path, method=method)
            asks_to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in")
            if identity == "nobody":
                good = asks_to_sign_in
            elif RoleName(identity).rank < needed.rank:
                good = answer.status_code == 403
            else:
                good = not asks_to_sign_in and answer.status_code < 500
            if not good:
                yield f"{identity} {method} {path}: {answer.status_code}"


def test_reading_is_for_those_whose_role_reaches_the_page(app, clients, words):
    assert list(unexpected(app, clients, words, safe=True)) == []


def test_changing_is_for_those_whose_role_reaches_it(app, clients, words):
    app.config["WTF_CSRF_ENABLED"] = False
    assert list(unexpected(app, clients, words, safe=False)) == []


def test_a_planted_open_page_is_found(app, clients, words):
    app.add_url_rule("/ajar", "planted", access.manager(lambda: "open to all"))
    app.before_request_funcs[None].remove(access.guard)
    assert "nobody GET /ajar: 200" in unexpected(app, clients, words, safe=True)


def test_a_session_is_no_credential_for_the_api(app, clients, words):
    found = []
    for safe in (True, False):
        for rule, method in crawling.routes(app, safe=safe):
            if access.policy_of(app, rule.endpoint) != access.KEY:
                continue
            path = crawling.address(rule, words)
            answers = [
                clients(identity).open(path, method=method, json={}).status_code
                for identity in ("nobody", "admin")
            ]
            found += [f"{method} {path}: {answers}"] if answers != [401, 401] else []
    assert found == []


def test_only_pages_behind_a_link_have_no_hooks_before_them(app):
    """Nothing is asked before a view with the policy `token`, CSRF included, so it must be one that has no session."""
    free = [r.rule for r in app.url_map.iter_rules() if policy_of(app, r.endpoint) == TOKEN]
    assert free
    assert [rule for rule in free if not is_respondent(rule)] == []


def test_nothing_is_changed_without_the_token_of_the_form(app, clients, words):
    """Only one-click, the answer form and the API, which takes no cookie, do without."""
    client = clients("admin")
    before = crawling.checksums()
    found = []
    for rule, method in crawling.routes(app, safe=False):
        if rule.rule.startswith(WITHOUT_TOKEN):
            continue
        answer = client.open(crawling.address(rule, words), method=method, data={"name": "x"})
        found += (
            [f"{method} {rule.rule}: {answer.status_code}"] if answer.status_code not in {400, 403} else []
        )
    assert found == []
    assert crawling.checksums() == before


def test_looking_changes_nothing(app, clients, words):
    """A crawl of every page, with the checksum of every table before and after."""
    client = clients("admin")
    before = crawling.checksums()
    failed = []
    for rule, method in crawling.routes(app, safe=True):
        for more in ("", "?q=x&page=2&cursor=x&score=3&since=x"):
            for verb in (method, "HEAD"):
                path = crawling.address(rule, words) + more
                status = client.open(path, method=verb).status_code
                failed += [f"{verb} {path}: {status}"] if status >= 500 and rule.rule != "/readyz" else []
    assert failed == []
    after = crawling.checksums()
    assert {name: after[name] for name in after if after[name] != before[name]} == {}


def test_a_page_that_writes_is_found(app, clients, words):
    def write():
        with db.engine.begin() as connection:
            connection.exec_driver_sql(
                "PRAGMA query_only=OFF"
            ) if db.engine.dialect.name == "sqlite" else None
            connection.exec_driver_sql("UPDATE accounts SET name = 'changed by looking'")
        return "done"

    app.add_url_rule("/planted", "planted", access.public(write))
    before = crawling.checksums()
    assert clients("nobody").get("/planted").status_code == 200
    assert crawling.checksums() != before


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_address_of_a_form_opened_again_leads_to_a_page(app, clients, words):
    """A reload or a bookmark of a page that told errors: never "this address does not take that kind of request"."""
    pages, admin = {rule.rule for rule, _ in crawling.routes(app, safe=True)}, clients("admin")
    lost, known = [], app.url_map.bind("localhost")
    for rule, _method in crawling.routes(app, safe=False):
        path = crawling.address(rule, words)
        if rule.rule in pages or rule.rule.startswith(("/api/", "/hooks/")):
            continue
        if known.test(path, "GET") or not known.test(path, "POST"):
            continue
        answer = admin.get(f"{path}?owner=all", follow_redirects=False)
        there = answer.headers.get("Location", "")
        is_page = there.endswith("?owner=all") and admin.get(there).status_code not in {405, 500}
        if answer.status_code != 303 or not is_page:
            lost.append(f"{path}: {answer.status_code} {there}")
    assert lost == []
    assert admin.get("/hooks/inbound").status_code == 405
