"""The set-up pages in a browser: nothing for the accessibility checker, no page wider than a phone, and tests in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.installation import installation
from app.surveys import templates
from tests import make
from tests.browsing import HOME, axe, browser, serve
from tests.delivery.sink import only
from tests.setup.conftest import demo_rows, rehearsal_rows

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
    pytest.mark.settings_with(
        MAIL_URL="smtp://u:s3cret@127.0.0.1:1?starttls=0", MAIL_FROM="a@vendor.example"
    ),
]
VENDOR = Path(__file__).resolve().parent.parent.parent / "app" / "static" / "vendor"
LONG = "Kestrel Aviation Maintenance, Repair and Overhaul International GmbH & Co. KGaA"
PAGES = ("/setup", "/setup/mail", "/setup/live", "/settings/installation")


@pytest.fixture
def client(session, sign_in):
    """An administrator, beside a demo company and a rehearsal of one's own, with names as long as they get."""
    if not (VENDOR / "tabler.min.css").exists():
        pytest.skip("the front-end files are missing: make assets")
    templates.ensure(session, now=make.NOW)
    demo_rows()
    rehearsal_rows()
    row = installation(session)
    row.company, row.own_domains = LONG, ["a-rather-long-name-of-a-company-without-any-blank.example"]
    found = sign_in("admin", password=make.PASSWORD)
    session.commit()
    return found


def with_findings(page, name: str) -> None:
    page.locator(f"#do-{name}").click()
    page.locator(f"#test-{name} .finding").wait_for()


def test_pages_hold_at_every_width_and_the_checker_finds_nothing(app, client, nameserver):
    app.extensions["dns_lookup"] = nameserver.lookup()
    nameserver.txt("vendor.example", "v=spf1 " + "ip4:203.0.113.1 " * 30 + "-all")
    found = []
    with browser() as chromium:
        page = chromium.new_context(bypass_csp=True).new_page()
        page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
        serve(page, app, client)
        for path in PAGES:
            page.goto(HOME + path)
            if path == "/setup/mail":
                with_findings(page, "connection")
                with_findings(page, "spf")
                page.locator("#do-lines").click()
                page.locator("#form-errors").wait_for()
            for scheme, width in (("light", 1440), ("dark", 768), ("light", 360)):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.set_viewport_size({"width": width, "height": 900})
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append(f"{path} is wider than {width} px")
            found += [f"{path}: {problem}" for problem in axe(page)]
    assert found == []


def test_the_typed_password_stays_in_its_field_while_lines_and_tests_come_and_go(
    app, client, start, nameserver
):
    app.extensions["dns_lookup"] = nameserver.lookup()
    sink = start(authenticator=only("u", "right"), auth_required=True)
    with browser() as chromium:
        page = chromium.new_page()
        serve(page, app, client)
        page.goto(HOME + "/setup/mail")
        page.get_by_label("Port optional").fill(str(sink.port))
        page.get_by_label("Password").fill("wrong")
        page.get_by_label("Address of JustAsk").fill("https://ask.vendor.example")
        page.get_by_role("button", name="Test this first").click()
        page.get_by_text("refused the sign-in of u: 535").wait_for()
        assert page.get_by_label("Password").input_value() == "wrong"
        page.get_by_label("Password").fill("right")
        page.get_by_role("button", name="Show the lines").press("Enter")
        page.get_by_text(f"JUSTASK_MAIL_URL=smtp://u:right@127.0.0.1:{sink.port}?starttls=0").wait_for()
        assert page.evaluate("document.activeElement.id") == "lines-result"


def test_set_up_works_without_script(app, client, nameserver):
    app.extensions["dns_lookup"] = nameserver.lookup()
    with browser() as chromium:
        page = chromium.new_context(java_script_enabled=False).new_page()
        serve(page, app, client)
        page.goto(HOME + "/setup/mail")
        page.get_by_role("button", name="Test Connection").click()
        page.get_by_text("Nobody listens on port").wait_for()
        assert page.get_by_role("heading", name="Mail", exact=True).is_visible()
