"""Saved segments over the API: what a program follows, made and changed as on the pages."""

from __future__ import annotations

from app.surveys import templates
from app.surveys.models import Program
from tests import make
from tests.make import NOW


def test_a_segment_is_made_listed_changed_and_followed(session, api):
    templates.ensure(session, now=NOW)
    owner = make.staff()
    make.contact(account=make.account(tier=1, owner=owner))
    make.contact(account=make.account(tier=3))
    session.commit()
    given = {"name": "Large", "filter": {"tiers": [1], "owners": [owner.email], "health": ["grey"]}}
    made = api.post("/segments", given)
    assert made.status_code == 201
    found = made.json
    assert (found["filter"], found["people"], found["programs"]) == (given["filter"], 1, [])
    program = api.post(
        "/programs", {"name": "P", "survey": "nps", "audience": {"segments": [found["id"]]}}
    ).json
    assert [item["programs"] for item in api.all("/segments?name=Large")] == [[program["id"]]]
    changed = api.patch(f"/segments/{found['id']}", {"filter": {"tiers": [3]}}).json
    assert (changed["name"], changed["filter"], changed["people"]) == ("Large", {"tiers": [3]}, 1)
    assert api.get(f"/segments/{found['id']}").json == changed
    stored = session.get(Program, int(program["id"]), populate_existing=True)
    assert stored.audience["segments"][0]["filter"] == {"tiers": [3]}


def test_a_segment_is_taken_away_once_no_program_uses_it(session, api):
    templates.ensure(session, now=NOW)
    made = api.post("/segments", {"name": "Large", "filter": {"tiers": [1]}}).json
    program = {"name": "P", "survey": "nps", "audience": {"segments": [made["id"]]}}
    used_by = api.post("/programs", program).json
    refused = api.delete(f"/segments/{made['id']}")
    assert (refused.status_code, refused.json["detail"]) == (409, "A program uses this segment: P.")
    api.patch(f"/programs/{used_by['id']}", {"audience": {"tiers": [1]}})
    gone = api.delete(f"/segments/{made['id']}")
    assert (gone.status_code, gone.json["name"]) == (200, "Large")
    assert api.get(f"/segments/{made['id']}").status_code == 404
    assert api.delete(f"/segments/{made['id']}").status_code == 404


def test_what_a_segment_cannot_be_is_refused_as_on_the_page(session, api):
    api.post("/segments", {"name": "Large", "filter": {"tiers": [1]}})
    for given in (
        {"name": "large", "filter": {"tiers": [2]}},
        {"name": "Empty", "filter": {}},
        {"name": "Odd", "filter": {"silent": ["9"]}},
        {"name": "Nobody's", "filter": {"owners": ["nobody@vendor.example"]}},
    ):
        assert api.post("/segments", given).status_code == 422, given
    assert api.get("/segments/99").status_code == 404
