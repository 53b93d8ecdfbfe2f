"""Addresses that are made once: the same as Flask's, whatever is asked for and wherever the application is mounted."""

from __future__ import annotations

import pytest
from flask import Flask, url_for


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
