"""Why a figure changed and what differs, for other programs: the same figures as on the pages and in their files."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from app.extensions import db
from tests.conftest import NOW
from tests.reports.test_hot_spots import DAYS, PERIOD, said, unhappy_branch  # noqa: F401 a fixture
from tests.reports.test_why import two_periods  # noqa: F401 a fixture


def test_why_tells_no_points_of_fewer_than_five_people(two_periods, sign_in, api):  # noqa: F811
    last = NOW.date()
    days = {"from": (last - timedelta(days=179)).isoformat(), "to": (last + timedelta(days=1)).isoformat()}
    found = api.get("/reports/why", query_string=days).json
    assert (found["before"]["n"], found["after"]["nps"], found["points"]) == (2, None, None)
    assert found["parts"] == {
        "moved": {"points": None, "people": 1},
        "joined": {"points": None, "people": 1},
        "left": {"points": None, "people": 1},
    }
    page = sign_in("viewer").get("/reports/why.csv", query_string=days | {"to": last.isoformat()}).text
    rows = list(csv.DictReader(io.StringIO(page)))
    assert [one["points"] for one in found["accounts"]] == [None, None]
    assert [(row["account"], row["points"], row["people"]) for row in rows] == [
        ("Beta", "", "2"),
        ("'=Acme", "", "1"),
    ]
    none = api.get("/reports/why?from=2020-01-01&to=2020-02-01&against=year").json
    assert (none["before"]["from"], none["points"], none["parts"], none["accounts"]) == (
        "2019-01-01",
        None,
        None,
        [],
    )


def test_hot_spots_are_the_same_as_in_the_file(unhappy_branch, sign_in, api):  # noqa: F811
    days = DAYS | {"to": PERIOD.end.isoformat()}
    found = api.get("/reports/hot_spots", query_string=days | {"by": "segment.Branch", "and": "tier"}).json
    given = DAYS | {"by": "segment.Branch", "and": "tier"}
    text = sign_in("viewer").get("/reports/hot-spots.csv", query_string=given).text
    rows = {(row["segment.Branch"], row["tier"]): row for row in csv.DictReader(io.StringIO(text))}
    assert len(found["segments"]) == len(rows) == 6
    for one in found["segments"]:
        row = rows[one["keys"][0], f"Tier {one['keys'][1]}"]
        for name in ("shown", "p", "p_adjusted"):
            assert one[name] == float(row[name])
        assert one["is_hot_spot"] == (row["verdict"] == "hot spot")
    assert api.get("/reports/hot_spots?by=nonsense").status_code == 422


def test_groups_of_under_five_have_no_nps_in_file_or_answer(app, sign_in, api):
    for number, (tier, score) in enumerate((("1", 1), ("1", 2), *[("2", 10)] * 5, *[("3", 2)] * 4)):
        said(score, {"all": "all", "tier": tier}, number)
    db.session.commit()
    found = api.get(
        "/reports/hot_spots", query_string=DAYS | {"to": PERIOD.end.isoformat(), "by": "tier"}
    ).json
    told = {one["keys"][0]: (one["n"], one["nps"], one["shown"] is None) for one in found["segments"]}
    assert told == {"1": (2, None, True), "2": (5, 100, False), "3": (4, None, True)}
    assert (found["mean"], found["p"]) == (None, None)
    text = sign_in("viewer").get("/reports/hot-spots.csv", query_string=DAYS | {"by": "tier"}).text
    rows = {row["tier"]: (row["nps"], bool(row["shown"])) for row in csv.DictReader(io.StringIO(text))}
    assert rows == {"Tier 1": ("", False), "Tier 2": ("100.0", True), "Tier 3": ("", False)}
