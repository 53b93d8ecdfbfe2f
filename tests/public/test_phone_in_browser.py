"""The page of an ask on a phone: without script, out of reach of the network, and never sending what nobody pressed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.core.database import transactions
from app.extensions import db
from app.followups.promises.models import Promise
from app.responses.models import PartialAnswer, Response
from tests.browsing import browser, listening

PHONE = {"viewport": {"width": 360, "height": 640}}
KEPT = "Object.values(localStorage).join()"


def answers() -> list[tuple]:
    db.session.rollback()
    transactions.read(db.session)
    found = db.session.execute(sa.select(Response.score, Response.comment, Response.revision)).all()
    return [tuple(row) for row in found]


def partials() -> list[dict]:
    db.session.rollback()
    transactions.read(db.session)
    return list(db.session.scalars(sa.select(PartialAnswer.said)))


@pytest.fixture
def home(app) -> Iterator[str]:
    """The address of a real server, from which a browser can be cut off."""
    with listening(app) as address:
        yield address


def is_partial(response, word: str) -> bool:
    return response.url.endswith("/partial") and word in (response.request.post_data or "")


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_press_without_a_connection_is_kept_and_sent_once_when_there_is_one(home, ask):
    at, plain = ask(), ask()
    with browser() as chromium:
        context = chromium.new_context(**PHONE)
        page = context.new_page()
        page.goto(f"{home}{at.link}?score=9")
        page.wait_for_load_state()
        page.evaluate("document.querySelector('[value=\"3\"]').click()")
        assert page.evaluate(KEPT) == "", "nothing is kept, still less sent, that nobody pressed"
        page.locator("label", has_text=re.compile(r"^\s*4\s*$")).first.click()
        with page.expect_response(lambda one: is_partial(one, "slow")) as sent:
            page.locator("#comment").press_sequentially("Too slow")
            assert "Too slow" in page.evaluate(KEPT)
        assert at.token not in page.evaluate("JSON.stringify(localStorage)")
        assert sent.value.status == 204
        assert [(one["score"], one["comment"]) for one in partials()] == [(4, "Too slow")]

        context.set_offline(True)
        page.locator("button[type=submit]").click()
        page.locator("#offline").wait_for()
        assert "Not sent" in page.locator("#offline").inner_text()
        assert answers() == []
        page.locator("#comment").press_sequentially("er")
        page.locator("button[type=submit]").click()
        context.set_offline(False)
        page.wait_for_url("**/thanks")
        page.wait_for_load_state()
        assert answers() == [(4, "Too slower", 1)]
        assert page.evaluate(KEPT) == ""
        context.close()

        without = chromium.new_context(java_script_enabled=False, **PHONE)
        page = without.new_page()
        page.goto(f"{home}{plain.link}?score=9")
        page.locator("#comment").fill("Fine")
        page.locator("button[type=submit]").click()
        page.wait_for_url("**/thanks")
        assert answers() == [(4, "Too slower", 1), (9, "Fine", 1)]


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_what_is_written_goes_along_to_other_links_of_the_ask_and_is_gone_once_sent(home, ask):
    at, other = ask(), ask("csat")
    with browser() as chromium:
        page = chromium.new_page(**PHONE)
        page.goto(f"{home}{at.link}?score=9")
        page.wait_for_load_state()
        page.locator("label", has_text=re.compile(r"^\s*4\s*$")).first.click()
        page.locator("#comment").press_sequentially("Too slow")
        page.locator(".tongues summary").click()
        page.locator(".tongues a[lang=fr]").click()
        page.wait_for_url("**~fr?score=9")
        page.wait_for_load_state()
        assert (page.locator("#comment").input_value(), page.locator("[value='4']").is_checked()) == (
            "Too slow",
            True,
        )
        page.locator("#comment").press_sequentially("er")
        page.locator("button[type=submit]").click()
        page.wait_for_url("**/thanks")
        page.wait_for_load_state()
        assert answers() == [(4, "Too slower", 1)]
        for link in (at.link, f"{at.link}~de", f"{at.link}~fr"):
            page.goto(f"{home}{link}")
            page.wait_for_load_state()
            assert page.locator("#comment").input_value() == ""
        page.goto(f"{home}{other.link}?score=2")
        page.wait_for_load_state()
        page.locator("#comment").press_sequentially("Slow")
        page.goto(
            f"{home}{other.link}?score=5"
        )  # The number clicked in the mail since goes before the draft.
        page.wait_for_load_state()
        assert page.locator("[name=csat]:checked").get_attribute("value") == "5"
        assert page.locator("#comment").input_value() == "Slow"


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_who_wants_to_be_called_and_has_no_connection_is_called_all_the_same(home, ask):
    at = ask("nps_value")
    with browser() as chromium:
        context = chromium.new_context(**PHONE)
        page = context.new_page()
        page.goto(f"{home}{at.link}?score=3")
        page.locator("button[type=submit]").click()
        page.wait_for_url("**/thanks")
        page.wait_for_load_state()
        page.locator("#phone").fill("12")
        page.locator("button[value=phone]").click()
        page.wait_for_url("**/contact")  # Refused by the server, which says why.
        page.wait_for_load_state()
        assert (page.locator("#phone").input_value(), page.locator("#phone-error").is_visible()) == (
            "12",
            True,
        )

        context.set_offline(True)
        page.locator("#phone").fill("040 123456")
        page.locator("button[value=phone]").click()
        page.locator("#offline").wait_for()
        assert "Not sent" in page.locator("#offline").inner_text()
        assert promises() == []
        context.set_offline(False)
        page.locator(".promise").wait_for()
        assert (promises(), page.evaluate(KEPT)) == ([("phone", "040 123456", False)], "")

        page.wait_for_load_state()
        context.set_offline(True)
        page.locator("button[name=withdraw]").click()
        page.locator("#offline").wait_for()
        page.close()  # Kept on the device, and sent when the page is opened again.
        context.set_offline(False)
        page = context.new_page()
        page.goto(f"{home}{at.link}/thanks")
        page.locator(".promise").wait_for(state="detached")
        page.locator("#phone").wait_for()
        assert (promises(), page.evaluate(KEPT)) == ([("phone", "", True)], "")


def promises() -> list[tuple]:
    db.session.rollback()
    transactions.read(db.session)
    return [
        (one.way, one.phone, one.withdrawn_at is not None) for one in db.session.scalars(sa.select(Promise))
    ]
