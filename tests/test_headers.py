"""What every answer says to the browser, tried on every page there is."""

from __future__ import annotations

import re

import pytest
from flask import request

from tests import crawling, make

HTTPS = pytest.mark.settings_with(BASE_URL="https://ask.example.com")
SECRETS = re.compile(r"Traceback|sqlalchemy|site-packages|SELECT |/app/|Werkzeug|Python/|werkzeug", re.I)


def policy_of(answer) -> dict[str, list[str]]:
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {part[0]: part[1:] for part in parts}


def pages(app, client, words):
    for rule, method in crawling.routes(app, safe=True):
        path = crawling.address(rule, words)
        yield path, client.open(path, method=method)
    for path in ("/no/such/page", "/a/not-a-token", "/api/v1/nothing"):
        yield path, client.get(path)


@pytest.fixture
def client(app):
    return make.signed_in_client(app, make.staff(role="admin"))


def test_every_page_forbids_foreign_and_inline_scripts(app, client):
    for path, answer in pages(app, client, crawling.seed(app)):
        policy = policy_of(answer)
        assert policy["default-src"] == ["'none'"], path
        assert policy["script-src"] == ["'self'"], path
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"], path
        assert policy["form-action"] == ["'self'"], path
        assert not [
            s
            for sources in policy.values()
            for s in sources
            if "*" in s or "eval" in s or (":" in s and s != "data:")
        ], path
        if path.startswith(("/a/", "/u/")):
            assert "unsafe-inline" not in answer.headers["Content-Security-Policy"], path


def test_every_answer_is_marked_against_guessing_framing_and_keeping(app, client):
    for path, answer in pages(app, client, crawling.seed(app)):
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert answer.headers["Referrer-Policy"] == "same-origin", path
        assert "Strict-Transport-Security" not in answer.headers, path
        if not path.startswith(("/static/", "/favicon.ico")):
            assert answer.headers["Cache-Control"] == "no-store", path
        if answer.mimetype.startswith("text/"):
            assert "charset=utf-8" in answer.headers["Content-Type"], path


@HTTPS
def test_https_is_asked_for_two_years_on_every_page(app, client):
    for path, answer in pages(app, client, crawling.seed(app)):
        assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains", path


def test_nothing_tells_how_the_server_is_built(app, client):
    def fail():
        raise RuntimeError("SELECT password FROM staff")

    fail.access = "public"
    app.add_url_rule("/failing", "failing", fail)
    for path in (
        "/failing",
        "/no/such/page",
        "/settings/staff/99",
        "/api/v1/nothing",
        "/static/../config.py",
        "/.git/config",
        "/static/",
    ):
        answer = client.get(path)
        assert answer.status_code >= 400, path
        assert not SECRETS.search(answer.text), path


def test_an_error_has_a_reference_that_the_log_knows(app, client, caplog):
    def fail():
        raise RuntimeError("kept in the log")

    fail.access = "public"
    app.add_url_rule("/failing", "failing", fail)
    reference = re.search(r"mention ([0-9a-f]{12})", client.get("/failing").text)[1]
    assert reference in caplog.text


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_odd_methods_are_refused(app, client, method):
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.open("/settings", method=method).status_code == 405


def test_debugging_is_off(app, client):
    assert not app.debug
    assert client.get("/settings?__debugger__=yes&cmd=resource&f=style.css").status_code == 200
    assert client.get("/console").status_code == 404


def test_links_never_follow_the_host_of_a_request(client):
    answer = client.get(
        "/sign-in", headers={"Host": "evil.example.com", "X-Forwarded-Host": "evil.example.com"}
    )
    assert "evil.example.com" not in answer.text + str(answer.headers)
    asked = client.application.test_client().get("/settings", headers={"Host": "evil.example.com"})
    assert asked.headers["Location"] == "/sign-in?next=/settings"
    slashes = client.get("/imports?kind=x", headers={"Host": "evil.example.com"})
    assert slashes.headers["Location"] == "/imports/?kind=x"


@pytest.mark.settings_with(PROXIES=1)
def test_behind_one_proxy_the_address_is_the_one_it_names(app, client):
    seen = {}
    app.add_url_rule("/planted", "planted", remember(seen))
    forwarded = {"X-Forwarded-For": "203.0.113.9, 198.51.100.4", "X-Forwarded-Host": "evil.example.com"}
    client.get("/planted", headers=forwarded)
    assert seen == {"address": "198.51.100.4", "host": "localhost"}


def test_without_a_proxy_nobody_can_claim_another_address(app, client):
    seen = {}
    app.add_url_rule("/planted", "planted", remember(seen))
    client.get("/planted", headers={"X-Forwarded-For": "203.0.113.9"})
    assert seen == {"address": "127.0.0.1", "host": "localhost"}


def remember(seen: dict):
    def view():
        seen.update(address=request.remote_addr, host=request.host)
        return "ok"

    view.access = "public"
    return view
