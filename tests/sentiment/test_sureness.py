"""How sure a reading says it is: as often right as it says, and never less sure of what the engine finds likelier."""

from __future__ import annotations

from itertools import pairwise

import pytest

from app.sentiment.engine.english.heads import heads
from app.sentiment.engine.english.hearing import hear
from app.sentiment.engine.others import hearing
from app.sentiment.engine.others.hearing import LINES
from app.sentiment.engine.sureness import SAME, sure
from app.sentiment.engine.tokens import tokens
from app.sentiment.engine.vectors.head import head
from app.sentiment.models import Label
from app.sentiment.reading import chance_of, read
from bench.sentiment import folds
from bench.sentiment.folds import Judged
from bench.sentiment.sets import Comment

CHANCES = [at / 50 for at in range(51)]


@pytest.mark.parametrize("lines", [heads().lines, LINES, head().lines], ids=["english", "lists", "vectors"])
def test_what_is_likelier_is_surer_with_every_line_that_is_shipped(lines):
    assert lines.keys() == {label.value for label in Label} - {"unknown"}
    for line in lines.values():
        found = [sure(chance, line) for chance in CHANCES]
        assert all(before <= after for before, after in pairwise(found))
        assert 0 <= found[0] < 0.2 < found[-1] <= 1


def test_a_reading_is_as_sure_as_its_line_says():
    text = "The support is not good."
    reading, found = read(text, lang="en"), hear(text, tokens(text))
    chance = chance_of(reading.label, found)
    assert reading.confidence == pytest.approx(sure(chance, heads().lines[reading.label]), abs=1e-4)
    assert reading.confidence != pytest.approx(chance, abs=1e-3)
    german = read("Das ist nicht gut.", lang="de")
    assert german.confidence == pytest.approx(sure(german_chance(), LINES[german.label]), abs=1e-4)


def german_chance() -> float:
    text = "Das ist nicht gut."
    return hearing.hear(text, tokens(text), "de").chances[0]


def test_the_line_that_changes_nothing_changes_nothing():
    assert [round(sure(chance, SAME), 6) for chance in CHANCES[1:-1]] == CHANCES[1:-1]


def test_chances_that_come_true_less_often_than_they_say_are_made_less_sure():
    chances = [0.9] * 500 + [0.6] * 500
    came = [True, True, True, False, False] * 100 + [True, False] * 250
    slope, shift = folds.line(chances, came, [1.0] * 1000)
    assert sure(0.9, (slope, shift)) == pytest.approx(0.6, abs=0.02)
    assert sure(0.6, (slope, shift)) == pytest.approx(0.5, abs=0.02)
    assert folds.off(zip(chances, came, strict=True)) == pytest.approx(0.2)
    assert folds.line([0.2, 0.9], [True, False], [99.0, 99.0])[0] > 0


def test_each_label_has_its_own_line_from_comments_of_all_sets():
    known = {"one": [Comment("a", 1, "en", None, "")] * 50, "other": [Comment("b", -1, "en", None, "")] * 50}
    judged = {name: [Judged(Label.POSITIVE, 0.5, 0.7)] * 50 for name in known}
    lines = folds.lines(known, judged)
    assert sure(0.7, lines["positive"]) == pytest.approx(0.5, abs=0.02)
    assert lines["negative"] == SAME
