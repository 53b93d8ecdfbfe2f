"""Every published test vector, run through the product's own functions.

`JUSTASK_VECTORS` names another folder of vector files. A case says by `kind` or `method` what it is about, and a
result that must be refused by `{"error": ...}`.
"""

import json
import os
from datetime import date
from pathlib import Path

import pytest

from app.core.language.wording import whole
from app.health.colours import colours
from app.health.facts import AccountFacts, Ask, FollowUp, Person, Stage, Usage
from app.health.formula import adoption, anchored, health, value
from app.health.parts import whole_points
from app.health.relationship import relationship
from app.reports.statistics.comparisons import (
    account_weighted,
    adjusted_wald_difference,
    arr_weighted,
    overlapping_difference,
    permutation_p,
    shrunk,
    wald_difference,
)
from app.reports.statistics.nps import (
    PSEUDO,
    Counts,
    adjusted_wald,
    answers_needed,
    completion,
    finite_factor,
    sensitivity_lines,
    tally,
    wald,
    wilson,
)

FOLDER = Path(os.environ.get("JUSTASK_VECTORS") or Path(__file__).parent / "data" / "scoring")
HEALTH_TOLERANCE = 1e-6
# Oracles beside a result that is ours; the product has no use for them.
NOT_OURS = {"chi2_p", "mannwhitney_categories_p"}
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
        for name, wanted in ((name, expected[name]) for name in expected if name not in NOT_OURS):
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


# NPS


def _nps(given):
    counts, rejected = tally(given["scores"])
    return _attributes(counts, "n", "detractors", "passives", "promoters", "nps", "variance", "se") | {
        "rejected": rejected
    }


def _rounded(given):
    return {"shown": whole(given["nps"])}


def _wald(given):
    counts = Counts(*given["counts_det_pas_pro"])
    return {"nps": counts.nps, "se": counts.se} | _interval(wald(counts, given["conf"]))


def _adjusted_wald(given):
    assert tuple(given.get("pseudo", PSEUDO)) == PSEUDO
    counts = Counts(*given["counts_det_pas_pro"])
    interval = adjusted_wald(counts, given["conf"])
    unclipped = [interval.centre - interval.margin, interval.centre + interval.margin]
    return {"nps": counts.nps, "ci_unclipped": unclipped} | _interval(interval)


def _completion(given):
    counts, population = Counts(*given["counts_det_pas_pro"]), given["population"]
    textbook = wald(counts, given["conf"], population)
    return {
        "nps": counts.nps,
        "wald_fpc_factor": finite_factor(counts.n, population),
        "wald_fpc_ci": [textbook.low, textbook.high],
    } | _interval(completion(counts, population, given["conf"]))


def _wilson(given):
    return _interval(wilson(given["k"], given["n"], given["conf"]))


def _interval(interval):
    return {"centre": interval.centre, "se": interval.se, "ci": [interval.low, interval.high]}


def _sensitivity(given):
    return vars(sensitivity_lines(Counts(*given["counts_det_pas_pro"]), given["asked"]))


def _independent(given):
    a, b = Counts(*given["a_det_pas_pro"]), Counts(*given["b_det_pas_pro"])
    return {
        "wald": _difference(wald_difference(a, b, given["conf"])),
        "adjusted_wald": _difference(adjusted_wald_difference(a, b, given["conf"])),
        "permutation_exact_p": permutation_p(a, b),
    }


def _overlapping(given):
    overlap = overlapping_difference(given["period1"], given["period2"])
    return vars(overlap) | _difference(overlap.difference)


def _difference(difference):
    return _attributes(difference, "diff", "se", "z", "p") | {"ci": [difference.low, difference.high]}


def _answers_needed(given):
    return {"n": answers_needed(given["moe_points"], given["variance"], given["conf"])}


def _shrunk(given):
    portfolio = Counts(*given["portfolio_det_pas_pro"])
    return {"shrunk": shrunk(Counts(*given["counts_det_pas_pro"]), portfolio, given["k"])}


def _account_weighted(given):
    return _weighted(account_weighted(_by_account(given["rows"])))


def _arr_weighted(given):
    return _weighted(arr_weighted(_by_account(given["rows"]), given["arr"]))


def _by_account(rows):
    accounts = {account for account, _ in rows}
    return {account: Counts.of(score for owner, score in rows if owner == account) for account in accounts}


def _weighted(weighted):
    return _attributes(weighted, "nps", "accounts", "se") | {"n_eff_accounts": weighted.effective}


def _attributes(thing, *names):
    return {name: getattr(thing, name) for name in names}


METHODS = {
    "account": _account,
    "adoption": _adoption,
    "anchor": _anchor,
    "health": _health,
    "colour_series": _colours,
    "display_parts": _display,
    "nps": _nps,
    "round_half_away_from_zero": _rounded,
    "wald": _wald,
    "adjusted_wald": _adjusted_wald,
    "completion": _completion,
    "wilson": _wilson,
    "sensitivity_lines": _sensitivity,
    "independent_samples": _independent,
    "overlapping_panels": _overlapping,
    "adjusted_wald_backwards": _answers_needed,
    "pseudo_answers": _shrunk,
    "account_weighted": _account_weighted,
    "arr_weighted": _arr_weighted,
}
