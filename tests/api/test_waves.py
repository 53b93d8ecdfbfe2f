"""Waves and scores over the API."""

import pytest

from tests import make


@pytest.fixture
def program_row(session):
    return make.program()


def test_a_wave_is_counted_launched_paused_resumed_and_cancelled(session, api, program_row):
    people = [make.contact() for _ in range(3)]
    path = f"/programs/{program_row.id}/waves"
    ids = [str(person.id) for person in people[:2]]
    assert api.post(path, {"contacts": ids, "dry_run": True}).json["counts"]["planned"] == 2
    launched = api.post(path, {"contacts": ids, "undo_minutes": 5})
    assert launched.status_code == 201
    wave = launched.json
    assert (wave["counts"]["total"], wave["counts"]["planned"]) == (2, 2)
    assert sum(n for name, n in wave["counts"].items() if name != "total") == wave["counts"]["total"]
    for verb, state in (("pause", "paused"), ("resume", None), ("cancel", "cancelled")):
        found = api.post(f"/waves/{wave['id']}/{verb}")
        assert found.status_code == 200
        assert state in {None, found.json["state"]}
    assert api.get(f"/waves/{wave['id']}").json["counts"]["cancelled"] == 2
    assert api.post(path, {"contacts": "everybody"}).status_code == 422


def test_a_repeated_launch_is_one_wave(session, api, program_row):
    make.contact()
    headers = {"Idempotency-Key": "launch"}
    path = f"/programs/{program_row.id}/waves"
    assert api.post(path, {}, headers=headers).json == api.post(path, {}, headers=headers).json


def test_scores_are_told_with_their_parts(session, api):
    account = make.account()
    found = api.get(f"/accounts/{account.id}/health").json
    assert (found["health"]["score"], found["health"]["colour"]) == (None, "grey")
    assert api.get(f"/accounts/{account.id}/health?as_of=2020-01-01").status_code == 404


def test_programs_are_listed(session, api, program_row):
    assert [p["id"] for p in api.all("/programs")] == [str(program_row.id)]
