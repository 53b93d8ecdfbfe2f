"""The pages of respondents: small, inert, usable by thumb, keyboard and screen reader."""

import itertools
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask, render_template, request
from flask_babel import Babel

from app.core.language import wording
from app.core.language.words import addressing
from app.core.web.headers import RESPONDENT
from app.surveys import templates
from app.surveys import wording as wordings
from tests.browsing import HOME, axe, browser, serve

APP = Path(__file__).resolve().parent.parent / "app"
NAMES = {
    "product": "Northwind Logistics Cloud",
    "company": "Northwind",
    "goal": "Close the month in four days",
}
EVIL = "</textarea><script>alert(1)</script>{{7*7}}\u202e"


def shipped(survey: str, language: str = "en") -> dict:
    """What the answer page is given for a shipped survey."""
    version = templates.shipped(survey, now=datetime.now(UTC)).versions[0]
    items = wordings.asked(version, language, NAMES)
    return {
        "items": items,
        "comment_prompt": wordings.comment_prompt(version, language, NAMES),
        "lang": language,
    }


@pytest.fixture
def pages():
    """An application that shows the templates alone, under the policy that respondents' pages have."""
    app = Flask(__name__, template_folder=str(APP / "templates"), static_folder=str(APP / "static"))
    Babel(app)
    wording.install(app)

    @app.route("/answer/<survey>", methods=["GET", "POST"])
    def answer(survey):
        typed = request.form or request.args
        errors = {"score": "Please choose a number."} if "wrong" in request.args else {}
        given = {"company": "Northwind", "action": request.path, "attempt": "a", "unsubscribe_url": "/u"}
        words = shipped(survey, request.args.get("lang", "en"))
        with addressing(words["lang"]):
            return render_template("public/answer.html", given=typed, errors=errors, **given, **words)

    @app.get("/says/<name>")
    def says(name):
        given = {
            "company": "Northwind",
            "action": "/u",
            "heading": "Heading",
            "words": "Words.",
            "band": "low",
            "given": {},
            "errors": {},
            "decline_url": "/a",
            "often": {"any": "As often as now", "once": "Once a year at most"},
            "chosen_often": "any",
            "kinds": {"general": "Now and then"},
            "back_url": "/a",
            "back_words": "Back",
            "lang": request.args.get("lang", "en"),
        }
        with addressing(given["lang"]):
            return render_template(f"public/{name}.html", **given)

    @app.after_request
    def policy(response):
        response.headers["Content-Security-Policy"] = RESPONDENT
        return response

    return app


@pytest.mark.parametrize("survey", list(templates.QUESTIONS))
def test_nothing_is_inline_and_the_one_script_is_ours(pages, survey):
    page = pages.test_client().get(f"/answer/{survey}").text
    assert not re.search(
        r"<script(?! defer src=\"/static/js/answer.js[^>]*></script>)|<style|\sstyle=|\son\w+=", page
    )


@pytest.mark.parametrize("survey", list(templates.QUESTIONS))
def test_every_value_is_a_native_radio_in_a_named_group(pages, survey):
    page = pages.test_client().get(f"/answer/{survey}").text
    for item in shipped(survey)["items"]:
        wanted = [str(value) for value in item.values] + [key for key, _words in item.choices]
        if wanted:
            assert re.findall(rf'name="{item.name}" value="(\w+)"', page) == wanted
    assert page.count("<legend") == page.count("<fieldset") == page.count("</fieldset>")
    assert page.count("<textarea") == 1


def test_what_was_typed_comes_back_and_stays_text(pages):
    page = pages.test_client().post("/answer/nps", data={"score": "7", "comment": EVIL}).text
    assert "<script>" not in page
    assert "{{7*7}}" in page
    assert re.search(r'value="7" class="middle" checked', page)


def test_an_error_stands_in_the_title_above_and_at_its_field_and_leads_there(pages):
    page = pages.test_client().get("/answer/nps?wrong=1").text
    assert page.count("Please choose a number.") == 3
    assert "<title>Not sent yet. Please look at: Please choose a number. ·" in page
    assert 'aria-describedby="score-error score-ends"' in page
    assert 'href="#score-first"' in page
    assert 'id="score-first"' in page


def test_asking_to_stop_changes_nothing_before_a_button_is_pressed(pages):
    page = pages.test_client().get("/says/preferences").text
    assert '<form method="post" action="/u"' in page


@pytest.mark.browser
def test_the_recommendation_fits_one_phone_screen_with_targets_for_thumbs(pages):
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 640})
        seen = serve(page, pages)
        refused = []
        page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
        for language in ("en", "de"):
            page.goto(f"{HOME}/answer/nps?lang={language}&score=9")
            assert page.evaluate("document.documentElement.scrollHeight") <= 640
        boxes = [label.bounding_box() for label in page.locator(".scale label").all()]
        assert len({box["y"] for box in boxes}) == 2
        assert min(min(box["width"], box["height"]) for box in boxes) >= 44
        page.set_viewport_size({"width": 320, "height": 640})
        for path in ("answer/nps", "answer/nps_value", "says/preferences", "says/skip", "says/thanks"):
            page.goto(f"{HOME}/{path}?lang=de")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert [text for text in refused if "favicon" not in text and "404" not in text] == []
        assert all(url.startswith(HOME) for url, _size in seen)


