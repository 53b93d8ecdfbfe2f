"""A phone answers in each of the ten languages: by touch and offline in between, by keyboard, and without script."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.core.database import transactions
from app.extensions import db
from app.responses.models import Response
from app.surveys import templates
from tests.browsing import axe, browser, listening
from tests.public.test_answering import responses

PHONE = {"viewport": {"width": 360, "height": 740}}
WAYS = {
    "touch": PHONE | {"has_touch": True, "is_mobile": True},
    "keyboard": PHONE,
    "no script": PHONE | {"java_script_enabled": False},
}


@pytest.fixture(params=["sqlite"])
def database_kind(request):
    return request.param


@pytest.fixture
def home(app: Flask) -> Iterator[str]:
    """The address of the application behind a real server, whose redirects a browser follows."""
    with listening(app) as address:
        yield address


def by_touch(page: Page, score: int, words: str) -> None:
    """The connection is lost meanwhile: the page says so in its language, and sends what was pressed when it is back."""
    page.locator(f"label:has(input[name=score][value='{score}'])").tap()
    page.context.set_offline(True)
    page.locator("#comment").fill(words)
    page.locator("form button[type=submit]").first.tap()
    page.locator("#offline").wait_for()
    assert page.locator("#offline").inner_text() == page.locator("form").get_attribute("data-offline")
    page.context.set_offline(False)


def by_keyboard(page: Page, score: int, words: str) -> None:
    page.locator("input[name=score]").first.focus()
    page.keyboard.press("Space")
    for _step in range(score):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type(words)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def by_click(page: Page, score: int, words: str) -> None:
    page.locator(f"input[name=score][value='{score}']").check()
    page.locator("#comment").fill(words)
    page.locator("form button[type=submit]").first.click()


MOVES = {"touch": by_touch, "keyboard": by_keyboard, "no script": by_click}


def lowest(page: Page) -> float:
    """Where the button ends, from the top of the screen."""
    box = page.locator("form button[type=submit]").first.bounding_box()
    return box["y"] + box["height"]


@pytest.mark.browser
def test_a_phone_answers_in_each_of_ten_languages(home, ask):
    languages = sorted(templates.shipped_words())
    assert len(languages) == 10
    with browser() as chromium:
        pages = {way: chromium.new_context(**options).new_page() for way, options in WAYS.items()}
        narrow = chromium.new_context(
            viewport={"width": 320, "height": 740}, color_scheme="dark", bypass_csp=True
        ).new_page()
        for language, way in itertools.product(languages, WAYS):
            direction, page = "rtl" if language == "ar" else "ltr", pages[way]
            page.goto(home + ask(language=language).link)
            page.wait_for_load_state()
            html = page.locator("html")
            assert (html.get_attribute("lang"), html.get_attribute("dir")) == (language, direction)
            first, second = (
                page.locator(f"label:has(input[value='{score}'])").bounding_box() for score in (0, 1)
            )
            assert (first["x"] > second["x"]) is (direction == "rtl")
            assert lowest(page) <= 740, language
            MOVES[way](page, 7, f"{way} in {language}")
            page.wait_for_url("**/thanks")
            assert page.locator("html").get_attribute("lang") == language
        for language in languages:
            narrow.goto(home + ask("nps_value", language=language).link)
            assert axe(narrow) == [], language
            assert narrow.evaluate("document.documentElement.scrollWidth") <= 320, language
        narrow.goto(home + ask("value", language="ja").link)
        narrow.set_viewport_size({"width": 768, "height": 900})
        lines = narrow.locator(".ends").first.evaluate(
            "row => row.offsetHeight / parseFloat(getComputedStyle(row).fontSize)"
        )
        assert lines < 2, "words at the ends stand on one line where there is room for them"
        chosen = ask(language="en")
        page = pages["no script"]
        page.goto(f"{home}{chosen.link}?score=4")
        page.locator("summary").first.click()
        page.get_by_role("link", name="Polski").click()
        assert page.locator("input:checked").get_attribute("value") == "4"
        page.locator("form button[type=submit]").first.click()
        page.wait_for_url("**/thanks")
        assert page.locator("html").get_attribute("lang") == "pl"
    transactions.read(db.session)
    assert [(r.score, r.comment) for r in responses()] == [
        *((7, f"{way} in {language}") for language, way in itertools.product(languages, WAYS)),
        (4, ""),
    ]
    assert db.session.query(Response).count() == 31
