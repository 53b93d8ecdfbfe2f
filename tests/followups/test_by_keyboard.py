"""A day at the queue without a mouse: every kind of follow-up, several at once, what is taken back, and finding."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.followups.models import Activity, Task, TaskKind, TaskState
from tests import make
from tests.browsing import HOME, axe, browser, serve
from tests.test_work_in_browser import CODES, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
KINDS = [
    TaskKind.DETRACTOR,
    TaskKind.PASSIVE,
    TaskKind.PROMOTER,
    TaskKind.SILENT,
    TaskKind.VALUE,
    TaskKind.ALERT,
]
FOCUSED = "document.activeElement.innerText || document.activeElement.id"


def heading(page, name: str) -> None:
    page.locator("h1", has_text=name).wait_for()
    page.wait_for_load_state()


def close(page, cause: str = "") -> None:
    page.keyboard.press("c")
    assert page.evaluate(CODES) == "cause"
    page.keyboard.type(cause)
    tab_to(page, "outcome-0")
    page.keyboard.press("Space")
    tab_to(page, "comment")
    page.keyboard.type("Spoke about it.")
    while page.evaluate("document.activeElement.type") != "submit":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def test_follow_ups_of_every_kind_are_worked_on_by_keyboard_alone(app, sign_in, session):
    csm, now = sign_in("csm", name="Maya Lindholm"), clock.now()
    make.staff(name="Zoe Vogel")
    days = {"first_touch_due_at": now + timedelta(days=1), "due_at": now + timedelta(days=9)}
    for number, kind in enumerate(KINDS):
        person = make.contact(first_name=kind.value.title(), last_name="Berg")
        make.task(owner=csm.person, contact=person, kind=kind, priority=95 - number, **days)
    session.commit()
    with browser() as chromium:
        page = chromium.new_context(bypass_csp=True, viewport={"width": 1280, "height": 800}).new_page()
        serve(page, app, csm)
        page.goto(f"{HOME}/queue")
        for key in "jxjxb":
            page.keyboard.press(key)
        assert page.locator("[data-many-count]").inner_text() == "2 chosen"
        assert page.evaluate(CODES) == "until"
        assert axe(page) == []
        while not page.evaluate("document.activeElement.matches('.many button[name=until]')"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("2 follow-ups put aside.").wait_for()
        page.wait_for_load_state()
        assert page.locator("[data-key-item]").count() == 4
        page.keyboard.press("u")
        page.get_by_text("Taken back").wait_for()
        page.wait_for_load_state()

        page.keyboard.press("n")
        heading(page, "Detractor")
        page.keyboard.press("l")
        page.keyboard.type("She was glad; and ?cnu are only letters here.")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Logged.").wait_for()
        page.wait_for_load_state()
        page.keyboard.press("w")
        assert page.evaluate(CODES) == "mail_words"
        assert page.locator("#mail_subject").input_value().startswith("One question from ")
        page.keyboard.type("Could we speak on Tuesday?")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("#mails").wait_for()
        page.wait_for_load_state()
        assert "Could we speak on Tuesday?" in page.locator("#mails").inner_text()
        close(page, "Something is broken")
        heading(page, "Passive")
        close(page, "Something is missing")
        heading(page, "Promoter")
        page.keyboard.press("s")
        while not page.evaluate("document.activeElement.matches('button[name=until]')"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        heading(page, "Silent")
        page.keyboard.press("u")
        heading(page, "Promoter")
        close(page)
        heading(page, "Silent")
        page.keyboard.press("h")
        assert page.evaluate(CODES) == "owner"
        page.keyboard.type("Zoe")
        while page.evaluate("document.activeElement.type") != "submit":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        heading(page, "Value")
        close(page, "Price")
        heading(page, "Alert")
        close(page)
        page.get_by_text("Nothing else is waiting here.").wait_for()
        page.get_by_text("Nothing is waiting", exact=True).wait_for()

        page.keyboard.press("Control+k")
        page.keyboard.type("silent")
        page.locator(".found__name", has_text="Silent Berg").first.wait_for()
        assert axe(page) == []
        page.keyboard.press("ArrowDown")
        assert "Silent Berg" in page.evaluate(FOCUSED)
        page.keyboard.press("Enter")
        page.wait_for_url("**/contacts/*")
        page.wait_for_load_state()
        page.keyboard.press("?")
        assert "Find anything" in page.locator("#shortcuts dl").inner_text()
    session.expire_all()
    states = dict(session.execute(sa.select(Task.kind, Task.state)).all())
    assert states == dict.fromkeys(KINDS, TaskState.CLOSED) | {TaskKind.SILENT: TaskState.NEW}
    assert session.scalars(sa.select(Task.snoozed_until).where(Task.snoozed_until.is_not(None))).all() == []
    assert session.scalars(sa.select(Activity.words)).all() == [
        "She was glad; and ?cnu are only letters here."
    ]
