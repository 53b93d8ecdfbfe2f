"""Frozen reports in a browser: copied, printed on A4, read by outsiders, at any width, by everybody."""

from __future__ import annotations

import re

import pytest

from app.extensions import db
from tests.browsing import HOME, axe, browser, serve
from tests.reports.test_freezing import DAYS, people, said  # noqa: F401 a fixture

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]
PAGE = re.compile(rb"/Type\s*/Page\b(?!s)")
SIZE = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]")
A4_BETWEEN_MARGINS = {"width": 695, "height": 1016}
ON_PAPER = """() => ({
    isWide: document.documentElement.scrollWidth > innerWidth,
    shown: [...document.querySelectorAll('.btn, .filters, .rail, #links, summary')].filter(e => e.checkVisibility()).length,
    cards: [...document.querySelectorAll('.table-list')].filter(e => getComputedStyle(e).display != 'table').length,
    cut: [...document.querySelectorAll('.num')].filter(e => e.scrollWidth > e.clientWidth + 1).length,
})"""


def test_a_frozen_report_is_copied_printed_and_handed_on(app, people, sign_in):  # noqa: F811
    app.config["WTF_CSRF_ENABLED"] = False
    client = sign_in("manager")
    said(people["a"], 3, 250)
    for kind in ("overview", "why", "coverage"):
        days = DAYS | ({"against": "year"} if kind == "why" else {"by": "tier"})
        client.post("/reports/frozen", query_string=days | {"kind": kind}, data={"name": kind.title()})
    client.post("/reports/frozen/1/links")
    db.session.commit()
    with browser() as chromium:
        context = chromium.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        serve(page, app, client)
        for path in (
            "/reports/frozen",
            "/reports/frozen/1",
            "/reports/frozen/new?kind=movers",
            "/glossary?q=nps",
        ):
            page.goto(HOME + path)
            assert axe(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.goto(f"{HOME}/reports?from={DAYS['from']}&to={DAYS['to']}")
        page.get_by_role("link", name="In words, to copy").click()
        page.get_by_text("There are no answers in these days").wait_for()
        page.goto(f"{HOME}/reports/why?from={DAYS['from']}&to={DAYS['to']}")
        page.get_by_role("button", name="Copy these sentences").click()
        page.get_by_role("button", name="Copied").wait_for()  # The browser copies in its own time.
        assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#sentence").strip()
        page.goto(f"{HOME}/reports/frozen/1")
        link = page.input_value("#link-1")
        page.set_viewport_size(A4_BETWEEN_MARGINS)
        page.emulate_media(media="print")
        assert page.evaluate(ON_PAPER) == {"isWide": False, "shown": 0, "cards": 0, "cut": 0}
        page.goto(f"{HOME}/reports/frozen/3")
        assert page.evaluate(ON_PAPER) == {"isWide": False, "shown": 0, "cards": 0, "cut": 0}
        page.goto(f"{HOME}/reports/frozen/1")
        printed = page.pdf(prefer_css_page_size=True)
        sizes = {tuple(round(float(side)) for side in pair) for pair in SIZE.findall(printed)}
        assert sizes == {(595, 842)}
        assert 2 <= len(PAGE.findall(printed)) <= 5
        page.emulate_media(media="screen", color_scheme="dark")
        serve(page, app, app.test_client())
        page.goto(HOME + link[link.index("/shared/") :])
        assert axe(page) == []
        assert "Board" not in page.title()
        assert page.locator("a[href], form, button").count() == 0
