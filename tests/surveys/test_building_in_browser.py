"""The builder in a browser: nothing for the checker to find, nothing wider than a phone."""

from __future__ import annotations

import pytest

from app.core import clock
from app.surveys import templates
from app.surveys.building import drafts
from app.surveys.models import Survey
from tests.browsing import HOME, axe, browser, serve


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_pages_of_a_draft_fit_a_phone_and_the_checker_finds_nothing(app, session, sign_in):
    now = clock.now()
    templates.ensure(session, now=now)
    survey = session.query(Survey).filter_by(key="csat").one()
    question = drafts.add(session, drafts.begun(session, survey, now=now), "goal")
    session.commit()
    at = f"/surveys/{survey.id}"
    with browser() as chromium:
        page = chromium.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True).new_page()
        serve(page, app, sign_in("manager"))
        found = {}
        for path in (
            "/surveys/library",
            at,
            f"{at}/draft/questions/{question.id}",
            f"{at}/answers",
            f"{at}/draft",
        ):
            page.goto(HOME + path)
            page.wait_for_load_state()
            wide = page.evaluate("document.documentElement.scrollWidth")
            found[path] = axe(page) + ([f"{wide} px wide"] if wide > 360 else [])
        assert {path: wrong for path, wrong in found.items() if wrong} == {}
