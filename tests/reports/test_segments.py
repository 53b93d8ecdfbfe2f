"""Heat maps, tails in closed form and what the silent weigh, against libraries and simulation."""

import random
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from app.reports.statistics.comparisons import paired_difference
from app.reports.statistics.control import exact_limits
from app.reports.statistics.nps import Counts
from app.reports.statistics.segments import benjamini_hochberg, heat_map
from app.reports.statistics.tails import (
    binomial_at_most,
    chi_square_above,
    fisher_two_sided,
    student_two_sided,
)
from app.reports.statistics.weighting import class_weighted, clustered_se, collapsed, raked

scores = st.integers(0, 10)
few = st.integers(0, 40)


@given(st.floats(0, 200), st.integers(1, 60))
def test_chi_square_equals_the_library(x, degrees):
    assert chi_square_above(x, degrees) == pytest.approx(stats.chi2.sf(x, degrees), rel=1e-9, abs=1e-14)


@given(st.floats(-60, 60), st.integers(1, 200))
def test_student_equals_the_library(t, degrees):
    wanted = 2 * stats.t.sf(abs(t), degrees)
    assert student_two_sided(t, degrees) == pytest.approx(wanted, rel=1e-6, abs=1e-12)


@given(st.integers(-1, 400), st.integers(1, 400), st.floats(0, 1))
def test_binomial_equals_the_library(k, n, p):
    assert binomial_at_most(k, n, p) == pytest.approx(stats.binom.cdf(k, n, p), rel=1e-7, abs=1e-12)


