"""What must hold for every account, whatever its facts: the promises of formula set v1."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from app.core.language.wording import whole
from app.health.facts import AccountFacts, Ask, FollowUp, Person, Stage, Usage
from app.health.formula import health, score_account, value
from app.health.parts import fade
from app.health.relationship import relationship

TODAY = date(2024, 6, 30)
ROLES = ("decision_maker", "champion", "admin", "power_user", "user", "other")
NOISE = 1e-9

past = st.integers(0, 900).map(lambda days: TODAY - timedelta(days))
future = st.integers(1, 400).map(lambda days: TODAY + timedelta(days))
any_day = past | future
scale = {"ltr": (0, 10), "overall": (0, 10), "goal": (0, 4), "ease": (1, 7)}
scores = st.fixed_dictionaries({name: st.none() | st.integers(*ends) for name, ends in scale.items()})
ids = st.integers(0, 10**6)


def asks(days):
    closed = st.one_of(
        st.builds(lambda id, on, given: Ask(id, answered_on=on, **given), ids, days, scores),
        st.builds(lambda id, on: Ask(id, unanswered_on=on), ids, days),
        st.builds(lambda id, on, late, given: Ask(id, max(on, min(on + late, TODAY)), on, **given), ids, days, st.integers(1, 14).map(timedelta), scores),
    )  # fmt: skip
    return st.lists(closed, max_size=4, unique_by=lambda ask: ask.id).map(tuple)


def people(days, left, at_least):
    person = st.builds(
        Person,
        id=ids,
        role=st.sampled_from(ROLES),
        asks=asks(days),
        touches=st.lists(days, max_size=2).map(tuple),
        goal_changes=st.lists(days, max_size=1).map(tuple),
        left_on=left,
    )
    return st.lists(person, min_size=at_least, max_size=6, unique_by=lambda person: person.id).map(tuple)


def accounts(days=past, left=st.none(), at_least=0):
    follow_up = st.builds(FollowUp, due_on=any_day, closed_on=st.none() | past)
    return st.builds(
        AccountFacts,
        as_of=st.just(TODAY),
        started_on=st.integers(900, 1200).map(lambda days: TODAY - timedelta(days)),
        people=people(days, left, at_least),
        follow_ups=st.lists(follow_up, max_size=3).map(tuple),
        usage=st.none() | st.builds(Usage, st.floats(0, 100), past),
        stage=st.builds(Stage, st.sampled_from(["onboarding", "steady", "renewal"])),
        tier=st.none() | st.integers(1, 3),
    )


anybody = st.integers(0, 5)


def four(facts):
    scored = score_account(facts)
    return {name: getattr(scored, name) for name in ("relationship", "value", "adoption", "health")}


def never_higher(after, before):
    return before is None or after is None or after <= before + NOISE


def with_person(facts, place, change):
    """The same account after `change` on one of its people."""
    place %= len(facts.people)
    changed = change(facts.people[place])
    return replace(facts, people=(*facts.people[:place], changed, *facts.people[place + 1 :]))


@given(accounts(any_day, st.none() | any_day))
def test_every_number_stays_on_its_scale(facts):
    for score in four(facts).values():
        numbers = [score.score, score.raw, *(part.value for part in score.parts)]
        numbers += [ceiling.value for ceiling in score.ceilings]
        assert all(number is None or 0 <= number <= 100 for number in numbers)
        assert 0 <= score.completeness <= 1
    assert 0 <= value(facts).evidence <= 1


@given(accounts(any_day, st.none() | any_day), st.randoms())
def test_order_of_people_asks_and_tasks_is_irrelevant(facts, random):
    def mixed(items):
        return tuple(random.sample(items, len(items)))

    shuffled = tuple(replace(person, asks=mixed(person.asks)) for person in mixed(facts.people))
    assert score_account(
        replace(facts, people=shuffled, follow_ups=mixed(facts.follow_ups))
    ) == score_account(facts)


@given(accounts())
def test_lost_points_explain_the_whole_distance_to_100(facts):
    for score in four(facts).values():
        if score.score is None:
            assert score.shown_losses() == {}
            continue
        lost = sum(part.points_lost or 0 for part in score.parts)
        to_ceiling = score.binding.points_lost if score.binding else 0
        assert abs(100 - score.score - lost - to_ceiling) < NOISE
        shown = score.shown_losses()
        assert sum(shown.values()) == 100 - whole(score.score)
        assert all(points >= 0 for points in shown.values())


@given(accounts(), st.integers(0, 800))
def test_time_alone_never_raises_a_score(facts, days):
    # The people stay, no new event comes, and no task falls due by the passing of its day only to be kept later.
    later = replace(facts, as_of=facts.as_of + timedelta(days))
    for name, before in four(facts).items():
        assert never_higher(four(later)[name].score, before.score), name


@given(st.floats(0, 100), st.floats(0, 2000), st.floats(1, 400), st.floats(0, 60))
def test_fading_is_continuous_and_ends_at_50(points, age, half_life, grace):
    now, soon = fade(points, age, half_life, grace), fade(points, age + 1e-6, half_life, grace)
    assert min(points, 50) <= now <= points
    assert abs(now - soon) < 1e-4


@given(accounts(at_least=1), anybody, ids)
def test_one_more_silence_never_raises_engagement_or_r(facts, place, id):
    answered_before = []

    def silent_today(person):
        assume(person.asks)
        answered_before.append(any(ask.is_answered(TODAY) for ask in person.asks))
        return replace(person, asks=(*person.asks, Ask(id, unanswered_on=TODAY)))

    quieter = with_person(facts, place, silent_today)
    before, after = relationship(facts), relationship(quieter)
    assert value(quieter) == value(facts)
    assert after.part("sentiment").value == before.part("sentiment").value
    assert never_higher(after.part("engagement").value, before.part("engagement").value)
    assert never_higher(after.score, before.score)
    if answered_before[0]:
        assert after.part("engagement").value < before.part("engagement").value


@given(accounts(at_least=1), anybody, ids)
def test_first_silence_of_somebody_never_raises_what_is_known(facts, place, id):
    quieter = with_person(
        facts, place, lambda person: replace(person, asks=(*person.asks, Ask(id, unanswered_on=TODAY)))
    )
    before, after = relationship(facts), relationship(quieter)
    assert never_higher(after.part("engagement").value, before.part("engagement").value)
    assert never_higher(after.score, before.score)


@given(accounts(at_least=1), anybody, scores)
def test_ask_that_did_not_close_changes_nothing(facts, place, given_scores):
    pending = Ask(10**7, **given_scores)
    asked = with_person(facts, place, lambda person: replace(person, asks=(*person.asks, pending)))
    assert score_account(asked) == score_account(facts)


improvable = st.fixed_dictionaries({name: st.integers(low, high - 1) for name, (low, high) in scale.items()})


@given(
    accounts(at_least=1),
    anybody,
    past,
    improvable,
    st.sampled_from(sorted(scale)),
    st.sets(st.sampled_from(sorted(scale))),
)
def test_a_better_answer_never_lowers_a_score(facts, place, day, told, item, unsaid):
    told = {name: None if name in unsaid - {item} else answer for name, answer in told.items()}

    def saying(answer):
        ask = Ask(10**7, answered_on=day, **answer)
        return with_person(facts, place, lambda person: replace(person, asks=(*person.asks, ask)))

    before, after = four(saying(told)), four(saying({**told, item: told[item] + 1}))
    for name in ("relationship", "value", "health"):
        assert never_higher(before[name].score, after[name].score), name


@given(accounts(at_least=1), anybody, past)
def test_an_answer_without_a_score_is_never_worse_than_silence(facts, place, day):
    def closing(ask):
        return with_person(facts, place, lambda person: replace(person, asks=(*person.asks, ask)))

    silenced = relationship(closing(Ask(10**7, unanswered_on=day)))
    answered = relationship(closing(Ask(10**7, answered_on=day)))
    assert silenced.score is not None
    assert never_higher(silenced.score, answered.score)


@given(accounts(), any_day, st.integers(0, 900))
def test_keeping_a_promise_in_time_never_lowers_r(facts, due_on, early):
    closed_on = min(due_on, TODAY) - timedelta(early)
    still_open = replace(facts, follow_ups=(*facts.follow_ups, FollowUp(due_on)))
    kept = replace(facts, follow_ups=(*facts.follow_ups, FollowUp(due_on, min(due_on, TODAY))))
    assert never_higher(relationship(still_open).score, relationship(kept).score)
    if due_on > TODAY:
        kept_early = replace(facts, follow_ups=(*facts.follow_ups, FollowUp(due_on, closed_on)))
        assert never_higher(relationship(still_open).score, relationship(kept_early).score)


@given(accounts(), st.sampled_from(ROLES))
def test_knowing_one_more_person_never_lowers_r(facts, role):
    wider = replace(facts, people=(*facts.people, Person(10**7, role)))
    assert never_higher(relationship(facts).score, relationship(wider).score)
    assert never_higher(
        relationship(facts).part("footprint").value, relationship(wider).part("footprint").value
    )


@given(accounts(), future, scores, st.sampled_from(ROLES))
def test_what_happens_later_changes_nothing_today(facts, later, given_scores, role):
    answer, silence = Ask(10**7, answered_on=later, **given_scores), Ask(10**7 + 1, unanswered_on=later)

    def lives_on(person):
        return replace(
            person,
            asks=(*person.asks, answer, silence),
            touches=(*person.touches, later),
            goal_changes=(*person.goal_changes, later),
            left_on=later,
        )

    continued = replace(
        facts,
        people=(*map(lives_on, facts.people), Person(10**7, role, asks=(silence,), known_on=later)),
        follow_ups=tuple(
            task if task.closed_on else replace(task, closed_on=later)
            for task in (*facts.follow_ups, FollowUp(later))
        ),
        usage=facts.usage or Usage(90, later),
    )
    assert score_account(continued) == score_account(facts)


known = st.none() | st.floats(0, 100)


@given(
    known,
    known,
    known,
    st.sampled_from(["onboarding", "steady", "renewal"]),
    st.integers(0, 40),
    st.floats(0, 30),
)
def test_health_rises_with_each_of_its_parts(r, a, v, stage, days, more):
    at = Stage(stage, "steady", days)
    before = health(r, a, v, at).score
    for better in [
        (min(100, r + more) if r is not None else None, a, v),
        (r, a, min(100, v + more) if v is not None else None),
    ]:
        assert never_higher(before, health(*better, at).score)
    if a is not None:
        assert never_higher(before, health(r, min(100, a + more), v, at).score)


@given(st.floats(0, 100), st.floats(0, 100))
def test_unknown_never_counts_as_zero(one, other):
    assert health(one, None, None).score is None
    assert health(None, one, other).score >= min(one, other) - NOISE
    assert health(None, 0, other).score <= other / 2 + NOISE
