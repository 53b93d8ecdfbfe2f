"""Scores over the API: with what they are made of, past days as they were stored, and Adoption told from outside."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app.core import clock
from app.health import due, snapshots
from app.health.models import Adoption, ScoreDue
from tests import make

TODAY = clock.now().date()


def health(api, account, more: str = "") -> dict:
    return api.get(f"/accounts/{account.id}/health{more}").json


def said(person) -> None:
    now = clock.now()
    make.answer(9, invitation=make.invitation(contact=person, sent_at=now), now=now)


def test_scores_are_told_with_their_parts(session, api):
    account = make.account()
    said(make.contact(account=account))
    found = health(api, account)
    assert (found["health"]["score"], found["health"]["colour"]) == (None, "grey")
    relationship = found["relationship"]
    assert relationship["score"] > 0
    assert {part["name"] for part in relationship["parts"]} >= {"footprint", "engagement", "sentiment"}
    lost = sum(part["points_lost"] or 0 for part in relationship["parts"])
    lost += relationship["ceiling"]["points_lost"]
    assert 100 - relationship["score"] == pytest.approx(lost)
    assert (relationship["version"], relationship["as_of"]) == ("v1", TODAY.isoformat())
    assert api.get("/accounts/999/health").status_code == 404


def test_a_past_day_is_as_it_was_stored(session, api):
    account, day = make.account(), TODAY - timedelta(days=9)
    make.contact(account=account)
    zone = ZoneInfo("UTC")
    snapshots.refresh(session, [account.id], today=day, zone=zone, now=clock.now())
    found = health(api, account, f"?as_of={day}")
    assert found["relationship"]["as_of"] == day.isoformat()
    assert api.get(f"/accounts/{account.id}/health?as_of={day - timedelta(days=1)}").status_code == 404
    assert api.get(f"/accounts/{account.id}/health?as_of={TODAY + timedelta(days=1)}").status_code == 404


def test_accounts_carry_their_scores_as_they_are_now(session, api, queries):
    account = make.account()
    person = make.contact(account=account)
    first = health(api, account)
    short = api.get(f"/accounts/{account.id}").json["health"]
    assert short["health"] == {"score": None, "colour": "grey"}
    said(person)
    found = api.all("/accounts")[0]["health"]
    assert found["relationship"]["score"] == health(api, account)["relationship"]["score"]
    assert (first["relationship"]["score"], found["relationship"]["colour"]) == (None, "yellow")
    assert (found["version"], found["as_of"]) == ("v1", TODAY.isoformat())


def test_scores_of_a_long_list_take_no_more_queries_than_of_a_short_one(session, api, queries):
    make.contact()
    api.get("/accounts")  # The first request of a process reads the words and colours that it keeps.
    few = queries(lambda: api.get("/accounts"))
    for _ in range(4):
        make.contact()
    assert queries(lambda: api.get("/accounts")) == few


def test_adoption_is_told_kept_by_day_and_enters_the_scores(session, api):
    account = make.account()
    path, before = f"/accounts/{account.id}/adoption", (TODAY - timedelta(days=40)).isoformat()
    assert api.put(path, {"score": 30, "as_of": before}).json["score"] == 30
    assert session.get(ScoreDue, account.id)
    found = api.put(path, {"score": 80.5}).json
    assert found == {"account_id": str(account.id), "score": 80.5, "as_of": TODAY.isoformat()}
    assert health(api, account)["adoption"]["score"] == pytest.approx(80.5)
    api.put(path, {"score": 60})
    rows = session.scalars(sa.select(Adoption).order_by(Adoption.as_of)).all()
    assert [row.score for row in rows] == [30, 60]
    assert rows[1].source.startswith("program")
    since = session.get(ScoreDue, account.id).since
    due.settle(session, account.id, since)
    api.put(path, {"score": 60})
    assert session.get(ScoreDue, account.id) is None


def test_a_metric_is_read_between_its_anchors(session, api):
    path = f"/accounts/{make.account().id}/adoption"
    for given, score in (
        ({"metric": 45, "at_0": 0, "at_100": 60}, 75),
        ({"metric": 70, "at_0": 0, "at_100": 60}, 100),
        ({"metric": 2, "at_0": 10, "at_100": 2}, 100),
        ({"metric": -5, "at_0": 0, "at_100": 1e-300}, 0),
    ):
        assert api.put(path, given).json["score"] == score, given


IMPOSSIBLE = [
    ({}, "score"),
    ({"score": -1}, "score"),
    ({"score": 100.5}, "score"),
    ({"score": "80"}, "score"),
    ({"score": True}, "score"),
    ({"score": None}, "score"),
    ({"score": 5, "metric": 5}, "score"),
    ({"score": 5, "at_0": 5}, "score"),
    ({"metric": 5}, "at_0"),
    ({"metric": 5, "at_0": 1}, "at_100"),
    ({"metric": 5, "at_0": 1, "at_100": 1}, "at_100"),
    ({"metric": 1e300, "at_0": 1, "at_100": 2}, "metric"),
    ({"score": 5, "as_of": "2999-01-01"}, "as_of"),
    ({"score": 5, "as_of": "2199-01-01"}, "as_of"),
    ({"score": 5, "as_of": "yesterday"}, "as_of"),
    ({"score": 5, "on": "2026-01-01"}, "on"),
]


def test_what_cannot_be_adoption_is_422_at_its_field(session, api):
    path = f"/accounts/{make.account().id}/adoption"
    for given, field in IMPOSSIBLE:
        found = api.put(path, given)
        assert found.status_code == 422, given
        assert field in found.json["errors"], given
    assert session.scalar(sa.select(sa.func.count(Adoption.id))) == 0
    assert api.put("/accounts/999/adoption", {"score": 5}).status_code == 404


def test_telling_adoption_takes_a_writing_key(session, program):
    path = f"/accounts/{make.account().id}/adoption"
    assert program("read").put(path, {"score": 5}).status_code == 403
