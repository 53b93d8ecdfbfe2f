"""A real browser in front of an application, without a server: every request goes to the test client.

`with browser() as page:` gives pages of any size; `serve(page, app)` answers them; `axe(page)` lists what the
accessibility checker finds at level A and AA. Where a real server is needed, `with listening(app) as address:` is one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright
from werkzeug.serving import make_server

CHROMIUM = os.environ.get("JUSTASK_CHROMIUM") or "/usr/bin/chromium"
AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
HOME = "http://localhost:59999"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@contextmanager
def listening(app: Flask, port: int = 0) -> Iterator[str]:
    """The address of `app` behind a real server, whose redirects a browser follows and from which it can be cut off."""

    def whole(environ, start_response) -> list[bytes]:
        # A browser that goes away in the middle of a file must not leave it open.
        answer = app(environ, start_response)
        with closing(answer) if hasattr(answer, "close") else nullcontext():
            return [b"".join(answer)]

    server = make_server("127.0.0.1", port, whole, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def serve(page: Page, app: Flask, client: FlaskClient | None = None) -> list[tuple[str, int]]:
    """Answer the page's requests by `app`; gives the list that fills with (address, bytes of the answer)."""
    client, seen, files = client or app.test_client(), [], {}

    def ask(request: Request, path: str) -> tuple[int, dict, bytes]:
        headers = {k: v for k, v in request.headers.items() if k in ("content-type", "accept", "hx-request")}
        got = client.open(path, method=request.method, data=request.post_data_buffer, headers=headers)
        body = got.get_data()
        got.close()
        return got.status_code, dict(got.headers), body

    def answer(route: Route) -> None:
        request = route.request
        address = urlsplit(request.url)
        if f"{address.scheme}://{address.netloc}" != HOME:
            seen.append((request.url, 0))
            route.abort()
            return
        path = address.path + (f"?{address.query}" if address.query else "")
        is_file = path.startswith("/static/")  # Routing switches the browser's own cache off.
        status, headers, body = files.get(path) or ask(request, path)
        if is_file:
            files[path] = status, headers, body
        seen.append((request.url, len(body)))
        route.fulfill(status=status, headers=headers, body=body)

    page.route("**/*", answer)
    return seen


# Colours that are on their way from one scheme to the other are nobody's to read.
AT_REST = """Promise.all(document.getAnimations()
    .filter(move => move.effect.getComputedTiming().endTime < Infinity)
    .map(move => move.finished.catch(() => null)))"""

# Of what is fine or does not apply only violations are told: the rest is half a million values a page.
VIOLATIONS = """levels => axe.run(document, {runOnly: levels, resultTypes: ['violations']})
    .then(found => found.violations.map(one => ({id: one.id, target: one.nodes[0].target})))"""


def axe(page: Page) -> list[str]:
    """Violations of WCAG 2.2 level A and AA, each with the first element it was found at, once nothing moves any more."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make assets")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.evaluate(AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    return [f"{one['id']} at {one['target']}" for one in page.evaluate(VIOLATIONS, LEVELS)]
