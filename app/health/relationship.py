"""Relationship, the R of formula set v1: five parts, held under ceilings that name what is wrong.

Silence is E = 0, never an opinion; a person nobody asked is unknown; a key role that is silent, unhappy or never
asked holds the whole score down.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import fsum

from app.health.facts import AccountFacts, FollowUp, Person, Voices, latest_by_role
from app.health.parameters import V1, FormulaSet
from app.health.parts import Ceiling, Part, Score, known_weight, remaining, weighted_mean


@dataclass(frozen=True)
class Relationship(Score):
    """R; `threads` is the number of people who take part, each counted by participation 0..1."""

    threads: float = 0.0


def relationship(facts: AccountFacts, formula: FormulaSet = V1) -> Relationship:
    """R: do we know the right people, do they answer, are they happy, are we in touch, do we keep our promises."""
    taking_part = _participation_by_role(facts, formula)
    opinions = latest_by_role(
        facts,
        lambda person, ask: None if ask.ltr is None else formula.ltr_points[ask.ltr],
        formula.sentiment_half_life,
        formula.sentiment_grace,
    )
    parts = (
        _footprint(facts, formula),
        _engagement(facts, taking_part, formula),
        _sentiment(facts, opinions, formula),
        _recency(facts, formula),
        _followup(facts, formula),
    )
    threads = fsum(e for participations in taking_part.values() for e in participations)
    ceilings = _relationship_ceilings(facts, parts, taking_part, opinions, threads, formula)
    return Relationship.of(
        parts, ceilings, enough=known_weight(parts) >= formula.known_weight_needed, threads=threads
    )


def _footprint(facts: AccountFacts, formula: FormulaSet) -> Part:
    """Of the people we should know in each role, how many we do know."""
    expected = {role: rule for role, rule in formula.template(facts.tier).items() if rule.people}
    known = dict.fromkeys(expected, 0)
    for person in facts.present():
        if person.role in known:
            known[person.role] = min(known[person.role] + 1, expected[person.role].people)
    filled = weighted_mean((100 * known[role] / rule.people, rule.weight) for role, rule in expected.items())
    evidence = {"known": sum(known.values()), "expected": sum(rule.people for rule in expected.values())}
    return Part("footprint", filled, formula.relationship_weights["footprint"], evidence)


def _engagement(facts: AccountFacts, taking_part: Mapping[str, list[float]], formula: FormulaSet) -> Part:
    """How reliably the people we asked answer. People are averaged inside a role: many users cannot drown a buyer."""
    engaged = weighted_mean(
        (_engaged(participations), formula.rule(facts.tier, role).weight)
        for role, participations in taking_part.items()
    )
    closed = [ask for person in facts.present() for ask in person.asks if ask.closed_on(facts.as_of)]
    answered = sum(ask.is_answered(facts.as_of) for ask in closed)
    evidence = {"asked": len(closed), "answered": answered}
    return Part("engagement", engaged, formula.relationship_weights["engagement"], evidence)


def _sentiment(facts: AccountFacts, opinions: Mapping[str, Voices], formula: FormulaSet) -> Part:
    points = weighted_mean(
        (voices.points, formula.rule(facts.tier, role).weight) for role, voices in opinions.items()
    )
    evidence = {"people": sum(voices.people for voices in opinions.values())}
    if opinions:
        evidence["newest_days"] = min(voices.newest_days for voices in opinions.values())
    return Part("sentiment", points, formula.relationship_weights["sentiment"], evidence)


def _recency(facts: AccountFacts, formula: FormulaSet) -> Part:
    """Days since the last answer, meeting or reply of somebody who is still there; else since the account started."""
    signals = [day for person in facts.present() for day in _signals(person) if day <= facts.as_of]
    days = max(0, (facts.as_of - max(signals, default=facts.started_on)).days)
    points = 100 * remaining(days - formula.recency_grace, formula.recency_half_life)
    return Part(
        "recency", points, formula.relationship_weights["recency"], {"signals": len(signals), "days": days}
    )


def _signals(person: Person) -> Iterable[date]:
    yield from person.touches
    yield from (ask.answered_on for ask in person.asks if ask.answered_on is not None)


def _followup(facts: AccountFacts, formula: FormulaSet) -> Part:
    """Promises kept: in time counts whole, late half, open past its day not at all; not yet due is no news."""
    told = [(_kept(task, facts.as_of), task) for task in facts.follow_ups]
    points = weighted_mean(
        (CREDIT[kept], remaining(_followup_age(task, facts.as_of), formula.followup_half_life))
        for kept, task in told
        if kept in CREDIT
    )
    evidence = {outcome: sum(kept == outcome for kept, _ in told) for outcome in CREDIT}
    return Part("followup", points, formula.relationship_weights["followup"], evidence)


CREDIT = {"in_time": 100, "late": 50, "overdue": 0}


def _kept(task: FollowUp, day: date) -> str:
    if task.closed_on is not None and task.closed_on <= day:
        return "in_time" if task.closed_on <= task.due_on else "late"
    return "overdue" if task.due_on < day else "not_due"


def _followup_age(task: FollowUp, day: date) -> int:
    return (day - min(task.due_on, task.closed_on or task.due_on)).days


def _relationship_ceilings(
    facts: AccountFacts,
    parts: tuple[Part, ...],
    taking_part: Mapping[str, list[float]],
    opinions: Mapping[str, Voices],
    threads: float,
    formula: FormulaSet,
) -> Iterable[Ceiling]:
    points = {part.name: part.value for part in parts}
    template, most = formula.template(facts.tier), formula.ceilings
    threads_wanted = min(formula.threads, sum(rule.people for rule in template.values())) or formula.threads
    yield Ceiling(
        "single_thread",
        most["single_thread"] + (100 - most["single_thread"]) * min(1.0, threads / threads_wanted),
    )
    if points["engagement"] is not None:
        yield Ceiling("low_engagement", min(100.0, most["low_engagement"] + points["engagement"]))
    if points["sentiment"] is not None:
        yield Ceiling("low_sentiment", min(100.0, most["low_sentiment"] + points["sentiment"]))
    for role in (role for role, rule in template.items() if rule.is_key):
        if role in taking_part:
            yield Ceiling(
                f"silent:{role}",
                min(100.0, most["silent"] + most["silent_share"] * _engaged(taking_part[role])),
            )
        else:
            yield Ceiling(f"unasked:{role}", float(most["unasked"]))
        if role in opinions:
            yield Ceiling(
                f"unhappy:{role}",
                min(100.0, most["unhappy"] + most["unhappy_share"] * opinions[role].points),
            )


def _participation_by_role(facts: AccountFacts, formula: FormulaSet) -> dict[str, list[float]]:
    by_role = defaultdict(list)
    for person in facts.present():
        share = participation(person, facts.as_of, formula.engagement_half_life)
        if share is not None:
            by_role[person.role].append(share)
    return dict(by_role)


def participation(person: Person, day: date, half_life: int = V1.engagement_half_life) -> float | None:
    """How much of what we asked this person answered, 0..1, newer asks weighing more; None if never asked."""
    closed = [(ask, closed_on) for ask in person.asks if (closed_on := ask.closed_on(day))]
    if not closed:
        return None
    weights = [
        (remaining((day - closed_on).days, half_life), ask.is_answered(day)) for ask, closed_on in closed
    ]
    # A single old answer must not count as full participation for ever, hence the floor of one.
    return fsum(h for h, is_answered in weights if is_answered) / max(1.0, fsum(h for h, _ in weights))


def _engaged(participations: list[float]) -> float:
    return 100 * fsum(participations) / len(participations)
