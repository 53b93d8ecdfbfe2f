"""The page on which a program's words are written: refused at the field, shown as they will be read, kept by language."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.core import clock
from app.core.installation import installation
from app.surveys import templates
from app.surveys.models import Program, Survey
from tests import make
from tests.browsing import HOME, axe, browser, serve
from tests.posting import post, token

EVIL = "</textarea><script>alert(1)</script>{{7*7}} ${7*7}"


@pytest.fixture
def program(session):
    templates.ensure(session, now=clock.now())
    installation(session).company = "Vendor"
    made = make.program(name="Half-yearly", survey=session.query(Survey).filter_by(key="nps").one())
    for language in ("en", "de", "sv", "sv-FI", None):
        make.contact(language=language)
    session.commit()
    return made


def url(program, more="?language=en") -> str:
    return f"/programs/{program.id}/words{more}"


def looks(page) -> tuple[str, str]:
    """The mail and the page that are shown."""
    mail, answer, *_thanks = re.findall(r'srcdoc="([^"]*)"', page.text)
    return unescape(mail), unescape(answer)


def test_words_are_kept_for_their_language_alone_and_shown_in_the_mail(sign_in, session, program):
    manager = sign_in("manager")
    for language, subject in (("de", "Eine Frage, {first_name}"), ("en", "One question, {first_name}")):
        at = url(program, f"?language={language}")
        done = post(manager, at, at, subject=subject, opening="<b>Hi</b> {account}")
        assert done.status_code == 303
        assert f"language={language}" in done.headers["Location"]
    session.expire_all()
    assert session.get(Program, program.id).mail == {
        "de": {"subject": "Eine Frage, {first_name}", "opening": "<b>Hi</b> {account}"},
        "en": {"subject": "One question, {first_name}", "opening": "<b>Hi</b> {account}"},
    }
    page = manager.get(url(program))
    assert "One question, Kim" in page.text
    assert "&lt;b&gt;Hi&lt;/b&gt; Northgate Foods" in looks(page)[0]
    assert "Words of its own in: " in manager.get(f"/programs/{program.id}").text
    at = url(program, "?language=de")
    post(manager, at, at, subject="", opening=" ")
    session.expire_all()
    assert set(session.get(Program, program.id).mail) == {"en"}


@pytest.mark.parametrize("field", ["subject", "closing", "last_reminder_opening"])
def test_a_wrong_placeholder_is_refused_at_its_field_and_the_words_come_back(
    sign_in, session, program, field
):
    manager, words = sign_in("manager"), {"opening": "Kept words", field: f"Dear {EVIL}"}
    refused = post(manager, url(program), url(program), **words)
    assert refused.status_code == 400
    assert f'id="{field}-error"' in refused.text
    assert (
        f"Character {len('Dear ' + EVIL.partition('{')[0]) + 1}: this brace has no partner." in refused.text
    )
    assert "Kept words" in refused.text
    assert "<script>alert" not in refused.text
    assert "49" not in looks(refused)[0]
    session.expire_all()
    assert session.get(Program, program.id).mail == {}


def test_a_preview_shows_what_was_typed_and_keeps_nothing(sign_in, session, program):
    manager, at = sign_in("manager"), url(program, "/preview?language=de")
    given = {"csrf_token": token(manager.get(url(program))), "reminder_opening": "Noch einmal, {first_name}!"}
    views = {"mail": "reminder", "person": "nameless", "scheme": "dark", "width": "phone"}
    page = manager.post(at, data=given | views)
    assert page.status_code == 200
    mail, answer = looks(page)
    assert "Noch einmal,!" in mail
    assert "Nordgate" not in mail
    assert "background-color: #13161c" in mail
    assert 'style="color-scheme: dark"' in answer
    assert "looks--phone" in page.text
    session.expire_all()
    assert session.get(Program, program.id).mail == {}


def test_who_reads_it_is_counted_and_what_is_missing_is_told(sign_in, session, program):
    program.mail = {"en": {"subject": "Own"}}
    session.commit()
    page = sign_in("manager").get(url(program)).text
    assert "2 people speak Swedish, in which there is no survey: asked in English." in page
    assert "1 person reads German, in which this program has no words of its own" in page
    assert "The language of 1 person is not known: asked in English." in page
    assert "1 person reads English." in page


def test_only_managers_write_words(sign_in, program):
    assert sign_in("csm").get(url(program)).status_code == 403


@pytest.mark.browser
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_preview_follows_the_typing_and_works_by_its_button_without_script(
    app, session, program, sign_in
):
    manager, at = sign_in("manager"), HOME + url(program)
    session.commit()
    with browser() as chromium:
        page = chromium.new_context(bypass_csp=True, viewport={"width": 1440, "height": 900}).new_page()
        serve(page, app, manager)
        page.goto(at)
        page.get_by_label("Before the question", exact=True).fill("Typed for {first_name}")
        page.frame_locator("iframe.look").first.get_by_text("Typed for Kim").wait_for()
        page.get_by_label("Written to").select_option("nameless")
        page.frame_locator("iframe.look").first.get_by_text("Typed for", exact=True).wait_for()
        for width, scheme in ((1440, "light"), (360, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert axe(page) == []
        plain = chromium.new_context(java_script_enabled=False).new_page()
        serve(plain, app, manager)
        plain.goto(at)
        plain.get_by_label("Before the question", exact=True).fill("Pressed for {sender}")
        plain.get_by_role("button", name="Preview").focus()
        plain.keyboard.press("Enter")
        plain.frame_locator("iframe.look").first.get_by_text("Pressed for Vendor").wait_for()


def test_words_of_the_pages_are_kept_shown_and_tried_out(sign_in, session, program):
    manager, at = sign_in("manager"), url(program)
    given = {
        "page_opening": "{first_name}, one minute for {account}?\nWe read it all.",
        "page_comment": "What should we know?",
        "thanks": "Thanks, <b>{first_name}</b>.",
        "thanks_low": "We call you this week.",
    }
    assert post(manager, at, at, **given).status_code == 303
    session.expire_all()
    assert session.get(Program, program.id).mail == {"en": given}
    pages = [unescape(found) for found in re.findall(r'srcdoc="([^"]*)"', manager.get(at).text)][1:]
    answer, happy, unhappy = pages
    assert "Kim, one minute for Northgate Foods?</p>" in answer
    assert answer.count("What should we know?") == 4
    assert "Thanks, &lt;b&gt;Kim&lt;/b&gt;." in happy
    assert "We call you this week." in unhappy
    assert "Kim" not in unhappy
    wrong = post(manager, at, at, thanks="From {sender}")
    assert wrong.status_code == 400
    assert "there is no placeholder {sender}" in wrong.text
