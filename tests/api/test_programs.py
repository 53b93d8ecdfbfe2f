"""Surveys and programs over the API: the same rules and words as on the pages."""

import pytest

from app.core import clock
from app.core.audit import AuditEvent
from app.surveys import templates
from app.surveys.models import Program, ProgramStatus
from tests import make

NEW = {"name": "Yearly", "survey": "nps"}


@pytest.fixture(autouse=True)
def shipped(session):
    templates.ensure(session, now=clock.now())


def test_shipped_surveys_are_listed_with_their_questions(session, api):
    found = {item["key"]: item for item in api.all("/surveys")}
    assert {"nps", "value", "nps_value"} <= found.keys()
    both = found["nps_value"]
    assert both["languages"] == ["en", *sorted(set(both["languages"]) - {"en"})]
    assert {"de", "ar", "ja"} <= set(both["languages"])
    scales = {q["name"]: (q["least"], q["most"], q["required"]) for q in both["questions"]}
    assert scales["score"] == (0, 10, True)
    assert scales["value_ease"] == (1, 7, False)
    assert scales["comment"] == (None, None, False)
    assert api.get(f"/surveys/{both['id']}").json == both
    assert [item["key"] for item in api.all("/surveys?template=value")] == ["value"]
    assert api.all("/surveys?archived=true") == []
    assert api.get("/surveys/999").status_code == 404


def test_a_new_program_follows_the_usual_rules(session, api):
    found = api.post("/programs", NEW)
    assert found.status_code == 201
    made = found.json
    assert (made["survey"], made["kind"], made["status"]) == ("nps", "relationship", "active")
    assert (made["audience"], made["reminders"], made["sender_email"]) == ({}, [3, 7], None)
    assert (made["quarantine"]["any_days"], made["window"]["send_days"]) == (90, [1, 2, 3])
    stored = session.get(Program, int(made["id"]))
    assert (stored.quarantine, stored.cadence, stored.window) == ({}, {}, {})
    assert api.get(f"/programs/{made['id']}").json == made
    event = session.query(AuditEvent).filter_by(action="program.added").one()
    assert event.subject == f"program:{made['id']}"


def test_everything_of_a_program_can_be_said_and_is_told_again(session, api):
    owner, account = make.staff(), make.account()
    given = NEW | {
        "kind": "transactional",
        "status": "draft",
        "audience": {
            "tiers": [1],
            "roles": ["champion"],
            "owners": [owner.email, None],
            "languages": ["de", None],
            "accounts": [str(account.id)],
            "segment": {"size": ["large"]},
        },
        "quarantine": {"any_days": 60},
        "cadence": {"open_days": 14, "undo_minutes": 0},
        "reminders": [2, 5],
        "window": {"send_days": [0, 4], "send_from": 9},
        "mail": {"en": {"subject": "A question", "opening": ""}},
        "sender_email": owner.email,
    }
    made = api.post("/programs", given).json
    for name in ("kind", "status", "audience", "reminders", "sender_email"):
        assert made[name] == given[name], name
    assert made["mail"] == {"en": {"subject": "A question"}}
    assert (made["quarantine"]["any_days"], made["cadence"]["open_days"]) == (60, 14)
    assert (made["window"]["send_from"], made["window"]["send_until"]) == (9, 11)
    again = {n: made[n] for n in ("audience", "quarantine", "cadence", "window", "reminders", "mail")}
    changed = api.patch(f"/programs/{made['id']}", again).json
    assert changed | {"updated_at": ""} == made | {"updated_at": ""}
    found = api.all("/programs?status=draft&kind=transactional&survey=nps&name=Yearly")
    assert [item["id"] for item in found] == [made["id"]]


def test_a_change_leaves_what_it_does_not_name(session, api):
    given = NEW | {"quarantine": {"any_days": 60, "floor_hours": 48}, "audience": {"tiers": [1]}}
    made = api.post("/programs", given).json
    changed = api.patch(
        f"/programs/{made['id']}", {"quarantine": {"any_days": None}, "name": "Quarterly", "reminders": []}
    ).json
    assert (changed["name"], changed["reminders"]) == ("Quarterly", [])
    assert (changed["quarantine"]["any_days"], changed["quarantine"]["floor_hours"]) == (90, 48)
    assert changed["audience"] == {"tiers": [1]}
    assert api.patch(f"/programs/{made['id']}", {"audience": {}}).json["audience"] == {}


