"""The engine on hard comments of our own, its training, and the work it does."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from app.sentiment.engine.english.features import FIGURES
from app.sentiment.engine.english.heads import Heads, heads
from app.sentiment.engine.english.hearing import hear
from app.sentiment.engine.plain import LONGEST, plain
from app.sentiment.engine.tokens import tokens
from app.sentiment.models import Label
from app.sentiment.reading import read
from bench.sentiment import sets, train

DATA = Path(__file__).resolve().parents[1] / "data" / "sentiment"
AS_NUMBER = {Label.NEGATIVE: -1, Label.POSITIVE: 1}
FLOOR = 0.5


def right_by(name, group):
    right, every = Counter(), Counter()
    for comment in sets.load(DATA, name):
        label = read(comment.text, lang=comment.lang).label
        every[getattr(comment, group)] += 1
        right[getattr(comment, group)] += AS_NUMBER.get(label, 0) == comment.label
    return {key: right[key] / every[key] for key in every}


def test_hard_english_comments_are_read_right_whatever_makes_them_hard():
    shares = right_by("challenge_b2b", "extra")
    assert {what for what, share in shares.items() if share < FLOOR} <= {"sarcasm"}
    assert sum(shares.values()) / len(shares) > 0.75


def test_no_language_with_a_list_falls_below_its_floor():
    shares = right_by("challenge_multi", "lang")
    assert {language for language, share in shares.items() if share < FLOOR} == set()


@pytest.mark.parametrize(
    ("text", "polarity"),
    [
        ("The product is good but the support is bad.", -1),
        ("Although the export is slow, we love it.", 1),
        ("We never had a single problem.", 1),
        ("I would not recommend it to anybody.", -1),
        ("Please add more integrations.", 0),
        ("It would be nice to have a good calendar.", 0),
    ],
)
def test_the_sentence_decides_what_its_words_say(text, polarity):
    assert AS_NUMBER.get(read(text, lang="en").label, 0) == polarity


def test_places_are_those_of_the_comment_as_it_was_written():
    text = "<p>Great&nbsp;support!!!</p>\n\tBut it\u2019s <b>slow</b> \U0001f641 http://a.example/bad"
    found = {text[word["start"] : word["end"]] for word in read(text, lang="en").evidence}
    assert {"Great", "slow", "\U0001f641"} <= found
    assert not any("bad" in word for word in found)


def test_training_is_the_same_every_time_and_learns():
    comments = sets.load(DATA, "challenge_b2b")
    weights = train.trained(train.examples(comments))
    assert train.written(weights) == train.written(train.trained(train.examples(comments)))
    judge = Heads(weights)
    right = sum(
        hear(shown, tokens(shown), judge).polarity * comment.label > 0
        for comment in comments
        if comment.label and (shown := plain(comment.text))
    )
    assert right > 0.8 * sum(comment.label != 0 for comment in comments)
    assert heads().names == FIGURES


@pytest.mark.parametrize(
    "piece", ["good, bad, ", "not ", "but ", "very good ", "!(", "😀 ", "<b>", "nicht gut, "]
)
def test_the_work_grows_with_the_length_and_ends_at_the_cap(piece):
    def work(signs):
        count = 0

        def counted(_frame, _event, _argument):
            nonlocal count
            count += 1

        sys.setprofile(counted)
        try:
            read(piece * (signs // len(piece)), lang="en")
        finally:
            sys.setprofile(None)
        return count

    work(100)
    assert work(LONGEST) < 5 * work(LONGEST // 4) + 1000
    assert work(50 * LONGEST) < 1.1 * work(LONGEST) + 1000


def test_without_its_clauses_a_comment_is_read_the_same():
    """Also where clauses decide: some of these are mixed, and others are not though their clauses disagree."""
    comments = [comment.text for comment in sets.load(DATA, "challenge_b2b")]
    comments += [
        "Great product, awful support.",
        "I love the reports. The export is terrible. We use it daily.",
    ]
    whole = [read(text, lang="en") for text in comments]
    assert sum(reading.label is Label.MIXED for reading in whole) > 1
    bare = [read(text, lang="en", with_clauses=False) for text in comments]
    assert bare == [replace(reading, clauses=()) for reading in whole]
