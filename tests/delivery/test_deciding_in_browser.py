"""The pages on which people decide about asks in a browser: segments, gaps, coming asks, mails in doubt, words.

Each is looked at filled, with long names, and after a mistake. The checker finds nothing in either colour scheme, no page
is wider than its window, and Tab alone reaches everything there is to press, in the order of the page, and shows it.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from app.core import clock
from app.delivery.models import InvitationState, Skip, WaveState
from app.surveys.segments import saved
from tests import make
from tests.browsing import HOME, axe, browser, serve

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
VENDOR = Path(__file__).resolve().parent.parent.parent / "app" / "static" / "vendor"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
MISTAKES = {
    "/segments/new": "main form button[type=submit]",
    "/contacts/gaps": "main form button[type=submit]",
    "/asks/coming": ".skipping__form button[type=submit]",
}
# What Tab should reach, in the order of the page. Of a group of radio buttons Tab reaches one.
TO_PRESS = """[...document.querySelectorAll('main a[href], main button, main input, main select, main textarea, main summary')]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.type !== 'hidden' && e.type !== 'radio'
        && e.tabIndex >= 0)"""
NOTE = f"""() => {{
    window.wanted = {TO_PRESS};
    window.met = [];
    window.dim = [];
    document.addEventListener('focusin', event => {{
        const at = window.wanted.indexOf(event.target);
        if (at < 0) return;
        window.met.push(at);
        const style = getComputedStyle(event.target);
        const isSeen = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
        if (!isSeen) window.dim.push(event.target.outerHTML.slice(0, 90));
    }});
    document.getElementById('main').focus();
    return window.wanted.length;
}}"""


@pytest.fixture
def paths(session, sign_in):
    """A client of a manager, and the addresses of the pages with something on each."""
    if not (VENDOR / "tabler.min.css").exists():
        pytest.skip("the front-end files are missing: make assets")
    client, now = sign_in("manager"), clock.now()
    account = make.account(name=LONG, owner=client.person)
    wave = make.wave(name=LONG, send_at=now + timedelta(days=1), state=WaveState.WAITING)
    for number in range(3):
        name = LONG if number == 0 else "Kim"
        waits = make.contact(account=account, first_name=name, language=None)
        make.invitation(contact=waits, wave=wave, state=InvitationState.PLANNED, sent_at=None)
        lost = make.contact(account=account, first_name=name)
        make.invitation(contact=lost, wave=make.wave(name=LONG), state=InvitationState.IN_DOUBT, sent_at=now)
        saved.save(session, None, name=f"{LONG} {number}", filter={"accounts": [account.id]})
    spared = make.contact(account=account, first_name=LONG)
    until = {"until_on": now.date() + timedelta(days=9), "made_at": now}
    make.saved(Skip(contact=spared, staff_id=client.person.id, staff_name="Kim", reason=LONG, **until))
    pages = [*MISTAKES, "/segments", "/waves/in-doubt", f"/programs/{wave.program_id}/words"]
    session.commit()  # The browser writes from elsewhere and must not wait for the test.
    return client, pages


def test_pages_of_deciding_hold_for_everybody(app, paths):
    client, pages = paths
    found = []
    with browser() as chromium:
        page = chromium.new_context(bypass_csp=True).new_page()
        serve(page, app, client)
        for path in pages:
            page.goto(HOME + path)
            found += looked_at(page, path)
            if path in MISTAKES:
                page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
                with page.expect_navigation():
                    page.locator(MISTAKES[path]).first.click()
                assert page.locator("#form-errors").count() == 1, path
                found += looked_at(page, f"{path} after a mistake")
    assert found == []


def looked_at(page, what: str) -> list[str]:
    """What is wrong with the page on a screen in light colours and on a phone in dark ones."""
    found = []
    for width, scheme in ((1440, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        is_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        wrong = [*axe(page), *["wider than the window"] * is_wide]
        found += [f"{what}, {width} px, {scheme}: {problem}" for problem in wrong]
    return found


def test_the_keyboard_reaches_all_there_is_to_press(app, paths):
    client, pages = paths
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 1440, "height": 800})
        serve(page, app, client)
        for path in pages:
            page.goto(HOME + path)
            number = page.evaluate(NOTE)
            assert number > 1, path
            for _ in range(2 * number + 20):
                page.keyboard.press("Tab")
                if page.evaluate("window.met.at(-1) === window.wanted.length - 1"):
                    break
            met = page.evaluate("window.met")
            assert sorted(set(met)) == list(range(number)), path
            assert met == sorted(met), path
            assert page.evaluate("window.dim") == [], path
