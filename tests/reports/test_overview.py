"""What the managers' first page says about its figures."""

from __future__ import annotations

from app.core.language.wording import signed_tenth
from app.followups.queue import QueueCounts
from app.reports.overview import Overview
from app.reports.statistics.nps import Counts, estimate


def overview(before: Counts, headline: Counts) -> Overview:
    """The page of a headline and the one before it, with nothing else on it."""
    return Overview(
        headline=estimate(headline),
        before=estimate(before),
        may_answer=0,
        silent=0,
        sensitivity=None,
        queue=QueueCounts(0, 0, 0, 0, 0),
        trend=[],
        composition=[],
        participation=[],
        recommending=[],
        segments=[],
    )


def test_the_points_of_a_change_add_up_to_the_figures_shown():
    found = overview(Counts(46, 45, 75), Counts(29, 47, 96))
    assert round(found.change.points) == 21
    assert (round(found.before.nps), found.points, round(found.headline.nps)) == (17, 22, 39)
    assert found.is_changed
    found = overview(Counts(3, 33, 5), Counts(1, 15, 25))
    assert [signed_tenth(x) for x in (found.before.nps, found.headline.nps)] == ["+4.9", "+58.5"]
    assert (signed_tenth(found.change.points), signed_tenth(found.tenths)) == ("+53.7", "+53.6")


def test_few_answers_are_compared_exactly_and_say_what_they_could_have_shown():
    found = overview(Counts(3, 2, 5), Counts(1, 2, 7))
    assert not found.is_changed
    assert found.change.visible_from > 50
    assert overview(Counts(1, 1, 1), Counts(1, 2, 7)).change is None


def test_a_change_too_small_for_whole_points_is_none():
    found = overview(Counts(100_000, 700_000, 1_200_000), Counts(96_000, 700_000, 1_204_000))
    assert found.change.is_change
    assert (found.points, found.is_changed) == (0, False)
