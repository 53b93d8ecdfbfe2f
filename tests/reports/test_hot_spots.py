"""Hot spots: segments by one property or two, with the answers behind each."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from app.extensions import db
from app.reports import trend
from app.reports.hotspots import cells
from app.reports.hotspots.cells import segments
from app.reports.periods import Period
from app.reports.statistics import segments as heat
from app.reports.statistics.nps import Counts
from tests import make
from tests.conftest import NOW

DAYS = {"from": (NOW.date() - timedelta(days=100)).isoformat(), "to": NOW.date().isoformat()}
PERIOD = Period(NOW.date() - timedelta(days=100), NOW.date() + timedelta(days=1))


@pytest.fixture
def unhappy_branch(app):
    """Four branches of four accounts; those of Lyon are unhappy whatever their tier, one has no branch."""
    number = 0
    for branch, scores in {"Lyon": (1, 2, 3, 6), "Oslo": (9, 10, 9, 8), "Bonn": (10, 9, 7, 9)}.items():
        for tier in (1, 3):
            for score in (*scores, scores[0]):
                dims = {"all": "all", "tier": str(tier), "segment.Branch": branch, "owner": "7"}
                number += 1
                said(score, dims, number)
    person = said(9, {"all": "all", "tier": "2"}, 90).contact
    make.response(
        0,
        dims={"tier": "2"},
        invitation=make.invitation(contact=person),
        submitted_at=NOW - timedelta(days=95),
    )
    db.session.commit()


def said(score, dims, days_ago):
    ask = make.invitation(contact=make.contact())
    return make.response(score, dims=dims, invitation=ask, submitted_at=NOW - timedelta(days=days_ago))


@pytest.mark.parametrize("are_many", [False, True])
def test_segments_count_the_last_vote_of_each_person(unhappy_branch, monkeypatch, are_many):
    assert not trend.are_many(db.session, PERIOD)
    monkeypatch.setattr(cells, "are_many", lambda *_given: are_many)
    found = segments(db.session, PERIOD, ["segment.Branch"])
    assert found.counts == {
        ("Lyon",): Counts(10, 0, 0),
        ("Oslo",): Counts(0, 2, 8),
        ("Bonn",): Counts(0, 2, 8),
    }
    assert found.accounts == {("Lyon",): 10, ("Oslo",): 10, ("Bonn",): 10}
    assert found.without == 1
    both = segments(db.session, PERIOD, ["tier", "segment.Branch"])
    assert both.counts["1", "Lyon"] == Counts(5, 0, 0)
    assert len(both.counts) == 6
    assert segments(db.session, PERIOD, ["tier"]).counts["2",] == Counts(0, 0, 1)


def test_the_page_names_the_hot_spot_and_leads_to_its_answers(unhappy_branch, sign_in):
    client = sign_in("viewer")
    page = client.get("/reports/hot-spots", query_string=DAYS | {"by": "segment.Branch"}).text
    assert "These groups differ by more than chance." in page
    assert page.index("Lyon") < page.index("Oslo")
    assert page.count("Hot spot</span>") >= 1
    assert "stand out" not in page
    assert "1 answer has no value here" in page
    crossed = client.get(
        "/reports/hot-spots", query_string=DAYS | {"by": "tier", "and": "segment.Branch"}
    ).text
    assert "Heat map" in crossed
    assert "Tier 1 · Lyon" in crossed
    rows = client.get("/reports/responses", query_string=DAYS | {
        "per": "person", "by": "tier", "key": "1", "by2": "segment.Branch", "key2": "Lyon",
    }).text  # fmt: skip
    assert "5 answers" in rows
    assert "Tier: Tier 1" in rows
    assert "Branch: Lyon" in rows


def test_a_hot_spot_without_evidence_for_all_groups_together_is_said_to_be_no_proof(
    unhappy_branch, sign_in, monkeypatch
):
    monkeypatch.setattr(heat, "EVIDENCE", 0.0)
    page = sign_in("viewer").get("/reports/hot-spots", query_string=DAYS | {"by": "segment.Branch"}).text
    assert "There is no evidence that these groups differ." in page
    assert "Single groups that stand out against all others are marked below all the same" in page
    assert "lies near the mean" not in page


def test_the_file_has_the_map_unrounded(unhappy_branch, sign_in):
    given = DAYS | {"by": "segment.Branch"}
    text = sign_in("viewer").get("/reports/hot-spots.csv", query_string=given).text
    first = next(csv.DictReader(io.StringIO(text)))
    assert (first["segment.Branch"], first["n"], first["accounts"], first["nps"]) == (
        "Lyon",
        "10",
        "10",
        "-100.0",
    )
    assert float(first["shown"]) > -100
    assert first["verdict"] == "hot spot"


def test_groups_of_under_five_people_are_counted_and_not_judged(app, sign_in):
    for number, (tier, score) in enumerate((("1", 1), ("1", 2), ("2", 10), ("2", 9), ("2", 10))):
        said(score, {"all": "all", "tier": tier, "role": "user"}, number)
    db.session.commit()
    page = sign_in("viewer").get("/reports/hot-spots", query_string=DAYS | {"by": "tier", "and": "role"}).text
    assert "Too few answers to say whether these groups differ" in page
    assert "These groups differ" not in page
    assert page.count("too few") >= 6
    assert "n = 2" in page


def test_unknown_properties_and_no_answers_are_met_with_words(app, sign_in):
    client = sign_in("viewer")
    page = client.get("/reports/hot-spots?by=nonsense&and=tier").text
    assert "Nothing to compare" in page
    assert client.get("/reports/hot-spots?from=2026-03-05&to=2026-03-01").status_code == 400
    for evil in ("segment.%00", "segment.'%22]", "segment." + "x" * 40, "segment.%E2%80%AEx"):
        assert client.get(f"/reports/hot-spots?by={evil}&and=tier").status_code == 200
        assert client.get(f"/reports/responses?by={evil}&key=%00x&by2=tier&key2=%00").status_code == 200
