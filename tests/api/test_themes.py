"""Texts and themes over the API: listed, filtered and corrected, the dictionary changed, the numbers of the pages."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app import jobs
from app.sentiment.models import StoredReading
from app.sentiment.themes import dictionary
from tests import make
from tests.conftest import NOW

BAD = "The reports are terrible and useless."
DAYS = f"from={NOW.date()}&to={NOW.date().replace(day=NOW.day + 1)}"


@pytest.fixture
def answers(session):
    """A promoter who is unhappy with reports, in one comment, and three who say little."""
    dictionary.ensure(session, now=NOW)
    for score, comment in ((9, BAD), (9, "Hm."), (3, "We are here."), (8, "So it is."), (2, "So so.")):
        make.answer(score, comment=comment)
    session.commit()
    jobs.find_themes(NOW)


def test_comments_are_listed_filtered_and_corrected(session, api, answers):
    assert len(api.all("/comments")) == 5
    (found,) = api.all("/comments?theme=reporting")
    assert (found["text"], found["question"], found["intent"], found["band"]) == (
        BAD,
        "comment",
        "like",
        "promoter",
    )
    assert (found["sentiment"]["label"], found["sentiment"]["themes"]) == ("negative", ["reporting"])
    assert (found["mismatch"], found["counted"]) == (True, True)
    assert [one["id"] for one in api.all("/comments?mismatch=true&band=promoter")] == [found["id"]]
    assert found["id"] not in [one["id"] for one in api.all("/comments?mismatch=false")]
    at = f"/comments/{found['id']}"
    corrected = api.put(f"{at}/sentiment", {"label": "positive", "why": "irony"}).json
    assert (corrected["sentiment"]["label"], corrected["heard"], corrected["mismatch"]) == (
        "positive",
        "negative",
        False,
    )
    assert [one["id"] for one in api.all("/comments?corrected=true")] == [found["id"]]
    assert api.post(f"{at}/sentiment/undo").json == api.get(at).json
    assert api.post(f"{at}/sentiment/undo").status_code == 409
    assert api.get("/comments/999999").status_code == 404
    assert api.get("/comments?sentiment=splendid").status_code == 422


def test_themes_are_made_changed_and_counted_as_on_the_page(session, api, program, answers):
    assert len(api.all("/themes?active=true")) == 12
    assert [one["name"] for one in api.all("/themes?name=price&name=Support")] == [
        "Price and value",
        "Support",
    ]
    refused = api.post("/themes", {"name": "Zebras", "phrases": {"en": ["zeb*ra"]}})
    assert (refused.status_code, "star" in str(refused.json["errors"])) == (422, True)
    for phrases in ({"en": "zebra"}, {"EN-gb": ["zebra"]}, ["zebra"], {"en": [3]}):
        assert api.post("/themes", {"name": "Zebras", "phrases": phrases}).status_code == 422, phrases
    made = api.post("/themes", {"name": "Here", "phrases": {"en": ["we are here"]}})
    assert (made.status_code, made.json["phrases"]) == (201, {"en": ["we are here"]})
    assert program("read").post("/themes", {"name": "N", "phrases": {}}).status_code == 403
    assert api.get(f"/reports/themes?{DAYS}").json["waiting"] == 5
    jobs.find_themes(NOW)
    report = api.get(f"/reports/themes?{DAYS}").json
    rows = {row["name"]: row for row in report["themes"]}
    assert (rows["Here"]["texts"]["number"], rows["Here"]["texts"]["share"]) == (1, 0.2)
    assert rows["Reporting"]["sentiment"]["negative"] == 1
    assert rows["Reporting"]["bands"]["promoter"] == {
        "number": 1, "n": 2, "share": None, "low": None, "high": None
    }  # fmt: skip
    assert (report["other"]["number"], report["waiting"], report["accounts"]["open"]) == (3, 0, 5)
    points = api.get(f"/reports/themes/{made.json['id']}?{DAYS}&every=day").json["points"]
    assert [(point["number"], point["n"], point["negative"]) for point in points] == [(1, 5, 0)]
    retired = api.patch(f"/themes/{made.json['id']}", {"active": False}).json
    assert (retired["active"], retired["name"]) == (False, "Here")
    jobs.find_themes(NOW)
    assert session.scalar(sa.select(sa.func.count()).where(StoredReading.is_themed)) == 1
    assert "Here" not in [row["name"] for row in api.get(f"/reports/themes?{DAYS}").json["themes"]]
    assert api.get("/themes/999999").status_code == 404
