"""Comments and themes by keyboard alone, on a phone: filters, a correction and its undo, a suggestion, the dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app import jobs
from app.core import clock
from app.sentiment.models import Correction, Suggestion, Theme
from app.sentiment.themes import dictionary, suggesting
from tests import make
from tests.browsing import axe, browser, listening


def said(score: int, comment: str) -> None:
    now = clock.now()
    make.answer(score, comment=comment, now=now, invitation=make.invitation(sent_at=now))


@pytest.fixture
def spoken(session) -> None:
    """Comments of today, with phrases that no theme knows."""
    now = clock.now()
    dictionary.ensure(session, now=now)
    for score in (2, 2, 1, 3):
        said(score, "The quarterly stocktake ruined the morning, says warehouse.")
    for _ in range(6):
        said(10, "Excellent dashboards, I love them.")
    session.commit()
    jobs.find_themes(now)
    suggesting.suggest(session, dictionary.Matcher(dictionary.themes(session)), today=now.date())
    session.commit()


@pytest.fixture
def manager(session) -> str:
    """The address by which a manager signs in."""
    person = make.staff("manager", password=make.PASSWORD).email
    session.commit()
    return person


@pytest.fixture
def home(app, manager, spoken) -> Iterator[str]:
    """The address of a real server, whose redirects a browser follows."""
    with listening(app) as address:
        yield address


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_comments_and_themes_are_worked_on_by_keyboard_on_a_phone(session, home, manager, spoken):
    with browser() as chromium:
        page = chromium.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True).new_page()
        page.goto(f"{home}/sign-in")
        page.fill("input[name=email]", manager)
        page.fill("input[name=password]", make.PASSWORD)
        page.get_by_role("button", name=re.compile("Sign in", re.I)).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.wait_for_load_state()
        checked = Checked(page, home)
        checked.open("/reports/comments")
        page.get_by_role("button", name="More filters").focus()
        page.keyboard.press("Enter")
        page.get_by_label("Sounds", exact=True).focus()
        page.keyboard.press("P")
        checked.press(page.get_by_role("button", name="Apply"))
        assert page.get_by_text("6 comments", exact=True).is_visible()
        first = page.locator(".comments__one").first
        first.locator("summary").focus()
        page.keyboard.press("Enter")
        first.get_by_label("It sounds").focus()
        page.keyboard.press("N")
        checked.press(first.get_by_role("button", name="Save"))
        assert len(looked_up(session, sa.select(Correction.id))) == 1
        assert page.get_by_text("5 comments", exact=True).is_visible()
        checked.open("/reports/comments?check=corrected")
        page.locator(".comments__correct summary").focus()
        page.keyboard.press("Enter")
        checked.press(page.get_by_role("button", name="Take it back"))
        assert looked_up(session, sa.select(Correction.id).where(Correction.undone_at.is_(None))) == []
        checked.open("/reports/themes")
        assert page.evaluate("document.documentElement.scrollHeight") < 3800
        for fold in page.locator(".unfold summary").all():
            fold.focus()
            page.keyboard.press("Enter")
        checked.look("/reports/themes, unfolded")
        phrase = looked_up(session, sa.select(Suggestion.phrase).order_by(Suggestion.id))[0]
        checked.press(page.get_by_role("button", name=f"Add “{phrase}”"))
        (made,) = looked_up(session, sa.select(Theme.id).where(Theme.key.is_(None)))
        assert phrase in looked_up(session, sa.select(Theme.phrases).where(Theme.id == made))[0]["en"]
        checked.open(f"/reports/themes/{made}/edit")
        page.get_by_label("Phrases: English").focus()
        page.keyboard.press("Control+End")
        page.keyboard.type("\nzeb*ra")
        checked.press(page.get_by_role("button", name="Save"))
        assert page.get_by_label("Phrases: English").input_value().endswith("zeb*ra")
        assert page.get_by_text("a star stands at the end of a word").first.is_visible()
        jobs.find_themes(clock.now())
        session.rollback()
        for path in (f"/reports/themes/{made}", "/reports/readings", "/reports/comments/check"):
            checked.open(path)
        assert checked.wrong == {}


def looked_up(session, query: sa.Select) -> list:
    """What stands there, in a transaction that ends at once: the pages write beside this one."""
    session.rollback()
    found = session.scalars(query).all()
    session.rollback()
    return list(found)


class Checked:
    """A page whose every state is looked at by the checker and for width."""

    def __init__(self, page, home: str):
        self.page, self.home, self.wrong = page, home, {}

    def open(self, path: str) -> None:
        self.page.goto(self.home + path)
        self.page.wait_for_load_state()
        self.look(path)

    def press(self, button) -> None:
        """With the keyboard; waits for the page it leads to."""
        button.focus()
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()
        self.look(f"{self.page.url} after a press")

    def look(self, what: str) -> None:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        found = axe(self.page) + ([f"{wide} px wide"] if wide > 360 else [])
        if found:
            self.wrong[what] = found
