"""How numbers and moments are written."""

import math
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from app.core.language import wording

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def page():
    """A page being written for a reader of English in Kathmandu, three quarters of an hour off the full hour."""
    app = Flask(__name__)
    Babel(app, default_locale="en", default_timezone="Asia/Kathmandu")
    wording.install(app)
    with app.test_request_context():
        yield app


@pytest.mark.parametrize(("value", "rounded"), [(12.5, 13), (-12.5, -13), (0.49, 0), (-0.4, 0), (99.5, 100)])
def test_halves_are_rounded_away_from_zero(value, rounded):
    assert wording.whole(value) == rounded


@pytest.mark.parametrize(
    ("value", "words"), [(42.4, "+42"), (0, "0"), (-0.2, "0"), (-6.5, "−7"), (1200, "+1,200")]
)
def test_a_signed_number_shows_its_sign_once(page, value, words):
    assert wording.signed(value) == words


def test_a_counted_number_is_written_like_any_other(page):
    words = "{{ ngettext('%(num)s <b>', '%(num)s people', n) }}"
    assert render_template_string(words, n=1) == "1 <b>"
    assert render_template_string(words, n=23_839) == "23,839 people"


def test_no_share_is_not_nought_percent(page):
    assert wording.percent(None) == "–"
    assert wording.percent(0) == "0%"
    assert wording.percent(0.125) == "13%"


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=-20), "just now"),
        (timedelta(hours=-3), "3 hours ago"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(days=-6), "6 days ago"),
        (timedelta(days=-7), "Mar 3, 2026"),
        (timedelta(days=40), "Apr 19, 2026"),
    ],
)
def test_a_moment_is_told_by_distance_while_that_is_easier_than_a_date(page, away, words):
    assert wording.ago(NOW + away, NOW) == words


SPEAKING = Flask(__name__)
Babel(SPEAKING, default_locale="en")
WEEKS = st.timedeltas(timedelta(days=-9), timedelta(days=9))


@given(away=WEEKS, share=st.floats(0, 1, exclude_max=True))
def test_it_is_known_how_long_words_about_a_moment_hold(away, share):
    with SPEAKING.app_context():
        steps = timedelta(seconds=min(wording.ago_lasts(away), 10**8)) // timedelta.resolution
        later = away - max(0, min(steps - 1, int(share * steps))) * timedelta.resolution
        assert wording.ago_in("en", later) == wording.ago_in("en", away)
        assert (later < timedelta(0)) is (away < timedelta(0))


@pytest.mark.parametrize(
    ("away", "seconds"),
    [
        (timedelta(minutes=2, seconds=40), 10),
        (timedelta(seconds=-50), 10),
        (timedelta(hours=5), 1800),
        (timedelta(days=-3), 43_200),
        (timedelta(seconds=20), 20),
        (timedelta(days=9), 2 * 86_400),
        (timedelta(minutes=3, seconds=30), 0),
    ],
)
def test_words_about_a_moment_hold_no_shorter_than_they_do(away, seconds):
    assert wording.ago_lasts(away) == pytest.approx(seconds)


def test_long_ago_remains_long_ago():
    assert wording.ago_lasts(timedelta(days=-8)) == math.inf


@pytest.mark.parametrize(
    ("day", "words"), [(10, "today"), (9, "yesterday"), (11, "tomorrow"), (14, "in 4 days")]
)
def test_a_day_is_told_by_distance_too(page, day, words):
    assert wording.ago(date(2026, 3, day), NOW) == words


def test_today_is_the_readers_day(page):
    late = datetime(2026, 3, 9, 20, 0, tzinfo=UTC)
    assert wording.ago(date(2026, 3, 10), late) == "today"


def test_a_moment_is_written_in_the_readers_zone(page):
    assert wording.moment(NOW).replace("\u202f", " ") == "Mar 10, 2026, 5:45 PM"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada King", "AK"),
        ("Ada Maria King", "AK"),
        ("Ada", "A"),
        ("ada@example.com", "A"),
        ("", "?"),
        (None, "?"),
        ("— (none)", "?"),
    ],
)
def test_a_name_is_marked_by_at_most_two_letters(name, letters):
    assert wording.initials(name) == letters
