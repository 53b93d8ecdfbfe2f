"""What our mails say, and that they can be read and pressed where mails are read."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import sync_playwright

import config
from app.core.installation import Installation
from app.delivery import letters
from app.delivery.mail.compiling import Compiled, Person, Sender
from app.surveys import templates
from app.surveys.models import Survey
from tests import make
from tests.make import NOW

CHROMIUM = os.environ.get("JUSTASK_CHROMIUM") or "/usr/bin/chromium"
TEMPLATES = Path(letters.__file__).parent.parent / "templates" / "email"
ASK = letters.Ask(
    company="Vendor <Ltd>",
    base_url="https://ask.vendor.example/",
    language="en",
    question="How likely are you to recommend Vendor to a friend or colleague?",
    low="Not at all likely",
    high="Extremely likely",
)
VALUES = {
    "greeting": "Hello Ann,",
    "account": "Customer & Sons",
    "token": "T" * 44,
    "closes_on": "Wednesday, 25 March 2026",
}


@pytest.fixture(params=["sqlite"])
def database_kind(request):
    """Words need an application but no database worth the name."""
    return request.param


GERMAN = {
    "language": "de",
    "question": "Wie wahrscheinlich ist es, dass Sie Vendor Kolleginnen, Kollegen oder anderen aus Ihrem Fach empfehlen?",
    "low": "überhaupt nicht wahrscheinlich",
    "high": "äußerst wahrscheinlich",
}


EFFORT = {"scale": range(1, 8), "low": "very difficult", "high": "very easy"}


@pytest.fixture
def wordings(app):
    return {
        "invitation": letters.invitation(ASK),
        "reminder": letters.reminder(ASK, is_last=False),
        "last reminder": letters.reminder(ASK, is_last=True),
        "effort": letters.invitation(letters.Ask(**ASK.__dict__ | EFFORT)),
        "German": letters.invitation(letters.Ask(**ASK.__dict__ | GERMAN)),
        "value": letters.invitation(
            letters.Ask("Vendor", "https://a.example", "en", "Three", has_scores=False)
        ),
        "test": letters.trial(
            "Vendor", "en", server="smtp.vendor.example:587", confirm_url="https://a.example/c"
        ),
    }


def test_every_mail_has_a_subject_a_text_and_html():
    folders = [path for path in TEMPLATES.iterdir() if path.is_dir()]
    assert folders
    for folder in folders:
        assert {"subject.txt", "body.txt", "body.html"} <= {path.name for path in folder.iterdir()}, (
            folder.name
        )


def test_no_mail_shows_what_a_template_forgot(wordings):
    for name, wording in wordings.items():
        for part in ("subject", "text", "html"):
            shown = wording.fill(part, VALUES)
            assert shown.strip(), (name, part)
            assert not re.search(r"\{\{|\{%|None|Undefined", shown), (name, part)
            assert not re.search(r"<script|<form|<iframe|<img|javascript:", shown), (name, part)


def test_an_invitation_carries_eleven_links_in_both_bodies(wordings):
    links = [f"https://ask.vendor.example/a/{'T' * 44}?score={n}" for n in range(11)]
    html = wordings["invitation"].fill("html", VALUES)
    assert re.findall(r'href="([^"]*score=\d+)"', html) == links
    assert re.findall(r"\S+score=\d+", wordings["invitation"].fill("text", VALUES)) == links


def test_both_ends_of_the_scale_are_worded(wordings):
    for part in ("text", "html"):
        shown = wordings["invitation"].fill(part, VALUES)
        assert "0 = Not at all likely" in shown
        assert "10 = Extremely likely" in shown


def test_a_mail_says_who_asks_and_why_and_how_to_end_it(wordings):
    for name in ("invitation", "reminder", "last reminder"):
        shown = wordings[name].fill("text", VALUES)
        assert "Vendor <Ltd> asks you because you work with us at Customer & Sons." in shown
        assert f"Ask me less often, or not at all: https://ask.vendor.example/u/{'T' * 44}\n" in shown
        assert "Not this time: https://ask.vendor.example/u/" in shown
        assert wordings[name].unsubscribe[0].startswith("https://ask.vendor.example/u/")


def test_names_of_companies_are_inert(wordings):
    html = wordings["invitation"].fill("html", VALUES | {"account": "<b>x</b>"})
    assert "Vendor &lt;Ltd&gt;" in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "<b>x" not in html


def test_other_scales_have_links_of_their_own_numbers(wordings):
    html, text = (wordings["effort"].fill(part, VALUES) for part in ("html", "text"))
    for body in (html, text):
        found = [f"score={number}" in body for number in (0, 1, 7, 8)]
        assert found == [False, True, True, False]
        assert "1 = very difficult" in body
        assert "7 = very easy" in body


def test_a_survey_without_scores_has_one_button(wordings):
    html = wordings["value"].fill("html", VALUES)
    assert "score=" not in html
    assert html.count("Give my answer") == 1


def test_staff_can_word_the_subject_and_the_first_sentence(app):
    own = {"subject": "Your  half\nyear", "opening": "It is time.", "closing": "We read it."}
    ask = letters.Ask(**ASK.__dict__ | own)
    wording = letters.invitation(ask)
    assert wording.subject == "Your half year"
    for shown in (wording.html, wording.text):
        assert "It is time." in shown
        assert "We read it." in shown


def test_a_reminder_names_the_day_and_whether_it_is_the_last(wordings):
    assert "Until Wednesday, 25 March 2026" in wordings["reminder"].fill("text", VALUES)
    assert "leave you in peace" in wordings["last reminder"].fill("html", VALUES)
    assert wordings["reminder"].names() == {"greeting", "account", "token", "closes_on"}


def test_words_for_one_person(app):
    assert letters.greeting("Ann", "King", "en") == "Hello Ann,"
    assert letters.greeting(" ", "King", "en") == "Hello,"
    assert letters.greeting("Ann", "König", "de-AT") == "Guten Tag Ann König!"
    assert letters.day_in_words(date(2026, 3, 25), "en") == "Wednesday, March 25, 2026"


@pytest.mark.parametrize(
    ("language", "lang", "direction"),
    [
        ("en", "en", "ltr"),
        ("pt-BR", "pt-BR", "ltr"),
        ("pt_BR", "pt-BR", "ltr"),
        ("ar", "ar", "rtl"),
        ("xx", "en", "ltr"),
        ("", "en", "ltr"),
    ],
)
def test_a_mail_declares_its_language_and_direction(app, language, lang, direction):
    wording = letters.invitation(letters.Ask(**{**ASK.__dict__, "language": language}))
    assert f'<html lang="{lang}" dir="{direction}">' in wording.html
    assert wording.language == lang


def test_a_letter_becomes_a_whole_mail(wordings):
    compiled = Compiled(wordings["invitation"], Sender("Vendor", "ask@vendor.example"))
    octets = compiled.finish(
        Person("Ann", "ann@customer.example"),
        VALUES,
        message_id="a@vendor.example",
        now=datetime(2026, 3, 4, tzinfo=UTC),
    )
    message = message_from_bytes(octets, policy=policy.default)
    assert message["Subject"] == "One question from Vendor <Ltd>"
    text = next(message.iter_parts())
    assert text.get_content().replace("\r\n", "\n") == wordings["invitation"].fill("text", VALUES) + "\n"
    assert len(octets) < 20_000


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "rows"), [(320, 2), (360, 2), (600, 1), (1024, 1)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "numbers"), [("invitation", 11), ("German", 11), ("effort", 7)])
def test_scores_are_pressable_and_readable_at_any_width(
    browser, wordings, width, rows, scheme, name, numbers
):
    page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)
    page.set_content(wordings[name].fill("html", VALUES))
    boxes = [link.bounding_box() for link in page.locator(".score a").all()]
    assert len(boxes) == numbers
    assert all(box["width"] >= 40 and box["height"] >= 40 for box in boxes)
    assert len({round(box["y"]) for box in boxes}) <= rows
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST, ["td, a, p"]) >= 4.5
    page.close()


CONTRAST = """([selector]) => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = numbers(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const worded = [...document.querySelectorAll(selector)].filter(node =>
    [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()));
  return Math.min(...worded.map(node => {
    const [a, b] = [light(numbers(getComputedStyle(node).color)), light(ground(node))];
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  }));
}"""


NAMELESS = {"en": "our company", "de": "unser Unternehmen", "ja": "当社"}


@pytest.mark.parametrize("sender", ["surveys@vendor.example", "<surveys@vendor.example>"])
def test_a_company_without_a_name_asks_as_our_company(app, session, sender):
    here = Installation(company="", product="")
    company = letters.company_of(here, config.load({}, MAIL_FROM=sender))
    templates.ensure(session, now=NOW)
    program = make.program(survey=session.scalars(sa.select(Survey).filter_by(key="nps")).one())
    for language, called in NAMELESS.items():
        ask = letters.ask_of(program, program.survey.current, language, company)
        assert called in ask.question
        wording = letters.invitation(ask)
        for part in (wording.subject, wording.text, wording.html):
            assert called in part
        told = letters.told(company, language, letters.Saying("Slow.", "Faster."))
        assert f">{called}" in told.html


@pytest.mark.parametrize(
    ("own", "name"), [("", "Vendor Surveys"), ("Vendor Ltd", "Vendor Ltd")], ids=["none", "own"]
)
def test_a_company_is_called_by_its_own_name_else_by_the_sender_s(own, name):
    settings = config.load({}, MAIL_FROM='"Vendor Surveys" <surveys@vendor.example>')
    assert letters.company_of(Installation(company=own, product=""), settings).name == name
