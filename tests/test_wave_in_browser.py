"""A manager launches, watches, pauses, resumes and finishes a wave through the pages alone, in a real browser.

The mails go over real SMTP, by passes of the worker's own jobs. The browser is told nothing: what it waits for is what
the page brings by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app import jobs
from app.core import clock
from app.core.installation import installation
from app.surveys import templates
from tests import make
from tests.browsing import HOME, browser, serve
from tests.delivery.sink import Sink
from tests.managing import FIRST, launch, make_a_program, press, watched

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
VENDOR = Path(__file__).resolve().parent.parent / "app" / "static" / "vendor"
PEOPLE = 40
PATIENCE = 60_000  # Milliseconds; the page asks every other second, machines may be slow.


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink(extensions=["PIPELINING"]).start()
    yield sink
    sink.stop()


@pytest.fixture
def settings(settings, sink):
    return dataclasses.replace(settings, MAIL_URL=f"smtp://127.0.0.1:{sink.port}", SEND_CONNECTIONS=2)


@pytest.fixture
def company(app, session):
    """A live installation with customers, whose mailer hangs up at the end."""
    if not (VENDOR / "tabler.min.css").exists():
        pytest.skip("the front-end files are missing: make assets")
    facts = installation(session)
    facts.live_at, facts.company = clock.now() - timedelta(days=1), "Vendor"
    templates.ensure(session, now=clock.now())
    accounts = [make.account() for _ in range(4)]
    for number in range(PEOPLE):
        make.contact(account=accounts[number % 4])
    session.commit()
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)
    jobs.mailer().lane.close()


def work(app, *names: str) -> None:
    """Passes of the worker's jobs of these names."""
    for name in names:
        jobs.run_once(app, jobs.job_named(name), now=clock.now())


def test_a_manager_takes_a_wave_from_launch_to_end(app, session, company, sign_in, sink):
    manager = sign_in("manager")
    session.commit()
    with browser() as chromium:
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)
        page.set_default_navigation_timeout(PATIENCE)
        serve(page, app, manager)
        make_a_program(page, HOME)
        launch(page, PEOPLE)
        watched(page, "Begins in a moment")
        work(app, "start_waves", "queue_mail")
        watched(page, f"0 of {PEOPLE} have left · first {FIRST} people")
        work(app, "send_mail")
        watched(page, f"The first {FIRST} people, chosen at random, were asked.")
        assert len(sink.taken) == FIRST
        press(page, f"Continue with the other {PEOPLE - FIRST} people", "The wave goes on.")
        work(app, "queue_mail")
        watched(page, f"{FIRST} of {PEOPLE} have left")
        press(page, "Pause", "Paused. Mails that are being handed over still arrive.")
        work(app, "queue_mail", "send_mail")
        assert len(sink.taken) == FIRST
        press(page, "Resume", "The wave goes on.")
        work(app, "queue_mail", "send_mail")
        watched(page, f"All mails have left. {PEOPLE} people may still answer.")
        assert page.locator("#wave-actions").count() == 0
        page.get_by_role("navigation").get_by_role("link", name="Programs").first.click()
        expect(page.get_by_role("row", name="Relationship")).to_contain_text(f"0% of {PEOPLE}")
    assert sorted(sink.counts.values()) == [1] * PEOPLE
