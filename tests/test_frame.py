"""The frame around staff pages and errors."""

import re

import pytest
from flask import render_template_string
from markupsafe import escape
from sqlalchemy.exc import OperationalError

from app.auth.access import public, viewer
from app.auth.models import Theme
from app.core.installation import Installation
from app.core.web.shell import kept

PAGE = '{% extends "base.html" %}{% block title %}{{ "A & B" }}{% endblock %}{% block content %}<p>body</p>{% endblock %}'


@pytest.fixture
def framed(app):
    """An application with one page in the frame, at /planted."""
    app.add_url_rule("/planted", "planted", viewer(lambda: render_template_string(PAGE)))
    return app


def test_a_page_has_one_heading_a_way_past_the_sections_and_a_way_out(framed, sign_in):
    page = sign_in("csm").get("/planted").text
    assert page.count("<h1") == 1
    assert "<title>A &amp; B · JustAsk</title>" in page
    assert 'href="#main"' in page
    assert 'action="/sign-out"' in page


def test_rehearsal_is_said_on_every_page_until_it_ends(framed, sign_in, now, session):
    client = sign_in("viewer")
    assert "Rehearsal." in client.get("/planted").text
    session.get_one(Installation, 1).live_at = now
    session.commit()
    assert "Rehearsal." not in client.get("/planted").text


@pytest.mark.parametrize("theme", list(Theme))
def test_the_theme_is_the_persons_own(framed, sign_in, theme):
    assert f'data-bs-theme="{theme}"' in sign_in("viewer", theme=theme).get("/planted").text


def test_what_is_kept_of_the_frame_says_nothing_of_whoever_asked_first(framed, sign_in):
    clients = [sign_in("viewer", name=name) for name in ("Ann <b>", "Bo & Co", "")]
    pages = [client.get(f"/planted?from={number}").text for number, client in enumerate(clients)]
    tokens = [re.findall(r'csrf(?:-token" content|_token" value)="([^"]+)"', page) for page in pages]
    assert [len(own) for own in tokens] == [3, 3, 3]
    assert len({one for own in tokens for one in own}) == 3
    for number, (client, page) in enumerate(zip(clients, pages, strict=True)):
        named = page.count(str(escape(client.person.display_name)))
        assert named == (3 if client.person.name else 4)
        assert f'name="next" value="/planted?from={number}"' in page
        assert client.person.email in page
        assert kept.MARK not in page
    assert "Ann" not in pages[1] + pages[2]


def test_an_unknown_address_gives_a_page_without_details(client):
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text
    assert "/no/such/page" not in answer.text


def test_an_unknown_address_does_not_read_what_is_sent_to_it(client):
    client.application.config["MAX_CONTENT_LENGTH"] = 1000
    sent = client.post("/no-such-page", data=b"x" * 2000, content_type="multipart/form-data; boundary=x")
    assert sent.status_code in (404, 413)


def test_a_file_that_is_too_large_is_refused_in_words_between_the_sections(app, sign_in):
    client = sign_in("admin")
    app.config["MAX_CONTENT_LENGTH"] = 3 * 1024 * 1024
    sent = {"data": b"x" * (3 * 1024 * 1024 + 1), "content_type": "multipart/form-data; boundary=x"}
    answer = client.post("/imports/", headers={"Referer": "http://localhost/imports/"}, **sent)
    assert answer.status_code == 413
    assert "3 MB at most. Nothing of it was taken" in answer.text
    assert client.person.email in answer.text
    assert '<header class="rail">' in answer.text
    assert 'href="/imports/">Back to the page' in answer.text


def test_a_database_that_is_away_is_said_without_asking_it(app, client):
    def fail():
        raise OperationalError("SELECT 1", {}, Exception("disk I/O error"))

    app.add_url_rule("/failing", "failing", public(fail))
    answer = client.get("/failing")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "Try again" in answer.text
    assert "SELECT" not in answer.text


def test_respondents_errors_load_the_sheets_of_messages_and_no_script(client):
    page = client.get("/a/not-a-token").text
    assert re.findall(r'rel="stylesheet" href="[^"]*/css/(\w+)\.', page) == ["public", "message"]
    assert "<script" not in page
    assert "style=" not in page
