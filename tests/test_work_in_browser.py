"""The pages of daily work in a browser, with data as it comes and with the worst of it: the queue and its tasks,
reports with their lists, programs, launches, waves and the mailbox.

The checker finds nothing, no page is wider than its window, headings go down step by step; a CSM needs no mouse; and
what cannot be loaded says so, keeps what it showed, and can be tried again.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactRole
from app.core import clock
from app.core.audit import Actor
from app.delivery import waves
from app.delivery.models import InvitationState
from app.followups.models import Activity, Task, TaskState
from app.surveys import templates
from app.surveys.models import Survey
from tests import make
from tests.browsing import HOME, axe, browser, serve

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
VENDOR = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"
DAY = timedelta(days=1)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
NAMES = (LONG[:120], "شركة الأمل للتجارة", "🦄👩‍👩‍👧‍👦 " * 8, "Kim", "‮evil‬ {{7*7}}")
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].filter(h => h.checkVisibility()).map(h => +h.tagName[1])"
CODES = "document.activeElement.id"


@pytest.fixture
def csm(sign_in):
    if not (VENDOR / "tabler.min.css").exists():
        pytest.skip("the front-end files are missing: make assets")
    return sign_in("csm", name="Maya Lindholm")


@pytest.fixture
def worst(session, csm) -> list[str]:
    """The addresses of the pages, with sixty open tasks and more than a page bargains for."""
    now = clock.now()
    templates.ensure(session, now=now)
    survey = session.scalars(sa.select(Survey).filter_by(key="nps_value")).one()
    program = make.program(name=LONG[:120], survey=survey)
    account = make.account(name=LONG[:120], owner=csm.person, renewal_on=(now + 30 * DAY).date())
    make.goal(account=account, words=LONG, from_on=now.date())
    people = [make.contact(account=account, first_name=name, role=ContactRole.CHAMPION) for name in NAMES]
    for month in range(36, 0, -1):
        at = now - month * 30 * DAY
        wave = make.wave(program=program, launched_at=at)
        for number, person in enumerate(people):
            ask = make.invitation(contact=person, wave=wave, sent_at=at)
            if number % 2:
                make.answer(
                    (month * 3 + number) % 11, now=at + DAY, invitation=ask, comment=f"{LONG} " * (month % 4)
                )
            else:
                ask.state, ask.silent_at, ask.closed_at = InvitationState.SILENT, at + 21 * DAY, at + 21 * DAY
    running = make.wave(program=program, launched_at=now - DAY)
    for person in people:
        make.invitation(contact=person, wave=running, sent_at=now - DAY)
    make.invitation(
        contact=make.contact(account=account), wave=running, state=InvitationState.IN_DOUBT, sent_at=None
    )
    last = make.response(
        2, invitation=make.invitation(contact=people[0], sent_at=now), comment=(LONG + " ") * 31
    )
    task = make.task(contact=people[0], response=last, owner=csm.person, priority=99)
    for number in range(60):
        make.task(contact=people[number % 5], owner=csm.person, due_at=now + number * DAY)
    waiting = make.program(name="Waiting", survey=survey)
    make.contact(account=account)
    launched = waves.launch(
        session, waiting, actor=Actor("staff", None, LONG[:120]), now=now, launch_key="a", undo_minutes=10
    )
    session.commit()
    days = f"from={(now - 1090 * DAY).date()}&to={now.date()}"
    paths = ["/queue", "/queue?q=nobody-is-called-so", "/queue?state=closed", f"/tasks/{task.id}"]
    paths += [f"/reports?{days}&by=owner", f"/reports/responses?{days}", f"/reports/asks?{days}"]
    paths += ["/reports/asks?per=person&state=declined", "/programs", f"/programs/{program.id}"]
    paths += [f"/programs/{program.id}/people", f"/programs/{program.id}/launch", "/waves"]
    return [
        *paths,
        f"/waves/{running.id}?state=in_doubt",
        f"/waves/{launched.id}",
        "/mailbox",
        "/mailbox?q=x",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_hold_at_their_worst(app, sign_in, worst, scheme):
    found = []
    with browser() as chromium:
        page = chromium.new_context(color_scheme=scheme, bypass_csp=True).new_page()
        serve(page, app, sign_in("manager"))
        for path in worst:
            page.set_viewport_size({"width": 360, "height": 800})
            page.goto(HOME + path)
            for width in (360, 768, 1440):
                page.set_viewport_size({"width": width, "height": 800})
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append(f"{path} is wider than {width} px")
                if width != 768:
                    found += [f"{path} at {width}: {problem}" for problem in axe(page)]
            levels = page.evaluate(HEADINGS)
            if levels[:1] != [1] or any(b > a + 1 for a, b in pairwise(levels)):
                found.append(f"{path}: headings {levels}")
    assert found == []


def test_pages_without_anything_say_what_comes_next(app, csm, sign_in):
    found = []
    with browser() as chromium:
        page = chromium.new_context(bypass_csp=True).new_page()
        page.set_viewport_size({"width": 360, "height": 800})
        serve(page, app, sign_in("manager"))
        for path in (
            "/queue",
            "/reports",
            "/reports/responses",
            "/reports/asks",
            "/programs",
            "/waves",
            "/mailbox",
        ):
            page.goto(HOME + path)
            if page.locator(".blank").count() != 1 or page.locator(".blank a.btn").count() > 1:
                found.append(path)
            found += [f"{path}: {problem}" for problem in axe(page)]
    assert found == []


def tab_to(page, element_id: str, most: int = 60) -> None:
    """Press Tab until the element has the focus, and see that the focus shows."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(CODES) == element_id:
            style = "getComputedStyle(document.activeElement)"
            ring = page.evaluate(f"[{style}.outlineStyle, {style}.boxShadow]")
            assert ring != ["none", "none"], element_id
            return
    raise AssertionError(f"the keyboard does not reach {element_id}")


