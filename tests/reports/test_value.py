"""Value over time: each person's last answer, with interval, composition and who took part; the same everywhere."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import defaultdict
from datetime import timedelta

import pytest

from app.core import clock
from app.delivery.models import InvitationState
from app.extensions import db
from app.reports.freezing import document, keeping
from app.reports.freezing.rolls import Cause
from app.reports.periods import Every, Period, periods
from app.reports.statistics.means import Sums, difference
from app.reports.values import trend
from app.responses.models import Response
from app.surveys.models import QuestionKind
from app.surveys.scales import value_level
from tests import make
from tests.conftest import NOW
from tests.reports.test_freezing import BY, LATER, standpoint

DAYS = {"from": "2025-06-01", "to": NOW.date().isoformat()}
VALUED = (QuestionKind.VALUE_OVERALL, QuestionKind.VALUE_GOAL, QuestionKind.VALUE_EASE)


def sums(*points: float) -> Sums:
    return Sums(len(points), sum(points), sum(one * one for one in points))


def test_the_interval_stays_open_when_all_agree_and_narrows_with_answers():
    assert sums(50, 50, 50, 50).mean is None
    alike = sums(*[80.0] * 12)
    assert alike.mean == 80
    assert alike.interval.low < 80 < alike.interval.high
    wide, narrow = sums(*[20, 60, 100] * 4).interval, sums(*[20, 60, 100] * 400).interval
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)
    assert sums(*[0.0] * 5).interval.low >= 0
    moved = difference(sums(*[30.0] * 40), sums(*[70.0] * 40))
    assert (moved.diff > 30, moved.p < 0.001) == (True, True)
    assert difference(sums(1, 2), sums(*[70.0] * 40)) is None
    assert [value_level(points).value for points in (0, 39.9, 40, 69.9, 70, 100)] == [
        *("low", "low", "middle", "middle", "high", "high")
    ]


@pytest.fixture
def answered(session):
    """Forty people of two tiers who say, over a year and more, how much value, some of them several times."""
    chance, survey = random.Random(5), make.survey(*VALUED)
    accounts = [make.account(tier=1), make.account(tier=3)]
    people = [make.contact(account=accounts[number % 2]) for number in range(14)]
    for _ask in range(40):
        days_ago = chance.randrange(1, 420)
        wave = make.wave(program=make.program(survey=survey))
        ask = make.invitation(
            contact=chance.choice(people), wave=wave, sent_at=NOW - timedelta(days=days_ago + 1)
        )
        given = chance.randrange(11), chance.randrange(5), chance.randrange(1, 8)
        said = dict(zip(("value_overall", "value_goal", "value_ease"), given, strict=True))
        make.answer(None, now=NOW - timedelta(days=days_ago), invitation=ask, **said)
    wave = make.wave(program=make.program(survey=survey))
    silent = {"state": InvitationState.SILENT, "silent_at": NOW, "closed_at": NOW}
    make.invitation(contact=people[0], wave=wave, sent_at=NOW - timedelta(days=22), **silent)
    make.answer(9, now=NOW - timedelta(days=3))  # Says nothing about value.
    make.answer(9, value_overall=1, now=NOW - timedelta(days=3), is_automatic=True)
    session.commit()
    return people


def recounted(cut: list[Period], window: int | None) -> list[tuple]:
    """The same from all rows, in plain Python."""
    rows = db.session.scalars(
        db.select(Response).where(Response.value_points.is_not(None), Response.is_maybe_automatic.is_(False))
    ).all()
    found = []
    for period in cut:
        start = period.start if window is None else period.end - timedelta(days=window)
        within = [row for row in rows if start <= row.day < period.end]
        if window is not None:
            last = {row.contact_id: row for row in sorted(within, key=lambda row: (row.submitted_at, row.id))}
            within = list(last.values())
        points = [row.value_points for row in within]
        levels = defaultdict(int)
        for one in points:
            levels[value_level(one).value] += 1
        found.append(
            (len(points), pytest.approx(sum(points)), levels["low"], levels["middle"], levels["high"])
        )
    return found


def test_every_point_is_what_a_recount_of_the_rows_gives(answered):
    cut = periods(NOW.date() - timedelta(days=400), NOW.date() + timedelta(days=1), Every.MONTH)
    for window in (None, 180, 30):
        found = trend.value(db.session, cut, window_days=window)
        told = [(one.sums.n, one.sums.total, one.sums.low, one.sums.middle, one.sums.high) for one in found]
        assert told == recounted(cut, window)
    by_tier = trend.value(db.session, cut, dim="tier")
    assert {one.key for one in by_tier} == {"1", "3"}
    assert sum(one.sums.n for one in by_tier) == sum(one.sums.n for one in trend.value(db.session, cut))


def test_page_and_file_lead_to_the_answers(answered, sign_in, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    viewer = sign_in("viewer")
    page = viewer.get("/reports/value", query_string=DAYS | {"by": "tier"}).text
    headline = trend.headline(db.session, NOW.date())
    shown = re.search(r'headline__value">.*?<b>(\d+)</b>.*?href="([^"]+)">n = (\d+)<', page, re.S)
    assert (int(shown[1]), int(shown[3])) == (round(headline.mean), headline.n)
    behind = viewer.get(shown[2].replace("&amp;", "&")).text
    assert f"<b>{headline.n} answers</b>" in behind
    assert "Tier 3" in page
    rows = list(csv.DictReader(io.StringIO(viewer.get("/reports/value.csv", query_string=DAYS).text)))
    low = sum(int(row["valued_low"]) for row in rows)
    listed = viewer.get("/reports/responses.csv", query_string=DAYS | {"about": "value", "level": "low"}).text
    assert len(list(csv.DictReader(io.StringIO(listed)))) == low > 0
    asked = viewer.get("/reports/asks", query_string=DAYS | {"about": "value", "state": "unanswered"}).text
    assert "<b>1 ask</b>" in asked


def test_without_answers_the_page_says_where_they_would_come_from(app, sign_in):
    viewer = sign_in("viewer")
    assert "Nobody has been asked about value yet" in viewer.get("/reports/value").text
    assert "Nobody was asked about value" in viewer.get("/reports/value", query_string=DAYS).text


def test_value_is_frozen_and_told_apart_later(answered):
    address = DAYS | {"every": "month", "by": "tier"}
    report = keeping.freeze(db.session, "value", "Board", address, standpoint(), by=BY)
    db.session.commit()
    assert keeping.then_and_now(db.session, report, standpoint(LATER)).is_the_same
    kept = document.from_json(report.document)
    assert {table.name for table in kept.tables} == {"value", "composition", "rate", "segments"}
    wave = make.wave(program=make.program(survey=make.survey(*VALUED)))
    ask = make.invitation(contact=make.contact(account=answered[0].account), wave=wave, sent_at=NOW)
    make.answer(None, now=NOW + timedelta(hours=1), invitation=ask, value_overall=2)
    db.session.commit()
    found = keeping.then_and_now(db.session, report, standpoint(LATER))
    for account in found.accounts:
        assert [(one.cause, one.came) for one in account.tallies] == [(Cause.LATE, 1)], account.name
    assert any(one.key == "value_people" for one in found.figures)
