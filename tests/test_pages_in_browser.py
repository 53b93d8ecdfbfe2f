"""The pages of accounts, people, imports and settings in a browser, with data as it comes and with the worst of it.

One browser looks at all of them: the checker finds nothing, no page is wider than its window, headings go down step
by step, and every state of nothing or failure offers what to do next.
"""

from __future__ import annotations

import io
import itertools
from datetime import timedelta

import pytest

from app.contacts.models import AccountDomain, ContactRole
from app.core import clock
from app.core.processes.workers import JobFailure
from app.delivery.models import InvitationState
from app.health import snapshots
from tests import make
from tests.browsing import HOME, axe, browser, serve
from tests.contacts.test_account_pages import ODD_NAMES
from tests.posting import token

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
DAY = timedelta(days=1)
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2
HEADINGS = "[...document.querySelectorAll('h1, h2, h3, h4')].filter(h => h.checkVisibility()).map(h => +h.tagName[1])"
CSV = "Id,Name,Owner\n" + "\n".join(f"A-{n},Company {n},{LONG[:100]}" for n in range(3)) + "\n,,\nA-9,,x\n"


@pytest.fixture
def worst(session):
    """An account, a person, a member of staff and a waiting import, each with more than a page bargains for."""
    now = clock.now()
    owner = make.staff("csm", name=LONG[:100], email="x" * 60 + "@" + "y" * 50 + ".example")
    account = make.account(
        name=LONG[:150], owner=owner, arr=99_999_999_999, segment={"k" * 80: LONG, "region": ODD_NAMES[2]}
    )
    account.domains = [AccountDomain(domain=f"number-{n}.department.customer.example") for n in range(40)]
    make.goal(account=account, words=LONG)
    for name, role, score in zip(ODD_NAMES, ContactRole, (0, 8, 10, None, 5), strict=False):
        person = make.contact(
            account=account, first_name=name[:120], last_name=LONG[:60], title=LONG, role=role
        )
        asked = now - 30 * DAY
        ask = make.invitation(contact=person, sent_at=asked)
        if score is None:
            ask.state, ask.silent_at, ask.closed_at = InvitationState.SILENT, now - 9 * DAY, now - 9 * DAY
        else:
            said = make.response(score, invitation=ask, submitted_at=now - 3 * DAY, comment=f"{name} {LONG}")
            make.task(contact=person, response=said, due_at=now - DAY, first_touch_due_at=now - DAY)
    for days in (30, 7, 0):
        at = now - days * DAY
        snapshots.refresh(session, [account.id], today=at.date(), zone=clock.ZoneInfo("UTC"), now=at)
    session.add(JobFailure(job="send_mail", item=LONG[:60], tries=2, next_try_at=now, error=LONG))
    session.commit()
    return account, person, owner


@pytest.fixture
def admin(sign_in):
    return sign_in("admin")


def upload(admin) -> int:
    """A file that waits, with an unknown owner, a refused row and a blank line; its number."""
    data = {"csrf_token": token(admin.get("/imports/")), "kind": "accounts"}
    got = admin.post("/imports/", data=data | {"file": (io.BytesIO(CSV.encode()), LONG[:90] + ".csv")})
    return int(got.location.rpartition("/")[2])


@pytest.fixture
def paths(worst, admin) -> list[str]:
    account, person, owner = worst
    number = upload(admin)
    return [
        "/accounts",
        "/accounts?q=none-of-that-name",
        f"/accounts/{account.id}",
        f"/accounts/{account.id}?as_of={(clock.now() - 7 * DAY).date()}",
        f"/accounts/{account.id}/edit",
        f"/accounts/{account.id}/contacts/new",
        "/contacts",
        "/contacts?q=none-of-that-name",
        f"/contacts/{person.id}",
        f"/contacts/{person.id}/edit",
        "/imports/",
        f"/imports/{number}",
        "/settings",
        "/settings/you",
        "/settings/password",
        "/settings/sessions",
        "/settings/staff",
        "/settings/staff/new",
        f"/settings/staff/{owner.id}",
        "/settings/keys",
        "/settings/webhooks",
        "/settings/audit",
        "/settings/jobs",
        "/no/such/page",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checker_finds_nothing_and_nothing_is_wider_than_its_window(app, admin, paths, scheme):
    with browser() as chromium:
        page = chromium.new_context(color_scheme=scheme, bypass_csp=True).new_page()
        serve(page, app, admin)
        found = {}
        for path in paths:
            for width in (360, 1440):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto(HOME + path)
                wide = page.evaluate("document.documentElement.scrollWidth")
                wrong = axe(page) + ([f"{wide} px wide"] if wide > width else [])
                if wrong:
                    found[path, width] = wrong
            levels = page.evaluate(HEADINGS)
            if levels[:1] != [1] or any(b > a + 1 for a, b in itertools.pairwise(levels)):
                found[path, "headings"] = levels
        assert found == {}


def test_a_form_with_errors_puts_the_focus_on_them_and_each_leads_to_its_field(app, admin, session):
    session.commit()  # The browser asks from elsewhere and must not wait for the test.
    with browser() as chromium:
        page = chromium.new_page()
        serve(page, app, admin)
        page.goto(f"{HOME}/accounts/new")
        page.get_by_label("ARR").fill("much")
        page.get_by_role("button", name="Save").press("Enter")
        page.locator("#form-errors").wait_for()
        assert page.evaluate("document.activeElement.id") == "form-errors"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.url.endswith("#name")
        assert page.get_by_label("ARR").input_value() == "much"
        assert page.locator("#name").get_attribute("aria-invalid") == "true"


def test_the_first_key_leads_past_the_sections_and_further_filters_unfold_on_a_phone(app, admin, worst):
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 740})
        serve(page, app, admin)
        page.goto(f"{HOME}/accounts")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        assert not page.get_by_label("Tier").is_visible()
        more = page.get_by_role("button", name="More filters")
        more.press("Enter")
        assert page.get_by_label("Tier").is_visible()
        assert more.get_attribute("aria-expanded") == "true"
        page.goto(f"{HOME}/settings/audit")
        tab = page.locator(".tabs a[aria-current]").bounding_box()
        assert tab["x"] >= 0
        assert tab["x"] + tab["width"] <= 360


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_scores_that_are_not_known_yet_leave_the_name_of_an_account_its_room(app, admin, session, width):
    make.account(name="Customer 1000 Ltd", owner=make.staff("csm"))
    session.commit()
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": width, "height": 800})
        serve(page, app, admin)
        page.goto(f"{HOME}/accounts")
        assert page.locator(".accounts__score", has_text="No score yet").count() == 4
        assert page.locator("td.cell-main").bounding_box()["width"] >= 12 * 16
        frame = page.locator(".table-frame")
        assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") == 0


def test_a_change_that_fails_says_so_and_leaves_the_page(app, admin, worst):
    with browser() as chromium:
        page = chromium.new_page()
        serve(page, app, admin)
        page.goto(f"{HOME}/accounts")
        for broken in (
            lambda route: route.abort(),
            lambda route: route.fulfill(status=503, body="<html>busy"),
        ):
            page.goto(f"{HOME}/accounts")
            page.route("**/part", broken)
            before = page.locator("main").inner_text()
            page.evaluate("() => { htmx.ajax('POST', '/part', 'main').catch(() => {}); }")
            said = page.locator("#announcements.announcement")
            said.wait_for()
            assert "try again" in said.inner_text()
            assert page.locator("main").inner_text() == before
            page.unroute("**/part", broken)
