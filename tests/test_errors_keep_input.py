"""No error takes away what somebody typed: the page hands it back, and sends it again where that can help."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy.exc import OperationalError

from app.auth.access import viewer
from app.core.errors import Refused
from tests import make
from tests.posting import token

TEXT = 'Zeile "eins" & <b>zwei</b> שלום 🧑‍🚀'


def away():
    raise OperationalError("SELECT 1", {}, Exception("database is locked"))


def refused():
    raise Refused("A rule stands against it.")


def broken():
    raise RuntimeError("no")


@pytest.fixture
def person(app, sign_in):
    """Somebody signed in, on an installation with forms at /away, /refused and /broken."""
    for name, view in {"away": away, "refused": refused, "broken": broken}.items():
        app.add_url_rule(f"/{name}", name, viewer(view), methods=["GET", "POST"])
    return sign_in("csm")


def kept(page) -> dict[str, str]:
    """The hidden fields of the form that sends it all again."""
    return {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
    }


@pytest.mark.parametrize(("path", "status"), [("/away", 503), ("/refused", 409), ("/broken", 500)])
def test_a_form_that_could_not_be_taken_is_sent_again_by_one_press(person, path, status):
    sent = {"csrf_token": token(person.get("/settings/you")), "words": TEXT, "kind": "call", "two_way": "y"}
    page = person.post(path, data=sent)
    assert page.status_code == status
    assert f'<form method="post" action="{path}"' in page.text
    assert "Try again with the same entries" in page.text
    again = {name: value for name, value in kept(page).items() if name in sent}
    assert again | {"csrf_token": ""} == sent | {"csrf_token": ""}
    assert person.post(path, data=again).status_code == status, "the token of the page is a good one"


def test_a_page_that_failed_to_load_offers_another_try(person):
    page = person.get("/away?q=acme")
    assert page.status_code == 503
    assert "cannot be shown just now" in page.text
    assert "saved" not in page.text.partition("<main")[2]
    assert re.search(r'<a class="btn btn-primary" href="/away\?q=acme">\s*Try again', page.text)


def test_a_refusal_leads_back_to_the_page_of_the_form(person):
    sent = {"csrf_token": token(person.get("/settings/you")), "words": TEXT, "kind": "product_bug"}
    page = person.post("/refused", data=sent, headers={"Referer": "http://localhost/tasks/3?owner=all"})
    assert re.search(r'<a class="btn btn-primary" href="/tasks/3\?owner=all">Back to the page', page.text)
    assert "product_bug</p>" not in page.text, "what a choice is called inside is nobody's words"
    for elsewhere in ("https://evil.example/x", "http://localhost//evil.example", "http://localhost/refused"):
        page = person.post("/refused", data=sent, headers={"Referer": elsewhere})
        assert "Back to the page" not in page.text


def test_a_form_of_another_page_is_shown_but_not_sent_again(person):
    came_from = {"Referer": "http://localhost/tasks/3"}
    page = person.post("/refused", data={"csrf_token": "stale", "words": TEXT}, headers=came_from)
    assert page.status_code == 400
    assert re.search(r'href="/tasks/3">Back to the page', page.text)
    assert "older than your session" in page.text
    assert html.escape(TEXT, quote=False).replace('"', "&#34;") in page.text
    assert "<b>zwei" not in page.text
    assert "Try again with" not in page.text


def test_a_session_that_ended_hands_the_text_back(app, person, session):
    account = make.account()
    session.commit()
    form = {"csrf_token": token(person.get(f"/accounts/{account.id}")), "words": TEXT}
    with person.session_transaction() as cookie:
        cookie.pop("_user_id")
    page = person.post(f"/accounts/{account.id}/touches", data=form)
    assert page.status_code == 401
    assert "You are signed out" in page.text
    assert "שלום" in page.text
    assert (
        person.post(f"/accounts/{account.id}/touches", data={"csrf_token": form["csrf_token"]}).status_code
        == 302
    )


def test_no_password_is_ever_handed_back(person):
    form = {"csrf_token": "stale", "present": "my old secret", "new": "my new secret"}
    page = person.post("/settings/password", data=form)
    assert page.status_code == 400
    assert "secret" not in page.text


def test_whoever_is_signed_in_keeps_the_sections_around_an_error(person, client):
    page = person.get("/no/such/page")
    assert page.status_code == 404
    assert page.text.count("<h1") == 1
    assert 'class="sections"' in page.text
    assert 'class="sections"' not in client.get("/no/such/page").text
    assert 'class="sections"' not in person.get("/away").text, "nothing is asked of a database that is away"
