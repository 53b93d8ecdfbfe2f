"""What each rule of early warning looks for, day by day (pure)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.health.alerting.conditions.spells import Chore, Fact, Past, Scored, Spell, episodes, holding, on_days
from app.health.alerting.models import Alert
from app.health.alerting.raising import Present, keep
from app.health.alerting.rules import RULES
from app.health.alerting.settings import Setting
from app.health.facts import Ask, Person

TODAY = date(2026, 3, 4)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def person(*asks: Ask, id: int = 1, role: str = "user", **given) -> Person:
    return Person(id=id, role=role, asks=asks, known_on=ago(900), **given)


def answer(days: int, ltr: int | None = None, **given) -> Ask:
    return Ask(id=1000 - days, answered_on=ago(days), ltr=ltr, **given)


def silence(days: int) -> Ask:
    return Ask(id=1000 - days, unanswered_on=ago(days))


def past(*people: Person, days: int = 0, **given) -> Past:
    return Past(account_id=1, today=TODAY, days=given.pop("on", [ago(days)]), people=people, **given)


def found(rule: str, known: Past, day: date = TODAY, **limits) -> dict[int | None, Spell]:
    return holding(RULES[rule].find(known, RULES[rule].usual | limits), day)


def test_a_detractor_counts_until_a_better_answer_the_end_of_its_days_or_leaving():
    assert found("detractor", past(person(answer(10, 6))))[1].evidence["score"] == 6
    assert not found("detractor", past(person(answer(10, 7))))
    assert not found("detractor", past(person(answer(10, 3), answer(2, 8))))
    assert found("detractor", past(person(answer(59, 0))))
    assert not found("detractor", past(person(answer(60, 0))))
    assert not found("detractor", past(person(answer(10, 0), left_on=ago(1))))
    again = found("detractor", past(person(answer(50, 2), answer(5, 4))))[1]
    assert (again.start, again.evidence["score"]) == (ago(50), 4)


def test_a_fall_is_measured_from_one_answer_to_the_next_and_ends_when_the_score_is_back():
    fallen = past(person(answer(90, 9), answer(10, 6)))
    assert found("drop", fallen)[1].evidence | {"role": ""} == {"role": "", "before": 9, "score": 6}
    assert not found("drop", fallen, points=4)
    assert not found("drop", past(person(answer(90, 9), answer(10, 6), answer(5, 7))))
    assert found("new_promoter", past(person(answer(90, 8), answer(10, 9))))
    assert not found("new_promoter", past(person(answer(90, 9), answer(10, 10))))


@pytest.mark.parametrize(("answers", "misses", "needed"), [(3, 0, 2), (1, 0, 3), (2, 3, 6)])
def test_silence_surprises_by_the_habit_of_the_person(answers, misses, needed):
    asks = [silence(900 - 20 * n) for n in range(misses)] + [answer(700 - 20 * n) for n in range(answers)]
    silent = [silence(300 - 10 * n) for n in range(needed)]
    assert found("surprising_silence", past(person(*asks, *silent)))[1].start == silent[-1].unanswered_on
    assert not found("surprising_silence", past(person(*asks, *silent[:-1])))
    assert not found("surprising_silence", past(person(*asks, *silent, answer(2))))


def test_an_account_is_silent_when_several_were_asked_and_nobody_answered_within_the_time():
    both = past(person(silence(100)), person(silence(40), id=2))
    assert found("account_silent", both)[None].evidence == {"asks": 2, "people": 2}
    assert found("account_silent", both)[None].start == ago(40)
    assert not found("account_silent", past(person(silence(100), silence(40))))
    assert not found("account_silent", past(person(silence(100)), person(silence(40), answer(5), id=2)))
    assert not found("account_silent", past(person(silence(200)), person(silence(40), id=2)))


def test_a_key_person_is_gone_when_they_left_were_said_to_or_mail_came_back_twice():
    gone = person(role="champion", left_on=ago(5))
    assert found("leaver", past(gone))[1].evidence["how"] == "left"
    assert not found("leaver", past(person(left_on=ago(5))))
    here = person(role="decision_maker")
    told = past(here, facts=[Fact(1, "contact_left", ago(3), None, 1)])
    assert found("leaver", told)[1].evidence["how"] == "told"
    assert found("leaver", past(here, bounces={1: [ago(30), ago(4)]}))[1].start == ago(4)
    assert not found("leaver", past(here, bounces={1: [ago(4)]}))


def test_a_single_thread_is_about_accounts_with_much_arr_whose_people_were_asked():
    one = person(answer(1, 9)), person(silence(1), id=2)
    assert found("single_thread", past(*one, has_large_arr=True))
    assert not found("single_thread", past(*one))
    assert not found("single_thread", past(person(), has_large_arr=True))
    assert not found("single_thread", past(person(answer(1)), person(answer(1), id=2), has_large_arr=True))


def scored(days: int, relationship=None, value=None, version="v1") -> dict[date, Scored]:
    return {ago(days): Scored(ago(days), version, relationship, value)}


def test_scores_are_held_against_the_renewal_against_a_month_before_and_for_more():
    near = {"renewal_on": TODAY + timedelta(days=120)}
    assert found("value_before_renewal", past(scores=scored(0, value=39.9), **near))
    assert found("value_before_renewal", past(scores=scored(0), **near))[None].evidence["value"] is None
    assert not found("value_before_renewal", past(scores=scored(0, value=40), **near))
    assert not found("value_before_renewal", past(scores=scored(0), renewal_on=TODAY + timedelta(days=121)))
    assert not found("value_before_renewal", past(scores=scored(0), renewal_on=ago(1)))
    assert found("relationship_fell", past(scores=scored(0, 60) | scored(30, 70)))
    assert not found("relationship_fell", past(scores=scored(0, 60.1) | scored(30, 70)))
    assert not found("relationship_fell", past(scores=scored(0, 10) | scored(30, 70, version="v2")))
    buyer = person(answer(10, 9), role="decision_maker")
    assert found("expansion", past(buyer, scores=scored(0, value=70)))
    assert not found("expansion", past(buyer, scores=scored(0, value=69)))
    assert not found("expansion", past(person(answer(10, 9)), scores=scored(0, value=90)))


def chore(**given) -> Chore:
    clocks = {"opened_on": ago(20), "touch_due_on": ago(18), "touched_on": ago(19), "due_on": ago(1)}
    return Chore(**({"id": 7, "kind": "alert", "contact_id": 1, "closed_on": None} | clocks | given))


def test_an_overdue_follow_up_stands_until_the_clock_that_ran_out_is_met():
    assert found("overdue", past(person(), chores=[chore()]))[1].task_id == 7
    assert not found("overdue", past(person(), chores=[chore(due_on=TODAY)]))
    assert not found("overdue", past(person(), chores=[chore()]), days=1)
    assert not found("overdue", past(person(), chores=[chore(closed_on=TODAY)]))
    untouched = chore(touched_on=None, due_on=TODAY)
    assert found("overdue", past(person(), chores=[untouched]))[1].start == ago(17)


def test_follow_ups_opened_for_answers_are_told_apart_by_the_age_of_the_answer():
    fresh, old = chore(answer_age=0), chore(answer_age=180)
    assert found("doubtful_answer", past(person(), chores=[fresh]))
    assert not found("doubtful_answer", past(person(), chores=[old]))
    assert found("neglected_promoter", past(person(), chores=[old]))
    assert not found("neglected_promoter", past(person(), chores=[chore()]))


def test_a_goal_is_stuck_when_said_twice_running_about_the_same_goal():
    twice = answer(90, goal=1), answer(10, goal=0)
    assert found("goal_stuck", past(person(*twice)))[1].evidence["answers"] == 2
    assert not found("goal_stuck", past(person(twice[0])))
    assert not found("goal_stuck", past(person(*twice, answer(5, goal=2))))
    assert not found("goal_stuck", past(person(*twice, goal_changes=(ago(50),))))
    assert not found("goal_stuck", past(person(*twice, goal_changes=(ago(5),))))


def test_what_other_systems_tell_raises_alerts_by_its_value():
    late = past(facts=[Fact(1, "ticket_past_sla", ago(2), 1)])
    assert found("ticket_late", late)[None].evidence["severity"] == 1
    assert not found("ticket_late", past(facts=[Fact(1, "ticket_past_sla", ago(2), 2)]))
    assert found("ticket_late", past(facts=[Fact(1, "ticket_past_sla", ago(2))]))
    assert not found("ticket_late", past(facts=[Fact(1, "ticket_past_sla", ago(14), 1)]))
    usage = [Fact(n, "usage", ago(60 - 20 * n), value) for n, value in enumerate((100, 100, 70))]
    assert found("usage_fell", past(facts=usage))[None].evidence["percent"] == 30
    assert not found("usage_fell", past(facts=usage), percent=31)
    assert not found("usage_fell", past(facts=[*usage, Fact(9, "usage", ago(1), 95)]))
    assert found("usage_grew", past(facts=[*usage, Fact(9, "usage", ago(1), 130)]))
    assert found("usage_fell", past(facts=[Fact(1, "usage_fallen", ago(2), 40)]))
    assert not found("usage_fell", past(facts=[Fact(1, "usage_fallen", ago(2), "much")]))
    assert found("came_back", past(person(silence(90), silence(50), silence(40), answer(3))))
    assert not found("came_back", past(person(silence(50), answer(3))))


def test_spells_less_than_a_week_apart_are_one_episode_and_a_week_apart_are_two():
    first = Spell(ago(50), ago(40))
    assert [one.start for one in episodes([first, Spell(ago(34), ago(20))])] == [ago(50)]
    assert [one.start for one in episodes([first, Spell(ago(33), ago(20))])] == [ago(50), ago(33)]
    assert episodes([first, Spell(ago(45), None)])[0].end is None
    assert len(episodes([first, Spell(ago(50), ago(40), contact_id=2)])) == 2
    assert episodes([Spell(ago(5), ago(5))]) == []


def test_days_looked_at_last_until_the_next_one():
    spells = list(on_days([ago(12), ago(6), TODAY], {ago(12): {}, TODAY: {}}))
    assert [(spell.start, spell.end) for spell in spells] == [(ago(12), ago(6)), (TODAY, None)]


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(1, 15)), max_size=8))
def test_day_by_day_an_alert_is_raised_wherever_an_episode_begins(drawn):
    """What raises alerts each night and what a trial counts over the past are one, whatever the spells are."""
    begin, setting = date(2026, 1, 1), Setting.usual(RULES["drop"])
    spells = [Spell(begin + timedelta(days=a), begin + timedelta(days=a + n)) for a, n in drawn]
    alert, raised = None, []
    for number in range(100):
        day = begin + timedelta(days=number)
        spell = holding(spells, day).get(None)
        present = Present(day, None, None, {"drop": setting}, None)
        if alert is not None:
            keep(alert, (setting, spell) if spell else None, present)
        if spell and (alert is None or alert.over_on is not None):
            alert = Alert(rule="drop", slot="x", began_on=day)
            raised.append(day)
    assert raised == sorted(one.start for one in episodes(spells))
