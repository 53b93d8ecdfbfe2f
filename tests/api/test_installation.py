"""Going live over the API: the same blockers, the same words to type, the same refusal."""

import pytest

from app.core.installation import installation
from tests.setup.conftest import READY_MARK, demo_rows, rehearsal_rows


def test_each_thing_in_the_way_is_named_with_its_fix(session, program):
    admin = program("admin")
    found = admin.get("/installation").json
    codes = {blocker["code"] for blocker in found["blockers"]}
    assert found["live_at"] is None
    assert {"test_mail", "worker"} <= codes
    assert all(blocker["words"] and blocker["fix"] for blocker in found["blockers"])
    refused = admin.post("/installation/live", {"confirm": "go live"})
    assert refused.status_code == 409
    assert refused.json["errors"].keys() == codes
    for blocker in found["blockers"]:
        assert blocker["fix"] in refused.json["errors"][blocker["code"]]
    assert not installation(session).is_live


@READY_MARK
def test_the_words_are_typed_and_the_step_is_done_once(app, session, ready, program):
    rehearsal_rows()
    demo_rows()
    admin = program("admin")
    for given in (
        {},
        {"confirm": "yes"},
        {"confirm": ""},
        {"confirm": 5},
        {"confirm": "go live", "in_spite": True},
    ):
        assert admin.post("/installation/live", given).status_code == 422, given
    refused = admin.post("/installation/live", {"confirm": "go live"})
    assert refused.status_code == 409
    assert list(refused.json["errors"]) == ["demo_data"]
    assert admin.get("/installation").json["remains"]["rehearsal_waves"] > 0
    done = admin.post("/installation/live", {"confirm": "Go  live", "remove_demo": True})
    assert done.status_code == 201
    assert done.json["removed"]["rehearsal_waves"] > 0
    session.expire_all()
    assert installation(session).is_live
    found = admin.get("/installation").json
    assert (found["live_at"], found["blockers"]) == (done.json["live_at"], [])
    assert set(found["remains"].values()) == {0}
    assert admin.post("/installation/live", {"confirm": "go live"}).status_code == 409


@pytest.mark.parametrize("scope", ["read", "write"])
def test_only_admin_keys_see_and_change_it(program, scope):
    assert program(scope).get("/installation").status_code == 403
    assert program(scope).post("/installation/live", {"confirm": "go live"}).status_code == 403