IMPOSSIBLE = [
    ({"name": "ONE"}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"name": "a\ud83d"}, "name"),
    ({"survey": "weather"}, "survey"),
    ({"kind": "odd"}, "kind"),
    ({"status": None}, "status"),
    ({"audience": []}, "audience"),
    ({"audience": {"weather": [1]}}, "audience.weather"),
    ({"audience": {"tiers": [4]}}, "audience.tiers"),
    ({"audience": {"tiers": 1}}, "audience.tiers"),
    ({"audience": {"owners": ["nobody@company.example"]}}, "audience.owners"),
    ({"audience": {"owners": ["a\x00@company.example"]}}, "audience.owners"),
    ({"audience": {"owners": [99]}}, "audience.owners"),
    ({"audience": {"accounts": ["99"]}}, "audience.accounts"),
    ({"audience": {"languages": ["\ud83d"]}}, "audience.languages"),
    ({"audience": {"segment": {"size": [{}]}}}, "audience.segment"),
    ({"audience": {"segment": {"size": ["\ud83d"]}}}, "audience.segment"),
    ({"audience": {"segment": {"\x00": ["x"]}}}, "audience.segment"),
    ({"quarantine": {"any_days": -1}}, "quarantine.any_days"),
    ({"quarantine": {"any_days": True}}, "quarantine.any_days"),
    ({"quarantine": {"weather": 1}}, "quarantine.weather"),
    ({"quarantine": 5}, "quarantine"),
    ({"cadence": {"open_days": 7}}, "reminders"),
    ({"reminders": [7, 3]}, "reminders"),
    ({"reminders": ["3"]}, "reminders"),
    ({"reminders": 3}, "reminders"),
    ({"window": {"send_from": 12}}, "window.send_until"),
    ({"window": {"send_days": [7]}}, "window.send_days"),
    ({"mail": {"xx": {}}}, "mail"),
    ({"mail": {"en": {"subject": "x" * 151}}}, "mail.en.value.subject"),
    ({"mail": {"en": "x"}}, "mail.en.value"),
    ({"sender_email": "nobody@company.example"}, "sender_email"),
    ({"id": "5"}, "id"),
]


def test_what_a_page_would_refuse_is_422_at_its_field(session, api):
    make.program(name="One")
    own = api.post("/programs", NEW).json["id"]
    for given, field in IMPOSSIBLE:
        for found in (
            api.post("/programs", NEW | {"name": "Other"} | given),
            api.patch(f"/programs/{own}", given),
        ):
            assert found.status_code == 422, given
            assert list(found.json["errors"]) == [field], (given, found.json["errors"])
    assert api.post("/programs", {"name": "Other"}).status_code == 422
    assert {p["name"] for p in api.all("/programs")} == {"One", "Yearly", templates.SINGLE_ASKS}


def test_a_program_that_is_not_active_launches_nothing(session, api):
    found = make.program(status=ProgramStatus.PAUSED)
    for given in ({}, {"dry_run": True}):
        assert api.post(f"/programs/{found.id}/waves", given).status_code == 409


def test_reading_takes_a_reading_key_and_changing_a_writing_one(session, program):
    reader = program("read")
    assert reader.get("/programs").status_code == 200
    assert reader.get("/surveys").status_code == 200
    assert reader.post("/programs", NEW).status_code == 403


def test_a_drip_is_set_up_changed_and_taken_away(session, api):
    program = api.post("/programs", NEW | {"schedule": {"kind": "drip", "every_days": 90}}).json
    stored = program["schedule"]
    assert {"kind": "drip", "every_days": 90, "spread_days": 90, "notice_days": 2}.items() <= stored.items()
    assert stored["since"] == clock.now().date().isoformat()
    path = f"/programs/{program['id']}"
    assert api.patch(path, {"name": "Other"}).json["schedule"] == stored
    assert api.patch(path, {"kind": "manual"}).status_code == 422
    assert api.patch(path, {"schedule": None}).json["schedule"] is None
    for wrong in (
        {"kind": "weekly"},
        {"kind": "drip", "every_days": 1},
        {"kind": "drip", "many": 2},
        {"x": 1},
    ):
        assert api.patch(path, {"schedule": wrong}).status_code == 422
    assert api.patch(path, {"schedule": "drip"}).status_code == 422
    assert (
        api.patch(path, {"schedule": {"kind": "drip", "every_days": 30, "spread_days": 60}}).status_code
        == 422
    )