@pytest.mark.browser
def test_longer_surveys_end_on_a_phones_screen_and_nothing_moves_when_a_number_is_chosen(pages):
    small = """[...document.querySelectorAll('label:has(input), button, summary, a')].filter(one => one.checkVisibility())
        .map(one => one.getBoundingClientRect()).filter(box => box.width < 43.9 || box.height < 43.9).length"""
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 800})
        serve(page, pages)
        send = page.locator("form button")
        for survey in templates.QUESTIONS:
            page.set_viewport_size({"width": 360, "height": 800})
            page.goto(f"{HOME}/answer/{survey}?lang=de")
            before = send.bounding_box()
            assert before["y"] + before["height"] <= 800, survey
            for number in range(3, 10, 3):
                for label in page.locator(f"label:has([name=score][value='{number}'])").all():
                    label.click()
                    assert send.bounding_box() == before, survey
            for width in (360, 320):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(small) == 0, (survey, width)
        page.set_viewport_size({"width": 360, "height": 800})
        page.goto(f"{HOME}/answer/value")
        ease = page.locator("label:has([name=value_ease][value='2'])")
        assert not ease.is_visible()
        page.locator("summary", has_text="How easy").click()
        ease.click()
        page.set_viewport_size({"width": 768, "height": 800})
        page.locator("label:has([name=value_goal][value='1'])").click()
        assert page.locator("summary:visible").count() == 0, "where there is room it all stands open"
        page.locator("label:has([name=value_overall][value='7'])").click()
        with page.expect_request(lambda request: request.method == "POST") as sent:
            send.click()
        assert sent.value.post_data == "attempt=a&value_overall=7&value_goal=1&value_ease=2&comment="


def test_what_was_answered_or_is_wrong_does_not_stand_folded(pages):
    client = pages.test_client()
    assert client.get("/answer/value").text.count('<details class="fold">') == 2
    page = client.post("/answer/value", data={"value_ease": "2"}).text
    assert (page.count('<details class="fold">'), page.count('<details class="fold" open>')) == (1, 1)


@pytest.mark.browser
def test_the_ways_out_are_apart_from_each_other_and_wide_enough_for_thumbs(pages):
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": 360, "height": 640})
        serve(page, pages)
        for width in (320, 768):
            page.set_viewport_size({"width": width, "height": 640})
            page.goto(f"{HOME}/says/skip?lang=de")
            boxes = [button.bounding_box() for button in page.get_by_role("button").all()]
            assert len(boxes) == 3
            assert len({box["width"] for box in boxes}) == 1
            assert min(box["height"] for box in boxes) >= 44
            assert min(b["y"] - a["y"] - a["height"] for a, b in itertools.pairwise(boxes)) >= 8


@pytest.mark.browser
def test_everything_weighs_less_than_thirty_kilobytes(pages):
    with browser() as chromium:
        page = chromium.new_page()
        seen = serve(page, pages)
        page.goto(f"{HOME}/answer/nps_value")
        assert 5_000 < sum(size for url, size in seen if "favicon" not in url) < 30_000


@pytest.mark.browser
def test_the_question_about_the_reason_follows_the_number_without_script(pages):
    with browser() as chromium:
        page = chromium.new_context(java_script_enabled=False).new_page()
        serve(page, pages)
        page.goto(f"{HOME}/answer/nps")
        words = templates.shipped_words()["en"]["questions"]["comment"]
        assert page.get_by_label(words["any"]).is_visible()
        for score, band in [(0, "low"), (6, "low"), (7, "middle"), (8, "middle"), (9, "high"), (10, "high")]:
            page.locator(f"input[value='{score}']").check()
            shown = [b.inner_text() for b in page.locator("label.ask b").all() if b.is_visible()]
            assert shown == [words[band]]


@pytest.mark.browser
def test_the_keyboard_alone_answers(pages):
    with browser() as chromium:
        page = chromium.new_page()
        serve(page, pages)
        page.goto(f"{HOME}/answer/nps")
        for key in ["Tab", "Space", "ArrowRight", "ArrowRight", "Tab", "x", "Tab"]:
            page.keyboard.press(key)
        with page.expect_request(lambda request: request.method == "POST") as sent:
            page.keyboard.press("Enter")
        assert sent.value.post_data == "attempt=a&score=2&comment=x"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checker_finds_nothing_on_any_page(pages, scheme):
    paths = [f"/answer/{survey}?wrong=1&score=3" for survey in templates.QUESTIONS]
    paths += [f"/says/{name}?lang=de" for name in ("thanks", "preferences", "skip", "closed", "message")]
    with browser() as chromium:
        page = chromium.new_context(color_scheme=scheme, bypass_csp=True).new_page()
        serve(page, pages)
        for path in paths:
            page.goto(HOME + path)
            assert axe(page) == [], path
