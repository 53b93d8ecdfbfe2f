"""The pages of webhooks: entered, tried in a browser, looked at in the log, given another secret, switched off, taken away."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app import jobs
from app.core import clock
from app.core.outbox_rows import OutboxRow
from app.integrations.webhooks.models import EventKind, Webhook
from tests import make
from tests.browsing import axe, browser, listening
from tests.posting import token

PATH = "/settings/webhooks"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.mark.settings_with(CHAT_ALLOW=("127.0.0.1",))
def test_a_webhook_is_entered_used_and_taken_away(sign_in, session, receiver):
    admin = sign_in("admin")
    assert "No webhooks yet" in admin.get(PATH).text
    csrf = {"csrf_token": token(admin.get(f"{PATH}/new").text)}

    def post(path: str, **fields):
        answer = admin.post(PATH + path, data=csrf | fields)
        session.expire_all()
        return answer

    inside = {"url": "https://10.0.0.1/x", "events": ["task.opened"]}
    assert "not on the public internet" in post("", **inside).text
    assert "Choose at least one event" in post("", url=f"{receiver.address}/x").text
    made = post("", url=f"{receiver.address}/x", description="CRM <b>", events=["task.opened", "nonsense"])
    secret = SECRET.search(made.text)[0]
    found = session.scalars(sa.select(Webhook)).one()
    page = f"{PATH}/{found.id}"
    assert secret not in admin.get(page).text + admin.get(PATH).text + admin.get(f"{page}/edit").text
    assert "CRM &lt;b&gt;" in admin.get(PATH).text
    assert post(f"/{found.id}", url=found.url, events=["task.opened", "alert.opened"]).status_code == 303
    assert found.events == [EventKind.TASK_OPENED, EventKind.ALERT_OPENED]
    assert post(f"/{found.id}", url="file:///x", events=["task.opened"]).status_code == 400
    assert found.url == f"{receiver.address}/x"
    assert SECRET.search(post(f"/{found.id}/secret").text)[0] != secret

    receiver.codes = [500, 200]
    post(f"/{found.id}/test")
    jobs.send_webhooks(clock.now())
    row = session.scalars(sa.select(OutboxRow)).one()
    assert "The webhook answered 500." in admin.get(page).text
    assert "Messages do not arrive." in admin.get(page).text
    assert post(f"/{found.id}/messages/{row.id}/again").status_code == 303
    jobs.send_webhooks(clock.now())
    session.expire_all()
    assert "arrived" in admin.get(page).text
    assert {headers["webhook-id"] for headers in receiver.headers} == {row.message_id}
    assert post(f"/{found.id}/off").status_code == 303
    assert post(f"/{found.id}/test").status_code == 409
    assert "Somebody switched it off" in admin.get(page).text
    assert post(f"/{found.id}/on").status_code == 303
    assert found.is_on
    assert post(f"/{found.id}/removal").status_code == 303
    assert admin.get(page).status_code == 404
    assert session.scalars(sa.select(OutboxRow)).all() == []


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.settings_with(CHAT_ALLOW=("127.0.0.1",))
def test_an_administrator_sends_a_test_and_sees_it_arrive(app, session, receiver):
    email = make.staff("admin", password=make.PASSWORD).email
    session.commit()  # The browser asks from elsewhere and must not wait for the test.
    with listening(app) as home, browser() as chromium:
        page = chromium.new_context(viewport={"width": 360, "height": 800}, bypass_csp=True).new_page()
        page.goto(f"{home}/sign-in")
        page.fill("input[name=email]", email)
        page.fill("input[name=password]", make.PASSWORD)
        page.get_by_role("button", name=re.compile("Sign in", re.I)).click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto(home + PATH)
        page.get_by_role("link", name="New webhook").first.click()
        page.get_by_role("textbox", name="Address").fill(f"{receiver.address}/hook")
        page.get_by_label("Somebody answered").check()
        assert axe(page) == []
        page.get_by_role("button", name="Enter the webhook").click()
        expect(page.locator("#secret")).to_contain_text("whsec_")
        page.get_by_role("link", name="Done").click()
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("A test is on its way")).to_be_visible()
        jobs.send_webhooks(clock.now())
        page.reload()
        expect(page.locator("#log").get_by_text("arrived")).to_be_visible()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(color_scheme="dark")
        assert axe(page) == []
    assert [(path, body["type"]) for path, body in receiver.posted] == [("/hook", "webhook.test")]
