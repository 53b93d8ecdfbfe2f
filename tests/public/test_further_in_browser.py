"""The page of further questions on a phone, and every page of a respondent magnified to 400 %, in one browser each."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page

from app.core.database import transactions
from app.extensions import db
from app.responses.models import Answer
from tests.browsing import axe, browser
from tests.public.test_ten_languages import WAYS, database_kind, home  # noqa: F401 fixtures

pytestmark = pytest.mark.browser
SMALL = """[...document.querySelectorAll('main a, main button, main label:has(input), footer a, summary')]
    .filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().height).filter(high => high < 43.5)"""
# A window of 1280 by 1024 pixels, magnified four times, with the distances that WCAG 1.4.12 lets readers choose.
MAGNIFIED = {"viewport": {"width": 320, "height": 256}, "bypass_csp": True}
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }"""
# What has the focus, or the label around it, is what lies on top in its middle.
IN_SIGHT = """() => { const one = document.activeElement.closest('label') ?? document.activeElement;
    const box = one.getBoundingClientRect(), at = Math.min(Math.max(box.top + box.height / 2, 1), innerHeight - 2);
    const top = document.elementFromPoint(box.left + Math.min(box.width, 60) / 2, at);
    return box.left >= 0 && box.right <= innerWidth + 1 && (one === top || one.contains(top)) }"""
CUT = """[...document.querySelectorAll('main *')].filter(one => one.checkVisibility() && !one.matches('.sr, .sr *, textarea, input')
    && getComputedStyle(one).overflow !== 'visible' && (one.scrollWidth > one.clientWidth + 2 || one.scrollHeight > one.clientHeight + 2))
    .map(one => one.outerHTML.slice(0, 80))"""


def choose(page: Page, way: str, name: str, place: int) -> None:
    box = page.locator(f"input[name={name}]").nth(place)
    if way == "keyboard":
        box.focus()
        page.keyboard.press("Space")
    elif way == "touch":
        box.locator("xpath=..").tap()
    else:
        box.locator("xpath=..").click()


def press(page: Page, way: str, address: str) -> None:
    button = page.locator("main button[type=submit]").first
    if way == "keyboard":
        button.focus()
        page.keyboard.press("Enter")
    elif way == "touch":
        button.tap()
    else:
        button.click()
    page.wait_for_url(address)
    page.wait_for_load_state()


def pairs() -> list:
    db.session.rollback()
    transactions.read(db.session)
    return [
        one
        for one in db.session.scalars(sa.select(Answer.picked).order_by(Answer.id))
        if one and len(one) == 2
    ]


def test_further_questions_are_answered_by_touch_by_keyboard_and_without_script(home, ask):  # noqa: F811
    with browser() as chromium:
        for number, (way, device) in enumerate(WAYS.items(), 1):
            page = chromium.new_context(**device, bypass_csp=way != "no script").new_page()
            page.goto(home + ask("onboarding", language="ar" if way == "touch" else "en").link)
            page.wait_for_load_state()
            choose(page, way, "start_ease", 2)
            page.locator("input[name=first_value][value=not_yet]").check()
            press(page, way, "**/further")
            assert page.evaluate(SMALL) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            if way != "no script":
                assert axe(page) == []
            name = page.locator("main input[type=checkbox]").first.get_attribute("name")
            choose(page, way, name, 0)
            choose(page, way, name, 3)
            press(page, way, "**/thanks")
            assert len(pairs()) == number
            page.context.close()


def test_at_400_percent_everything_is_reached_in_one_direction_and_nothing_covers_it(home, ask):  # noqa: F811
    at, sent = ask("nps_value", language="de"), ask("onboarding", language="ar")
    with browser() as chromium:
        page = chromium.new_context(**MAGNIFIED).new_page()
        page.goto(home + sent.link)
        page.locator("input[name=start_ease]").first.check()
        page.locator("input[name=first_value][value=not_yet]").check()
        press(page, "click", "**/further")
        for path in (
            f"{at.link}?score=3",
            at.off,
            f"{at.off}?other=1",
            f"{sent.link}/further",
            f"{sent.link}/thanks",
        ):
            page.goto(home + path)
            page.wait_for_load_state()
            page.add_style_tag(content=SPACED)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
            assert page.evaluate(CUT) == [], path
            stops = page.evaluate(
                "document.querySelectorAll('a, button, input:not([type=hidden]), textarea, summary').length"
            )
            for _stop in range(min(stops, 12)):
                page.keyboard.press("Tab")
                assert page.evaluate(IN_SIGHT), (path, page.evaluate("document.activeElement.outerHTML"))
