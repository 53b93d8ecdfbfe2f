"""What counts as a score, how sure an NPS is, and what may be shown of it."""

from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reports.statistics.nps import (
    Counts,
    Standing,
    adjusted_wald,
    answers_needed,
    completion,
    estimate,
    finite_factor,
    parse_score,
    sensitivity_lines,
    tally,
    wald,
    wilson,
)

some = st.integers(0, 60)
counts = st.builds(Counts, some, some, some)
pure = settings(deadline=None, max_examples=100)


@pytest.mark.parametrize(
    ("given", "score"),
    [(0, 0), (10, 10), ("9", 9), ("8 ", 8), (10.0, 10), ("10.0", 10), (" 0", 0), ("07", 7), ("10", 10)],
)
def test_score_is_recognised(given, score):
    assert parse_score(given) == score


@pytest.mark.parametrize(
    "given",
    [
        7.5, 11, -1, True, False, "", " ", None, "n/a", "7.5", "11", "-1", "+5", "1e1", "9,0", "٣", "010", "ten",
        float("nan"), float("inf"), [9], b"9", "9" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_not_a_score(given):
    assert parse_score(given) is None


def test_what_is_not_a_score_is_counted():
    assert tally([10, "9", 7.5, None, True, "8 ", 6]) == (Counts(1, 1, 2), 3)


def test_bands_have_their_fixed_limits():
    assert Counts.of(range(11)) == Counts(detractors=7, passives=2, promoters=2)
    assert Counts(1, 2, 3) + Counts(10, 20, 30) == Counts(11, 22, 33)
    with pytest.raises(ValueError, match="fewer than no answers"):
        Counts(passives=-1)


def test_no_answers_give_no_number_anywhere():
    nobody = Counts()
    assert (nobody.nps, nobody.variance, nobody.se) == (None, None, None)
    assert wald(nobody) is adjusted_wald(nobody) is completion(nobody, 10) is wilson(0, 0) is None
    assert estimate(nobody, 10).nps is None
    lines = sensitivity_lines(nobody, 10)
    assert (lines.as_respondents, lines.silent_as_detractor, lines.silent_as_promoter) == (None, -100, 100)
    assert sensitivity_lines(nobody, 0) is None


def test_more_answers_than_people_are_refused():
    for refused in (completion, sensitivity_lines, lambda counts, n: finite_factor(counts.n, n)):
        with pytest.raises(ValueError, match="out of 2"):
            refused(Counts(1, 1, 1), 2)
    with pytest.raises(ValueError, match="not a share"):
        wilson(3, 2)


def test_textbook_factor_is_one_for_a_crowd_and_nothing_when_all_answered():
    assert finite_factor(10, 10**9) == pytest.approx(1)
    assert finite_factor(10, 10) == finite_factor(1, 1) == 0


@pytest.mark.parametrize(
    ("answers", "standing"),
    [(0, Standing.NONE), (4, Standing.NONE), (5, Standing.GREY), (9, Standing.GREY), (10, Standing.NORMAL)],
)
def test_few_answers_show_no_figure_or_a_grey_one(answers, standing):
    shown = estimate(Counts(promoters=answers))
    assert shown.standing == standing
    assert (shown.nps is None) == (shown.interval is None) == (standing == Standing.NONE)


def test_wide_interval_is_called_rough():
    assert estimate(Counts(5, 0, 5)).is_rough
    assert not estimate(Counts(50, 0, 50)).is_rough
    assert not estimate(Counts(1, 1, 1)).is_rough
    few_left = estimate(Counts(5, 0, 5), population=11)
    assert not few_left.is_rough
    assert few_left.interval.method == "completion"


def test_thirty_points_to_either_side_are_the_limit_of_rough():
    wide, narrow = (estimate(Counts(0, n, 0)) for n in (5, 6))
    assert wide.interval.margin == pytest.approx(30, abs=0.01)
    assert wide.is_rough
    assert not narrow.is_rough
    almost = estimate(Counts(0, 0, 10))
    assert almost.interval.margin == pytest.approx(29.4, abs=0.1)
    assert not almost.is_rough
    assert answers_needed(30) == 27


@given(counts, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@pure
def test_intervals_stay_on_the_scale_and_around_their_centre(answers, confidence):
    for interval in filter(None, (wald(answers, confidence), adjusted_wald(answers, confidence))):
        assert -100 <= interval.low <= interval.centre <= interval.high <= 100


@given(counts, st.integers(0, 500))
@pure
def test_completion_lies_between_the_sensitivity_lines(answers, silent):
    interval = completion(answers, answers.n + silent)
    if interval is None:
        return
    lines = sensitivity_lines(answers, answers.n + silent)
    assert (
        lines.silent_as_detractor - 1e-9 <= interval.low <= interval.high <= lines.silent_as_promoter + 1e-9
    )
    if not silent:
        assert interval.low == interval.high == answers.nps


@given(counts.filter(lambda answers: answers.n))
@pure
def test_completion_of_a_crowd_comes_close_to_adjusted_wald(answers):
    crowd, unknown = completion(answers, 10**9), adjusted_wald(answers)
    assert crowd.centre == pytest.approx(unknown.centre, abs=1e-4)
    # A drawn share spreads a little less than a counted one: by one answer more in the divisor.
    with_pseudo = answers.n + 3
    assert crowd.se == pytest.approx(unknown.se * sqrt(with_pseudo / (with_pseudo + 1)), abs=1e-4)


@given(counts)
@pure
def test_turning_every_answer_round_turns_the_interval_round(answers):
    mirrored = Counts(answers.promoters, answers.passives, answers.detractors)
    one, other = adjusted_wald(answers), adjusted_wald(mirrored)
    if one:
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


@given(some, some)
@pure
def test_wilson_holds_the_share_it_is_about(successes, failures):
    interval = wilson(successes, successes + failures)
    if interval:
        assert 0 <= interval.low <= successes / (successes + failures) + 1e-12
        assert successes / (successes + failures) <= interval.high + 1e-12 <= 1 + 1e-12
