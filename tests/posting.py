"""Posting a form as a browser does: with the token that stands on the page before it."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|name="csrf-token"[^>]*content="([^"]+)"')


def token(page: TestResponse | str, *, missing: str | None = None) -> str:
    """The CSRF token of a page; `missing` where there may be none."""
    found = TOKEN.search(page if isinstance(page, str) else page.text)
    assert found or missing is not None, "no CSRF token on the page"
    return found[1] or found[2] if found else missing


def post(client: FlaskClient, url: str, page_url: str, **fields) -> TestResponse:
    """Post `fields` to `url`, as from the form on the page `page_url`."""
    return client.post(url, data={"csrf_token": token(client.get(page_url))} | fields)