@given(few, few, few, few)
def test_fisher_equals_the_library(a, b, c, d):
    wanted = stats.fisher_exact(((a, b), (c, d))).pvalue
    assert fisher_two_sided(((a, b), (c, d))) == pytest.approx(wanted, rel=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discoveries_equal_the_library(chances):
    assert benjamini_hochberg(chances) == pytest.approx(list(multipletests(chances, method="fdr_bh")[1]))


@given(st.lists(st.tuples(scores, scores), min_size=2, max_size=30))
def test_the_same_people_twice_equal_the_library(pairs):
    before, after = zip(*pairs, strict=True)
    codes = [[(score >= 9) - (score <= 6) for score in side] for side in (before, after)]
    moves = [now - then for then, now in zip(*codes, strict=True)]
    paired = paired_difference(before, after)
    assert paired.diff == pytest.approx(100 * sum(moves) / len(moves))
    assert (paired.up, paired.down) == (sum(m > 0 for m in moves), sum(m < 0 for m in moves))
    if paired.up + paired.down:
        wanted = stats.binomtest(paired.up, paired.up + paired.down).pvalue
        assert paired.p_movers == pytest.approx(wanted)
    if len(set(moves)) > 1:
        assert paired.p == pytest.approx(stats.ttest_rel(codes[1], codes[0]).pvalue, rel=1e-6)
    else:
        assert paired.p is None


@given(st.integers(1, 300), st.floats(0.01, 0.99))
def test_exact_limits_keep_their_risk_on_each_side(n, share):
    limits, side = exact_limits(share, n), 0.00135
    low, high = limits.low, limits.high
    assert low is None or stats.binom.cdf(low, n, share) <= side * 1.000001
    assert stats.binom.cdf(-1 if low is None else low + 1, n, share) > side * 0.999999 or low is None
    assert high is None or stats.binom.sf(high - 1, n, share) <= side * 1.000001
    assert stats.binom.sf((n + 1 if high is None else high) - 2, n, share) > side * 0.999999


def test_limits_of_very_many_people_are_numbers():
    limits = exact_limits(0.35, 100_000)
    wide = 3 * sqrt(0.35 * 0.65 * 100_000)
    assert limits.high - 35_000 == pytest.approx(wide, rel=0.02)
    assert 35_000 - limits.low == pytest.approx(wide, rel=0.02)


# Heat maps


def of_shape(chance, shape, n):
    dealt = chance.choices((0, 1, 2), shape, k=n)
    return Counts(*(dealt.count(band) for band in range(3)))


def test_a_thousand_maps_without_differences_hardly_ever_show_a_hot_spot():
    chance, shown = random.Random(2026), 0
    for number in range(1000):
        cells, answers = ((12, 8), (30, 12), (6, 40), (8, 20))[number % 4]
        found = heat_map({cell: of_shape(chance, (15, 30, 55), answers) for cell in range(cells)})
        shown += any(cell.is_hot for cell in found.cells.values())
    assert shown <= 100, f"{shown} of 1000 maps show a difference that is none"


def test_a_segment_much_worse_is_found():
    chance, found = random.Random(7), 0
    for _ in range(60):
        cells = {cell: of_shape(chance, (15, 30, 55), 20) for cell in range(11)}
        cells["worse"] = of_shape(chance, (55, 20, 25), 20)
        found += heat_map(cells).cells["worse"].is_hot
    assert found >= 40


def test_a_hot_spot_needs_answers_and_accounts():
    cells = {"even": Counts(20, 30, 50), "worse": Counts(9, 1, 0), "better": Counts(0, 0, 4)}
    assert heat_map(cells).cells["worse"].is_hot
    assert heat_map(cells, {"even": 40, "worse": 3, "better": 4}).cells["worse"].is_hot
    narrow = heat_map(cells, {"even": 40, "worse": 2, "better": 4}).cells["worse"]
    assert (narrow.is_hot, narrow.is_watched) == (False, False)
    assert not heat_map(cells).cells["better"].is_hot


def test_segments_that_do_not_differ_are_all_coloured_alike():
    found = heat_map({name: Counts(2, 3, 5) for name in range(5)})
    assert not found.has_evidence
    assert {round(cell.shrunk, 9) for cell in found.cells.values()} == {30.0}
    alike = heat_map({"a": Counts(0, 0, 5), "b": Counts(0, 0, 9), "nobody": Counts()})
    assert {name: cell.shrunk for name, cell in alike.cells.items()} == {"a": 100, "b": 100}
    assert heat_map({"a": Counts(1, 1, 1), "nobody": Counts()}) is None


@given(st.dictionaries(st.integers(0, 9), st.builds(Counts, few, few, few), min_size=2))
@settings(max_examples=30)
def test_shrinking_never_leaves_what_was_observed_and_the_mean(cells):
    found = heat_map(cells)
    for cell in found.cells.values() if found else ():
        low, high = sorted((cell.raw, found.mean))
        assert low - 1e-9 <= cell.shrunk <= high + 1e-9
        assert 0 <= cell.p <= cell.p_adjusted + 1e-12 <= 1 + 1e-9


# The silent, and accounts


def test_each_answer_speaks_for_the_silent_of_its_class():
    asked = {"buyers": 40, "users": 10}
    found = class_weighted(asked, {"buyers": Counts(5, 0, 5), "users": Counts(0, 0, 10)})
    assert found.weights == {"buyers": 4, "users": 1}
    assert (found.nps, found.raw) == (pytest.approx(20), 50)
    assert found.effective == pytest.approx(50**2 / (16 * 10 + 10))
    with pytest.raises(ValueError, match="class users has no answers"):
        class_weighted(asked, {"buyers": Counts(5, 0, 5)})
    with pytest.raises(ValueError, match="11 people cannot have answered out of 10"):
        class_weighted(asked, {"buyers": Counts(5, 0, 5), "users": Counts(0, 0, 11)})


def test_small_classes_join_their_neighbours_and_in_the_end_everybody():
    asked = {("buyer", 1): 12, ("buyer", 2): 10, ("user", 1): 9, ("user", 2): 9}
    answered = {("buyer", 1): Counts(0, 0, 6), ("buyer", 2): Counts(1, 0, 1)}
    answered |= {("user", 1): Counts(2, 2, 2), ("user", 2): Counts(3, 2, 1)}
    people, counts = collapsed(asked, answered)
    assert people == {("buyer",): 22, ("user", 1): 9, ("user", 2): 9}
    assert counts["buyer",] == Counts(1, 0, 7)
    people, counts = collapsed({("a", 1): 100, ("b", 1): 3}, {("a", 1): Counts(1, 0, 1)})
    assert (people, counts) == ({(): 103}, {(): Counts(1, 0, 1)})


@given(st.lists(st.integers(1, 30), min_size=6, max_size=6), st.integers(0, 1000))
def test_raked_answers_agree_with_every_margin(answers, seed):
    cells = [(role, tier) for role in "ab" for tier in "xyz"]
    chance = random.Random(seed)
    people = {cell: n + chance.randrange(60) for cell, n in zip(cells, answers, strict=True)}
    margins = [{}, {}]
    for cell, n in people.items():
        for place, category in enumerate(cell):
            margins[place][category] = margins[place].get(category, 0) + n
    weights = raked(dict(zip(cells, answers, strict=True)), margins)
    for place, margin in enumerate(margins):
        for category, wanted in margin.items():
            mine = [
                weights[cell] * n for cell, n in zip(cells, answers, strict=True) if cell[place] == category
            ]
            assert sum(mine) == pytest.approx(wanted)


def test_raking_refuses_what_cannot_be_met():
    answered = {("EU", "DM"): 5, ("US", "U"): 5}
    with pytest.raises(ValueError, match="nobody answered in APAC"):
        raked(answered, [{"EU": 5, "US": 5, "APAC": 2}, {"DM": 6, "U": 6}])
    with pytest.raises(ValueError, match="do not add up"):
        raked(answered, [{"EU": 5, "US": 5}, {"DM": 6, "U": 6}])
    with pytest.raises(ValueError, match="nobody was asked in US"):
        raked(answered, [{"EU": 10}, {"DM": 6, "U": 4}])


def test_people_of_one_account_who_answer_alike_are_not_so_many_answers():
    each = {"Acme": Counts.of([10, 9, 9, 8, 10]), "Beta": Counts.of([3, 7]), "Core": Counts.of([6])}
    each["Delta"] = Counts.of([9, 2, 8])
    everybody = sum(each.values(), Counts())
    assert everybody.se == pytest.approx(25.12, abs=0.01)
    assert clustered_se(each) == pytest.approx(38.00, abs=0.01)
    alone = {number: Counts.of([score]) for number, score in enumerate([10, 10, 2, 7])}
    assert clustered_se(alone) == pytest.approx(sum(alone.values(), Counts()).se * sqrt(4 / 3))
    assert clustered_se({"Acme": Counts(1, 1, 1)}) is None
