"""Control charts: chance is not called a change, a shift is, and each point leads to its rows."""

from __future__ import annotations

import csv
import io
import random
import re
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.extensions import db
from app.reports.control import watching
from app.reports.control.telling import verdict
from app.reports.control.watching import Watched, of_nps, of_shares
from app.reports.periods import Every, Period, periods
from app.reports.routes import period_words
from app.reports.statistics.control import exact_limits
from app.reports.statistics.nps import Counts
from tests import make
from tests.conftest import NOW

MONTHS = periods(date(2025, 1, 1), date(2027, 1, 1), Every.MONTH)


def series(seed: int, before: tuple, after: tuple, shift_at: int = 12, n: int = 60):
    chance = random.Random(seed)
    return [
        (month, Counts.of(chance.choices((3, 7, 10), after if place >= shift_at else before, k=n)))
        for place, month in enumerate(MONTHS)
    ]


def test_chance_seldom_leaves_the_band_and_a_shift_soon_does():
    same = (0.2, 0.3, 0.5)
    alarms = sum(any(one.is_signal for one in of_nps(series(seed, same, same), 30)) for seed in range(60))
    assert alarms <= 9  # 60 times 24 points, once in 371.
    shifted = [of_nps(series(seed, same, (0.4, 0.3, 0.3)), 30) for seed in range(20)]
    assert all(found[-1].is_signal and found[-1].moved.value < 0 for found in shifted)
    assert sum(any(one.is_signal for one in found[:12]) for found in shifted) <= 3


def test_periods_of_few_answers_say_nothing_and_break_nothing():
    rows = [(MONTHS[0], Counts(0, 0, 4)), (MONTHS[1], Counts(0, 0, 9)), (MONTHS[2], Counts())]
    found = of_nps(rows, 100)
    assert [one.moved is None for one in found] == [True, False, True]
    assert found[1].moved.value == 0
    assert all(one.moved is None for one in of_nps(rows, None))


def test_limits_of_shares_are_exact_and_agree_with_three_errors_where_many():
    rows = [(MONTHS[0], 40, 100, False), (MONTHS[1], 60, 100, False), (MONTHS[2], 10, 10, True)]
    found = of_shares(rows)
    assert watching.share_of(rows) == 0.5
    limits = exact_limits(0.5, 100)
    assert (found[0].low, found[0].high) == (limits.low, limits.high)
    assert [one.is_signal for one in found] == [False, False, False]
    assert of_shares([*rows, (MONTHS[3], 90, 100, False)])[3].is_signal
    assert of_shares([(MONTHS[0], 0, 0, False)])[0].value is None
    low, high = watching.limits(0.3, 60_000)
    exact = exact_limits(0.3, 50_000)
    assert (low / 60_000, high / 60_000) == pytest.approx(
        (exact.low / 50_000, exact.high / 50_000), abs=0.001
    )


def test_the_verdict_is_in_words(app):
    def said(rows, level=30):
        return verdict(Watched(level, of_nps(rows, level), None, [], None, []), Every.MONTH, period_words)

    same = (0.2, 0.3, 0.5)
    assert said(series(2, same, same)).startswith("The NPS has not left its level of +30")
    down = said(series(3, same, (0.5, 0.3, 0.2)))
    assert re.fullmatch(r"Since \w{3} 26 the NPS lies below its level of \+30 by more than chance\.", down)
    back = said(series(4, (0.6, 0.3, 0.1), (0.1, 0.3, 0.6), 6), 50)
    assert "is back within chance" in back
    assert said(series(5, same, same)[:5]).startswith("Too short to tell")


def test_the_page_its_file_and_the_rows_behind(app, sign_in):
    wave = make.wave(program=make.program(survey=make.survey("nps")))
    for months_ago, score in ((1, 9), (1, 3), (0, 10)):
        for _ in range(5):
            sent = NOW - timedelta(days=31 * months_ago + 2)
            ask = make.invitation(sent_at=sent, wave=wave, contact=make.contact())
            make.answer(score, now=sent + timedelta(days=1), invitation=ask)
    db.session.commit()
    client = sign_in("viewer")
    days = {"from": "2026-01-01", "to": "2026-03-04"}
    page = client.get("/reports/control", query_string=days).text
    assert "Too short to tell" in page
    assert page.count('<svg class="chart__plot"') == 3
    rows = list(csv.DictReader(io.StringIO(client.get("/reports/control.csv", query_string=days).text)))
    assert [(row["n"], row["nps"]) for row in rows] == [("10", "0.0"), ("0", ""), ("5", "100.0")]
    assert float(rows[0]["detractor_share"]) == 0.5
    link = re.search(r'href="(/reports/responses\?from=2026-01-01[^"]+)"', page)[1].replace("&amp;", "&")
    assert "10 answers" in client.get(link).text
    assert client.get("/reports/control?level=200").status_code == 400
    assert 'value="-5"' in client.get("/reports/control?level=−5").text
    assert client.get("/reports/control?from=2020-01-01&to=2020-02-01").status_code == 200
    for last, level in ((date(2020, 2, 1), None), (date(2026, 2, 2), 0), (date(2026, 3, 5), 100 / 3)):
        whole = [Period(date(2020, 1, 1), last)]
        assert watching.watched(db.session, whole, ZoneInfo("UTC")).level == pytest.approx(level)
    few = make.answer(0, now=NOW - timedelta(days=900))
    db.session.commit()
    of_few = [Period(few.day, few.day + timedelta(days=1))]
    assert watching.watched(db.session, of_few, ZoneInfo("UTC")).level is None
