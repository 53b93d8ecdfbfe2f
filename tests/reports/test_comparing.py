"""Two periods or two groups side by side: each figure from the function that other pages take it from."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.extensions import db
from app.reports import trend
from app.reports.comparing.sides import Side, compare
from app.reports.periods import Period
from app.reports.statistics.nps import Counts
from tests import make
from tests.conftest import NOW
from tests.posting import token

END = NOW.date() + timedelta(days=1)
AFTER = Period(END - timedelta(days=180), END)
BEFORE = Period(AFTER.start - timedelta(days=180), AFTER.start)
DAYS = {"from": AFTER.start.isoformat(), "to": AFTER.last.isoformat()}
ZONE = ZoneInfo("UTC")


@pytest.fixture
def two_accounts(app):
    """A large account of tier 1 whose six people turn from detractors to promoters, a small one of tier 3 that stays
    unhappy, two people of the large one newly asked and silent."""
    large, small = (
        make.account(tier=1, arr=900_000, name="Large"),
        make.account(tier=3, arr=100_000, name="Small"),
    )

    def said(person, score, days_ago):
        sent = NOW - timedelta(days=days_ago + 1)
        ask = make.invitation(contact=person, sent_at=sent, wave=wave)
        make.answer(score, now=sent + timedelta(days=1), invitation=ask)

    survey = make.survey("nps")
    for account, scores in ((large, (3, 9)), (small, (2, 3))):
        for _ in range(6):
            person = make.contact(account=account)
            for score, days_ago in zip(scores, (300, 20), strict=True):
                wave = make.wave(program=make.program(survey=survey))
                said(person, score, days_ago)
    for _ in range(2):
        wave = make.wave(program=make.program(survey=survey))
        make.invitation(contact=make.contact(account=large), wave=wave, sent_at=NOW - timedelta(days=5))
    db.session.commit()
    return large, small


def test_two_periods_are_compared_in_every_way(two_accounts, session):
    found = compare(session, Side(BEFORE), Side(AFTER), ZONE)
    assert found.second.counts == trend.headline(session, AFTER.last).counts == Counts(6, 0, 6)
    assert found.first.counts == Counts(12, 0, 0)
    assert found.change.points == found.overlap.difference.diff == found.paired.diff == 100
    assert (found.overlap.shared, found.paired.n, found.paired.up, found.paired.down) == (12, 12, 6, 0)
    assert (found.second.by_account.nps, found.second.by_arr.nps, found.second.by_arr.coverage) == (0, 80, 1)
    assert found.clustered.diff == 100
    assert found.clustered.se > found.change.difference.se
    assert (found.second.asked, found.second.silent.silent_as_detractor) == (14, pytest.approx(-200 / 14))
    assert found.first.asked == 12


def test_two_groups_share_nobody_and_know_their_silent(two_accounts, session):
    found = compare(session, *(Side(AFTER, "tier", key) for key in ("1", "3")), ZONE)
    assert (found.first.counts, found.second.counts) == (Counts(0, 0, 6), Counts(6, 0, 0))
    assert (found.overlap, found.paired, found.clustered) == (None, None, None)
    assert found.change.is_change
    assert (found.first.asked, found.second.asked) == (8, 6)


def test_page_and_file_say_the_same_and_lead_to_the_answers(two_accounts, sign_in):
    client = sign_in("viewer")
    page = client.get("/reports/compare", query_string=DAYS).text
    assert "more than chance: +100.0 points" in page
    assert "12 people answered both times" in page
    links = [
        one.replace("&amp;", "&") for one in re.findall(r'href="(/reports/(?:responses|asks)\?[^"]+)"', page)
    ]
    assert len(links) >= 6
    assert ["6 answers" in client.get(one).text for one in links if "band=promoter" in one] == [True]
    assert "<b>2 people</b>" in client.get(next(one for one in links if "/asks" in one)).text
    rows = list(csv.DictReader(io.StringIO(client.get("/reports/compare.csv", query_string=DAYS).text)))
    assert [(row["nps"], row["nps_by_arr"], row["people_asked"]) for row in rows] == [
        ("-100.0", "-100.0", "12"),
        ("0.0", "80.0", "14"),
    ]
    groups = client.get(
        "/reports/compare", query_string=DAYS | {"what": "groups", "by": "tier", "key": "3"}
    ).text
    assert re.search(r'value="3" selected>Tier 3', groups)
    assert "more than chance" in groups


def test_a_change_is_the_difference_of_the_figures_as_they_are_shown_wherever_it_stands(app, sign_in):
    """From +28.6 to +33.3, which are 4.76 points unrounded."""
    for days_ago, scores in ((300, (9, 9, 8, 8, 8, 8, 8)), (20, (9, 9, 8, 8, 8, 8))):
        for score in scores:
            ask = make.invitation(sent_at=NOW - timedelta(days=days_ago + 1))
            make.answer(score, now=NOW - timedelta(days=days_ago), invitation=ask)
    db.session.commit()
    client = sign_in("manager")
    compared, why = (client.get(f"/reports/{page}", query_string=DAYS).text for page in ("compare", "why"))
    assert "+4.7 points" in compared
    assert "+4.7 points" in why
    assert "+4.8" not in compared + why
    form = {"csrf_token": token(client.get("/reports/frozen/new", query_string=DAYS | {"kind": "why"}))}
    for kind in ("why", "compare"):
        made = client.post("/reports/frozen", query_string=DAYS | {"kind": kind}, data=form | {"name": kind})
        page = client.get(made.location).text
        assert re.search(r"<dt>Change</dt><dd>\+4\.7</dd>", page), kind
        assert "Nothing has changed" in page


def test_too_few_answers_and_none_are_met_with_words(app, sign_in):
    client = sign_in("viewer")
    assert "Nobody answered in either" in client.get("/reports/compare").text
    assert "at least two groups" in client.get("/reports/compare?what=groups&by=nonsense&key=%00").text
    make.answer(9, now=NOW, invitation=make.invitation(sent_at=NOW - timedelta(days=1)))
    db.session.commit()
    page = client.get("/reports/compare", query_string=DAYS).text
    assert "it takes five answers on either side" in page
    assert "+100" not in page
    assert client.get("/reports/compare.xlsx?what=groups").status_code == 200
