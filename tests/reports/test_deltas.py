"""Deltas of answers: whatever is answered and changed, in any order, the sums equal a recount."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.reports.deltas import COLUMN, DAY_SERIES, WINDOW, WINDOW_SERIES, Vote, between, segments
from app.surveys.scales import band

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(0, 500)
SCORES = st.integers(0, 10)


def vote(response_id: int, day: int, score: int) -> Vote:
    moment = START + timedelta(days=day)
    return Vote(response_id, moment, moment.date(), score)


def latest_of_window(votes: dict[int, Vote], day: date) -> Counter:
    """The definition: one person's latest vote within the 180 days that end with `day`."""
    seen = [v for v in votes.values() if day - WINDOW < v.day <= day]
    latest = max(seen, key=lambda v: v.order, default=None)
    return Counter({COLUMN[band(latest.score)]: 1} if latest else {})


edits = st.lists(st.tuples(st.integers(1, 5), DAYS, st.one_of(SCORES, st.none())), max_size=12)


@given(edits)
def test_sums_equal_a_recount_after_any_answers_changes_and_withdrawals(steps):
    votes: dict[int, Vote] = {}
    sums: Counter = Counter()
    for response_id, day, score in steps:
        after = dict(votes)
        if score is None:
            after.pop(response_id, None)
        else:
            first_day = (votes[response_id].submitted_at - START).days if response_id in votes else day
            after[response_id] = vote(response_id, first_day, score)
        for delta in between(votes.values(), after.values()):
            sums[delta.series, delta.column, delta.day] += delta.change
        votes = after
    for day in {START.date() + timedelta(days=n) for n in range(0, 700, 7)} | {v.day for v in votes.values()}:
        running = Counter()
        for (series, column, of), number in sums.items():
            if series == WINDOW_SERIES and of <= day:
                running[column] += number
        assert +running == latest_of_window(votes, day)
        assert not -running
    by_day = Counter((COLUMN[band(v.score)], v.day) for v in votes.values())
    assert +Counter({(c, d): n for (s, c, d), n in sums.items() if s == DAY_SERIES}) == by_day


def test_a_single_answer_counts_for_a_hundred_and_eighty_days():
    deltas = between([], [vote(1, 0, 9)])
    assert [(d.series, d.day, d.column, d.change) for d in deltas] == [
        ("day", date(2026, 1, 1), "promoters", 1),
        ("window", date(2026, 1, 1), "promoters", 1),
        ("window", date(2026, 6, 30), "promoters", -1),
    ]


def test_the_next_answer_ends_the_window_of_the_one_before():
    deltas = between([vote(1, 0, 9)], [vote(1, 0, 9), vote(2, 90, 3)])
    ended = [(d.day, d.change) for d in deltas if d.series == "window" and d.response_id == 1]
    assert ended == [(date(2026, 4, 1), -1), (date(2026, 6, 30), 1)]


def test_a_change_within_a_band_moves_nothing():
    assert between([vote(1, 0, 3)], [vote(1, 0, 5)]) == []


def test_segments_hold_names_that_cells_can_hold():
    found = segments(
        program_id=3,
        survey_id=1,
        tier=None,
        stage="steady",
        owner_id=None,
        role="champion",
        language="de",
        country=None,
        attributes={"industry": "Steel", "a name far longer than a column is wide": "x" * 500, "empty": ""},
    )
    assert found["all"] == "all"
    assert (found["tier"], found["program"], found["segment.industry"]) == ("2", "3", "Steel")
    assert "owner" not in found
    assert "segment.empty" not in found
    assert all(len(name) <= 32 and len(value) <= 120 for name, value in found.items())
