"""What a manager presses in a browser to take a wave from its program to its end; shared by a test and a drill."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

FIRST = 25


def make_a_program(page: Page, home: str) -> None:
    """A program with an audience of everybody, whose launches wait for no undo."""
    page.goto(f"{home}/programs")
    page.get_by_role("link", name="New program").click()
    page.get_by_label("Name", exact=True).fill("Relationship")
    page.get_by_text("Rest, reminders and closing").click()
    page.fill("input[name=undo_minutes]", "0")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Relationship")


def launch(page: Page, people: int) -> None:
    """From the page of the program to that of its wave."""
    page.get_by_role("link", name="Launch").click()
    expect(page.locator("main")).to_contain_text(f"it writes to {FIRST} people chosen at random")
    page.get_by_label("Send at any hour, outside the window too").check()
    if page.locator("input[name=typed]").count():
        page.fill("input[name=typed]", str(people))
    page.get_by_role("button", name=f"Ask {people:,} people").click()
    expect(page).to_have_url(re.compile(r"/waves/\d+$"))


def watched(page: Page, words: str) -> None:
    """The page comes to say so by itself."""
    expect(page.locator("#wave-progress")).to_contain_text(words)


def press(page: Page, name: str, said: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    expect(page.get_by_text(said)).to_be_visible()
