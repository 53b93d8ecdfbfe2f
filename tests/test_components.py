"""The building blocks of pages: honest about small numbers, and inert whatever text they are given."""

from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel

from app.core.language import wording
from app.core.web.shell import kept

APP = Path(__file__).resolve().parent.parent / "app"


@pytest.fixture
def render():
    """Renders a call of one building block."""
    app = Flask(__name__, template_folder=str(APP / "templates"), static_folder=str(APP / "static"))
    Babel(app)
    wording.install(app)
    kept.install(app)
    with app.test_request_context():
        yield lambda call, **names: render_template_string(
            '{% import "components.html" as ui %}' + call, **names
        )


def test_under_five_answers_there_is_no_nps(render):
    assert "too few" in render("{{ ui.nps_value(none, n=3) }}")


def test_few_answers_are_shown_pale_with_their_interval(render):
    page = render("{{ ui.nps_value(-12.5, -40, 15, 8) }}")
    assert "nps--thin" in page
    assert "−13" in page
    assert "−40 to +15" in page
    assert "n = 8" in page


def test_an_icon_is_decoration_unless_it_has_a_name(render):
    page = render("{{ ui.icon('clock', size=14) }}{{ ui.icon('clock', name) }}", name='"><b>')
    assert page.count("vendor/icons.svg#clock") == 2
    assert 'width="14" height="14" aria-hidden="true"' in page
    assert 'width="20" height="20" role="img" aria-label="&#34;&gt;&lt;b&gt;"' in page


def test_a_missing_score_is_a_dash_and_words_never_a_zero(render):
    page = render("{{ ui.score_badge(none) }}")
    assert "<b>–</b>" in page
    assert "No score yet" in page


@pytest.mark.parametrize(("colour", "words"), [("green", "Good"), ("yellow", "Watch"), ("red", "At risk")])
def test_a_score_says_in_words_what_its_colour_means(render, colour, words):
    assert words in render("{{ ui.score_badge(50, colour) }}", colour=colour)


@pytest.mark.parametrize(
    "call",
    [
        "ui.quote(x)",
        "ui.who(x, x)",
        "ui.empty_state(x, x)",
        "ui.fact(x, x)",
        "ui.hint(x)",
        "ui.stat(x, x, hint=x)",
        "ui.flashes([('error', x)])",
    ],
)
def test_text_of_people_stays_text(render, call):
    page = render("{{ " + call + " }}", x='<script>alert(1)</script>"{{7*7}}')
    assert "<script>" not in page
    assert "{{7*7}}" in page


def test_a_split_bar_tells_its_counts_without_being_seen(render):
    page = render("{{ ui.split_bar([('promoter', 'Promoters', 3), ('silent', 'Silent', 0)], 'Answers') }}")
    assert 'aria-label="Answers: Promoters 3, Silent 0"' in page
    assert page.count("split__part--") == 1
