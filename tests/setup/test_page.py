"""The set-up page, as an administrator uses it."""

from __future__ import annotations

import re

import pytest

from app.core.installation import installation
from tests.auth.conftest import token_of


@pytest.fixture
def post(sign_in):
    client = sign_in("admin")

    def send(path, **fields):
        token = token_of(client.get("/setup").text)
        return client.post(path, data={"csrf_token": token} | fields)

    send.client = client
    return send


def test_going_live_on_the_page_is_refused_and_names_what_is_missing(post, session):
    page = post.client.get("/setup").text
    assert "JUSTASK_BASE_URL" in page
    assert post("/setup/live", confirm="go live").status_code == 409
    assert post("/setup/live", confirm="yes").status_code == 400
    assert not installation(session).is_live


def test_company_and_allow_list_are_kept(post, session):
    assert post("/setup/company", company="Own Ltd", product="Ownware").status_code == 303
    assert post("/setup/allow-list", allowed="Me@own.example\nown.example").status_code == 303
    assert post("/setup/allow-list", allowed="nonsense").status_code == 400
    row = installation(session)
    assert (row.company, row.product) == ("Own Ltd", "Ownware")
    assert row.allowed_recipients == ["me@own.example", "own.example"]


@pytest.mark.settings_with(MAIL_URL="smtp://127.0.0.1:1")
def test_a_test_mail_is_confirmed_by_its_link_and_a_press(post, session):
    assert post("/setup/test-mail").status_code == 303
    letter = session.execute(
        installation.__globals__["sa"].text("SELECT text FROM outbox_letters")
    ).scalar_one()
    code = re.search(r"/setup/confirm/([\w-]+)", letter)[1]
    assert post.client.get(f"/setup/confirm/{code}").status_code == 200
    assert installation(session).mail_confirmed_at is None
    assert post("/setup/confirm/wrong").status_code == 409
    assert post(f"/setup/confirm/{code}").status_code == 303
    assert installation(session).mail_confirmed_at