def chord(page, keys: str) -> None:
    """Type the keys of one shortcut while time stands still in the page, so that a slow machine types them in time."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") + 1000)
    page.keyboard.type(keys)
    page.clock.resume()


def test_a_csm_needs_no_mouse(app, csm, session):
    now = clock.now()
    for number, name in enumerate(["First", "Second"]):
        make.task(
            owner=csm.person,
            contact=make.contact(first_name=name),
            priority=90 - number,
            first_touch_due_at=now + DAY,
            due_at=now + 9 * DAY,
        )
    session.commit()
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 800})
        serve(page, app, csm)
        page.goto(f"{HOME}/queue")
        row, why = (page.locator(f"tr[data-key-item] {cell}").first for cell in (".cell-main", ".queue__why"))
        assert why.bounding_box()["width"] == row.bounding_box()["width"]
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate(CODES) == "main"
        page.keyboard.press("n")
        page.wait_for_url("**/tasks/*")
        assert "First" in page.locator("h1").inner_text()
        page.keyboard.press("l")
        assert page.evaluate(CODES) == "text"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("#form-errors").wait_for()
        assert page.evaluate(CODES) == "form-errors"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("location.hash") == "#text"
        page.locator("body").press("l")
        page.keyboard.type("She was glad that we called.")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("Logged.").wait_for()
        page.wait_for_load_state()
        page.keyboard.press("c")
        assert page.evaluate(CODES) == "cause"
        page.keyboard.type("Something is broken")
        tab_to(page, "outcome-0")
        page.keyboard.press("Space")
        tab_to(page, "comment")
        page.keyboard.type("Fixed.")
        tab_to(page, "customer_told")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("This is the next one.").wait_for()
        page.wait_for_load_state()
        assert "Second" in page.locator("h1").inner_text()
        page.keyboard.press("u")
        page.get_by_text("Open again.").wait_for()
        page.wait_for_load_state()
        for key, field in (("s", "until"), ("h", "owner")):
            page.keyboard.press(key)
            assert page.evaluate(CODES) == field
            page.evaluate("document.activeElement.blur()")
        page.keyboard.press("c")
        tab_to(page, "customer_told")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("This is the next one.").wait_for()
        page.wait_for_load_state()
        chord(page, "gq")
        page.wait_for_url("**/queue")
        assert page.locator("[data-key-item]").count() == 1
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/tasks/*")
    session.expire_all()
    closed = session.scalars(sa.select(Task).filter_by(state=TaskState.CLOSED)).one()
    assert (closed.cause.value, closed.outcome.value, closed.customer_told) == (
        "product_bug",
        "resolved",
        True,
    )
    assert session.scalars(sa.select(Activity.is_two_way)).all() == [True]


@pytest.mark.parametrize("way", ["busy", "gone"])
def test_a_live_part_that_cannot_be_loaded_says_so_and_comes_back(app, csm, sign_in, session, way):
    templates.ensure(session, now=clock.now())
    make.contact()
    program = make.program(survey=session.scalars(sa.select(Survey).filter_by(key="nps")).one())
    wave = waves.launch(
        session, program, actor=Actor("staff", None, "Ana"), now=clock.now(), launch_key="a", undo_minutes=10
    )
    session.commit()

    def fail(route):
        return route.abort() if way == "gone" else route.fulfill(status=503, body="<html>busy</html>")

    with browser() as chromium:
        page = chromium.new_page()
        serve(page, app, sign_in("manager"))
        page.goto(f"{HOME}/waves/{wave.id}")
        left = page.locator("[data-countdown]").inner_text()
        page.locator("#wave-undo").focus()
        page.route("**/progress*", fail)
        notice = page.locator("[data-part-notice]")
        notice.wait_for()
        assert "could not be loaded" in notice.inner_text()
        assert page.locator("#wave-progress").inner_text()
        page.wait_for_timeout(1200)
        assert notice.count() == 1
        assert page.locator("[data-countdown]").inner_text() != left
        assert page.evaluate(CODES) == "wave-undo"
        page.unroute("**/progress*", fail)
        notice.wait_for(state="detached")

        page.route("**/programs/audience*", fail)
        page.goto(f"{HOME}/programs/new")
        page.fill("#name", "Typed already")
        notice = page.locator("[data-part-notice]")
        notice.wait_for()
        page.unroute("**/programs/audience*", fail)
        notice.get_by_role("button", name="Try again").click()
        page.locator(".count").get_by_text("1 person").wait_for()
        assert notice.count() == 0
        assert page.input_value("#name") == "Typed already"
