"""Colours remember: they fall at once, rise slowly, and never flicker inside the band."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.health.colours import Colour, Memory, colours, next_colour

scores = st.one_of(st.none(), st.floats(0, 100))


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([70], "g"),
        ([69.9], "y"),
        ([40], "y"),
        ([80, 68, 67.9], "ggy"),
        ([80, 67, 71, 71, 71], "gyyyy"),
        ([80, 67, 72, 72], "gyyg"),
        ([50, 38, 37.9], "yyr"),
        ([20, 42, 41.9, 42, 42], "rrrry"),
        ([20, 90, 90, 90, 90], "rryyg"),
        ([None, 71], "-g"),
        ([80, None, 69], "g-y"),
    ],
)
def test_colours_of_a_series(scores, expected):
    assert "".join({"grey": "-"}.get(colour, colour[0]) for colour in colours(scores)) == expected


@given(st.lists(st.floats(68, 72, exclude_max=True)), st.sampled_from([Colour.GREEN, Colour.YELLOW]))
def test_scores_inside_the_dead_band_never_flip_a_colour(scores, colour):
    memory = Memory(colour)
    for score in scores:
        memory = next_colour(score, memory)
        assert memory.colour == colour


@given(st.lists(scores))
def test_replaying_the_days_gives_the_same_colours_and_only_unknown_is_grey(days):
    once = list(colours(days))
    assert list(colours(days)) == once
    assert [colour == Colour.GREY for colour in once] == [score is None for score in days]


@given(st.lists(scores), st.floats(0, 37.9))
def test_a_bad_day_is_red_whatever_came_before(days, score):
    assert [*colours([*days, score])][-1] == Colour.RED


@given(st.lists(scores), st.floats(0, 100), st.floats(0, 20))
def test_a_better_score_today_never_has_a_worse_colour(days, score, more):
    rank = [Colour.RED, Colour.YELLOW, Colour.GREEN].index
    worse, better = ([*colours([*days, today])][-1] for today in (score, min(100, score + more)))
    assert rank(better) >= rank(worse)
