"""What the tests of sign-in share: a form that carries its token, and a clock that can be moved."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.core import clock

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|name="csrf-token" content="([^"]+)"')


def token_of(page: str) -> str:
    found = TOKEN.search(page)
    assert found, "no CSRF token on the page"
    return found[1] or found[2]


@pytest.fixture
def send(app):
    """`send(client, path, **fields)` posts a form with the token of the page `via` (the path itself if not given)."""

    def post(client, path: str, via: str | None = None, **fields):
        page = client.get(via or path).text
        return client.post(path, data={"csrf_token": token_of(page)} | fields)

    return post


@pytest.fixture
def later(monkeypatch):
    """`later(hours=2)` moves the clock of the product."""
    real = clock.now
    state = {"ahead": timedelta(0)}
    monkeypatch.setattr(clock, "now", lambda: real() + state["ahead"])

    def move(**ahead) -> None:
        state["ahead"] += timedelta(**ahead)

    return move
