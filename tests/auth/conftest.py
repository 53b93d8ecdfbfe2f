"""What the tests of sign-in share: a form that carries its token, and a clock that can be moved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import clock
from tests.posting import token


@pytest.fixture
def send(app):
    """`send(client, path, **fields)` posts a form with the token of the page `via` (the path itself if not given)."""

    def post(client, path: str, via: str | None = None, **fields):
        page = client.get(via or path).text
        return client.post(path, data={"csrf_token": token(page)} | fields)

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
