"""Every published test vector, run through the product's own functions.

`JUSTASK_VECTORS` names another folder of vector files. A case says by `kind` or `method` what it is about, and a
result that must be refused by `{"error": ...}`.
"""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from app.health.colours import colours
from app.health.facts import AccountFacts, Ask, FollowUp, Person, Stage, Usage
from app.health.formula import adoption, anchored, health, value
from app.health.parts import whole_points
from app.health.relationship import relationship

FOLDER = Path(os.environ.get("JUSTASK_VECTORS") or Path(__file__).parent / "data" / "scoring")
HEALTH_TOLERANCE = 1e-6
COMPLETE = {"sub", "ceilings", "lost", "weights", "shown"}


def cases():
    files = [
        (path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))
    ]
    return [pytest.param(case, id=f"{stem}:{case['id']}") for stem, file in files for case in file["cases"]]


@pytest.mark.parametrize("case", cases())
def test_vector(case):
    about = case.get("kind") or case["method"]
    if "method" in case and about not in METHODS:
        pytest.skip(f"method not implemented yet: {about}")
    tolerance = case.get("tol", HEALTH_TOLERANCE)
    if "error" in case["expected"]:
        with pytest.raises(ValueError):
            METHODS[about](case["input"])
        return
    agree(METHODS[about](case["input"]), case["expected"], tolerance, case["id"])


def test_vectors_are_found():
    assert cases(), f"no vectors in {FOLDER}"


def agree(computed, expected, tolerance, path):
    """Compare what the vector names, down to the last number; a list of parts or ceilings must also be complete."""
    if isinstance(expected, dict):
        if path.rpartition(".")[2] in COMPLETE:
            assert set(computed) == set(expected), path
        for name, wanted in expected.items():
            assert name in computed, f"{path} has no {name}"
            agree(computed[name], wanted, tolerance, f"{path}.{name}")
    elif isinstance(expected, list):
        assert len(computed) == len(expected), path
        for place, wanted in enumerate(expected):
            agree(computed[place], wanted, tolerance, f"{path}[{place}]")
    elif isinstance(expected, bool | str) or expected is None:
        assert computed == expected, path
    else:
        assert computed == pytest.approx(expected, abs=max(tolerance, 1e-9), rel=0), path


# Health


def _account(given):
    facts = _facts(given)
    r, v = relationship(facts), value(facts)
    return {
        "relationship": {
            "sub": {part.name: part.value for part in r.parts},
            "threads": r.threads,
            "weight_available": r.known_weight,
            "ceilings": {ceiling.name: ceiling.value for ceiling in r.ceilings},
            "raw": r.raw,
            "score": r.score,
            "lost": {part.name: part.points_lost for part in r.parts if part.points_lost is not None},
            "lost_to_ceiling": r.binding.points_lost if r.binding else 0.0,
            "binding": r.binding.name if r.binding else None,
        },
        "value": {
            "raw": v.raw,
            "ceiling": v.ceilings[0].value,
            "score": v.score,
            "answers": v.answers,
            "evidence": v.evidence,
        },
    }


def _facts(given):
    return AccountFacts(
        as_of=_day(given["as_of"]),
        started_on=_day(given["start"]),
        people=tuple(_person(contact) for contact in given["contacts"] if contact["active"]),
        follow_ups=tuple(FollowUp(_day(task["due"]), _day(task["closed"])) for task in given["tasks"]),
    )


def _person(contact):
    assert set(contact) <= {"id", "persona", "active", "invites", "touches", "left_on", "goal_changed_on"}
    return Person(
        id=contact["id"],
        role=contact["persona"],
        asks=tuple(_ask(invite) for invite in contact["invites"]),
        touches=tuple(_touch(touch) for touch in contact["touches"]),
        goal_changes=tuple(filter(None, [_day(contact.get("goal_changed_on"))])),
        left_on=_day(contact.get("left_on")),
    )


def _ask(invite):
    closed_on, items = _day(invite.get("closed")), invite.get("value") or {}
    if invite["status"] in {"silent", "declined"}:
        return Ask(invite["id"], unanswered_on=closed_on)
    if invite["status"] != "answered":
        return Ask(invite["id"])
    q1, q2, q3 = (items.get(item) for item in ("q1", "q2", "q3"))
    return Ask(invite["id"], answered_on=closed_on, ltr=invite.get("ltr"), overall=q1, goal=q2, ease=q3)


def _touch(touch):
    return _day(touch if isinstance(touch, str) else touch.get("date") or touch.get("on"))


def _day(text):
    return text and date.fromisoformat(text)


def _adoption(given):
    reported = given["adoption"] and Usage(given["adoption"]["score"], _day(given["adoption"]["as_of"]))
    return {"score": adoption(reported, _day(given["as_of"])).score}


def _anchor(given):
    return {"score": anchored(given["x"], given["at_0"], given["at_100"])}


def _health(given):
    stage = Stage(given["stage"], given["previous_stage"], given["days_in_stage"])
    score = health(given["R"], given["A"], given["V"], stage)
    weights = {part.name[0].upper(): part.weight for part in score.parts}
    return {"weights": weights, "score": score.score}


def _colours(given):
    return {"colours": list(colours(given["scores"]))}


def _display(given):
    return {"shown": whole_points(given["parts"], given["total"])}


METHODS = {
    "account": _account,
    "adoption": _adoption,
    "anchor": _anchor,
    "health": _health,
    "colour_series": _colours,
    "display_parts": _display,
}
