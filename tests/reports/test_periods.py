"""Days cut into periods."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports.periods import Every, Period, months_back, periods


def test_months_and_quarters_end_where_the_next_begins():
    assert periods(date(2026, 1, 15), date(2026, 3, 2), Every.MONTH) == [
        Period(date(2026, 1, 15), date(2026, 2, 1)),
        Period(date(2026, 2, 1), date(2026, 3, 1)),
        Period(date(2026, 3, 1), date(2026, 3, 2)),
    ]
    assert [p.start for p in periods(date(2025, 11, 1), date(2026, 5, 1), Every.QUARTER)] == [
        date(2025, 11, 1),
        date(2026, 1, 1),
        date(2026, 4, 1),
    ]


def test_weeks_begin_on_monday_across_a_year_with_53_weeks():
    weeks = periods(date(2026, 12, 21), date(2027, 1, 12), Every.WEEK)
    assert [w.start.isocalendar().week for w in weeks] == [52, 53, 1, 2]


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(1, 800), st.sampled_from(list(Every)))
def test_periods_cover_every_day_once(start, days, every):
    end = start + timedelta(days=days)
    found = periods(start, end, every)
    assert found[0].start == start
    assert found[-1].end == end
    assert all(a.end == b.start for a, b in itertools.pairwise(found))


def test_too_many_periods_are_refused():
    with pytest.raises(ValueError, match="more than"):
        periods(date(2000, 1, 1), date(2020, 1, 1), Every.DAY)


def test_months_back_crosses_years():
    assert months_back(date(2026, 2, 28), 11) == date(2025, 3, 1)
