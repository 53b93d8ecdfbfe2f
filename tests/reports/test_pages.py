"""The managers' pages."""

from __future__ import annotations

import csv
import io

import pytest

from tests import make
from tests.conftest import NOW

DAYS = f"from={NOW.date()}&to={NOW.date()}"


@pytest.fixture
def viewer(sign_in):
    return sign_in("viewer")


def test_an_empty_installation_says_what_comes_next(viewer):
    page = viewer.get("/reports")
    assert page.status_code == 200
    assert "Numbers appear as soon as somebody has been asked" in page.text
    assert "No answers in these days" in viewer.get("/reports/responses").text
    assert "Nobody was asked in these days" in viewer.get("/reports/asks").text
    assert "Clear the filters" in viewer.get("/reports/responses?band=promoter").text


def test_the_list_and_the_csv_hold_the_answers_behind_the_number(viewer, session):
    for score in (9, 3, 7):
        make.response(score, comment="=1+1 <b>bold</b>", dims={"all": "all"})
    make.response(10, invitation=make.invitation(wave=make.wave(is_rehearsal=True)), dims={"all": "all"})
    session.commit()
    page = viewer.get(f"/reports/responses?{DAYS}").text
    assert page.count('data-label="Score"') == 3
    assert "<b>bold</b>" not in page
    assert viewer.get(f"/reports/responses?{DAYS}&band=detractor").text.count('data-label="Score"') == 1
    rows = list(csv.DictReader(io.StringIO(viewer.get(f"/reports/responses.csv?{DAYS}").text)))
    assert sorted(int(row["score"]) for row in rows) == [3, 7, 9]
    assert {row["comment"][:2] for row in rows} == {"'="}


def test_pages_go_on_where_the_last_ended(viewer, session):
    wave = make.wave()
    for _ in range(53):
        make.response(8, invitation=make.invitation(wave=wave), dims={"all": "all"})
    session.commit()
    first = viewer.get(f"/reports/responses?{DAYS}")
    assert first.text.count('data-label="Score"') == 50
    last = first.text.partition("after=")[2].partition("&")[0].partition('"')[0]
    assert viewer.get(f"/reports/responses?{DAYS}&after={last}").text.count('data-label="Score"') == 3
    assert viewer.get(f"/reports/asks?{DAYS}").text.count('data-label="Asked"') == 50


@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=2026-03-04&to=2026-03-01", "from=1900-01-01", "to=%00"]
)
def test_days_that_are_none_are_refused_in_words(viewer, query):
    assert viewer.get(f"/reports?{query}").status_code == 400


def test_odd_filters_do_no_harm(viewer):
    assert viewer.get("/reports?every=x&by=y&dim=z").status_code == 200
    assert (
        viewer.get("/reports/responses?after=99999999999&band=x&q=%25_%00&by=tier&key='").status_code == 200
    )
