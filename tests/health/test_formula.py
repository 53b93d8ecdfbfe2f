"""The worked examples of formula set v1, and the edges its text names."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.core.language.wording import whole
from app.health.facts import AccountFacts, Ask, FollowUp, Person, Stage, Usage
from app.health.formula import adoption, anchored, health, score_account, stage_on, value, value_points
from app.health.parameters import V1, FormulaSet, RoleRule
from app.health.parts import fade, whole_points
from app.health.relationship import relationship

TODAY = date(2024, 6, 30)
STARTED = TODAY - timedelta(400)
EVERYBODY = ("decision_maker", "champion", "admin", *["power_user"] * 5)


def ago(days):
    return TODAY - timedelta(days)


def account(*people, **facts):
    return AccountFacts(as_of=TODAY, started_on=STARTED, people=people, **facts)


def person(role, *asks, **facts):
    return Person(id=role, role=role, asks=asks, **facts)


def answered(days=0, **scores):
    return Ask(id=days, answered_on=ago(days), **scores)


def silent(days=0):
    return Ask(id=days, unanswered_on=ago(days))


def values(score):
    return {part.name: part.value for part in score.parts}


# Worked examples


def test_everybody_says_ten_today():
    r = relationship(account(*(person(role, answered(ltr=10)) for role in EVERYBODY)))
    assert r.score == 100
    assert r.binding is None


def test_unhappy_key_role_binds_and_is_named():
    r = relationship(account(*(person(role, answered(ltr=0)) for role in EVERYBODY)))
    assert r.score == 40
    assert r.binding.name == "unhappy:champion"
    assert r.raw == pytest.approx(100 - 0.35 / 0.9 * 100)


def test_nobody_ever_asked_is_unknown_and_not_zero():
    r = relationship(account(*(person(role) for role in EVERYBODY)))
    assert r.score is None
    assert r.binding is None
    assert r.known_weight == pytest.approx(0.25)
    assert r.shown_losses() == {}
    assert values(r)["footprint"] == 100


def test_one_user_alone_is_a_single_thread():
    r = relationship(account(person("power_user", answered(ltr=10))))
    assert round(r.raw, 1) == 84.1
    assert round(r.score, 1) == 66.7
    assert r.binding.name == "single_thread"


def test_champion_alone_can_not_confirm_value():
    assert value(account(person("champion", answered(overall=8, goal=3, ease=6)))).score == pytest.approx(
        79.1666667
    )
    v = value(account(person("champion", answered(overall=10, goal=4, ease=7))))
    assert (v.raw, v.score, v.binding.name) == (100, 80, "unconfirmed")


def test_good_value_fades_and_bad_value_stays():
    assert value(account(person("decision_maker", answered(150, overall=10)))).score == pytest.approx(75)
    assert value(account(person("decision_maker", answered(300, overall=2)))).score == 20


def test_weakest_link_holds_health_down():
    h = health(90, 90, 5)
    assert (round(h.raw, 1), h.score, h.binding.name) == (64.5, 55, "weakest:value")


def test_one_known_score_is_not_enough_for_health():
    assert health(80, None, None).score is None
    assert health(80, None, 60).score == pytest.approx((0.35 * 80 + 0.30 * 60) / 0.65)


# Facts that are not there


def test_person_drops_out_on_the_day_of_leaving():
    facts = account(person("champion", answered(ltr=9), left_on=TODAY), person("power_user", answered(ltr=9)))
    assert "unasked:champion" in {ceiling.name for ceiling in relationship(facts).ceilings}
    still_here = account(
        person("champion", answered(ltr=9), left_on=TODAY + timedelta(1)),
        person("power_user", answered(ltr=9)),
    )
    assert "silent:champion" in {ceiling.name for ceiling in relationship(still_here).ceilings}


def test_person_is_not_known_before_the_day_of_becoming_known():
    facts = account(
        person("champion", known_on=TODAY), person("decision_maker", known_on=TODAY + timedelta(1))
    )
    assert relationship(facts).part("footprint").evidence == {"known": 1, "expected": 8}


def test_signals_of_somebody_who_left_no_longer_count():
    facts = account(
        person("champion", touches=(ago(5),), left_on=ago(1)), person("admin", touches=(ago(120),))
    )
    assert values(relationship(facts))["recency"] == pytest.approx(50)


def test_late_answer_is_silence_until_the_day_it_comes():
    ask = Ask(1, unanswered_on=ago(10), answered_on=ago(3), ltr=9)
    assert not ask.is_answered(ago(4))
    assert ask.closed_on(ago(11)) is None
    assert ask.closed_on(ago(4)) == ago(10)
    assert ask.closed_on(TODAY) == ago(3)
    before = AccountFacts(as_of=ago(4), started_on=STARTED, people=(person("champion", ask),))
    assert values(relationship(before))["engagement"] == 0
    assert values(relationship(before))["sentiment"] is None
    assert values(relationship(account(person("champion", ask))))["sentiment"] == 85


def test_other_roles_weigh_little_and_fill_no_place():
    facts = account(person("user", answered(ltr=0)), person("champion", answered(ltr=10)))
    r = relationship(facts)
    assert r.part("footprint").evidence == {"known": 1, "expected": 8}
    assert values(r)["sentiment"] == pytest.approx((0.5 * 0 + 3 * 100) / 3.5)


def test_fresher_opinions_weigh_more_inside_a_role():
    facts = account(person("admin", answered(180, ltr=0)), person("admin", answered(ltr=10)))
    assert values(relationship(facts))["sentiment"] == pytest.approx((0.5 * 0 + 1 * 100) / 1.5)


def test_two_people_do_not_fill_the_one_place_of_a_role_twice():
    footprint = relationship(account(person("champion"), person("champion"))).part("footprint")
    assert footprint.evidence["known"] == 1
    assert footprint.value == pytest.approx(100 * 3 / 9)


# Follow-ups


@pytest.mark.parametrize(
    ("task", "points", "outcome"),
    [
        (FollowUp(ago(5), ago(5)), 100, "in_time"),
        (FollowUp(ago(5), ago(4)), 50, "late"),
        (FollowUp(ago(1)), 0, "overdue"),
        (FollowUp(ago(1), TODAY + timedelta(1)), 0, "overdue"),
        (FollowUp(ago(0)), None, None),
        (FollowUp(TODAY + timedelta(9), ago(1)), 100, "in_time"),
    ],
)
def test_promise_counts_by_when_it_was_kept(task, points, outcome):
    part = relationship(account(follow_ups=(task,))).part("followup")
    assert part.value == points
    assert part.evidence == {"in_time": 0, "late": 0, "overdue": 0} | ({outcome: 1} if outcome else {})


def test_age_of_a_promise_runs_from_its_day_or_from_keeping_it_earlier():
    kept_early, overdue = FollowUp(ago(0), ago(180)), FollowUp(ago(180))
    assert values(relationship(account(follow_ups=(kept_early, overdue))))["followup"] == pytest.approx(50)
    late = FollowUp(ago(180), ago(1))
    assert values(relationship(account(follow_ups=(FollowUp(ago(1), ago(1)), late))))[
        "followup"
    ] == pytest.approx((100 * 2 ** (-1 / 180) + 50 * 0.5) / (2 ** (-1 / 180) + 0.5))


# Value


@pytest.mark.parametrize(
    ("items", "points"),
    [
        ((5, None, None), 50),
        ((None, 2, None), 50),
        ((None, None, 7), None),
        ((None, None, None), None),
        ((8, 3, 6), 79.1666667),
        ((0, 0, 1), 0),
        ((None, 4, 1), 60),
    ],
)
def test_points_of_one_answer(items, points):
    assert value_points(*items) == (points if points is None else pytest.approx(points))


def test_new_goal_drops_older_progress_but_keeps_the_rest_of_the_answer():
    told = answered(20, overall=4, goal=4)
    facts = account(person("decision_maker", told, goal_changes=(ago(19),)))
    assert value(facts).raw == 40
    same_day = account(person("decision_maker", told, goal_changes=(ago(20),)))
    assert value(same_day).raw == pytest.approx((0.5 * 40 + 0.3 * 100) / 0.8)
    not_yet = account(person("decision_maker", told, goal_changes=(TODAY + timedelta(1),)))
    assert value(not_yet).raw == pytest.approx((0.5 * 40 + 0.3 * 100) / 0.8)


def test_answer_that_only_told_about_the_old_goal_gives_way_to_an_earlier_one():
    asks = (answered(50, overall=3), answered(20, goal=4))
    assert value(account(person("decision_maker", *asks))).raw == 100
    assert value(account(person("decision_maker", *asks, goal_changes=(ago(1),)))).raw == 30


def test_value_explains_itself_by_role():
    v = value(
        account(person("decision_maker", answered(overall=4)), person("champion", answered(10, overall=6)))
    )
    assert [(part.name, part.weight, part.evidence) for part in v.parts] == [
        ("champion", 3, {"people": 1, "newest_days": 10}),
        ("decision_maker", 4, {"people": 1, "newest_days": 0}),
    ]
    assert 100 - v.score == pytest.approx(sum(part.points_lost for part in v.parts))


@pytest.mark.parametrize(
    ("roles", "strength"),
    [
        (("decision_maker", "power_user"), "solid"),
        (("decision_maker", "admin"), "thin"),
        (("champion",), "thin"),
        (("power_user",), "weak"),
        ((), "weak"),
    ],
)
def test_strength_of_the_evidence_for_value(roles, strength):
    assert value(account(*(person(role, answered(overall=5)) for role in roles))).strength == strength


def test_evidence_is_wanted_from_the_roles_of_the_tier():
    champions_only = FormulaSet(templates={**V1.templates, 3: {"champion": RoleRule(1, 1, 1)}})
    told = person("champion", answered(overall=5))
    assert value(account(told, tier=3), champions_only).evidence == 1
    assert value(account(told, tier=2), champions_only).evidence == pytest.approx(0.3)


def test_newest_buyer_confirms_the_value():
    both_buy = FormulaSet(buyer_roles=frozenset({"decision_maker", "champion"}))
    facts = account(
        person("decision_maker", answered(365, overall=5)), person("champion", answered(overall=5))
    )
    assert value(facts, both_buy).ceilings[0].value == 100
    assert value(facts).ceilings[0].value == 90


# Adoption, stages, tiers


def test_adoption_of_tomorrow_is_unknown_today():
    assert adoption(Usage(80, TODAY + timedelta(1)), TODAY).score is None
    assert adoption(None, TODAY).score is None
    assert adoption(Usage(80, ago(14)), TODAY).score == 80
    assert adoption(Usage(80, ago(74)), TODAY).score == 65


def test_anchors_may_run_downwards_but_must_differ():
    assert anchored(3, at_0=10, at_100=0) == 70
    assert anchored(-5, at_0=0, at_100=10) == 0
    with pytest.raises(ValueError, match="differ"):
        anchored(1, 5, 5)


def test_health_of_an_account_joins_the_three_scores():
    facts = account(
        *(person(role, answered(ltr=10, overall=5)) for role in EVERYBODY),
        usage=Usage(60, TODAY),
        stage=Stage("renewal", "steady", 15),
    )
    scores = score_account(facts)
    assert (scores.relationship.score, scores.adoption.score, scores.value.score) == (100, 60, 50)
    assert scores.health.score == pytest.approx(0.35 * 100 + 0.30 * 60 + 0.35 * 50)
    assert (scores.as_of, scores.version) == (TODAY, "v1")


@pytest.mark.parametrize(
    ("dated", "renewal_in", "stage"),
    [
        ([], None, Stage("steady")),
        ([("onboarding", 400)], None, Stage("onboarding", None, 400)),
        ([("onboarding", 400), ("steady", 10)], None, Stage("steady", "onboarding", 10)),
        ([("steady", 10), ("onboarding", 400)], None, Stage("steady", "onboarding", 10)),
        ([("onboarding", 400), ("steady", -1)], None, Stage("onboarding", None, 400)),
        ([("onboarding", 400), ("steady", 0)], None, Stage("steady", "onboarding", 0)),
        ([("onboarding", 400), ("steady", -1), ("renewal", -5)], None, Stage("onboarding", None, 400)),
        ([("steady", 400)], 121, Stage("steady", None, 400)),
        ([("steady", 400)], 120, Stage("renewal", "steady", 0)),
        ([("onboarding", 400), ("steady", 20)], 90, Stage("renewal", "onboarding", 30)),
        ([("steady", 400)], -3, Stage("renewal", "steady", 123)),
        ([], 100, Stage("renewal", None, 20)),
        ([("renewal", 130)], 100, Stage("renewal", None, 130)),
    ],
)
def test_stage_that_weighs_and_the_change_before_it(dated, renewal_in, stage):
    renewal_on = None if renewal_in is None else TODAY + timedelta(renewal_in)
    assert stage_on(TODAY, [(name, ago(days)) for name, days in dated], renewal_on) == stage


def test_unknown_stage_weighs_as_the_usual_one():
    assert health(80, 70, 60, Stage("lost", "steady", 3)) == health(80, 70, 60)


def test_a_stage_change_does_not_move_health_on_its_day():
    changed = stage_on(TODAY, [("steady", ago(400))], TODAY + timedelta(120))
    assert health(80, 70, 40, changed).score == health(80, 70, 40).score
    later = Stage(changed.name, changed.previous, 31)
    assert health(80, 70, 40, later).score == pytest.approx(61.5)


def test_tier_says_how_many_people_should_be_known():
    one_of_each = [person(role) for role in ("decision_maker", "champion", "admin", "power_user")]
    footprints = {
        tier: relationship(account(*one_of_each, tier=tier)).part("footprint") for tier in (None, 1, 2, 3)
    }
    assert {tier: part.evidence["expected"] for tier, part in footprints.items()} == {
        None: 8,
        1: 15,
        2: 8,
        3: 3,
    }
    assert footprints[3].value == 100
    assert footprints[1].value == pytest.approx(100 * (3 / 2 + 3 / 2 + 1 + 2 / 10) / 9)
    assert footprints[None].value == footprints[2].value


def test_three_people_taking_part_are_enough_threads():
    two = relationship(account(person("champion", answered()), person("admin", answered())))
    assert two.ceilings[0].value == pytest.approx(50 + 50 * 2 / 3)
    assert two.threads == 2


def test_without_expectations_the_footprint_is_unknown_and_threads_still_count():
    r = relationship(account(person("champion", answered())), FormulaSet(templates={2: {}}))
    assert values(r)["footprint"] is None
    assert r.ceilings[0].value == pytest.approx(50 + 50 / 3)


# Parameters and display


def test_parameters_are_the_published_ones():
    vectors = Path(__file__).parent.parent / "data" / "scoring" / "health_vectors.json"
    meta = json.loads(vectors.read_text(encoding="utf-8"))["meta"]
    config = meta["config"]
    assert {
        role: {"m": rule.people, "w": rule.weight, "wv": rule.value_weight, "key": rule.is_key}
        for role, rule in V1.template(2).items()
    } == config["template"]
    assert {"m": 0, "w": V1.other_role.weight, "wv": V1.other_role.value_weight} == config["other"]
    assert dict(V1.relationship_weights) == config["W"]
    assert {key[0].upper(): weight for key, weight in V1.stages["renewal"].items()} == config["stages"][
        "renewal"
    ]
    assert list(V1.value_weights.values()) == list(config["Q"].values())
    assert list(V1.ltr_points) == meta["ltr_points"]
    assert [
        V1.engagement_half_life, V1.sentiment_half_life, V1.value_half_life, V1.followup_half_life,
        V1.recency_half_life, V1.recency_grace, V1.sentiment_grace, V1.value_grace, V1.adoption_half_life,
        V1.adoption_grace, V1.buyer_half_life, V1.known_weight_needed, V1.threads, V1.value_ceiling, V1.blend_days,
    ] == [
        config[name]
        for name in (
            "H_E", "H_S", "H_V", "H_U", "H_T", "grace_T", "grace_S", "grace_V", "H_A", "grace_A", "H_B",
            "min_weight", "threads", "value_ceiling", "blend_days",
        )
    ]  # fmt: skip


def test_another_set_of_parameters_gives_another_score():
    patient = FormulaSet(version="v1-patient", sentiment_half_life=3650)
    facts = account(*(person(role, answered(200, ltr=10)) for role in EVERYBODY))
    assert relationship(facts, patient).score > relationship(facts).score
    assert score_account(facts, patient).version == "v1-patient"


def test_parameters_survive_being_stored_as_json():
    mine = FormulaSet(version="mine", threads=2, templates={2: {"user": RoleRule(3, 1, 1, is_key=True)}})
    for formula in (V1, mine):
        assert FormulaSet.from_json(json.loads(json.dumps(formula.as_json()))) == formula


@pytest.mark.parametrize("scores", [{"ltr": -1}, {"ltr": 11}, {"overall": 11}, {"goal": 5}, {"ease": 0}])
def test_answer_off_its_scale_is_refused(scores):
    with pytest.raises(ValueError, match="must lie between"):
        Ask(1, answered_on=TODAY, **scores)


def test_shown_points_and_shown_score_add_up_to_100():
    r = relationship(account(person("decision_maker", silent(3)), person("champion", answered(9, ltr=9))))
    shown = r.shown_losses()
    assert shown[r.binding.name] > 0
    assert sum(shown.values()) + whole(r.score) == 100


def test_largest_remainder_is_rounded_up_first():
    assert whole_points({"a": 1.2, "b": 1.7, "c": 1.1}, 4) == {"a": 1, "b": 2, "c": 1}


def test_equal_remainders_are_rounded_up_by_name():
    assert whole_points({"b": 1.5, "a": 1.5, "c": 1.0}, 4) == {"b": 1, "a": 2, "c": 1}


def test_fade_keeps_bad_news_and_waits_for_the_grace():
    assert fade(30, 1000, 60) == 30
    assert fade(90, 14, 60, 14) == 90
    assert fade(90, 74, 60, 14) == 70
