"""The fold: cells and fresh deltas together always equal a recount."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.reports import rollups, trend
from app.reports.deltas import Vote, between
from app.reports.models import RollupCell, RollupDelta
from app.reports.periods import Every, Period, periods
from app.reports.statistics.nps import Counts
from tests import make
from tests.conftest import NOW

DAY = date(2026, 3, 4)
COLUMNS = ("promoters", "passives", "detractors")


def append(before, after, **dims):
    """Append the deltas of one person's change of votes."""
    for delta in between(before, after):
        numbers = dict.fromkeys(COLUMNS, 0) | {delta.column: delta.change}
        row = {
            "series": delta.series,
            "day": delta.day,
            "account_id": 1,
            "response_id": delta.response_id,
            "at": NOW,
        }
        db.session.add(RollupDelta(**row, **numbers, dims={"all": "all"} | dims))
    db.session.flush()


def vote(number: int, score: int, days: int = 0) -> Vote:
    moment = NOW + timedelta(days=days)
    return Vote(number, moment, moment.date(), score)


def counts(series="day", dim="all", start=None, before=DAY + timedelta(days=900)):
    found = rollups.days(db.session, series, dim, start=start, before=before)
    return {
        (d.day, d.key): (d.detractors, d.passives, d.promoters)
        for d in found
        if (d.detractors, d.passives, d.promoters) != (0, 0, 0)
    }


def test_readers_see_fresh_deltas_and_the_fold_changes_nothing_they_see(app, session):
    append([], [vote(1, 9)], tier="1")
    append([], [vote(2, 3)], tier="2")
    expected = {(DAY, "all"): (1, 0, 1)}
    assert counts() == expected
    assert rollups.fold(session) > 0
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(RollupDelta)) == 0
    assert counts() == expected
    append([vote(2, 3)], [vote(2, 8)], tier="2")
    assert counts() == {(DAY, "all"): (0, 1, 1)}
    assert counts(dim="tier") == {(DAY, "1"): (0, 0, 1), (DAY, "2"): (0, 1, 0)}
    rollups.fold(session)
    assert counts(dim="tier") == {(DAY, "1"): (0, 0, 1), (DAY, "2"): (0, 1, 0)}


def test_a_fold_takes_no_more_than_its_batch(app, session):
    for number in range(5):
        append([], [vote(number, 10)])
    total = session.scalar(sa.select(sa.func.count()).select_from(RollupDelta))
    assert rollups.fold(session, batch=4) == 4
    assert session.scalar(sa.select(sa.func.count()).select_from(RollupDelta)) == total - 4
    assert counts() == {(DAY, "all"): (0, 0, 5)}


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 400), st.integers(0, 10)), max_size=12),
    st.integers(1, 9),
)
def test_any_history_of_answers_and_edits_equals_a_recount(app, session, steps, batch):
    session.execute(sa.delete(RollupDelta))
    session.execute(sa.delete(RollupCell))
    votes: dict[int, dict[int, Vote]] = {person: {} for person in range(1, 5)}
    for person, days, score in steps:
        before = list(votes[person].values())
        number = person * 1000 + days % 3
        votes[person][number] = vote(
            number,
            score,
            votes[person][number].day.toordinal() - DAY.toordinal() if number in votes[person] else days,
        )
        append(before, list(votes[person].values()))
        rollups.fold(session, batch=batch)
    for end in (DAY + timedelta(days=1), DAY + timedelta(days=200), DAY + timedelta(days=700)):
        start = end - timedelta(days=180)
        latest = [
            max((v for v in each.values() if start <= v.day < end), key=lambda v: v.order, default=None)
            for each in votes.values()
        ]
        expected = Counts.of(v.score for v in latest if v)
        assert trend.by_window(session, [Period(start, end)], "all")[0].get("all", Counts()) == expected
    everything = Counts.of(v.score for each in votes.values() for v in each.values())
    assert (
        sum(
            (
                p.get("all", Counts())
                for p in trend.by_period(session, periods(DAY, DAY + timedelta(days=500), Every.MONTH), "all")
            ),
            Counts(),
        )
        == everything
    )
    session.rollback()


def test_other_windows_come_from_the_rows_and_agree_with_the_rollup(app, session):
    person = make.contact()
    for days, score in ((0, 3), (40, 10)):
        moment = NOW + timedelta(days=days)
        ask = make.invitation(contact=person, sent_at=moment)
        make.response(score, invitation=ask, submitted_at=moment, dims={"all": "all"})
    make.response(9, dims={"all": "all"})
    end = DAY + timedelta(days=60)
    cut = [Period(DAY, end)]
    assert trend.nps(session, cut, window_days=90)[0].counts == Counts(0, 0, 2)
    assert trend.nps(session, cut, window_days=30)[0].counts == Counts(0, 0, 1)
    assert trend.nps(session, [Period(DAY, DAY + timedelta(days=1))], window_days=90)[0].counts == Counts(
        1, 0, 1
    )


def test_no_answers_are_no_nps(app, session):
    point = trend.nps(session, [Period(DAY, DAY + timedelta(days=30))])[0]
    assert (point.counts.n, point.estimate.nps) == (0, None)
