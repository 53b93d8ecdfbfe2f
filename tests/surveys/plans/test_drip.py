"""The plan of a drip, by its properties: even days, rest, accounts not at once, and stable when people come and go."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from app.surveys.plans.drip import Cycle, Person, plan

START = date(2026, 3, 3)
MIDWEEK = Cycle(180, 90, lambda day: day.weekday() in (1, 2, 3))
WEEKDAYS = Cycle(180, 90, lambda day: day.weekday() < 5)
CYCLES = st.sampled_from([MIDWEEK, WEEKDAYS, Cycle(90, 90, lambda day: day.weekday() < 5)])


def people_of(sizes: list[int], *, free_on: date = START, since: date = START) -> list[Person]:
    """Accounts of these sizes, all of whose people are free on a day."""
    found = []
    for account, size in enumerate(sizes, 1):
        found += [Person(len(found) + place + 1, account, place, since, free_on) for place in range(size)]
    return found


def days_of(planned: dict[date, list[int]]) -> dict[int, date]:
    return {number: day for day, numbers in planned.items() for number in numbers}


def simulated(people: list[Person], cycle: Cycle, days: int) -> dict[date, list[int]]:
    """What is asked when each sending day is planned on its own, and whoever was asked rests."""
    known = {person.id: person for person in people}
    asked = {}
    for day in cycle.sending_days(START, START + timedelta(days=days)):
        end = day + timedelta(days=1)
        (asked[day],) = plan(list(known.values()), cycle, first=day, end=end).values()
        for number in asked[day]:
            free_on = day + timedelta(days=cycle.every_days)
            one = known[number]
            known[number] = Person(one.id, one.account_id, one.place, one.since, free_on, day)
    return asked


@settings(max_examples=30)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=60), CYCLES)
def test_the_days_share_the_people_evenly_and_everybody_is_asked_once(sizes, cycle):
    people = people_of(sizes)
    planned = plan(people, cycle, first=START, end=START + timedelta(days=cycle.length))
    average = len(people) / len(cycle.days_of(cycle.number(START)))
    assert all(abs(len(numbers) - average) < 1 for numbers in planned.values())
    assert len(days_of(planned)) == sum(map(len, planned.values())) == len(people)
    assert all(cycle.is_sending_day(day) for day in planned)


@settings(max_examples=30)
@given(st.lists(st.integers(2, 12), min_size=2, max_size=40), CYCLES)
def test_the_people_of_an_account_are_not_all_asked_on_one_day(sizes, cycle):
    people = people_of(sizes)
    days = days_of(plan(people, cycle, first=START, end=START + timedelta(days=cycle.length)))
    for account in range(1, len(sizes) + 1):
        theirs = [person.id for person in people if person.account_id == account]
        assert len({days.get(number) for number in theirs}) > 1


def test_an_account_of_two_is_touched_in_each_half_of_the_cycle():
    people = people_of([2] * 200)
    days = days_of(plan(people, MIDWEEK, first=START, end=START + timedelta(days=MIDWEEK.length)))
    apart = [abs((days[2 * n + 1] - days[2 * n + 2]).days) for n in range(200)]
    assert all(84 <= gap <= 98 for gap in apart)


@settings(max_examples=25)
@given(
    st.lists(st.integers(1, 6), min_size=40, max_size=90),
    st.integers(0, 10_000),
    st.sampled_from([MIDWEEK, WEEKDAYS]),
)
def test_when_somebody_goes_nobody_else_moves_by_more_than_one_persons_share(sizes, which, cycle):
    people = people_of(sizes)
    end = START + timedelta(days=cycle.length)
    before = days_of(plan(people, cycle, first=START, end=end))
    gone = people[which % len(people)]
    after = days_of(plan([p for p in people if p is not gone], cycle, first=START, end=end))
    places = {day: n for n, day in enumerate(cycle.sending_days(START, end))}
    share = ceil(len(places) / len(people)) + 1
    moved = {n: abs(places[before[n]] - places[after[n]]) for n in before.keys() & after.keys()}
    assert max(moved.values(), default=0) <= share


@settings(max_examples=25)
@given(st.data())
def test_nobody_is_asked_in_quarantine_and_the_days_stay_even_while_it_holds_people_back(data):
    free = st.integers(0, 170).map(lambda days: START + timedelta(days=days))
    people = [
        Person(number, number // 3, number % 3, START, data.draw(st.one_of(st.just(START), free)))
        for number in range(data.draw(st.integers(1, 60)))
    ]
    planned = plan(people, MIDWEEK, first=START, end=START + timedelta(days=MIDWEEK.length))
    by_id = {person.id: person for person in people}
    for day, numbers in planned.items():
        assert all(by_id[number].free_on <= day for number in numbers)
        assert len(numbers) <= ceil(len(people) / len(planned))
    assert len(days_of(planned)) == sum(map(len, planned.values()))


def test_with_most_in_quarantine_the_others_are_spread_until_it_ends():
    later = START + timedelta(days=91)
    people = [Person(n, n, 0, START, START if n % 10 == 0 else later) for n in range(1, 1001)]
    planned = plan(people, MIDWEEK, first=START, end=later)
    counts = [len(numbers) for numbers in planned.values()]
    assert sum(counts) == 100
    assert set(counts) <= {2, 3}


def test_replanned_every_day_the_sends_stay_even_for_two_years_and_everybody_rests():
    people = people_of([3, 1, 5, 2, 8] * 13)
    asked = simulated(people, MIDWEEK, 728)
    average = len(people) / 78
    assert all(abs(len(numbers) - average) < 1 for numbers in asked.values())
    moments: dict[int, list[date]] = {}
    for day, numbers in asked.items():
        for number in numbers:
            moments.setdefault(number, []).append(day)
    assert {len(days) for days in moments.values()} == {4}
    gaps = [(b - a).days for days in moments.values() for a, b in pairwise(days)]
    assert min(gaps) >= 180
    assert max(gaps) <= 196


def test_a_small_population_is_spread_too():
    asked = simulated(people_of([2, 1]), MIDWEEK, 364)
    days = [day for day, numbers in asked.items() for _ in numbers]
    assert len(days) == 6
    assert all((b - a).days > 40 for a, b in pairwise(days))


def test_after_everybody_was_asked_at_once_the_next_time_is_even():
    asked_on = START - timedelta(days=10)
    free_on = asked_on + timedelta(days=180)
    people = [Person(n, n // 4, n % 4, START, free_on, asked_on) for n in range(1, 201)]
    asked = simulated(people, MIDWEEK, 540)
    counts = [len(numbers) for day, numbers in asked.items() if day >= free_on]
    assert all(not numbers for day, numbers in asked.items() if day < free_on)
    assert max(counts) - min(counts) <= 2
    assert Counter(counts).most_common(1)[0][0] in (2, 3)


def test_a_person_whose_free_day_is_not_known_waits():
    people = [Person(1, 1, 0, START, None)]
    assert days_of(plan(people, MIDWEEK, first=START, end=START + timedelta(days=182))) == {}
