"""Readings of comments: words as evidence, unknown rather than neutral, never an error, nothing heavy in memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sentiment.models import Label
from app.sentiment.reading import LONGEST, read

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("This is excellent, we love it.", Label.POSITIVE),
        ("Terrible. The worst support ever.", Label.NEGATIVE),
        ("The invoice came on the third.", Label.NEUTRAL),
        ("Great product, awful support.", Label.MIXED),
    ],
)
def test_english_is_read(text, label):
    assert read(text, lang="en").label is label


def test_the_evidence_names_the_words():
    reading = read("The support is not good.", lang="en")
    assert reading.polarity < 0
    assert reading.evidence[0]["words"] == "not good"


@pytest.mark.parametrize(
    ("text", "lang", "language", "label"),
    [
        ("Sehr gut", "de", "de", Label.POSITIVE),
        (
            "Das Programm stürzt ständig ab und niemand antwortet auf unsere Fragen.",
            "en",
            "de",
            Label.NEGATIVE,
        ),
        ("очень хорошо", "en", "ru", Label.POSITIVE),
        ("使いにくいです", None, "ja", Label.NEGATIVE),
        ("الدعم ممتاز", "en", "ar", Label.POSITIVE),
        ("👍", "ja", "ja", Label.POSITIVE),
        ("👍", "de", "de", Label.POSITIVE),
        ("Das ist nicht gut.", "de", "de", Label.NEGATIVE),
        ("RAS", "fr", "fr", Label.NEUTRAL),
        ("Great tool", "ja", "en", Label.POSITIVE),
    ],
)
def test_a_comment_is_read_in_its_own_language(text, lang, language, label):
    reading = read(text, lang=lang)
    assert (reading.language, reading.label) == (language, label)


@pytest.mark.parametrize(
    ("text", "lang", "reason"),
    [
        ("", "en", "empty"),
        ("   ", None, "empty"),
        ("<br><br>", "en", "empty"),
        ("\0\0", "en", "empty"),
        ("10 / 10", "en", "no_words"),
        ("x" * 1_000_000, "en", "no_words"),
        ("Erittäin hyvä", "fi", "language"),
        ("매우 좋아요", "en", "language"),
        ("Πολύ καλό", None, "language"),
        (None, "en", "empty"),
    ],
)
def test_what_the_engine_cannot_read_is_unknown_says_why_and_is_not_neutral(text, lang, reason):
    reading = read(text, lang=lang)
    assert (reading.label, reading.polarity, reading.reason) == (Label.UNKNOWN, None, reason)
    assert (reading.evidence, reading.clauses) == ((), ())


def test_a_bare_nothing_means_what_was_asked():
    assert read("Nothing.", lang="en", intent="improve").label is Label.POSITIVE
    assert read("nothing", lang="en", intent="like").label is Label.NEGATIVE
    assert read("nothing", lang="en", intent="why").label is Label.NEUTRAL
    assert read("Nichts.", lang="de", intent="improve").label is Label.POSITIVE
    assert read("rien", lang="fr").label is Label.NEUTRAL


def test_markup_is_not_read():
    assert read("<p>Really <b>happy</b></p>", lang="en").label is Label.POSITIVE
    assert read("We don&#39;t like it.", lang="en").label is Label.NEGATIVE


def test_each_clause_has_its_place_and_its_own_polarity():
    text = "Support is great, but the reporting is terrible. The rest is ok"
    clauses = read(text, lang="en").clauses
    assert [text[clause.start : clause.end] for clause in clauses] == [clause.text for clause in clauses]
    assert [clause.label for clause in clauses[:2]] == [Label.POSITIVE, Label.NEGATIVE]


@given(st.text(max_size=300), st.sampled_from(["en", "de", "", None, "zz-ZZ"]))
def test_any_text_has_a_reading(text, lang):
    reading = read(text, lang=lang)
    assert reading.polarity is None or -1 <= reading.polarity <= 1
    assert (reading.polarity is None) == (reading.label is Label.UNKNOWN)


@pytest.mark.parametrize("sign", [*"!(:-\"<&.,'", " but ", "not ", "very good "])
def test_a_flood_of_one_sign_is_read_quickly(sign):
    start = time.process_time()
    read(sign * (1_000_000 // len(sign)), lang="en")
    assert time.process_time() - start < 0.5


def test_long_comments_are_read_at_their_beginning():
    assert read("good " * LONGEST + "terrible " * LONGEST, lang="en").label is Label.POSITIVE
