"""Conditions in what people answer and in their silence (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise

from app.health.alerting.conditions.spells import KEY_ROLES, Fact, Past, Spell
from app.health.facts import Ask, Person

DETRACTOR_UP_TO, PROMOTER_FROM = 6, 9
STUCK_UP_TO = 1
Thresholds = Mapping[str, float]


def scored(person: Person) -> list[Ask]:
    """The person's answers to the NPS question, in order."""
    given = [ask for ask in person.asks if ask.answered_on and ask.ltr is not None]
    return sorted(given, key=lambda ask: (ask.answered_on, ask.id))


def until(start: date, days: float, *ends: date | None, person: Person | None = None) -> date:
    """The first day after a spell: after so many days, or earlier when something ends it or the person leaves."""
    told = [end for end in (*ends, person.left_on if person else None) if end is not None]
    return min([start + timedelta(days=days), *told])


def of_person(person: Person, start: date, end: date | None, **evidence) -> Spell:
    return Spell(
        start,
        end,
        contact_id=person.id,
        is_key=person.role in KEY_ROLES,
        evidence={"role": person.role} | evidence,
    )


def detractor(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Somebody gave 0 to 6, and nothing better since."""
    for person in past.people:
        answers = scored(person)
        for place, ask in enumerate(answers):
            if ask.ltr <= DETRACTOR_UP_TO:
                better = next((a.answered_on for a in answers[place + 1 :] if a.ltr > DETRACTOR_UP_TO), None)
                end = until(ask.answered_on, limits["days"], better, person=person)
                yield of_person(person, ask.answered_on, end, score=ask.ltr)


def drop(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Somebody's score fell from one answer to the next, and has not come back since."""
    for person in past.people:
        answers = scored(person)
        for place, (before, ask) in enumerate(pairwise(answers)):
            if before.ltr - ask.ltr >= limits["points"]:
                back = next(
                    (a.answered_on for a in answers[place + 2 :] if before.ltr - a.ltr < limits["points"]),
                    None,
                )
                end = until(ask.answered_on, limits["days"], back, person=person)
                yield of_person(person, ask.answered_on, end, before=before.ltr, score=ask.ltr)


def new_promoter(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Somebody who was no promoter has become one."""
    for person in past.people:
        answers = scored(person)
        for place, (before, ask) in enumerate(pairwise(answers)):
            if before.ltr < PROMOTER_FROM <= ask.ltr:
                gone = next((a.answered_on for a in answers[place + 2 :] if a.ltr < PROMOTER_FROM), None)
                end = until(ask.answered_on, limits["days"], gone, person=person)
                yield of_person(person, ask.answered_on, end, before=before.ltr, score=ask.ltr)


def turns(person: Person) -> list[tuple[date, bool]]:
    """The days on which an ask closed without an answer (False) or was answered (True), in order."""
    silent = [(ask.unanswered_on, False) for ask in person.asks if ask.unanswered_on]
    answered = [(ask.answered_on, True) for ask in person.asks if ask.answered_on]
    return sorted(silent + answered)


def surprising_silence(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """So many silences in a row as are unlikely for this person: (1-p)^k < chance, p = (answers+1)/(asks+2) before them."""
    for person in past.people:
        answers = asks = in_a_row = 0
        began: date | None = None
        for day, is_answer in turns(person):
            if is_answer:
                if began:
                    yield of_person(
                        person,
                        began,
                        until(day, 0, person=person),
                        silences=in_a_row,
                        asks=asks,
                        answers=answers,
                    )
                answers, asks, in_a_row, began = answers + 1, asks + in_a_row + 1, 0, None
                continue
            in_a_row += 1
            p = (answers + 1) / (asks + 2)
            if began is None and (1 - p) ** in_a_row < limits["chance"] / 100:
                began = day
        if began:
            yield of_person(person, began, person.left_on, silences=in_a_row, asks=asks, answers=answers)


def account_silent(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Several people were asked within some months and nobody answered."""
    span = timedelta(days=limits["days"])
    closed = [(day, person.id) for person in past.people for day, is_answer in turns(person) if not is_answer]
    answered = [day for person in past.people for day, is_answer in turns(person) if is_answer]
    moments = sorted(
        {day + shift for day in [*answered, *(d for d, _ in closed)] for shift in (timedelta(0), span)}
    )
    for day, following in zip(moments, [*moments[1:], None], strict=False):
        if any(day - span < a <= day for a in answered):
            continue
        silent = [who for d, who in closed if day - span < d <= day]
        if len(silent) >= limits["asks"] and len(set(silent)) >= limits["people"]:
            yield Spell(day, following, evidence={"asks": len(silent), "people": len(set(silent))})


def came_back(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Somebody answered after several silences in a row."""
    for person in past.people:
        in_a_row = 0
        for day, is_answer in turns(person):
            if is_answer and in_a_row >= limits["silences"]:
                yield of_person(person, day, until(day, limits["days"], person=person), silences=in_a_row)
            in_a_row = 0 if is_answer else in_a_row + 1


def goal_stuck(past: Past, limits: Thresholds) -> Iterator[Spell]:
    """Somebody said so many times running that they are behind with their main goal, or have not begun."""
    for person in past.people:
        told = [ask for ask in person.asks if ask.answered_on and ask.goal is not None]
        run: list[Ask] = []
        for ask in sorted(told, key=lambda ask: (ask.answered_on, ask.id)):
            if run and any(run[-1].answered_on < day <= ask.answered_on for day in person.goal_changes):
                run = []
            run = [*run, ask] if ask.goal <= STUCK_UP_TO else []
            if len(run) >= limits["answers"]:
                later = [
                    a.answered_on for a in told if a.answered_on > ask.answered_on and a.goal > STUCK_UP_TO
                ]
                moved = [day for day in person.goal_changes if day > ask.answered_on]
                end = until(ask.answered_on, limits["days"], *later, *moved, person=person)
                yield of_person(person, ask.answered_on, end, answers=len(run), goal=ask.goal)


def facts_of(past: Past, *types: str) -> list[Fact]:
    """What was told of these types, in order."""
    return sorted((fact for fact in past.facts if fact.type in types), key=lambda fact: (fact.on, fact.id))
