"""A chart saved as a file of its own: what stands beside it on the page is in it, and no style sheet is needed."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.browsing import HOME, browser, serve
from tests.reports.test_freezing import DAYS, people, said  # noqa: F401 a fixture

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"])]


def test_a_chart_is_saved_as_it_looks_by_day_with_all_that_it_needs(app, people, sign_in, tmp_path):  # noqa: F811
    client = sign_in("manager")
    with browser() as chromium:
        light, dark = (
            saved(chromium, app, client, scheme, tmp_path / scheme) for scheme in ("light", "dark")
        )
    root = ElementTree.fromstring(light)
    words = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[:2] == ["Who answers what, and who stays silent", "Share of those asked"]
    assert {"Promoters", "Detractors", "100%"} <= set(words)
    assert "class=" not in light
    assert "var(" not in light
    assert light == dark


def saved(chromium, app, client, scheme: str, path: Path) -> str:
    """The picture of the composition over time, as somebody gets it whose screen is light or dark."""
    page = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 900}).new_page()
    serve(page, app, client)
    page.goto(f"{HOME}/reports?from={DAYS['from']}&to={DAYS['to']}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as SVG Who answers what").click()
    assert download.value.suggested_filename == "composition.svg"
    download.value.save_as(path)
    return path.read_text(encoding="utf-8")
