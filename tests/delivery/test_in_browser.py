"""The pages of asking in a browser: nothing for the accessibility checker or the policy, no page wider than a phone."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactStatus
from app.core import clock
from app.core.audit import Actor
from app.delivery import waves
from app.delivery.mail import mailer
from app.extensions import db
from app.jobs import job_named
from app.surveys import templates
from app.surveys.models import Survey
from tests import make
from tests.browsing import HOME, axe, browser, serve
from tests.make import NOW

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]
VENDOR = Path(__file__).resolve().parent.parent.parent / "app" / "static" / "vendor"
LONG = "Kestrel Aviation Maintenance, Repair and Overhaul International GmbH & Co. KGaA"


@pytest.fixture
def places(app, session, settings) -> list[str]:
    """The addresses of all pages, with something on each."""
    if not (VENDOR / "tabler.min.css").exists():
        pytest.skip("the front-end files are missing: make assets")
    templates.ensure(session, now=NOW)
    survey = session.scalars(sa.select(Survey).filter_by(key="nps_value")).one()
    account = make.account(name=LONG, segment={"plan": "pro"})
    for number in range(60):
        make.contact(account=account, language=["en", "de"][number % 2], first_name="Kim")
    make.contact(account=account, status=ContactStatus.BOUNCED)
    program = make.program(name=LONG, survey=survey, audience={"tiers": [1, 2]})
    at_once = {"undo_minutes": 0, "ignores_window": True}
    wave = waves.launch(
        session, program, actor=Actor("staff", None, "Ana"), now=clock.now(), launch_key="a", **at_once
    )
    session.commit()
    for job in ("start_waves", "queue_mail", "send_mail"):
        job_named(job).work(clock.now() + timedelta(seconds=1))
        db.session.commit()
    mail = next(mailer.mailbox(settings).lines()).name
    waiting = make.program(name="Waiting", survey=survey)
    paths = [
        "/programs",
        f"/programs/{program.id}",
        "/programs/new",
        f"/programs/{program.id}/edit",
        "/waves",
    ]
    paths += [f"/programs/{waiting.id}/people", f"/programs/{waiting.id}/launch", f"/waves/{wave.id}"]
    return [*paths, "/surveys", f"/surveys/{survey.id}", "/mailbox", f"/mailbox/{mail}"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_hold_for_everybody_at_every_width(app, places, sign_in, scheme):
    found = []
    with browser() as chromium:
        page = chromium.new_context(color_scheme=scheme, bypass_csp=False).new_page()
        page.on("console", lambda said: said.type == "error" and found.append(f"{page.url}: {said.text}"))
        page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
        serve(page, app, sign_in("manager"))
        for path in places:
            for width in (360, 1440):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(HOME + path)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append(f"{path} is wider than {width} px")
    assert found == []


def test_each_sample_of_a_launch_is_to_be_seen_at_every_width(app, places, sign_in):
    launch = next(path for path in places if path.endswith("/launch"))
    with browser() as chromium:
        page = chromium.new_page()
        serve(page, app, sign_in("manager"))
        for width in (360, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(HOME + launch)
            samples = page.locator("details.sample")
            assert samples.count() == 5
            for sample in samples.all():
                sample.evaluate("sample => { sample.open = true }")
                frame = sample.locator("iframe")
                frame.scroll_into_view_if_needed()
                frame.content_frame.get_by_role("link", name="10", exact=True).wait_for()
                seen = frame.screenshot()
                frame.evaluate("frame => { frame.srcdoc = '' }")
                page.wait_for_timeout(50)
                assert len(seen) > 3 * len(frame.screenshot()), f"a sample is blank at {width} px"


def test_the_checker_finds_nothing(app, places, sign_in):
    found = {}
    with browser() as chromium:
        page = chromium.new_context(bypass_csp=True).new_page()
        serve(page, app, sign_in("manager"))
        for path in places:
            page.goto(HOME + path)
            if problems := axe(page):
                found[path] = problems
    assert found == {}


def test_the_audience_is_counted_while_one_chooses_and_a_wave_moves_by_itself(app, session, places, sign_in):
    wave = next(path for path in places if re.fullmatch(r"/waves/\d+", path))
    with browser() as chromium:
        page = chromium.new_page()
        serve(page, app, sign_in("manager"))
        page.goto(HOME + "/programs/new")
        page.get_by_text("61 people").wait_for()
        page.get_by_label("Tier 1").check()
        page.get_by_text("Nobody fits these filters.").wait_for()
        page.goto(HOME + wave)
        page.get_by_text("All mails have left.").wait_for()
        assert page.get_by_role("link", name="Launch").count() == 0
