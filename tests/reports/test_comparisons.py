"""When a change may be called one, and what accounts and small segments weigh."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.reports.statistics.comparisons import (
    adjusted_wald_difference,
    change,
    overlapping_difference,
    permutation_p,
    wald_difference,
)
from app.reports.statistics.nps import Counts
from app.reports.statistics.weighting import account_weighted, arr_weighted, shrunk

few = st.integers(0, 4)
small = st.builds(Counts, few, few, few).filter(lambda counts: counts.n)
pure = settings(deadline=None, max_examples=60)


@given(small, small)
@pure
def test_permutation_p_equals_dealing_out_every_answer(a, b):
    if a.n + b.n > 11:
        return
    codes = [-1] * (a + b).detractors + [0] * (a + b).passives + [1] * (a + b).promoters
    total = sum(codes)

    def distance(net):
        return abs(net * b.n - (total - net) * a.n)

    seen = distance(a.promoters - a.detractors)
    dealt = [distance(sum(hand)) >= seen for hand in combinations(codes, a.n)]
    assert permutation_p(a, b) == pytest.approx(sum(dealt) / len(dealt))
    assert permutation_p(b, a) == permutation_p(a, b)


def test_same_shares_are_no_change_and_opposite_ones_are():
    same = change(Counts(10, 10, 10), Counts(10, 10, 10))
    assert (same.points, same.p, same.is_change) == (0, 1, False)
    opposite = change(Counts(40, 30, 30), Counts(17, 26, 57))
    assert (opposite.points, opposite.is_change) == (50, True)
    assert opposite.difference.low > 0


def test_too_few_answers_are_not_compared():
    assert change(Counts(promoters=4), Counts(detractors=400)) is None
    assert change(Counts(promoters=5), Counts(detractors=5)).is_change


def test_small_samples_take_the_exact_p_and_large_ones_the_adjusted_one():
    small, large = (Counts(3, 4, 13), Counts(8, 6, 6)), (Counts(17, 26, 57), Counts(30, 30, 40))
    assert change(*small).p == pytest.approx(0.039579, abs=1e-6)
    assert change(*large).p == change(*large).difference.p == pytest.approx(0.008635, abs=1e-6)
    thirty = Counts(10, 10, 10)
    assert change(thirty, thirty + Counts(2)).p == change(thirty, thirty + Counts(2)).difference.p
    assert change(Counts(9, 10, 10), thirty).p == permutation_p(Counts(9, 10, 10), thirty)


def test_either_the_exact_p_or_the_interval_calls_a_change():
    by_p = change(Counts(0, 0, 5), Counts(0, 4, 1))
    assert by_p.is_change
    assert by_p.p < 0.05
    assert by_p.difference.low < 0 < by_p.difference.high
    by_interval = change(Counts(0, 0, 5), Counts(3, 1, 2))
    assert by_interval.is_change
    assert by_interval.p > 0.05
    assert by_interval.difference.high < 0


def test_no_clear_change_tells_what_would_have_been_seen():
    unclear = change(Counts(3, 3, 4), Counts(2, 3, 5))
    assert not unclear.is_change
    assert unclear.visible_from == pytest.approx(unclear.difference.high - unclear.difference.diff)
    assert unclear.visible_from > 40


def test_agreeing_samples_still_have_a_difference():
    assert wald_difference(Counts(0, 0, 5), Counts(0, 0, 9)).p == 1
    assert wald_difference(Counts(0, 0, 5), Counts(9)).p == 0
    assert 0 < adjusted_wald_difference(Counts(0, 0, 5), Counts(9)).p < 0.05
    assert wald_difference(Counts(), Counts(1)) is adjusted_wald_difference(Counts(1), Counts()) is None


def test_people_who_stay_as_they_were_make_a_difference_surer():
    before = {"ann": 3, "bob": 9, "cem": 8, "dee": 6}
    after = {"ann": 4, "bob": 10, "cem": 9, "eve": 9}
    steady = overlapping_difference(before, after)
    assert steady.shared == 3
    assert steady.difference.se < steady.se_if_independent
    apart = overlapping_difference(before, {"eve": 9, "fay": 2})
    assert (apart.shared, apart.difference.se) == (0, pytest.approx(apart.se_if_independent))
    everybody = overlapping_difference(before, before)
    assert (everybody.difference.diff, everybody.difference.se) == (0, pytest.approx(0, abs=1e-6))
    assert overlapping_difference({}, after) is None


def test_silent_accounts_and_accounts_without_arr_do_not_weigh():
    by_account = {"Acme": Counts(0, 0, 3), "Beta": Counts(2), "Core": Counts(1), "Dune": Counts()}
    weighted = arr_weighted(by_account, {"Acme": 300, "Beta": 100, "Core": None, "Dune": 600})
    assert weighted.nps == 50
    assert (weighted.accounts, weighted.coverage) == (2, 0.4)
    assert weighted.effective == pytest.approx(400**2 / (300**2 + 100**2))
    assert arr_weighted({"Core": Counts(1)}, {}).nps is None


def test_account_weighting_counts_each_account_once():
    weighted = account_weighted({"Acme": Counts(0, 0, 30), "Beta": Counts(1), "Dune": Counts()})
    assert (weighted.nps, weighted.accounts, weighted.se) == (0, 2, 100)
    assert account_weighted({}).nps is None


def test_small_segments_are_pulled_to_the_portfolio():
    everybody = Counts(20, 30, 50)
    assert shrunk(Counts(), everybody) == 30
    assert shrunk(Counts(10), everybody) == shrunk(Counts(10), everybody, k=10) == -35
    assert shrunk(Counts(), everybody, k=0) is None
    assert shrunk(Counts(1), Counts()) is None
