"""Addresses that are made once: the same as Flask's, whatever is asked for and wherever the application is mounted."""

from __future__ import annotations

import pytest
from flask import Flask, Request, url_for
from werkzeug.routing import Map, Rule
from werkzeug.test import create_environ

from app.core.web import frame
from app.core.web.frame import Address


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_addresses_are_those_of_flask(app):
    asked = [
        ("followups.queue", {}),
        ("followups.queue", {"owner": 1}),
        ("followups.queue", {"owner": "1", "due": None}),
        ("followups.queue", {"q": "a b&c"}),
        ("followups.task_page", {"task_id": 1}),
        ("followups.task_page", {"task_id": 2, "owner": "all"}),
        ("static", {"filename": "css/shell.css"}),
    ]
    for root in ("", "/under"):
        with app.test_request_context("/queue", environ_overrides={"SCRIPT_NAME": root}):
            for _again in range(2):
                for endpoint, given in asked:
                    found = url_for(endpoint, **given)
                    assert found == Flask.url_for(app, endpoint, **given)
                    assert found.startswith(f"{root}/")
            # What is equal in Python may be written otherwise.
            assert url_for("followups.queue", owner=True) == f"{root}/queue?owner=True"
            assert url_for("followups.queue", owner=1.0) == f"{root}/queue?owner=1.0"
            assert url_for("followups.queue", _external=True).startswith("http")
    assert len(app.addresses) == 2 * len(asked)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_where_a_request_came_to_is_what_flask_finds(app, monkeypatch):
    monkeypatch.setattr(frame, "MOST_HOSTS", 4)
    requests = [
        Request(create_environ(path, base_url, method=method, headers=headers))
        for base_url in (
            "http://one.example",
            "https://two.example:8443/under",
            "http://münchen.example",
            "http://[::1]:80",
        )
        for path in ("/a/x?score=1&score=é", "//a//x/", "/ü?", "")
        for method, headers in (("GET", {}), ("POST", {"Connection": "Upgrade", "Upgrade": "websocket"}))
    ]
    for request in (*requests, *reversed(requests)):
        ours, host = vars(app.create_url_adapter(request)), request.host
        assert (ours, host) == (vars(Flask.create_url_adapter(app, request)), request.host)
    assert 0 < len(app.hosts) <= 4


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ("/queue", {}),
        ("/queue", {"owner": 1, "q": "a b&c"}),
        ("/tasks/<int:task_id>/notes", {"task_id": 7}),
        ("/a/<token>", {"token": "x/ü y", "score": 9}),
        ("/files/<path:name>", {"name": "b/c.csv"}),
        ("/rules/<rule>", {"rule": "silence", "self": "what a builder is given by name"}),
    ],
)
def test_functions_that_write_addresses_are_made_when_needed_and_write_the_same(rule, given):
    ours, theirs = Address(rule, endpoint="page"), Rule(rule, endpoint="page")
    for each in (ours, theirs):
        Map([each])
    assert ours._build.__code__.co_code == ours._build_unknown.__code__.co_code
    for append_unknown in (True, False, True):
        assert ours.build(given, append_unknown) == theirs.build(given, append_unknown) is not None
    assert ours._build.__code__.co_code == theirs._build.__code__.co_code
