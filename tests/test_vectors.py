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
from app.reports.learning.design import points_to_signal
from app.reports.learning.factors import factor, split, stratified
from app.reports.learning.intervals import bootstrap_interval, score_interval, share_intervals, t_interval
from app.reports.learning.renewals import accounts_needed, band_rate, forecast
from app.reports.statistics.comparisons import (
    adjusted_wald_difference,
    overlapping_difference,
    paired_difference,
    permutation_p,
    wald_difference,
)
from app.reports.statistics.control import ewma, exact_limits
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
from app.reports.statistics.recovery import Compared, Recovery
from app.reports.statistics.segments import benjamini_hochberg, heat_map
from app.reports.statistics.weighting import account_weighted, arr_weighted, class_weighted, raked, shrunk

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


def _score_interval(given):
    return {"ci": score_interval(Counts(*given["counts_det_pas_pro"]), given["conf"])}


def _bootstrap(given):
    return {"ci": bootstrap_interval(Counts(*given["counts_det_pas_pro"]), given["conf"])}


def _student(given):
    return {"ci": t_interval(Counts(*given["counts_det_pas_pro"]), given["conf"])}


def _shares(given):
    return {"share_ci": share_intervals(Counts(*given["counts_det_pas_pro"]), given["conf"])}


def _paired(given):
    paired = paired_difference(given["before"], given["after"])
    return _attributes(paired, "diff", "se", "t") | {
        "p_t": paired.p,
        "movers_up": paired.up,
        "movers_down": paired.down,
        "p_sign_exact": paired.p_movers,
    }


def _false_discoveries(given):
    adjusted = benjamini_hochberg(given["p"])
    return {"p_adj": adjusted, "rejected": sum(p <= given["q"] for p in adjusted)}


def _heat_map(given):
    found = heat_map({name: Counts(*shape) for name, shape in given["cells"].items()}, discoveries=given["q"])

    def each(attribute):
        return {name: getattr(cell, attribute) for name, cell in found.cells.items()}

    return {
        "pooled_variance": found.variance,
        "Q": found.q,
        "p_Q": found.p,
        "tau2": found.tau2,
        "mu": found.mean,
        "k": found.k,
        "shrunk": each("shrunk"),
        "raw": each("raw"),
        "perm_p": each("p"),
        "p_adj": each("p_adjusted"),
        "hot_spots": [name for name, cell in found.cells.items() if cell.is_hot],
    }


def _raked(given):
    answered = {tuple(cell.split("|")): n for cell, n in given["respondents"].items()}
    weights = raked(answered, list(given["population_margins"].values()))
    return {"weights": {"|".join(cell): weight for cell, weight in weights.items()}}


def _class_weighted(given):
    answered = {name: Counts(*shape) for name, shape in given["answers_det_pas_pro"].items()}
    found = class_weighted(given["asked"], answered)
    return {
        "nps": found.nps,
        "nps_weighted": found.nps,
        "nps_raw": found.raw,
        "nps_unweighted": found.raw,
        "n_eff": found.effective,
        "weights": found.weights,
    }


def _ewma(given):
    points = ewma(given["z"], given["lambda"], given["L"])
    return {
        "ewma": [point.value for point in points],
        "limit": [point.limit for point in points],
        "signal": [point.is_signal for point in points],
    }


def _run_length(given):
    return {"arl": points_to_signal(given["shift_sigma"], given["lambda"], given["L"])}


def _exact_limits(given):
    limits = exact_limits(given["p0"], given["n"], given["alpha"])
    return {"k_low": limits.low, "k_high": limits.high, "shewhart_ucl": limits.textbook}


def _recovery(given):
    followed = Recovery(given["followed_recovered"], given["followed"])
    control = Recovery(given["control_recovered"], given["control"])
    compared = Compared(followed, control)
    return {
        "rate": followed.rate,
        "rate_ci": _ends(followed.interval),
        "control_rate": control.rate,
        "control_ci": _ends(control.interval),
        "diff": compared.difference,
        "fisher_p": compared.p,
    }


def _ends(interval):
    return [interval.low, interval.high] if interval else None


def _factor(given):
    found = factor(given["factor"], given["renewed"])
    return {
        "auc": found.auc,
        "auc_se_delong": found.se,
        "auc_ci_logit": found.interval,
        "separation": found.is_separation,
        "point_biserial": found.point_biserial,
        "p_point_biserial": found.p_point_biserial,
        "spearman": found.spearman,
        "mannwhitney_p": found.p_ranks,
    }


def _stratified(given):
    found = stratified(given["strata_[[hi_kept,hi_lost],[lo_kept,lo_lost]]"])
    return {
        "or_pooled": found.pooled,
        "or_strata": found.within,
        "or_mantel_haenszel": found.mantel_haenszel,
        "mh_p": found.p,
        "sign_flip": found.is_flipped,
    }


def _split(given):
    found = split(given["table_[[hi_kept,hi_lost],[lo_kept,lo_lost]]"])
    return {
        "p_fisher": found.p,
        "or_haldane": found.odds_ratio,
        "hi_ci": _ends(found.high),
        "lo_ci": _ends(found.low),
    }


def _band(given):
    band = band_rate(given["renewed"], given["n"], tuple(given["prior"]))
    return {"p": band.rate, "interval95": [band.low, band.high]}


def _needed(given):
    needed = accounts_needed(given["parameters"], given["r2_cox_snell"], given["event_share"])
    return {"n1": needed.for_shrinkage, "n2": needed.for_optimism, "n3": needed.for_rate, "n": needed.n}


def _forecast(given):
    return vars(forecast(given["p"], given["y"]))


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
    "score_tango": _score_interval,
    "bootstrap_percentile_exact": _bootstrap,
    "trinomial_mean_t": _student,
    "goodman_simultaneous": _shares,
    "paired_same_contacts": _paired,
    "benjamini_hochberg": _false_discoveries,
    "pooled_EB_plus_permutation_BH": _heat_map,
    "raking": _raked,
    "weighting_class": _class_weighted,
    "ewma": _ewma,
    "ewma_arl": _run_length,
    "p_chart_exact": _exact_limits,
    "recovery_rate_with_control": _recovery,
    "auc_pointbiserial": _factor,
    "pooled_vs_stratified": _stratified,
    "two_by_two": _split,
    "beta_binomial_band": _band,
    "riley2019": _needed,
    "brier_logloss": _forecast,
}
